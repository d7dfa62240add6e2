/* Files: their attributes, contents, names and events. */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <linux/openat2.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/fanotify.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/quota.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/time.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <sys/xattr.h>
#include <unistd.h>
#include <utime.h>

static char buffer[5000];

static void attributes(int fd)
{
	setxattr("file", "user.name", "value", 5, XATTR_CREATE);
	setxattr("file", "user.name", "value", 5, XATTR_CREATE);
	lsetxattr("file", "trusted.other", "\0\1\2", 3, 0);
	fsetxattr(fd, "user.third", "", 0, XATTR_REPLACE);
	getxattr("file", "user.name", buffer, sizeof(buffer));
	getxattr("file", "user.name", NULL, 0);
	getxattr("file", "user.name", buffer, 2);
	lgetxattr("file", "user.none", buffer, 10);
	fgetxattr(fd, "trusted.other", buffer, 10);
	listxattr("file", buffer, sizeof(buffer));
	llistxattr("file", buffer, 0);
	flistxattr(fd, buffer, 3);
	removexattr("file", "user.name");
	lremovexattr("file", "trusted.other");
	fremovexattr(fd, "user.none");
}

static void statuses(int fd)
{
	struct stat status;
	struct statfs system;
	struct statx extended;
	stat("file", &status);
	lstat("link", &status);
	fstat(fd, &status);
	stat("/dev/null", &status);
	stat("missing", &status);
	fstatat(AT_FDCWD, "link", &status, AT_SYMLINK_NOFOLLOW);
	fstatat(fd, "", &status, AT_EMPTY_PATH);
	statx(AT_FDCWD, "file", AT_SYMLINK_NOFOLLOW | AT_STATX_SYNC_AS_STAT, STATX_ALL, &extended);
	statx(fd, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, STATX_BASIC_STATS | STATX_BTIME, &extended);
	statx(AT_FDCWD, "/dev/zero", AT_NO_AUTOMOUNT, STATX_TYPE | STATX_MODE, &extended);
	statfs("/proc", &system);
	fstatfs(fd, &system);
	statfs("missing", &system);
	access("file", R_OK | W_OK);
	faccessat(AT_FDCWD, "file", X_OK, 0);
	syscall(SYS_faccessat2, AT_FDCWD, "file", F_OK, AT_EACCESS | AT_SYMLINK_NOFOLLOW);
	readlink("link", buffer, sizeof(buffer));
	readlinkat(AT_FDCWD, "file", buffer, 10);
	struct timespec times[2] = { { 1, 2 }, { 0, UTIME_OMIT } };
	utimensat(AT_FDCWD, "link", times, AT_SYMLINK_NOFOLLOW);
	times[0].tv_nsec = UTIME_NOW;
	futimens(fd, times);
	futimens(fd, NULL);
	struct timeval micro[2] = { { 1, 2 }, { 3, 4 } };
	syscall(SYS_utimes, "file", micro);
	syscall(SYS_futimesat, AT_FDCWD, "file", micro);
	struct utimbuf simple = { 5, 6 };
	syscall(SYS_utime, "file", &simple);
	chmod("file", 0640);
	fchmod(fd, 04755);
	fchmodat(AT_FDCWD, "file", 01777, 0);
	chown("file", 1, 2);
	lchown("link", -1, 3);
	fchown(fd, 0, -1);
	fchownat(fd, "", 0, 0, AT_EMPTY_PATH);
	umask(022);
}

