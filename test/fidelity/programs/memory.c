/* Memory: mapping, protecting, advising, locking. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/mempolicy.h>
#include <linux/userfaultfd.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(void)
{
	const size_t size = 1 << 20;
	unsigned char resident[256];
	unsigned long nodes = 1;
	int policy, statuses[2];
	char *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int fd = open("/etc/passwd", O_RDONLY);
	mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0);
	mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK | MAP_GROWSDOWN, -1, 0);
	mmap(memory, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_FIXED, fd, 4096);
	mmap(memory, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
	mmap(NULL, size, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB | (21 << 26), -1, 0);
	mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_POPULATE | MAP_LOCKED, -1, 0);
	mmap(NULL, 4096, PROT_READ, MAP_SHARED_VALIDATE | MAP_SYNC, fd, 0);
	mmap(NULL, 0, PROT_READ, 0, 99, 1);
	mprotect(memory, 8192, PROT_READ | PROT_WRITE | PROT_GROWSDOWN);
	mprotect(memory, 8192, PROT_NONE);
	mprotect(memory, 8192, PROT_READ | PROT_WRITE);
	for (int advice = 0; advice < 26; advice++)
		if (advice != 9)
			madvise(memory + 8192, 4096, advice);
	madvise(memory, 4096, 99);
	char *moved = mremap(memory, size, 2 * size, MREMAP_MAYMOVE);
	mremap(moved, 4096, 4096, MREMAP_MAYMOVE | MREMAP_FIXED, moved + size);
	mremap(moved, 4096, 1, 0);
	msync(moved + size, 4096, MS_SYNC | MS_INVALIDATE);
	mincore(moved + size, 16384, resident);
	mlock(moved + size, 4096);
	mlock2(moved + size, 4096, MLOCK_ONFAULT);
	munlock(moved + size, 4096);
	mlockall(MCL_CURRENT | MCL_FUTURE);
	munlockall();
	munmap(moved + size, 4096);
	munmap((void *)1, 4096);
	remap_file_pages(moved + 2 * 4096, 4096, 0, 0, 0);
	sbrk(4096);
	syscall(SYS_brk, 0);
	int key = pkey_alloc(0, PKEY_DISABLE_WRITE);
	pkey_mprotect(moved + 16384, 4096, PROT_READ, key);
	pkey_free(key);
	syscall(SYS_get_mempolicy, &policy, &nodes, 64, 0, 0);
	syscall(SYS_set_mempolicy, MPOL_PREFERRED, &nodes, 64);
	syscall(SYS_mbind, moved + 16384, 4096, MPOL_BIND, &nodes, 64, MPOL_MF_STRICT);
	syscall(SYS_migrate_pages, 0, 64, &nodes, &nodes);
	void *pages[2] = { moved + 16384, moved + 20480 };
	syscall(SYS_move_pages, 0, 2, pages, NULL, statuses, 0);
	syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK);
	int user = syscall(SYS_userfaultfd, O_CLOEXEC | UFFD_USER_MODE_ONLY);
	struct uffdio_api api = { .api = UFFD_API };
	ioctl(user, UFFDIO_API, &api);
	struct uffdio_register range = { .range = { (uintptr_t)moved + 65536, 4096 }, .mode = UFFDIO_REGISTER_MODE_MISSING };
	ioctl(user, UFFDIO_REGISTER, &range);
	ioctl(user, UFFDIO_UNREGISTER, &range.range);
	syscall(SYS_process_madvise, 99, NULL, 0, MADV_COLD, 0);
	syscall(SYS_process_mrelease, 99, 0);
	return 0;
}
