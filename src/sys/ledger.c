#include "bottle/ledger.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "bottle/fs.h"
#include "bottle/limits.h"
#include "bottle/log.h"
#include "bottle/mem.h"
#include "bottle/proc.h"
#include "bottle/sig.h"
#include "fs_error.h"

#define LOCK_TRIES 5
#define LOCK_WAIT_MS 20

struct bt_ledger {
	int dir; /* owned */
	int fd;  /* owned; holds the lock */
	char slug[64];
	struct bt_ledger_view view;
};

static struct bt_ledger *fresh(const char *slug)
{
	struct bt_ledger *l = bt_calloc(1, sizeof *l);

	l->dir = l->fd = -1;
	(void)snprintf(l->slug, sizeof l->slug, "%s", slug);
	return l;
}

static void let_go(struct bt_ledger *l)
{
	if (l->fd >= 0)
		(void)close(l->fd);
	if (l->dir >= 0)
		(void)close(l->dir);
	bt_ledger_view_free(&l->view);
	free(l);
}

static void let_go_p(struct bt_ledger **l)
{
	if (*l)
		let_go(*l);
}
/* Until it is whole: unlike BT_OWN(bt_ledger), never removes the file. */
#define OWN_HALF __attribute__((cleanup(let_go_p))) struct bt_ledger *

static int read_boot(char *out, size_t cap, struct bt_err *e)
{
	BT_OWN_BUF b = BT_BUF(cap - 1);

	if (bt_fs_read("/proc/sys/kernel/random/boot_id", cap - 1, &b, e) < 0)
		return -1;
	(void)snprintf(out, cap, "%.*s", (int)strcspn((const char *)b.p, "\n"), (const char *)b.p);
	return 0;
}

static int fill_owner(struct bt_ledger_owner *w, struct bt_err *e)
{
	if (gethostname(w->host, sizeof w->host) < 0)
		return bt_fail_sys(e, "gethostname");
	w->host[sizeof w->host - 1] = '\0';
	w->pid = getpid();
	w->created = time(NULL);
	if (bt_proc_start_time(getpid(), &w->start, e) < 0)
		return -1;
	return read_boot(w->boot, sizeof w->boot, e);
}

static int open_dir(const char *dir, int *fd, struct bt_err *e)
{
	*fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return *fd < 0 ? fs_fail(e, "open %s", dir) : 0;
}

/* One write: a reader sees the line or not. A torn one is taken back. */
static int append(struct bt_ledger *l, struct bt_str line, struct bt_err *e)
{
	struct stat st;

	if (fstat(l->fd, &st) < 0)
		return bt_fail_sys(e, "ledger %s", l->slug);
	ssize_t n = write(l->fd, line.p, line.n);

	if (n == (ssize_t)line.n && fsync(l->fd) == 0)
		return 0;
	if (n >= 0 && n != (ssize_t)line.n)
		errno = ENOSPC;
	int rc = bt_fail_sys(e, "ledger %s: write", l->slug);

	(void)!ftruncate(l->fd, st.st_size);
	return rc;
}

/* The file under a temporary name, locked and with its owner line. */
static int prepare(struct bt_ledger *l, const char *temp, struct bt_err *e)
{
	BT_OWN_BUF line = BT_BUF(BT_LIM_LEDGER_BYTES);

	if (fill_owner(&l->view.owner, e) < 0)
		return -1;
	if (bt_ledger_owner_line(&l->view.owner, &line, e) < 0)
		return -1;
	l->fd = openat(l->dir, temp, O_RDWR | O_CREAT | O_EXCL | O_APPEND | O_NOFOLLOW | O_CLOEXEC,
	               0600);
	if (l->fd < 0)
		return fs_fail(e, "ledger %s", l->slug);
	if (flock(l->fd, LOCK_EX | LOCK_NB) < 0)
		return bt_fail_sys(e, "ledger %s: lock", l->slug);
	return append(l, bt_buf_str(&line), e);
}

int bt_ledger_open(struct bt_ledger **out, const char *dir, const char *slug, struct bt_err *e)
{
	char temp[96];

	if (bt_slug_check(slug, e) < 0)
		return -1;
	OWN_HALF l = fresh(slug);

	if (bt_fs_mkdirs(dir, 0700, e) < 0 || open_dir(dir, &l->dir, e) < 0)
		return -1;
	(void)snprintf(temp, sizeof temp, ".%s.%d", slug, (int)getpid());
	(void)unlinkat(l->dir, temp, 0); /* of a dead one with our pid */
	int rc = prepare(l, temp, e);

	/* Linking is what fails for a slug that is taken; nobody ever sees it unlocked. */
	if (rc == 0 && linkat(l->dir, temp, l->dir, slug, 0) < 0)
		rc = errno == EEXIST ? bt_fail(e, BT_EXISTS,
		                               "bottle %s exists: stop it, clean it up, or "
		                               "choose another name",
		                               slug)
		                     : fs_fail(e, "ledger %s", slug);
	(void)unlinkat(l->dir, temp, 0);
	if (rc < 0)
		return rc;
	if (fsync(l->dir) < 0)
		return bt_fail_sys(e, "ledger %s: fsync", slug);
	*out = BT_STEAL(l);
	return 0;
}

