#include "bottle/treecopy.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bottle/limits.h"
#include "bottle/own.h"
#include "bottle/sig.h"

struct place { /* one entry of a folder that is being copied */
	struct bt_treecopy *t;
	int from, to; /* the folders */
	const char *name;
	struct stat st;
	int depth;
};

static int folder(int from, int to, int depth, struct bt_treecopy *t, struct bt_err *e);

static int room(struct bt_treecopy *t, struct bt_err *e)
{
	if (t->bytes > t->max_bytes)
		return bt_fail(e, BT_LIMIT, "over %llu MiB",
		               (unsigned long long)t->max_bytes / BT_MIB);
	if (t->files > t->max_files)
		return bt_fail(e, BT_LIMIT, "over %llu files", (unsigned long long)t->max_files);
	return bt_sig_check(e);
}

static int bytes(struct bt_treecopy *t, int from, int to, const char *name, struct bt_err *e)
{
	ssize_t n;

	do {
		n = sendfile(to, from, NULL, BT_MIB);
		if (n < 0)
			return bt_fail_sys(e, "%s", name);
		t->bytes += (uint64_t)n;
		if (room(t, e) < 0)
			return -1;
	} while (n > 0);
	return 0;
}

/* Times and modes last: what is written into it changes the one, and may need the other. */
static int finish(int fd, const struct place *p, struct bt_err *e)
{
	const struct timespec times[2] = { p->st.st_atim, p->st.st_mtim };

	if (fchmod(fd, p->st.st_mode & 0777) < 0 || futimens(fd, times) < 0)
		return bt_fail_sys(e, "%s", p->name);
	return 0;
}

static int copy_file(const struct place *p, struct bt_err *e)
{
	/* Not to wait for a pipe that stands there by now. */
	BT_OWN_FD int from =
	        openat(p->from, p->name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	BT_OWN_FD int to = -1;

	if (from < 0)
		return errno == ENOENT ? 0 : bt_fail_sys(e, "%s", p->name);
	to = openat(p->to, p->name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (to < 0)
		return bt_fail_sys(e, "%s", p->name);
	return bytes(p->t, from, to, p->name, e) < 0 ? -1 : finish(to, p, e);
}

static int copy_link(const struct place *p, struct bt_err *e)
{
	const struct timespec times[2] = { p->st.st_atim, p->st.st_mtim };
	char text[PATH_MAX];
	ssize_t n = readlinkat(p->from, p->name, text, sizeof text - 1);

	if (n < 0)
		return errno == ENOENT || errno == EINVAL ? 0 : bt_fail_sys(e, "%s", p->name);
	text[n] = '\0';
	if (symlinkat(text, p->to, p->name) < 0)
		return bt_fail_sys(e, "%s", p->name);
	(void)utimensat(p->to, p->name, times, AT_SYMLINK_NOFOLLOW);
	return 0;
}

static int copy_folder(const struct place *p, struct bt_err *e)
{
	const int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
	BT_OWN_FD int from = openat(p->from, p->name, flags);
	BT_OWN_FD int to = -1;

	if (from < 0)
		return errno == ENOENT ? 0 : bt_fail_sys(e, "%s", p->name);
	if (mkdirat(p->to, p->name, 0700) < 0 || (to = openat(p->to, p->name, flags)) < 0)
		return bt_fail_sys(e, "%s", p->name);
	if (folder(from, to, p->depth + 1, p->t, e) < 0)
		return bt_wrap(e, "%s", p->name);
	return finish(to, p, e);
}

static int one(struct place *p, struct bt_err *e)
{
	if (fstatat(p->from, p->name, &p->st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : bt_fail_sys(e, "%s", p->name);
	p->t->files++;
	if (room(p->t, e) < 0)
		return -1;
	if (S_ISREG(p->st.st_mode))
		return copy_file(p, e);
	if (S_ISLNK(p->st.st_mode))
		return copy_link(p, e);
	return S_ISDIR(p->st.st_mode) ? copy_folder(p, e) : 0;
}

static bool passed_over(const struct place *p)
{
	return strcmp(p->name, ".") == 0 || strcmp(p->name, "..") == 0 ||
	       (p->depth == 0 && p->t->skip && strcmp(p->name, p->t->skip) == 0);
}

static int entries(DIR *dir, int from, int to, int depth, struct bt_treecopy *t, struct bt_err *e)
{
	for (;;) {
		errno = 0;
		const struct dirent *d = readdir(dir);
		struct place p = { .t = t, .from = from, .to = to, .depth = depth };

		if (!d)
			return errno ? bt_fail_sys(e, "read the folder") : 0;
		p.name = d->d_name;
		if (!passed_over(&p) && one(&p, e) < 0)
			return -1;
	}
}

static int folder(int from, int to, int depth, struct bt_treecopy *t, struct bt_err *e)
{
	if (depth >= BT_LIM_TAR_DEPTH)
		return bt_fail(e, BT_LIMIT, "over %d folders below one another", BT_LIM_TAR_DEPTH);
	int again = openat(from, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = again < 0 ? NULL : fdopendir(again);

	if (!dir) {
		int rc = bt_fail_sys(e, "open the folder");

		bt_fd_p(&again);
		return rc;
	}
	int rc = entries(dir, from, to, depth, t, e);

	(void)closedir(dir);
	return rc;
}

int bt_treecopy_run(int from, int to, struct bt_treecopy *t, struct bt_err *e)
{
	t->bytes = t->files = 0;
	return folder(from, to, 0, t, e);
}
