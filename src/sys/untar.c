/* untar.c - unpack what a container gave us: every name is hostile. */
#include "bottle/tar.h"

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "bottle/limits.h"
#include "bottle/mem.h"

#define CHUNK 65536

int bt_tar_sha256_fd(int fd, char hex[65], struct bt_err *e)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	unsigned char d[32];
	char chunk[CHUNK];
	off_t at = 0;
	ssize_t n = 1;
	unsigned len = sizeof d;

	if (!ctx || EVP_DigestInit_ex(ctx, EVP_sha256(), NULL) != 1)
		n = -1;
	while (n > 0) {
		n = pread(fd, chunk, sizeof chunk, at);
		if (n > 0 && EVP_DigestUpdate(ctx, chunk, (size_t)n) != 1)
			n = -1;
		at += n;
	}
	if (n == 0 && EVP_DigestFinal_ex(ctx, d, &len) != 1)
		n = -1;
	EVP_MD_CTX_free(ctx);
	if (n < 0)
		return bt_fail_sys(e, "sha256");
	for (size_t i = 0; i < sizeof d; i++)
		(void)snprintf(hex + 2 * i, 3, "%02x", d[i]);
	return 0;
}

static struct archive *open_archive(int fd, struct bt_err *e)
{
	struct archive *a = archive_read_new();

	if (!a || lseek(fd, 0, SEEK_SET) < 0 || archive_read_support_format_tar(a) != ARCHIVE_OK ||
	    archive_read_open_fd(a, fd, CHUNK) != ARCHIVE_OK) {
		(void)bt_fail(e, BT_PROTO, "tar: %s", a ? archive_error_string(a) : "no memory");
		(void)archive_read_free(a);
		return NULL;
	}
	return a;
}

/* 1: *h is the next entry, 0: the end. */
static int next_entry(struct archive *a, struct archive_entry **h, struct bt_err *e)
{
	int rc = archive_read_next_header(a, h);

	if (rc == ARCHIVE_EOF)
		return 0;
	if (rc < ARCHIVE_WARN)
		return bt_fail(e, BT_PROTO, "tar: %s", archive_error_string(a));
	return 1;
}

static int read_into(struct archive *a, struct bt_buf *out, struct bt_err *e)
{
	char chunk[CHUNK];
	la_ssize_t n;

	while ((n = archive_read_data(a, chunk, sizeof chunk)) > 0)
		if (bt_buf_add(out, chunk, (size_t)n, e) < 0)
			return -1;
	return n < 0 ? bt_fail(e, BT_PROTO, "tar: %s", archive_error_string(a)) : 0;
}

int bt_untar_file(int fd, struct bt_buf *out, struct bt_err *e)
{
	struct archive *a = open_archive(fd, e);
	struct archive_entry *h;
	int rc = a ? 1 : -1;

	while (rc == 1 && (rc = next_entry(a, &h, e)) == 1)
		if (archive_entry_filetype(h) == AE_IFREG && !archive_entry_hardlink(h)) {
			rc = read_into(a, out, e) < 0 ? -1 : 2;
			break;
		}
	if (rc == 0)
		rc = bt_fail(e, BT_NOTFOUND, "no regular file");
	(void)archive_read_free(a);
	return rc < 0 ? -1 : 0;
}

/* The last of a name's components: *dir is its folder, walked and made without following a link. */
struct place {
	int dir;
	char leaf[256];
};

static int step_into(int dir, const char *name, struct bt_err *e)
{
	if (mkdirat(dir, name, 0755) < 0 && errno != EEXIST)
		return bt_fail_sys(e, "mkdir %s", name);
	int fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	return fd < 0 ? bt_fail_sys(e, "enter %s", name) : fd;
}

/* 0: p is set (p->dir owned by the caller); 1: the name is the root itself. */
static int find_place(int root, const char *name, struct place *p, struct bt_err *e)
{
	struct bt_str rest = bt_str(name), part;
	unsigned depth = 0;
	BT_OWN_FD int dir = fcntl(root, F_DUPFD_CLOEXEC, 3);

	if (dir < 0)
		return bt_fail_sys(e, "dup");
	if (*name == '/' || rest.n >= BT_LIM_TAR_NAME)
		return bt_fail(e, BT_INVALID, "refused: %.200s: absolute or too long", name);
	p->leaf[0] = '\0';
	while (rest.n) {
		(void)bt_str_cut(&rest, '/', &part);
		if (part.n == 0 || bt_str_eq(part, BT_STR_LIT(".")))
			continue;
		if (bt_str_eq(part, BT_STR_LIT("..")) || part.n >= sizeof p->leaf ||
		    ++depth > BT_LIM_TAR_DEPTH)
			return bt_fail(e, BT_INVALID, "refused: %.200s: leads out or too deep",
			               name);
		if (p->leaf[0]) {
			int deeper = step_into(dir, p->leaf, e);

			if (deeper < 0)
				return bt_wrap(e, "unpack %.200s", name);
			(void)close(dir);
			dir = deeper;
		}
		memcpy(p->leaf, part.p, part.n);
		p->leaf[part.n] = '\0';
	}
	if (!p->leaf[0])
		return 1;
	p->dir = bt_fd_steal(&dir);
	return 0;
}

