/* Messages, semaphores and shared memory, of System V and POSIX; asynchronous I/O. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/aio_abi.h>
#include <mqueue.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static void system_v(void)
{
	struct {
		long type;
		char text[20];
	} message = { 5, "message" };
	struct msqid_ds queue_status;
	struct semid_ds semaphore_status;
	struct shmid_ds memory_status;
	union semun {
		int value;
		struct semid_ds *status;
		unsigned short *all;
		struct seminfo *information;
	} argument;
	unsigned short values[2] = { 1, 2 };
	struct seminfo information;

	int queue = msgget(IPC_PRIVATE, IPC_CREAT | 0600);
	msgsnd(queue, &message, 7, IPC_NOWAIT);
	msgrcv(queue, &message, 20, -9, MSG_NOERROR);
	msgrcv(queue, &message, 20, 0, IPC_NOWAIT);
	msgctl(queue, IPC_STAT, &queue_status);
	queue_status.msg_perm.mode = 0640;
	msgctl(queue, IPC_SET, &queue_status);
	msgctl(queue, IPC_RMID, NULL);
	msgget(0x1234567, 0);

	int semaphores = semget(IPC_PRIVATE, 2, IPC_CREAT | IPC_EXCL | 0600);
	argument.all = values;
	semctl(semaphores, 0, SETALL, argument);
	struct sembuf operations[] = { { 0, -1, IPC_NOWAIT }, { 1, 2, SEM_UNDO } };
	semop(semaphores, operations, 2);
	struct timespec timeout = { 0, 1000 };
	operations[0].sem_flg = 0;
	semtimedop(semaphores, operations, 1, &timeout);
	semctl(semaphores, 1, GETVAL, argument);
	argument.value = 7;
	semctl(semaphores, 0, SETVAL, argument);
	argument.all = values;
	semctl(semaphores, 0, GETALL, argument);
	argument.status = &semaphore_status;
	semctl(semaphores, 0, IPC_STAT, argument);
	argument.information = &information;
	semctl(0, 0, SEM_INFO, argument);
	semctl(semaphores, 0, IPC_RMID);

	int shared = shmget(IPC_PRIVATE, 8192, IPC_CREAT | SHM_NORESERVE | 0600);
	void *memory = shmat(shared, NULL, SHM_RDONLY);
	shmctl(shared, IPC_STAT, &memory_status);
	shmctl(shared, SHM_LOCK, NULL);
	shmctl(shared, IPC_RMID, NULL);
	shmdt(memory);
	shmat(shared, (void *)4096, SHM_RND | SHM_REMAP);
}

static void posix(void)
{
	char name[50], text[100];
	unsigned priority;
	struct mq_attr attributes = { 0, 5, 50 }, old;
	struct timespec timeout = { 1, 0 };
	struct sigevent event = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGURG };
	snprintf(name, sizeof(name), "/fidelity-%d", getpid());
	mqd_t queue = mq_open(name, O_RDWR | O_CREAT | O_NONBLOCK, 0600, &attributes);
	mq_getattr(queue, &old);
	mq_notify(queue, &event);
	mq_notify(queue, NULL);
	mq_send(queue, "message", 7, 3);
	mq_timedsend(queue, "another", 7, 4, &timeout);
	mq_receive(queue, text, sizeof(text), &priority);
	mq_timedreceive(queue, text, sizeof(text), NULL, &timeout);
	mq_timedreceive(queue, text, sizeof(text), NULL, &timeout);
	attributes.mq_flags = 0;
	mq_setattr(queue, &attributes, &old);
	mq_unlink(name);
	mq_close(queue);
	mq_open("/missing", O_RDONLY);
}

static void asynchronous(void)
{
	aio_context_t context = 0;
	int fd = open("aio", O_RDWR | O_CREAT, 0600);
	char text[10];
	struct iocb write_it = { .aio_data = 1, .aio_lio_opcode = IOCB_CMD_PWRITE, .aio_fildes = fd, .aio_buf = (uintptr_t)"asynchron", .aio_nbytes = 9 };
	struct iocb read_it = { .aio_data = 2, .aio_lio_opcode = IOCB_CMD_PREAD, .aio_fildes = fd, .aio_buf = (uintptr_t)text, .aio_nbytes = 5, .aio_offset = 2 };
	struct iocb *both[] = { &write_it, &read_it };
	struct io_event events[4];
	struct timespec timeout = { 1, 0 };
	syscall(SYS_io_setup, 8, &context);
	syscall(SYS_io_submit, context, 2, both);
	syscall(SYS_io_getevents, context, 1, 4, events, &timeout);
	syscall(SYS_io_pgetevents, context, 0, 4, events, &timeout, NULL);
	syscall(SYS_io_cancel, context, &read_it, events);
	syscall(SYS_io_destroy, context);
	syscall(SYS_io_submit, 0L, 1, both);
	unlink("aio");
}

int main(void)
{
	system_v();
	posix();
	asynchronous();
	return 0;
}