static int read_view(int fd, struct bt_ledger_view *view, struct bt_err *e)
{
	char path[40];
	BT_OWN_BUF text = BT_BUF(BT_LIM_LEDGER_BYTES);

	/* By descriptor: the name may be another file by now. */
	(void)snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	if (bt_fs_read(path, BT_LIM_LEDGER_BYTES, &text, e) < 0)
		return -1;
	return bt_ledger_parse(bt_buf_str(&text), view, e);
}

/* The locked file is still the one of that name: its owner removes it before the lock goes. */
static bool still_there(const struct bt_ledger *l)
{
	struct stat a;
	struct stat b;

	return fstat(l->fd, &a) == 0 && fstatat(l->dir, l->slug, &b, AT_SYMLINK_NOFOLLOW) == 0 &&
	       a.st_ino == b.st_ino && a.st_dev == b.st_dev;
}

/* Somebody's scan may hold it shared for a moment; an owner holds it for good. */
static int lock_dead(int fd, const char *slug, struct bt_err *e)
{
	for (int i = 0; i < LOCK_TRIES; i++) {
		if (flock(fd, LOCK_EX | LOCK_NB) == 0)
			return 0;
		if (errno != EWOULDBLOCK)
			return bt_fail_sys(e, "ledger %s: lock", slug);
		if (bt_sig_poll(NULL, 0, LOCK_WAIT_MS, e) < 0)
			return -1;
	}
	return bt_fail(e, BT_EXISTS, "bottle %s is running", slug);
}

int bt_ledger_adopt(struct bt_ledger **out, const char *dir, const char *slug, struct bt_err *e)
{
	if (bt_slug_check(slug, e) < 0)
		return -1;
	OWN_HALF l = fresh(slug);

	if (open_dir(dir, &l->dir, e) < 0)
		return -1;
	l->fd = openat(l->dir, slug, O_RDWR | O_APPEND | O_NOFOLLOW | O_CLOEXEC);
	if (l->fd < 0)
		return fs_fail(e, "ledger %s", slug);
	if (lock_dead(l->fd, slug, e) < 0)
		return -1;
	if (!still_there(l))
		return bt_fail(e, BT_NOTFOUND, "ledger %s is gone", slug);
	if (read_view(l->fd, &l->view, e) < 0)
		return bt_wrap(e, "ledger %s", slug);
	/* What a power cut tore must not run into our first line. */
	if (ftruncate(l->fd, (off_t)l->view.good) < 0)
		return bt_fail_sys(e, "ledger %s", slug);
	*out = BT_STEAL(l);
	return 0;
}

int bt_ledger_note(struct bt_ledger *l, enum bt_ledger_op op, const char *kind, const char *name,
                   const char *extra, struct bt_err *e)
{
	BT_OWN_BUF line = BT_BUF(BT_LIM_LEDGER_BYTES);

	if (op == BT_LEDGER_INTEND && l->view.n == BT_LIM_LEDGER_ENTRIES)
		return bt_fail(e, BT_LIMIT, "ledger %s is full", l->slug);
	if (bt_ledger_op_line(op, kind, name, extra, &line, e) < 0)
		return bt_wrap(e, "ledger %s", l->slug);
	if (append(l, bt_buf_str(&line), e) < 0)
		return -1;
	return bt_ledger_apply(&l->view, op, kind, name, extra, e);
}

const struct bt_ledger_view *bt_ledger_view(const struct bt_ledger *l)
{
	return &l->view;
}

void bt_ledger_close(struct bt_ledger *l)
{
	if (!l)
		return;
	if (l->view.n == 0 && still_there(l) && unlinkat(l->dir, l->slug, 0) < 0)
		log_warn("ledger", "cannot remove %s: %s", l->slug, strerror(errno));
	let_go(l);
}

static void look(int dir, struct bt_ledger_found *f)
{
	BT_OWN_FD int fd = openat(dir, f->slug, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);

	if (fd < 0) {
		(void)fs_fail(&f->err, "ledger %s", f->slug);
		return;
	}
	/* Shared, so that two scans do not take each other for an owner. */
	f->alive = flock(fd, LOCK_SH | LOCK_NB) < 0 && errno == EWOULDBLOCK;
	if (read_view(fd, &f->view, &f->err) < 0)
		(void)bt_wrap(&f->err, "ledger %s", f->slug);
}

int bt_ledger_scan(const char *path, struct bt_ledger_list *out, struct bt_err *e)
{
	struct bt_ledger_list list = { 0 };
	struct bt_fs_names names = { 0 };
	struct bt_err ignored = { 0 };
	BT_OWN_FD int dir = -1;

	if (!bt_fs_exists(path)) {
		*out = list;
		return 0;
	}
	if (open_dir(path, &dir, e) < 0 || bt_fs_list(path, &names, e) < 0)
		return -1;
	list.v = bt_calloc(names.n, sizeof *list.v);
	for (size_t i = 0; i < names.n; i++) {
		struct bt_ledger_found f = { 0 };

		if (bt_slug_check(names.v[i], &ignored) < 0)
			continue;
		f.slug = BT_STEAL(names.v[i]);
		look(dir, &f);
		if (f.err.code == BT_NOTFOUND) /* ended since we listed it */
			free(f.slug);
		else
			list.v[list.n++] = f;
	}
	bt_fs_names_free(&names);
	*out = list;
	return 0;
}

void bt_ledger_list_free(struct bt_ledger_list *list)
{
	for (size_t i = 0; i < list->n; i++) {
		free(list->v[i].slug);
		bt_ledger_view_free(&list->v[i].view);
	}
	free(list->v);
	*list = (struct bt_ledger_list){ 0 };
}
