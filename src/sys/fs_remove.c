#include "bottle/fs.h"

#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bottle/own.h"
#include "fs_error.h"

/* Deeper than this no tool of ours builds; each level holds a descriptor. */
#define REMOVE_DEPTH 256

struct remover {
	const char *path; /* of the root: for messages */
	dev_t dev;        /* stay on this file system */
	unsigned depth;
};

int bt_fs_remove(const char *path, struct bt_err *e)
{
	if (unlinkat(AT_FDCWD, path, 0) == 0)
		return 0;
	int why = errno;

	if (why == EISDIR || why == EPERM) {
		if (unlinkat(AT_FDCWD, path, AT_REMOVEDIR) == 0)
			return 0;
		if (errno == ENOTDIR)
			errno = why;
	}
	return fs_fail(e, "remove %s", path);
}

static int remove_at(struct remover *r, int dir, const char *name, struct bt_err *e);

/* The first failure is reported, but the rest is removed all the same. */
static int remove_members(struct remover *r, DIR *d, struct bt_err *e)
{
	int rc = 0;

	for (struct dirent *ent; (ent = readdir(d));) {
		struct bt_err later = { 0 };

		if (strcmp(ent->d_name, ".") == 0 || strcmp(ent->d_name, "..") == 0)
			continue;
		if (remove_at(r, dirfd(d), ent->d_name, rc ? &later : e) < 0)
			rc = -1;
	}
	return rc;
}

static int remove_dir(struct remover *r, int dir, const char *name, struct bt_err *e)
{
	struct stat st;
	int fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0)
		return errno == ENOENT ? 0 : fs_fail(e, "remove %s: open %s", r->path, name);
	DIR *d = fdopendir(fd); /* owns fd from here */

	if (!d) {
		int rc = fs_fail(e, "remove %s: open %s", r->path, name);

		(void)close(fd);
		return rc;
	}
	int rc = 0;

	if (fstat(fd, &st) < 0)
		rc = fs_fail(e, "remove %s: stat %s", r->path, name);
	else if (r->depth && st.st_dev != r->dev)
		rc = bt_fail(e, BT_DENIED, "remove %s: %s is a mount point", r->path, name);
	else if (r->depth >= REMOVE_DEPTH)
		rc = bt_fail(e, BT_LIMIT, "remove %s: deeper than %d", r->path, REMOVE_DEPTH);
	if (rc == 0) {
		r->dev = st.st_dev;
		r->depth++;
		rc = remove_members(r, d, e);
		r->depth--;
	}
	(void)closedir(d);
	if (rc == 0 && unlinkat(dir, name, AT_REMOVEDIR) < 0 && errno != ENOENT)
		rc = fs_fail(e, "remove %s: %s", r->path, name);
	return rc;
}

/* Try as a file first: unlink never follows, so nothing that is swapped meanwhile matters. */
static int remove_at(struct remover *r, int dir, const char *name, struct bt_err *e)
{
	if (unlinkat(dir, name, 0) == 0 || errno == ENOENT)
		return 0;
	if (errno != EISDIR && errno != EPERM)
		return fs_fail(e, "remove %s: %s", r->path, name);
	int why = errno;
	struct stat st;

	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && !S_ISDIR(st.st_mode)) {
		errno = why;
		return fs_fail(e, "remove %s: %s", r->path, name);
	}
	return remove_dir(r, dir, name, e);
}

int bt_fs_remove_tree(const char *path, struct bt_err *e)
{
	struct remover r = { .path = path };

	return remove_at(&r, AT_FDCWD, path, e);
}