static void contents(int fd)
{
	int other = open("other", O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644), ends[2];
	struct iovec parts[] = { { "one", 3 }, { "two\n", 4 }, { "", 0 }, { "three\377", 6 } };
	struct iovec into[] = { { buffer, 4 }, { buffer + 4, 100 } };
	off64_t offset = 3;
	off_t position = 2;

	writev(fd, parts, 4);
	pwrite(fd, "in the middle", 13, 100);
	pwritev(fd, parts, 2, 1000);
	pwritev2(fd, parts, 2, -1, RWF_DSYNC);
	pwritev2(fd, parts, 1, 0, RWF_APPEND);
	lseek(fd, 0, SEEK_SET);
	readv(fd, into, 2);
	pread(fd, buffer, 20, 95);
	preadv(fd, into, 2, 1);
	preadv2(fd, into, 2, 1, RWF_NOWAIT);
	lseek(fd, -1, SEEK_SET);
	lseek(fd, 0, SEEK_DATA);
	lseek(fd, 0, SEEK_HOLE);
	lseek(fd, 1, 9);
	sendfile(other, fd, &position, 10);
	copy_file_range(fd, &offset, other, NULL, 20, 0);
	pipe(ends);
	splice(fd, &offset, ends[1], NULL, 10, SPLICE_F_MOVE | SPLICE_F_MORE);
	vmsplice(ends[1], parts, 2, SPLICE_F_NONBLOCK);
	int more[2];
	pipe2(more, O_DIRECT);
	tee(ends[0], more[1], 100, SPLICE_F_NONBLOCK);
	read(more[0], buffer, 100);
	fcntl(ends[0], F_SETPIPE_SZ, 8192);
	fcntl(ends[0], F_GETPIPE_SZ);
	ftruncate(fd, 3000);
	truncate("other", 10);
	fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, 10000);
	fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, 10);
	posix_fadvise(fd, 0, 100, POSIX_FADV_SEQUENTIAL);
	readahead(fd, 0, 4096);
	sync_file_range(fd, 0, 10, SYNC_FILE_RANGE_WRITE);
	fsync(fd);
	fdatasync(fd);
	memset(buffer, 'x', sizeof(buffer));
	write(fd, buffer, sizeof(buffer));
	write(fd, "\033[1m\t\"quoted\\\r\n\0001", 17);
	write(fd, buffer, 0);
	close(ends[0]);
	close(ends[1]);
	close(more[0]);
	close(more[1]);
	close(other);
}

static void control(int fd)
{
	struct flock lock = { F_WRLCK, SEEK_SET, 10, 20 };
	struct f_owner_ex owner = { F_OWNER_TID, 0 };
	uint64_t hint = 2;
	fcntl(fd, F_GETFL);
	fcntl(fd, F_SETFL, O_APPEND | O_NONBLOCK | O_NOATIME);
	fcntl(fd, F_GETFD);
	fcntl(fd, F_SETFD, FD_CLOEXEC);
	close(fcntl(fd, F_DUPFD_CLOEXEC, 50));
	close(fcntl(fd, F_DUPFD, 60));
	fcntl(fd, F_SETLK, &lock);
	fcntl(fd, F_GETLK, &lock);
	lock.l_type = F_UNLCK;
	lock.l_pid = 0;
	fcntl(fd, F_OFD_SETLK, &lock);
	fcntl(fd, F_SETLKW, &lock);
	fcntl(fd, F_SETOWN, getpid());
	fcntl(fd, F_GETOWN);
	fcntl(fd, F_GETOWN_EX, &owner);
	fcntl(fd, F_SETSIG, 10);
	fcntl(fd, F_GETSIG);
	fcntl(fd, F_SETLEASE, F_RDLCK);
	fcntl(fd, F_GETLEASE);
	fcntl(fd, F_NOTIFY, DN_CREATE);
	fcntl(fd, F_SET_RW_HINT, &hint);
	fcntl(fd, F_GET_RW_HINT, &hint);
	fcntl(fd, F_GET_SEALS);
	fcntl(fd, 7777, 8);
	flock(fd, LOCK_EX | LOCK_NB);
	flock(fd, LOCK_UN);
	dup(fd);
	dup2(fd, 70);
	dup3(fd, 71, O_CLOEXEC);
	dup3(fd, fd, 0);
	syscall(SYS_close_range, 70, 80, 0);
	syscall(SYS_close_range, 90, -1, 4);
}

