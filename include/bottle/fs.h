/* fs.h - files: bounded reads, atomic writes, folders that only their owner enters. Floor: sys.
 * A path that is not there is BT_NOTFOUND, one that is there already BT_EXISTS, the rest BT_SYS;
 * each message names the path. */
#ifndef BOTTLE_FS_H
#define BOTTLE_FS_H
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include "bottle/buf.h"
#include "bottle/err.h"
#include "bottle/str.h"

/* Append the whole of a file to out; more than max bytes is BT_LIMIT. Follows symbolic links. */
BT_MUST int bt_fs_read(const char *path, size_t max, struct bt_buf *out, struct bt_err *e);
/* Replace or make a file so that a reader (and a power cut) sees the old or the new one, whole:
 * a new file beside it (O_EXCL), fsync, rename, fsync of the folder. A symbolic link, or anything
 * that is not a regular file, in its place is refused. mode is exact, whatever the umask. */
BT_MUST int bt_fs_write(const char *path, struct bt_str data, mode_t mode, struct bt_err *e);
/* Make a file where nothing is; anything there, a dangling link too, is BT_EXISTS. Nothing stands
 * beside it meanwhile, so a kill leaves at worst this file, and that shorter. mode is exact. */
BT_MUST int bt_fs_create(const char *path, struct bt_str data, mode_t mode, struct bt_err *e);
/* Add to the end of a regular file, made with mode if it is not there; no link is followed. */
BT_MUST int bt_fs_append(const char *path, struct bt_str data, mode_t mode, struct bt_err *e);

/* Make a folder and those above it that are missing; those made get mode. Being there is success;
 * something else in its place is BT_EXISTS. */
BT_MUST int bt_fs_mkdirs(const char *path, mode_t mode, struct bt_err *e);

struct bt_fs_names {
	char **v; /* owned, sorted by bytes, without . and .. */
	size_t n;
};
BT_MUST int bt_fs_list(const char *path, struct bt_fs_names *out, struct bt_err *e);
void bt_fs_names_free(struct bt_fs_names *names); /* {0} is a no-op */

struct bt_fs_stat {
	const char *type; /* static: "file" "dir" "link" "socket" "fifo" "char" "block" */
	uint64_t size;
	mode_t mode; /* permission bits, with setuid, setgid and sticky */
	uid_t uid;
	gid_t gid;
	int64_t mtime; /* seconds since 1970 */
	uint64_t ino;
	uint64_t dev;
};
/* follow: what a link at the end points to, else the link itself. */
BT_MUST int bt_fs_stat(const char *path, bool follow, struct bt_fs_stat *out, struct bt_err *e);
bool bt_fs_exists(const char *path); /* something is there, a dangling link too */
bool bt_fs_writable(
        const char *path); /* by this user now; of a folder: something can be made in it */
/* Absolute, without links; owned by the caller. */
BT_MUST int bt_fs_realpath(const char *path, char **out, struct bt_err *e);

/* Remove one file, link or empty folder. */
BT_MUST int bt_fs_remove(const char *path, struct bt_err *e);
/* Remove a folder and all in it, or one file. Links are removed, never followed, also when somebody
 * swaps a folder for a link meanwhile; other file systems mounted below are left and reported.
 * Nothing there is success. */
BT_MUST int bt_fs_remove_tree(const char *path, struct bt_err *e);
#endif
