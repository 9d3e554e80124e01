/* scan_gitrun.h - git as a child whose output is read as it comes. Floor: cli (private).
 * A repository may be hostile: what its own configuration could make git run is switched off, and
 * objects are taken as they are (no replacements, no grafts, nothing fetched). */
#ifndef BOTTLE_CLI_SCAN_GITRUN_H
#define BOTTLE_CLI_SCAN_GITRUN_H
#include "bottle/buf.h"
#include "bottle/err.h"
#include "bottle/str.h"

/* What bt_git_run hands on; eats from the front of *in, leaves what is not complete yet. last:
 * there is no more to come. */
struct scan_sink {
	int (*take)(void *ctx, struct bt_buf *in, bool last, struct bt_err *e);
	void *ctx;
};

/* git ARG… with input on its standard input. A status other than 0 is BT_INVALID with git's first
 * line. BT_INTR on a stop; the child is killed on any failure. */
BT_MUST int scan_git_run(const char *const *args, struct bt_str input, const struct scan_sink *sink,
                         struct bt_err *e);
#endif
