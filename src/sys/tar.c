#include "bottle/tar.h"

#include <archive.h>
#include <archive_entry.h>
#include <dirent.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "bottle/limits.h"
#include "bottle/mem.h"

struct bt_tar {
	int fd;
	struct archive *a; /* NULL once finished */
	uint64_t size;
};

int bt_tar_open(struct bt_tar **out, struct bt_err *e)
{
	BT_OWN(bt_tar) t = bt_calloc(1, sizeof *t);

	t->fd = memfd_create("bottle-tar", MFD_CLOEXEC);
	if (t->fd < 0)
		return bt_fail_sys(e, "memfd");
	t->a = archive_write_new();
	if (!t->a || archive_write_set_format_pax_restricted(t->a) != ARCHIVE_OK ||
	    archive_write_set_options(t->a, "hdrcharset=BINARY") < ARCHIVE_WARN ||
	    archive_write_open_fd(t->a, t->fd) != ARCHIVE_OK)
		return bt_fail(e, BT_IO, "tar: %s",
		               t->a ? archive_error_string(t->a) : "out of memory");
	*out = BT_STEAL(t);
	return 0;
}

void bt_tar_close(struct bt_tar *t)
{
	if (!t)
		return;
	if (t->a)
		(void)archive_write_free(t->a);
	if (t->fd >= 0)
		(void)close(t->fd);
	free(t);
}

/* A path for the archive: no leading or trailing slash; "" stands for the archive's root. */
static int clean_path(const char *path, char out[BT_LIM_TAR_NAME], struct bt_err *e)
{
	while (*path == '/')
		path++;
	size_t n = strlen(path);

	while (n && path[n - 1] == '/')
		n--;
	if (n >= BT_LIM_TAR_NAME)
		return bt_fail(e, BT_LIMIT, "tar: path of %zu bytes", n);
	struct bt_str rest = { path, n }, part;

	while (rest.n) {
		(void)bt_str_cut(&rest, '/', &part);
		if (bt_str_eq(part, BT_STR_LIT("..")))
			return bt_fail(e, BT_INVALID, "tar: '..' in %.200s", path);
	}
	memcpy(out, path, n);
	out[n] = '\0';
	return 0;
}

struct meta {
	const char *name;
	mode_t type;
	int mode;
	int64_t size, mtime;
	const char *link;
	const struct bt_tar_entry *owner;
};

static int head(struct bt_tar *t, const struct meta *m, struct bt_err *e)
{
	struct archive_entry *h = archive_entry_new();

	if (!h)
		return bt_fail(e, BT_LIMIT, "tar: out of memory");
	archive_entry_set_pathname(h, m->name);
	archive_entry_set_filetype(h, m->type);
	archive_entry_set_perm(h, (mode_t)m->mode);
	archive_entry_set_size(h, m->size);
	archive_entry_set_mtime(h, (time_t)m->mtime, 0);
	archive_entry_set_uid(h, m->owner->uid);
	archive_entry_set_gid(h, m->owner->gid);
	if (m->link)
		archive_entry_set_symlink(h, m->link);
	int rc = archive_write_header(t->a, h);

	archive_entry_free(h);
	if (rc < ARCHIVE_WARN)
		return bt_fail(e, BT_IO, "tar: %.200s: %s", m->name, archive_error_string(t->a));
	return 0;
}

static int bytes(struct bt_tar *t, const char *p, size_t n, struct bt_err *e)
{
	while (n) {
		la_ssize_t w = archive_write_data(t->a, p, n);

		if (w <= 0)
			return bt_fail(e, BT_IO, "tar: %s", archive_error_string(t->a));
		p += w;
		n -= (size_t)w;
	}
	return 0;
}

/* Exactly size bytes: a file that shrinks while it is read is an error, growth is not seen. */
static int copy_fd(struct bt_tar *t, int fd, uint64_t size, const char *what, struct bt_err *e)
{
	char chunk[65536];

	while (size) {
		ssize_t n = read(fd, chunk, size < sizeof chunk ? (size_t)size : sizeof chunk);

		if (n < 0)
			return bt_fail_sys(e, "read %s", what);
		if (n == 0)
			return bt_fail(e, BT_IO, "%s became shorter while it was read", what);
		if (bytes(t, chunk, (size_t)n, e) < 0)
			return -1;
		size -= (uint64_t)n;
	}
	return 0;
}

