/* SPDX-License-Identifier: Apache-2.0 */
/* Many threads: making calls, or blocked in one. */
#include "program.h"
#include <linux/futex.h>
#include <stdint.h>

static pthread_barrier_t together;
static long calls;
static int sleepers;
static uint32_t word;

static void *make_calls(void *thread)
{
	pthread_barrier_wait(&together);
	for (long i = 0; i < calls; i++)
		mark(i, (long)thread);
	return NULL;
}

/* flood THREADS CALLS: thread k of THREADS marks 0 to CALLS - 1 as kind 1000 + k. */
static int flood(int argc, char **argv)
{
	int threads = atoi(argv[2]);
	pthread_t ids[threads];

	calls = atol(argv[3]);
	pthread_barrier_init(&together, NULL, threads);
	for (long i = 0; i < threads; i++) {
		if (pthread_create(&ids[i], NULL, make_calls, (void *)(1000 + i)))
			return 99;
	}
	for (int i = 0; i < threads; i++)
		pthread_join(ids[i], NULL);
	return 0;
}

static void *block(void *thread)
{
	__sync_fetch_and_add(&sleepers, 1);
	syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, 0, NULL, thread, 0x5ca1e);
	return NULL;
}

/* blocked THREADS: each in a futex with its number in an argument that the call ignores. */
static int blocked(int argc, char **argv)
{
	long threads = atol(argv[2]);
	pthread_attr_t attributes;
	pthread_t *ids = calloc(threads, sizeof(*ids));

	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, 16384);
	for (long i = 0; i < threads; i++) {
		if (pthread_create(&ids[i], &attributes, block, (void *)(i + 1)))
			return 99;
	}
	ready();
	await();
	word = 1;
	/* One that had not come to its call finds the word changed. */
	syscall(SYS_futex, &word, FUTEX_WAKE_PRIVATE, INT_MAX, NULL, NULL, 0);
	for (long i = 0; i < threads; i++)
		pthread_join(ids[i], NULL);
	return 0;
}

int main(int argc, char **argv)
{
	static const struct scene scenes[] = {{"flood", flood}, {"blocked", blocked}, {}};

	return play(scenes, argc, argv);
}
