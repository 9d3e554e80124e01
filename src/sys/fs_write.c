#include "bottle/fs.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bottle/mem.h"
#include "bottle/own.h"
#include "fs_error.h"

#define TRIES 8

static int write_all(int fd, const char *path, struct bt_str data, struct bt_err *e)
{
	while (data.n) {
		ssize_t n = write(fd, data.p, data.n);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return fs_fail(e, "write %s", path);
		data.p += n;
		data.n -= (size_t)n;
	}
	return 0;
}

/* What stands in the place of a file that will be written: nothing, or a regular file. */
static int check_place(int dir, const char *name, const char *path, struct bt_err *e)
{
	struct stat st;

	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : fs_fail(e, "stat %s", path);
	if (S_ISLNK(st.st_mode))
		return bt_fail(e, BT_INVALID, "write %s: a symbolic link stands there", path);
	if (!S_ISREG(st.st_mode))
		return bt_fail(e, BT_INVALID, "write %s: not a regular file", path);
	return 0;
}

/* Split into the folder, opened, and the last name, borrowed from path. */
static int open_parent(const char *path, int *dir, const char **name, struct bt_err *e)
{
	const char *slash = strrchr(path, '/');
	BT_OWN_MEM char *parent = slash == NULL   ? bt_strdup(".")
	                          : slash == path ? bt_strdup("/")
	                                          : bt_strndup(path, (size_t)(slash - path));

	*name = slash ? slash + 1 : path;
	if (!**name || strcmp(*name, ".") == 0 || strcmp(*name, "..") == 0)
		return bt_fail(e, BT_INVALID, "write %s: not a file name", path);
	*dir = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return *dir < 0 ? fs_fail(e, "open %s", parent) : 0;
}

static int open_fresh(int dir, char *temp, size_t cap, const char *path, struct bt_err *e)
{
	for (int i = 0; i < TRIES; i++) {
		uint64_t r = 0;

		if (getrandom(&r, sizeof r, 0) != (ssize_t)sizeof r)
			return bt_fail_sys(e, "getrandom");
		(void)snprintf(temp, cap, ".bottle-%016llx", (unsigned long long)r);
		int fd = openat(dir, temp, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
		                0600);

		if (fd >= 0 || errno != EEXIST)
			return fd >= 0 ? fd : fs_fail(e, "create beside %s", path);
	}
	errno = EEXIST;
	return fs_fail(e, "create beside %s", path);
}

static int fill(int fd, const char *path, struct bt_str data, mode_t mode, struct bt_err *e)
{
	if (write_all(fd, path, data, e) < 0)
		return -1;
	if (fchmod(fd, mode) < 0)
		return fs_fail(e, "chmod %s", path);
	return fsync(fd) < 0 ? fs_fail(e, "fsync %s", path) : 0;
}

int bt_fs_write(const char *path, struct bt_str data, mode_t mode, struct bt_err *e)
{
	char temp[40];
	const char *name;
	BT_OWN_FD int dir = -1;

	if (open_parent(path, &dir, &name, e) < 0 || check_place(dir, name, path, e) < 0)
		return -1;
	BT_OWN_FD int fd = open_fresh(dir, temp, sizeof temp, path, e);

	if (fd < 0)
		return -1;
	int rc = fill(fd, path, data, mode, e);

	/* A link that came since check_place is replaced by the file, not followed. */
	if (rc == 0 && renameat(dir, temp, dir, name) < 0)
		rc = fs_fail(e, "rename to %s", path);
	if (rc < 0) {
		(void)unlinkat(dir, temp, 0);
		return rc;
	}
	return fsync(dir) < 0 ? fs_fail(e, "fsync folder of %s", path) : 0;
}

int bt_fs_create(const char *path, struct bt_str data, mode_t mode, struct bt_err *e)
{
	BT_OWN_FD int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode & 0777);

	if (fd < 0)
		return fs_fail(e, "create %s", path);
	if (write_all(fd, path, data, e) < 0) {
		(void)unlink(path);
		return -1;
	}
	return fchmod(fd, mode) < 0 ? fs_fail(e, "chmod %s", path) : 0;
}

int bt_fs_append(const char *path, struct bt_str data, mode_t mode, struct bt_err *e)
{
	/* O_NONBLOCK: a fifo in the place must not hold us. */
	BT_OWN_FD int fd =
	        open(path,
	             O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY,
	             mode);
	struct stat st;

	if (fd < 0)
		return fs_fail(e, "open %s", path);
	if (fstat(fd, &st) < 0)
		return fs_fail(e, "stat %s", path);
	if (!S_ISREG(st.st_mode))
		return bt_fail(e, BT_INVALID, "append %s: not a regular file", path);
	return write_all(fd, path, data, e);
}
