/* lineedit.h - one editable line from a terminal, with history and completion (libedit). Floor:
 * sys. Where standard input is no terminal, lines are read plainly and nothing is echoed or
 * prompted. */
#ifndef BOTTLE_LINEEDIT_H
#define BOTTLE_LINEEDIT_H
#include <stdbool.h>
#include "bottle/err.h"
#include "bottle/own.h"

struct bt_lineedit; /* opaque: owns the editor, its history and the terminal's old mode */

/* What Tab offers for the text before the cursor. Returns what to insert (owned by the caller of
 * the callback, free(); NULL: nothing); it may print candidates to stdout itself. */
typedef char *bt_complete_fn(void *ctx, const char *before_cursor);

struct bt_lineedit_spec {
	const char *history_path; /* read at open, written at close, 0600; NULL: kept in memory */
	int history_max;          /* lines kept */
	bt_complete_fn *complete; /* may be NULL */
	void *ctx;                /* handed to complete; borrowed */
};

BT_MUST int bt_lineedit_open(struct bt_lineedit **out, const struct bt_lineedit_spec *spec,
                             struct bt_err *e);
/* Read a line. 1: *line is it, without its newline, owned by the caller; 0: end of input; -1: *e
 * (BT_INTR when Ctrl-C was pressed: the line was thrown away, ask again). */
BT_MUST int bt_lineedit_read(struct bt_lineedit *le, const char *prompt, char **line,
                             struct bt_err *e);
void bt_lineedit_close(struct bt_lineedit *le); /* NULL is a no-op */
BT_OWN_FN(bt_lineedit, bt_lineedit_close)

/* Was Ctrl-C pressed since the last call? For a long computation that wants to stop. */
bool bt_lineedit_interrupted(void);
#endif