static int put_file(struct bt_tar *t, int fd, const struct stat *st, struct meta *m,
                    struct bt_err *e)
{
	m->type = AE_IFREG;
	m->size = st->st_size;
	if (head(t, m, e) < 0)
		return -1;
	return copy_fd(t, fd, (uint64_t)st->st_size, m->name, e);
}

static bool skipped(const struct bt_tar_entry *x, const char *rel)
{
	for (const char *const *s = x->skip; s && *s; s++)
		if (strcmp(*s, rel) == 0)
			return true;
	return false;
}

struct walk {
	struct bt_tar *t;
	const struct bt_tar_entry *x;
	char name[BT_LIM_TAR_NAME]; /* in the archive */
	size_t base;                /* bytes of name before the relative path */
	unsigned depth;
};

static int walk_dir(struct walk *w, int fd, struct bt_err *e);

/* Something that vanished since the folder was read is left out; so are sockets and devices. */
static int walk_one(struct walk *w, int dir, const char *leaf, struct bt_err *e)
{
	const struct bt_tar_entry *x = w->x;
	struct stat st;
	char target[BT_LIM_TAR_NAME];

	if (fstatat(dir, leaf, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : bt_fail_sys(e, "stat %s", w->name);
	struct meta m = { .name = w->name,
		          .mode = (int)(st.st_mode & 0777),
		          .mtime = x->mtime >= 0 ? x->mtime : st.st_mtime,
		          .owner = x };

	if (S_ISLNK(st.st_mode)) {
		ssize_t n = readlinkat(dir, leaf, target, sizeof target - 1);

		if (n < 0)
			return errno == ENOENT ? 0 : bt_fail_sys(e, "readlink %s", w->name);
		target[n] = '\0';
		m.type = AE_IFLNK;
		m.link = target;
		return head(w->t, &m, e);
	}
	if (!S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode))
		return 0;
	BT_OWN_FD int fd = openat(dir, leaf, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);

	if (fd < 0 || fstat(fd, &st) < 0)
		return errno == ENOENT ? 0 : bt_fail_sys(e, "open %s", w->name);
	if (S_ISREG(st.st_mode))
		return put_file(w->t, fd, &st, &m, e);
	m.type = AE_IFDIR;
	if (head(w->t, &m, e) < 0)
		return -1;
	return walk_dir(w, fd, e);
}

static int keep(const struct dirent *d)
{
	return strcmp(d->d_name, ".") != 0 && strcmp(d->d_name, "..") != 0;
}

/* Sorted by bytes: the same tree gives the same archive. */
static int walk_names(struct walk *w, int fd, struct dirent **names, int n, struct bt_err *e)
{
	size_t len = strlen(w->name);
	int rc = 0;

	for (int i = 0; i < n && rc == 0; i++) {
		int add = snprintf(w->name + len, sizeof w->name - len, "%s%s", len ? "/" : "",
		                   names[i]->d_name);

		if (add < 0 || (size_t)add >= sizeof w->name - len)
			rc = bt_fail(e, BT_LIMIT, "tar: path too long below %.200s", w->name);
		else if (!skipped(w->x, w->name + w->base))
			rc = walk_one(w, fd, names[i]->d_name, e);
		w->name[len] = '\0';
	}
	return rc;
}

static int by_bytes(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int walk_dir(struct walk *w, int fd, struct bt_err *e)
{
	struct dirent **names = NULL;

	if (++w->depth > BT_LIM_TAR_DEPTH)
		return bt_fail(e, BT_LIMIT, "tar: more than %d folders deep", BT_LIM_TAR_DEPTH);
	int n = scandirat(fd, ".", &names, keep, by_bytes);

	if (n < 0)
		return bt_fail_sys(e, "read folder %s", w->name);
	int rc = walk_names(w, fd, names, n, e);

	while (n > 0)
		free(names[--n]);
	free(names);
	w->depth--;
	return rc;
}

static int add_tree(struct bt_tar *t, const struct bt_tar_entry *x, const char *name,
                    struct bt_err *e)
{
	BT_OWN_FD int fd = open(x->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	BT_OWN_MEM struct walk *w = bt_calloc(1, sizeof *w);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return bt_fail_sys(e, "open %s", x->dir);
	w->t = t;
	w->x = x;
	memcpy(w->name, name, strlen(name) + 1);
	w->base = *name ? strlen(name) + 1 : 0;
	if (*name) {
		struct meta m = { .name = name,
			          .type = AE_IFDIR,
			          .mode = x->mode >= 0 ? x->mode : (int)(st.st_mode & 0777),
			          .mtime = x->mtime >= 0 ? x->mtime : st.st_mtime,
			          .owner = x };

		if (head(t, &m, e) < 0)
			return -1;
	}
	return walk_dir(w, fd, e);
}

static int add_file(struct bt_tar *t, const struct bt_tar_entry *x, const char *name,
                    struct bt_err *e)
{
	BT_OWN_FD int fd = open(x->file, O_RDONLY | O_CLOEXEC);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return bt_fail_sys(e, "open %s", x->file);
	if (!S_ISREG(st.st_mode))
		return bt_fail(e, BT_INVALID, "%s is no regular file", x->file);
	struct meta m = { .name = name,
		          .mode = x->mode >= 0 ? x->mode : (int)(st.st_mode & 0777),
		          .mtime = x->mtime >= 0 ? x->mtime : st.st_mtime,
		          .owner = x };

	return put_file(t, fd, &st, &m, e);
}

int bt_tar_add(struct bt_tar *t, const struct bt_tar_entry *x, struct bt_err *e)
{
	char name[BT_LIM_TAR_NAME];

	if (clean_path(x->path, name, e) < 0)
		return -1;
	if (x->dir)
		return add_tree(t, x, name, e);
	if (!*name)
		return bt_fail(e, BT_INVALID, "tar: an entry without a path");
	if (x->file)
		return add_file(t, x, name, e);
	struct meta m = { .name = name, .mtime = x->mtime >= 0 ? x->mtime : 0, .owner = x };

	if (x->link) {
		m.type = AE_IFLNK;
		m.mode = 0777;
		m.link = x->link;
		return head(t, &m, e);
	}
	m.type = x->data.p ? AE_IFREG : AE_IFDIR;
	m.mode = x->mode >= 0 ? x->mode : x->data.p ? 0644 : 0755;
	m.size = (int64_t)x->data.n;
	if (head(t, &m, e) < 0)
		return -1;
	return bytes(t, x->data.p, x->data.n, e);
}

int bt_tar_finish(struct bt_tar *t, struct bt_err *e)
{
	struct stat st;
	int rc = archive_write_close(t->a);

	if (rc != ARCHIVE_OK)
		return bt_fail(e, BT_IO, "tar: %s", archive_error_string(t->a));
	(void)archive_write_free(BT_STEAL(t->a));
	if (fstat(t->fd, &st) < 0)
		return bt_fail_sys(e, "tar");
	t->size = (uint64_t)st.st_size;
	return 0;
}

/* Opened anew: a dup would share the offset with every other reader. */
int bt_tar_fd(const struct bt_tar *t, int *fd, struct bt_err *e)
{
	char path[40];

	(void)snprintf(path, sizeof path, "/proc/self/fd/%d", t->fd);
	int fresh = open(path, O_RDONLY | O_CLOEXEC);

	if (fresh < 0)
		return bt_fail_sys(e, "tar");
	*fd = fresh;
	return 0;
}

uint64_t bt_tar_size(const struct bt_tar *t)
{
	return t->size;
}

int bt_tar_sha256(const struct bt_tar *t, char hex[65], struct bt_err *e)
{
	return bt_tar_sha256_fd(t->fd, hex, e);
}
