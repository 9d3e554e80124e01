/* ledger.h - the on-disk list of what must be undone, on disk before each thing is made. Floor:
 * sys. One file a bottle in a folder of mode 0700. The owner holds a flock for as long as it lives,
 * so a ledger that can be locked is one whose owner is dead: no race, no guess by pid. */
#ifndef BOTTLE_LEDGER_H
#define BOTTLE_LEDGER_H
#include "bottle/err.h"
#include "bottle/ledger_text.h"
#include "bottle/own.h"

struct bt_ledger; /* opaque: the descriptor, its lock, and what is pending */

/* Begin the ledger of a new bottle; makes dir. The file appears locked and with its owner line.
 * BT_EXISTS when the slug is taken, by a live one or by one that awaits cleanup. */
BT_MUST int bt_ledger_open(struct bt_ledger **out, const char *dir, const char *slug,
                           struct bt_err *e);
/* Take over the ledger of a dead owner. BT_EXISTS while its owner lives, BT_NOTFOUND when it is
 * gone. */
BT_MUST int bt_ledger_adopt(struct bt_ledger **out, const char *dir, const char *slug,
                            struct bt_err *e);
/* Append one line and fsync it; on return it is on disk. On failure nothing changed. */
BT_MUST int bt_ledger_note(struct bt_ledger *l, enum bt_ledger_op op, const char *kind,
                           const char *name, const char *extra, struct bt_err *e);
const struct bt_ledger_view *bt_ledger_view(const struct bt_ledger *l); /* borrowed */
/* Gives the lock back; removes the file when nothing is pending. NULL is a no-op; never fails. */
void bt_ledger_close(struct bt_ledger *l);
BT_OWN_FN(bt_ledger, bt_ledger_close)

struct bt_ledger_found {
	char *slug;
	bool alive;                 /* its owner runs */
	struct bt_ledger_view view; /* empty when err says why */
	struct bt_err err;          /* code BT_OK: read */
};
struct bt_ledger_list {
	struct bt_ledger_found *v; /* owned, sorted by slug */
	size_t n;
};
/* All ledgers of a folder; one that cannot be read is in the list with its reason. No folder: none.
 * On success *out is owned by the caller. */
BT_MUST int bt_ledger_scan(const char *dir, struct bt_ledger_list *out, struct bt_err *e);
void bt_ledger_list_free(struct bt_ledger_list *list);
#endif
