/* Forks twice, so that nobody waits for what remains, which works and ends. */
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

int main(void)
{
	struct timespec interval = { 0, 100000000 };
	if (fork() > 0)
		return 0;
	setsid();
	signal(SIGHUP, SIG_IGN);
	if (fork() > 0)
		_exit(0);
	umask(0);
	int null = open("/dev/null", O_RDWR);
	dup2(null, 0);
	dup2(null, 1);
	dup2(null, 2);
	for (int turn = 0; turn < 3; turn++) {
		int log = open("log", O_WRONLY | O_CREAT | O_APPEND, 0600);
		write(log, "working\n", 8);
		close(log);
		nanosleep(&interval, NULL);
	}
	return 0;
}