/* Does a link at depth folders below the root, pointing to target, stay below it? Read as text:
 * what the tree holds by then is not asked. */
static bool stays_inside(const char *name, const char *target)
{
	struct bt_str rest = bt_str(name), part;
	int depth = -1; /* the link's own name is not a folder */

	if (*target == '/' || !*target)
		return false;
	for (; rest.n; (void)0) {
		(void)bt_str_cut(&rest, '/', &part);
		depth += part.n && !bt_str_eq(part, BT_STR_LIT("."));
	}
	rest = bt_str(target);
	while (rest.n && depth >= 0) {
		(void)bt_str_cut(&rest, '/', &part);
		if (bt_str_eq(part, BT_STR_LIT("..")))
			depth--;
		else
			depth += part.n && !bt_str_eq(part, BT_STR_LIT("."));
	}
	return depth >= 0;
}

static int make_file(struct archive *a, struct archive_entry *h, const struct place *p,
                     struct bt_untar_count *count, struct bt_err *e)
{
	char chunk[CHUNK];
	la_ssize_t n;
	BT_OWN_FD int fd =
	        openat(p->dir, p->leaf, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);

	if (fd < 0)
		return bt_fail_sys(e, "create %s", p->leaf);
	while ((n = archive_read_data(a, chunk, sizeof chunk)) > 0) {
		for (la_ssize_t at = 0; at < n;) {
			ssize_t w = write(fd, chunk + at, (size_t)(n - at));

			if (w < 0)
				return bt_fail_sys(e, "write %s", p->leaf);
			at += w;
		}
		count->bytes += (uint64_t)n;
	}
	if (n < 0)
		return bt_fail(e, BT_PROTO, "tar: %s", archive_error_string(a));
	if (fchmod(fd, archive_entry_perm(h) & 0777) < 0)
		return bt_fail_sys(e, "chmod %s", p->leaf);
	count->files++;
	return 0;
}

static int make_hardlink(int root, const char *target, const struct place *p, struct bt_err *e)
{
	struct place from = { .dir = -1 };
	int rc = find_place(root, target, &from, e);

	if (rc != 0)
		return rc < 0 ? -1 : bt_fail(e, BT_INVALID, "refused: a link to the folder itself");
	rc = linkat(from.dir, from.leaf, p->dir, p->leaf, 0);
	if (rc < 0)
		(void)bt_fail_sys(e, "link %s", p->leaf);
	(void)close(from.dir);
	return rc;
}

struct into {
	int root;
	bool any_link;
	struct bt_untar_count *count;
};

static int make(struct archive *a, struct archive_entry *h, const struct into *to,
                const struct place *p, struct bt_err *e)
{
	const char *name = archive_entry_pathname(h);
	const char *hard = archive_entry_hardlink(h);
	const char *soft = archive_entry_symlink(h);
	mode_t type = archive_entry_filetype(h);

	if (to->any_link && !hard && type != AE_IFDIR && type != AE_IFREG && type != AE_IFLNK)
		return 0;
	if (!hard && type == AE_IFDIR) {
		int fd = step_into(p->dir, p->leaf, e);

		if (fd < 0)
			return -1;
		/* Never a folder that we cannot enter ourselves: more may go in. */
		int rc = fchmod(fd, (archive_entry_perm(h) & 0777) | 0700);

		(void)close(fd);
		return rc < 0 ? bt_fail_sys(e, "chmod %s", p->leaf) : 0;
	}
	if (unlinkat(p->dir, p->leaf, 0) < 0 && errno != ENOENT)
		return bt_fail_sys(e, "replace %s", p->leaf);
	if (hard)
		return make_hardlink(to->root, hard, p, e);
	if (type == AE_IFREG)
		return make_file(a, h, p, to->count, e);
	if (type != AE_IFLNK || !soft)
		return bt_fail(e, BT_INVALID, "refused: %.200s: neither file, folder nor link",
		               name);
	if (!to->any_link && !stays_inside(name, soft))
		return bt_fail(e, BT_INVALID, "refused: %.160s: link to %.160s", name, soft);
	return symlinkat(soft, p->dir, p->leaf) < 0 ? bt_fail_sys(e, "symlink %s", p->leaf) : 0;
}

int bt_untar_tree(int fd, const char *folder, bool any_link, struct bt_untar_count *count,
                  struct bt_err *e)
{
	BT_OWN_FD int root = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	const struct into to = { root, any_link, count };
	struct archive *a = root < 0 ? NULL : open_archive(fd, e);
	struct archive_entry *h;
	int rc = 1;

	if (root < 0)
		return bt_fail_sys(e, "open %s", folder);
	if (!a)
		return -1;
	while ((rc = next_entry(a, &h, e)) == 1) {
		struct place p = { .dir = -1 };
		const char *name = archive_entry_pathname(h);

		rc = name ? find_place(root, name, &p, e) : bt_fail(e, BT_PROTO, "tar: no name");
		if (rc == 0)
			rc = make(a, h, &to, &p, e);
		if (p.dir >= 0)
			(void)close(p.dir);
		if (rc < 0)
			break;
	}
	(void)archive_read_free(a);
	return rc < 0 ? -1 : 0;
}
