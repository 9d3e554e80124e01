/* bwrap.h - bubblewrap: which one there is, and the words it is called with. Floor: bwrap. */
#ifndef BOTTLE_BWRAP_H
#define BOTTLE_BWRAP_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include "bottle/err.h"

/* What one line of the sandbox's view of files is made of. */
enum bt_view_kind {
	BT_VIEW_RO,      /* from, seen read-only at to */
	BT_VIEW_RW,      /* from, seen writable at to */
	BT_VIEW_TMPFS,   /* an empty private folder, gone with the sandbox */
	BT_VIEW_DIR,     /* a folder */
	BT_VIEW_SYMLINK, /* from is the link's text */
	BT_VIEW_DATA,    /* a read-only file: the bytes of fd */
	BT_VIEW_FILE,    /* a writable file: the bytes of fd */
	BT_VIEW_DEV,     /* null, zero, full, random, urandom, tty, own pts, own shm */
	BT_VIEW_PROC,    /* of the sandbox's own processes */
	BT_VIEW_FREEZE   /* what stands at to becomes read-only (not what is mounted below) */
};

struct bt_view {
	enum bt_view_kind kind;
	const char *from; /* RO, RW, SYMLINK */
	const char *to;   /* absolute, in the sandbox */
	int fd;           /* DATA, FILE: borrowed */
	mode_t mode;      /* TMPFS, DIR, DATA, FILE; 0: bwrap's own choice */
};

struct bt_bwrap_spec {
	const char *bwrap;          /* its path */
	const struct bt_view *view; /* in order: a later line covers an earlier one */
	size_t nview;
	const char *hostname;
	int seccomp;             /* a filter program to be loaded; -1: none */
	const char *const *init; /* what runs as pid 1, inside; ends in NULL */
};

struct bt_argv {
	char **v; /* owned words, ends in NULL */
	size_t n;
};

/* The words. Pure: looks at nothing but spec. Every namespace is new, no capability is kept,
 * nothing of the environment goes in. BT_INVALID names the line of the view that makes no sense: a
 * path that is not absolute or holds "..", a kind without what it needs. On success *out is the
 * caller's. */
BT_MUST int bt_bwrap_argv(const struct bt_bwrap_spec *spec, struct bt_argv *out, struct bt_err *e);
void bt_argv_free(struct bt_argv *a); /* {0} is a no-op */

#define BT_BWRAP_OLDEST "0.5.0" /* --perms and --chmod */

struct bt_bwrap_version {
	unsigned major, minor, patch;
};
/* "bubblewrap 0.8.0" */
BT_MUST int bt_bwrap_version_parse(const char *text, struct bt_bwrap_version *out,
                                   struct bt_err *e);
/* May this one be used? */
bool bt_bwrap_version_ok(const struct bt_bwrap_version *v);

/* $BOTTLE_BWRAP, else the first in PATH. Refused: one that others than root and us can write.
 * Owned by the caller. BT_NOTFOUND. */
BT_MUST int bt_bwrap_find(char **out, struct bt_err *e);
/* Ask it for its version (runs it). BT_INVALID when it is too old. */
BT_MUST int bt_bwrap_check(const char *path, struct bt_bwrap_version *out, struct bt_err *e);

/* The first process of a sandbox: beside this binary, or in ../libexec/bottle. Owned by the caller.
 */
BT_MUST int bt_init_find(char **out, struct bt_err *e);
#endif