static void names(void)
{
	struct open_how how = { .flags = O_RDONLY | O_DIRECTORY, .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS };
	syscall(SYS_openat2, AT_FDCWD, ".", &how, sizeof(how));
	how = (struct open_how){ .flags = O_CREAT | O_RDWR, .mode = 0600 };
	syscall(SYS_openat2, AT_FDCWD, "second", &how, sizeof(how));
	syscall(SYS_openat2, AT_FDCWD, "second", &how, 5);
	open("missing", O_RDONLY | O_PATH | O_NOFOLLOW);
	open("missing/x", O_WRONLY | O_CREAT | O_EXCL, 0);
	open(".", O_RDWR | O_TMPFILE, 0600);
	open("", O_RDONLY);
	creat("third", 0777);
	openat(99, "x", O_ACCMODE);
	mkdir("directory", 0755);
	mkdirat(AT_FDCWD, "directory", 0700);
	rename("second", "directory/second");
	renameat(AT_FDCWD, "third", AT_FDCWD, "fourth");
	renameat2(AT_FDCWD, "fourth", AT_FDCWD, "file", RENAME_NOREPLACE);
	renameat2(AT_FDCWD, "fourth", AT_FDCWD, "file", RENAME_EXCHANGE);
	link("file", "hard");
	linkat(AT_FDCWD, "link", AT_FDCWD, "harder", AT_SYMLINK_FOLLOW);
	symlink("target with \n newline", "odd");
	symlinkat("target", AT_FDCWD, "link");
	mknod("fifo", S_IFIFO | 0600, 0);
	mknod("device", S_IFCHR | 0600, makedev(1, 3));
	mknodat(AT_FDCWD, "device", S_IFBLK | 0644, makedev(7, 0));
	unlink("device");
	unlinkat(AT_FDCWD, "directory", AT_REMOVEDIR);
	rmdir("directory");
	int here = open(".", O_RDONLY | O_DIRECTORY);
	syscall(SYS_getdents64, here, buffer, sizeof(buffer));
	lseek(here, 0, SEEK_SET);
#ifdef SYS_getdents
	syscall(SYS_getdents, here, buffer, sizeof(buffer));
#endif
	getcwd(buffer, sizeof(buffer));
	chdir("/proc");
	fchdir(here);
	struct {
		struct file_handle handle;
		char space[128];
	} file = { { 128 } };
	int mount;
	name_to_handle_at(AT_FDCWD, "file", &file.handle, &mount, 0);
	open_by_handle_at(here, &file.handle, O_RDONLY);
	file.handle.handle_bytes = 1;
	name_to_handle_at(AT_FDCWD, "file", &file.handle, &mount, AT_EMPTY_PATH);
	syscall(SYS_quotactl, QCMD(Q_GETQUOTA, USRQUOTA), "/dev/null", 0, buffer);
	chroot(".");
	sync();
	syncfs(here);
	close(here);
}

static void events(void)
{
	int watcher = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	int watch = inotify_add_watch(watcher, ".", IN_CREATE | IN_DELETE | IN_ONLYDIR);
	inotify_add_watch(watcher, "missing", IN_ALL_EVENTS);
	close(creat("watched", 0600));
	read(watcher, buffer, sizeof(buffer));
	inotify_rm_watch(watcher, watch);
	inotify_rm_watch(watcher, 99);
	close(watcher);
	int notifier = fanotify_init(FAN_CLASS_NOTIF | FAN_NONBLOCK | FAN_REPORT_FID, O_RDONLY | O_LARGEFILE);
	fanotify_mark(notifier, FAN_MARK_ADD | FAN_MARK_ONLYDIR, FAN_CREATE | FAN_DELETE | FAN_ONDIR, AT_FDCWD, ".");
	unlink("watched");
	read(notifier, buffer, sizeof(buffer));
	fanotify_mark(notifier, FAN_MARK_FLUSH, 0, AT_FDCWD, NULL);
	close(notifier);
	int memory = memfd_create("name", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	fcntl(memory, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW);
	fcntl(memory, F_GET_SEALS);
	memfd_create("huge", MFD_HUGETLB | (21 << 26));
	syscall(SYS_memfd_secret, O_CLOEXEC);
}

int main(void)
{
	int fd = open("file", O_RDWR | O_CREAT | O_EXCL, 0644);
	symlink("file", "link");
	attributes(fd);
	statuses(fd);
	contents(fd);
	control(fd);
	events();
	names();
	return 0;
}
