/* ledger_text.h - the lines of a ledger: text in, what is still to be undone out. Floor: codec.
 * First line the owner, then one JSON object a line: {"kind":"network","name":"bottle-net-x",
 * "op":"intend"}. A thing is pending from its intend to its undone; done says that it was made. */
#ifndef BOTTLE_LEDGER_TEXT_H
#define BOTTLE_LEDGER_TEXT_H
#include <stdbool.h>
#include <stdint.h>
#include "bottle/buf.h"
#include "bottle/err.h"
#include "bottle/str.h"

struct bt_ledger_owner {
	char host[65]; /* of the machine that wrote it: a ledger may lie on a shared folder */
	char boot[40]; /* boot id: pid and start mean something during that boot only */
	int64_t pid;
	uint64_t start;  /* proc.h: ticks since boot */
	int64_t created; /* seconds since 1970 */
};

struct bt_ledger_entry {
	char *kind; /* all owned */
	char *name;
	char *extra; /* JSON text of what the undo needs to know; NULL: nothing */
	bool done;   /* made; else it may or may not be there */
};

struct bt_ledger_view {
	struct bt_ledger_owner owner;
	bool detached;             /* the bottle was meant to outlive its owner */
	struct bt_ledger_entry *v; /* pending, oldest first */
	size_t n;
	size_t good; /* bytes of whole lines: behind them lies what a power cut tore */
};

enum bt_ledger_op { BT_LEDGER_INTEND, BT_LEDGER_DONE, BT_LEDGER_UNDONE, BT_LEDGER_DETACH };

/* Read a whole ledger. What follows the last good line is ignored when nothing readable comes after
 * it (a torn write, zeros); in the middle it is BT_PROTO with the line. On success *out is owned by
 * the caller: bt_ledger_view_free. */
BT_MUST int bt_ledger_parse(struct bt_str text, struct bt_ledger_view *out, struct bt_err *e);
void bt_ledger_view_free(struct bt_ledger_view *view); /* {0} is a no-op */

/* What a line does: an intend of something pending renews it, the others of something unknown do
 * nothing. BT_LIMIT beyond BT_LIM_LEDGER_ENTRIES. kind and name are ignored for a detach. */
BT_MUST int bt_ledger_apply(struct bt_ledger_view *view, enum bt_ledger_op op, const char *kind,
                            const char *name, const char *extra, struct bt_err *e);
/* Append one line with its newline. extra is JSON text or NULL. */
BT_MUST int bt_ledger_owner_line(const struct bt_ledger_owner *owner, struct bt_buf *out,
                                 struct bt_err *e);
BT_MUST int bt_ledger_op_line(enum bt_ledger_op op, const char *kind, const char *name,
                              const char *extra, struct bt_buf *out, struct bt_err *e);
/* A slug as file and host name: 1 to 63 of a-z 0-9 -, none at the ends; else BT_INVALID. */
BT_MUST int bt_slug_check(const char *slug, struct bt_err *e);
#endif
