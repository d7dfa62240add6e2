/* Mounts, in a mount namespace of its own, by the old and the new calls. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <sched.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define MS_RDONLY 1
#define MS_NOSUID 2
#define MS_REMOUNT 32
#define MS_BIND 4096
#define MS_REC 16384
#define MS_PRIVATE (1 << 18)
#define MS_RELATIME (1 << 21)

static int mount(const char *source, const char *target, const char *type, unsigned long flags, const void *data)
{
	return syscall(SYS_mount, source, target, type, flags, data);
}

int main(void)
{
	if (unshare(CLONE_NEWNS) != 0)
		return 1;
	if (mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0)
		return 1;
	mkdir("one", 0755);
	mkdir("two", 0755);
	mount("tmpfs", "one", "tmpfs", MS_NOSUID | MS_RELATIME, "size=1m,mode=700");
	mount("one", "two", NULL, MS_BIND, NULL);
	mount(NULL, "two", NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL);
	mount("missing", "one", "nosuchtype", 0, "option");
	mount("proc", "missing", "proc", 0xc0ed0000 | MS_RDONLY, NULL);
	syscall(SYS_umount2, "two", 2);
	syscall(SYS_umount2, "one", 8 | 2);
	syscall(SYS_umount2, "missing", 1);

	int context = syscall(SYS_fsopen, "tmpfs", FSOPEN_CLOEXEC);
	syscall(SYS_fsconfig, context, FSCONFIG_SET_STRING, "source", "name", 0);
	syscall(SYS_fsconfig, context, FSCONFIG_SET_STRING, "size", "1m", 0);
	syscall(SYS_fsconfig, context, FSCONFIG_SET_FLAG, "unknown", NULL, 0);
	syscall(SYS_fsconfig, context, FSCONFIG_SET_FD, "fd", NULL, 0);
	syscall(SYS_fsconfig, context, FSCONFIG_SET_BINARY, "binary", "\1\2\3", 3);
	syscall(SYS_fsconfig, context, FSCONFIG_CMD_CREATE, NULL, NULL, 0);
	int mounted = syscall(SYS_fsmount, context, FSMOUNT_CLOEXEC, MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC);
	syscall(SYS_move_mount, mounted, "", AT_FDCWD, "one", MOVE_MOUNT_F_EMPTY_PATH);
	int tree = syscall(SYS_open_tree, AT_FDCWD, "one", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE);
	struct mount_attr attributes = { .attr_set = MOUNT_ATTR_RDONLY, .attr_clr = MOUNT_ATTR_NOEXEC, .propagation = MS_PRIVATE };
	syscall(SYS_mount_setattr, tree, "", AT_EMPTY_PATH | AT_RECURSIVE, &attributes, sizeof(attributes));
	syscall(SYS_fspick, AT_FDCWD, "one", FSPICK_CLOEXEC | FSPICK_NO_AUTOMOUNT);
	syscall(SYS_umount2, "one", 0);
	syscall(SYS_pivot_root, "one", "two");
	return 0;
}
