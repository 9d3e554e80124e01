/* tar.h - tar archives made in memory and unpacked with distrust, by libarchive. Floor: sys.
 * An archive lives in a memfd: what it holds (keys among it) never touches a disk. */
#ifndef BOTTLE_TAR_H
#define BOTTLE_TAR_H
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include "bottle/buf.h"
#include "bottle/err.h"
#include "bottle/own.h"
#include "bottle/str.h"

struct bt_tar; /* opaque: an archive being written, then read */

struct bt_tar_entry {
	const char *path;   /* in the archive; a leading / is dropped, ".." refused */
	struct bt_str data; /* a file with these bytes, when p is set */
	const char *file;   /* or: a file of the host */
	const char *dir;    /* or: a tree of the host */
	const char *link;   /* or: a symbolic link to this; none of the four: a folder */
	int mode;           /* permission bits; -1: 0644 and 0755, or the host's */
	uid_t uid;
	gid_t gid;
	int64_t mtime; /* seconds; -1: 0, or the host's */
	const char *const
	        *skip; /* with dir: relative paths to leave out, NULL-terminated; or NULL */
};

/* On success *out is owned by the caller. */
BT_MUST int bt_tar_open(struct bt_tar **out, struct bt_err *e);
BT_MUST int bt_tar_add(struct bt_tar *t, const struct bt_tar_entry *entry, struct bt_err *e);
/* No more entries. After it, and only then, the rest below may be called. */
BT_MUST int bt_tar_finish(struct bt_tar *t, struct bt_err *e);
/* A new descriptor of the archive at offset 0, owned by the caller. */
BT_MUST int bt_tar_fd(const struct bt_tar *t, int *fd, struct bt_err *e);
uint64_t bt_tar_size(const struct bt_tar *t);
BT_MUST int bt_tar_sha256(const struct bt_tar *t, char hex[65], struct bt_err *e);
void bt_tar_close(struct bt_tar *t); /* NULL is a no-op */
BT_OWN_FN(bt_tar, bt_tar_close)

/* The sha256 of what fd holds from its start, read by pread: the offset stays. */
BT_MUST int bt_tar_sha256_fd(int fd, char hex[65], struct bt_err *e);
/* Append the content of the first regular file in the archive at fd to out. BT_NOTFOUND when there
 * is none, BT_LIMIT when out's cap would be passed. */
BT_MUST int bt_untar_file(int fd, struct bt_buf *out, struct bt_err *e);

struct bt_untar_count {
	uint64_t files, bytes;
};
/* Unpack the archive at fd below the existing folder. Refused (BT_INVALID, naming the entry):
 * absolute names, "..", devices, pipes, links that lead out of the folder. No link is followed
 * while writing, also not one the archive made. Owners and setuid bits are not taken over.
 * any_link: for a reader that follows no link: links are kept wherever they lead, and devices and
 * pipes are left out in place of a refusal. */
BT_MUST int bt_untar_tree(int fd, const char *folder, bool any_link, struct bt_untar_count *count,
                          struct bt_err *e);
#endif
