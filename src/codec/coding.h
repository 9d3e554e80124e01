/* coding.h - content codings undone within a bound (RFC 9110 §8.4.1, RFC 8878, RFC 7932). Floor:
 * codec (private). */
#ifndef BOTTLE_CODEC_CODING_H
#define BOTTLE_CODEC_CODING_H
#include "bottle/buf.h"

/* Undo the codings of the list, last first; out's own limit bounds every stage. *changed is false
 * and out untouched when the list is empty or identity. The error text follows "blocked: ". */
BT_MUST int bt_uncode(struct bt_buf *out, struct bt_str in, struct bt_str codings, bool *changed,
                      struct bt_err *e);
#endif
