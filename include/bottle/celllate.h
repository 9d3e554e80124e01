/* celllate.h - the last lines of a sandbox's view, put on from outside. Floor: bwrap.
 * bubblewrap reads the whole table of mounts for each of its own; here a mount is three system
 * calls. What they stand on is there already, and nothing of the agent's runs yet. */
#ifndef BOTTLE_CELLLATE_H
#define BOTTLE_CELLLATE_H
#include <stddef.h>
#include <sys/types.h>
#include "bottle/err.h"

enum bt_late_kind {
	BT_LATE_RO,      /* what stands at to becomes read-only, with all below it */
	BT_LATE_RW,      /* what stands at to becomes a mount: it cannot be moved or removed */
	BT_LATE_COVER,   /* from, in the sandbox, stands read-only over to */
	BT_LATE_SYMLINK, /* from is the link's text */
	BT_LATE_FILE,    /* a new file: the bytes of from, a file outside, and of fd */
	BT_LATE_FREEZE   /* the mount whose root is to becomes read-only, nothing below it does */
};

struct bt_late {
	enum bt_late_kind kind;
	const char *to;   /* absolute, in the sandbox; no symbolic link is followed on the way */
	const char *from; /* COVER, SYMLINK; RO, RW: the path outside that must be the same file
	                     or folder, reached without a link; FILE; NULL: none */
	int fd;           /* FILE: borrowed, read from its start */
	mode_t mode;      /* FILE */
};

/* Looked at before the sandbox is joined: -1 or, where from is outside, what stands there. */
BT_MUST int bt_late_look(const struct bt_late *l, size_t n, int *outside, struct bt_err *e);
/* In a process that has joined the sandbox's user and mount namespaces (and is to leave: its root
 * is the sandbox's). outside is what bt_late_look gave. BT_DENIED when something else stands at a
 * path than outside; a path behind a link is refused by the kernel (ELOOP). Needs Linux 5.12. */
BT_MUST int bt_late_apply(const struct bt_late *l, size_t n, const int *outside, struct bt_err *e);
#endif
