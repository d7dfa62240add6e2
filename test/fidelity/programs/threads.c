/* A thread that is not the first becomes another program, while others wait. */
#include <pthread.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static void *wait_forever(void *unused)
{
	for (;;)
		pause();
}

static void *become(void *unused)
{
	struct timespec interval = { 0, 20000000 };
	nanosleep(&interval, NULL);
	execl("/bin/echo", "echo", "another program", (char *)NULL);
	return NULL;
}

int main(void)
{
	pthread_t thread;
	pthread_create(&thread, NULL, wait_forever, NULL);
	pthread_create(&thread, NULL, become, NULL);
	wait_forever(NULL);
}
