/* edits.h - header fields that the operator's rules set or remove, kept until every rule has been
 * asked, then made at once. Floor: gate (private). */
#ifndef BOTTLE_GATE_EDITS_H
#define BOTTLE_GATE_EDITS_H
#include "bottle/http1.h"
#include "bottle/own.h"

struct bt_edits; /* opaque; owns its texts */

/* One more; *list is made when it is NULL. value NULL: remove. BT_INVALID: no field of that name
 * may be edited (it belongs to the hop, to the framing, or to what was scanned), it is no token, or
 * the value holds more than text and tabs; BT_LIMIT. A value is never quoted. */
BT_MUST int bt_edits_add(struct bt_edits **list, struct bt_str name, const struct bt_str *value,
                         struct bt_err *e);
/* Make them, in order: every field of a name goes, the new one comes last. The head's slices then
 * point into list, too. BT_LIMIT: too many fields. */
BT_MUST int bt_edits_make(const struct bt_edits *list, struct bt_http_head *h, struct bt_err *e);
/* Did a rule set this field? Then nobody else's word takes it out again. */
bool bt_edits_set(const struct bt_edits *list, struct bt_str name); /* NULL: no */
void bt_edits_free(struct bt_edits *list);                          /* wipes; NULL is a no-op */
BT_OWN_FN(bt_edits, bt_edits_free)
#endif
