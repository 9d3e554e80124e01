#include "bottle/celllate.h"

#include <fcntl.h>
#include <linux/mount.h>
#include <linux/openat2.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "bottle/own.h"

#define KEPT (MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV)

/* The project is not ours alone: a link that somebody puts on the way is not followed. */
static int direct(const char *path, unsigned long long flags, mode_t mode)
{
	struct open_how how = { .flags = flags | O_CLOEXEC,
		                .mode = mode,
		                .resolve = RESOLVE_NO_SYMLINKS };

	return (int)syscall(SYS_openat2, AT_FDCWD, path, &how, sizeof how);
}

int bt_late_look(const struct bt_late *l, size_t n, int *outside, struct bt_err *e)
{
	for (size_t i = 0; i < n; i++) {
		outside[i] = -1;
		if (!l[i].from || l[i].kind == BT_LATE_COVER || l[i].kind == BT_LATE_SYMLINK)
			continue;
		outside[i] = l[i].kind == BT_LATE_FILE ? open(l[i].from, O_RDONLY | O_CLOEXEC)
		                                       : direct(l[i].from, O_PATH, 0);
		if (outside[i] < 0)
			return bt_fail_sys(e, "%s", l[i].from);
	}
	return 0;
}

static int set(int fd, unsigned flags, unsigned long long attr)
{
	struct mount_attr a = { .attr_set = attr };

	return (int)syscall(SYS_mount_setattr, fd, "", flags | AT_EMPTY_PATH, &a, sizeof a);
}

/* A copy of the mount at from, with all below, stands over to. */
static int put_over(int from, int to, unsigned long long attr)
{
	BT_OWN_FD int tree =
	        (int)syscall(SYS_open_tree, from, "",
	                     OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH | AT_RECURSIVE);

	if (tree < 0 || set(tree, AT_RECURSIVE, attr) < 0)
		return -1;
	return (int)syscall(SYS_move_mount, tree, "", to, "",
	                    MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH);
}

static int same(int inside, int outside, const char *path, struct bt_err *e)
{
	struct stat a, b;

	if (fstat(inside, &a) < 0 || fstat(outside, &b) < 0)
		return bt_fail_sys(e, "stat %s", path);
	if (a.st_dev != b.st_dev || a.st_ino != b.st_ino)
		return bt_fail(e, BT_DENIED, "%s: something else was put in its place", path);
	return 0;
}

static int on_itself(const struct bt_late *l, int outside, struct bt_err *e)
{
	BT_OWN_FD int at = direct(l->to, O_PATH, 0);

	if (at < 0)
		return bt_fail_sys(e, "guard %s", l->to);
	if (outside >= 0 && same(at, outside, l->to, e) < 0)
		return -1;
	if (put_over(at, at, KEPT | (l->kind == BT_LATE_RO ? MOUNT_ATTR_RDONLY : 0)) < 0)
		return bt_fail_sys(e, "guard %s", l->to);
	return 0;
}

static int cover(const struct bt_late *l, struct bt_err *e)
{
	BT_OWN_FD int at = direct(l->to, O_PATH, 0);
	BT_OWN_FD int with = direct(l->from, O_PATH, 0);

	if (at < 0 || with < 0 ||
	    put_over(with, at, KEPT | MOUNT_ATTR_NOEXEC | MOUNT_ATTR_RDONLY) < 0)
		return bt_fail_sys(e, "cover %s", l->to);
	return 0;
}

static int copy(int to, int from)
{
	off_t at = 0;
	ssize_t n;

	do
		n = sendfile(to, from, &at, 1 << 30);
	while (n > 0);
	return (int)n;
}

static int write_file(const struct bt_late *l, int outside, struct bt_err *e)
{
	BT_OWN_FD int fd = direct(l->to, O_WRONLY | O_CREAT | O_EXCL, 0600);

	if (fd < 0 || (outside >= 0 && copy(fd, outside) < 0) || copy(fd, l->fd) < 0 ||
	    fchmod(fd, l->mode) < 0)
		return bt_fail_sys(e, "write %s", l->to);
	return 0;
}

static int freeze(const struct bt_late *l, struct bt_err *e)
{
	BT_OWN_FD int at = direct(l->to, O_PATH, 0);

	if (at < 0 || set(at, 0, MOUNT_ATTR_RDONLY) < 0)
		return bt_fail_sys(e, "freeze %s", l->to);
	return 0;
}

static int one(const struct bt_late *l, int outside, struct bt_err *e)
{
	switch (l->kind) {
	case BT_LATE_RO:
	case BT_LATE_RW:
		return on_itself(l, outside, e);
	case BT_LATE_COVER:
		return cover(l, e);
	case BT_LATE_SYMLINK:
		return symlink(l->from, l->to) < 0 ? bt_fail_sys(e, "link %s", l->to) : 0;
	case BT_LATE_FILE:
		return write_file(l, outside, e);
	case BT_LATE_FREEZE:
		return freeze(l, e);
	}
	return bt_fail(e, BT_INVALID, "no such line: %d", (int)l->kind);
}

int bt_late_apply(const struct bt_late *l, size_t n, const int *outside, struct bt_err *e)
{
	for (size_t i = 0; i < n; i++)
		if (one(&l[i], outside[i], e) < 0)
			return -1;
	return 0;
}
