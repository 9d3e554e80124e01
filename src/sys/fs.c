#include "bottle/fs.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bottle/mem.h"
#include "bottle/own.h"
#include "bottle/sig.h"
#include "fs_error.h"

#define CHUNK_MIN 4096u
#define CHUNK 65536u

/* With room to see that this was all; 0 where it is not known. */
static size_t whole_size(int fd, size_t max)
{
	struct stat st;

	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || st.st_size <= 0)
		return 0;
	return (uint64_t)st.st_size < max ? (size_t)st.st_size + 1 : 0;
}

static int read_all(int fd, const char *path, size_t max, struct bt_buf *out, struct bt_err *e)
{
	size_t total = 0, whole = whole_size(fd, max);

	for (;;) {
		/* All of it at once; of what grows, or is no file, as much again as there is. */
		size_t want = total < CHUNK_MIN ? CHUNK_MIN : total < CHUNK ? total : CHUNK;

		want = total < whole ? whole - total : want;
		uint8_t *at = bt_buf_reserve(out, want, e);

		if (!at)
			return -1;
		ssize_t n = read(fd, at, want);

		if (n < 0 && errno == EINTR && bt_sig_check(e) == 0)
			continue;
		if (n < 0)
			return e->code == BT_INTR ? -1 : fs_fail(e, "read %s", path);
		if (n == 0)
			return 0;
		total += (size_t)n;
		if (total > max)
			return bt_fail(e, BT_LIMIT, "read %s: more than %zu bytes", path, max);
		bt_buf_commit(out, (size_t)n);
	}
}

int bt_fs_read(const char *path, size_t max, struct bt_buf *out, struct bt_err *e)
{
	BT_OWN_FD int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	BT_OWN_BUF whole = BT_BUF(max + CHUNK);

	if (fd < 0)
		return fs_fail(e, "open %s", path);
	if (read_all(fd, path, max, &whole, e) < 0) {
		bt_buf_wipe(&whole); /* it may have been a key */
		return -1;
	}
	if (!out->p && whole.len <= out->max) { /* nothing there yet: hand it over as it is */
		whole.max = out->max;
		*out = whole;
		whole = BT_BUF(0);
		return 0;
	}
	int rc = bt_buf_add(out, whole.p, whole.len, e);

	bt_buf_wipe(&whole);
	return rc;
}

static int by_bytes(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void sort_names(struct bt_fs_names *names)
{
	if (names->n)
		qsort(names->v, names->n, sizeof *names->v, by_bytes);
}

int bt_fs_list(const char *path, struct bt_fs_names *out, struct bt_err *e)
{
	struct bt_fs_names names = { 0 };
	size_t room = 0;
	DIR *dir = opendir(path);

	if (!dir)
		return fs_fail(e, "open %s", path);
	errno = 0;
	for (struct dirent *d; (d = readdir(dir)); errno = 0) {
		if (strcmp(d->d_name, ".") == 0 || strcmp(d->d_name, "..") == 0)
			continue;
		if (names.n == room) {
			room = room ? room * 2 : 16;
			names.v = bt_realloc(names.v, room * sizeof *names.v);
		}
		names.v[names.n++] = bt_strdup(d->d_name);
	}
	int rc = errno ? fs_fail(e, "read %s", path) : 0;

	(void)closedir(dir);
	if (rc < 0) {
		bt_fs_names_free(&names);
		return rc;
	}
	sort_names(&names);
	*out = names;
	return 0;
}

void bt_fs_names_free(struct bt_fs_names *names)
{
	for (size_t i = 0; i < names->n; i++)
		free(names->v[i]);
	free(names->v);
	*names = (struct bt_fs_names){ 0 };
}

static const char *type_name(mode_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFREG:
		return "file";
	case S_IFDIR:
		return "dir";
	case S_IFLNK:
		return "link";
	case S_IFSOCK:
		return "socket";
	case S_IFIFO:
		return "fifo";
	case S_IFCHR:
		return "char";
	default:
		return "block";
	}
}

int bt_fs_stat(const char *path, bool follow, struct bt_fs_stat *out, struct bt_err *e)
{
	struct stat st;

	if (fstatat(AT_FDCWD, path, &st, follow ? 0 : AT_SYMLINK_NOFOLLOW) < 0)
		return fs_fail(e, "stat %s", path);
	*out = (struct bt_fs_stat){
		.type = type_name(st.st_mode),
		.size = (uint64_t)st.st_size,
		.mode = st.st_mode & 07777,
		.uid = st.st_uid,
		.gid = st.st_gid,
		.mtime = st.st_mtim.tv_sec,
		.ino = st.st_ino,
		.dev = st.st_dev,
	};
	return 0;
}

bool bt_fs_exists(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0;
}

bool bt_fs_writable(const char *path)
{
	return faccessat(AT_FDCWD, path, W_OK, AT_EACCESS) == 0;
}

int bt_fs_realpath(const char *path, char **out, struct bt_err *e)
{
	char *real = realpath(path, NULL);

	if (!real)
		return fs_fail(e, "%s", path);
	*out = real;
	return 0;
}

static int make_one(const char *path, mode_t mode, struct bt_err *e)
{
	struct stat st;

	if (mkdir(path, mode) == 0)
		return 0;
	if (errno != EEXIST)
		return fs_fail(e, "mkdir %s", path);
	if (stat(path, &st) == 0 && S_ISDIR(st.st_mode))
		return 0;
	errno = EEXIST;
	return fs_fail(e, "mkdir %s", path);
}

int bt_fs_mkdirs(const char *path, mode_t mode, struct bt_err *e)
{
	BT_OWN_MEM char *p = bt_strdup(path);

	if (!*p)
		return bt_fail(e, BT_INVALID, "mkdir: empty path");
	for (char *slash = strchr(p + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (make_one(p, mode, e) < 0)
			return -1;
		*slash = '/';
	}
	return make_one(p, mode, e);
}
