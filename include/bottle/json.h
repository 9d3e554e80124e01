/* json.h - JSON (RFC 8259) to and from a cJSON tree, strict and bounded. Floor: codec.
 * Stricter than cJSON alone: exact grammar, valid UTF-8, no duplicate key, no U+0000 (the tree's
 * strings are terminated), BT_LIM_DOC_{BYTES,DEPTH,NODES}. */
#ifndef BOTTLE_JSON_H
#define BOTTLE_JSON_H
#include <cjson/cJSON.h>
#include "bottle/buf.h"
#include "bottle/err.h"
#include "bottle/places.h"
#include "bottle/str.h"

/* Integers beyond this are rounded by the tree, whose numbers are doubles. */
#define BT_JSON_INT_MAX 9007199254740992.0 /* 2^53 */

/* Parse one document. On success *out is owned by the caller (cJSON_Delete, or BT_OWN_JSON).
 * BT_INVALID "line 3 column 7: why", BT_LIMIT for a document that is too large. places may be NULL;
 * it is filled also as far as a failure. */
BT_MUST int bt_json_decode(struct bt_str text, cJSON **out, struct bt_places *places,
                           struct bt_err *e);

enum bt_json_form {
	BT_JSON_COMPACT, /* one line, no end of line */
	BT_JSON_PRETTY   /* two spaces a level, ends in a newline */
};

/* Append the tree as text: keys sorted by bytes, so equal trees give equal text. Integral numbers
 * have no exponent up to 2^63; NaN and infinities are BT_INVALID; cJSON_Raw is copied as it is. On
 * failure out may hold a part. */
BT_MUST int bt_json_encode(const cJSON *tree, enum bt_json_form form, struct bt_buf *out,
                           struct bt_err *e);

/* The children of an object sorted by key, for encoders: an array of n pointers into the tree,
 * owned by the caller (free); NULL for an empty one. */
cJSON **bt_json_sorted(const cJSON *object, size_t *n);
/* Refuse what no document can hold: BT_INVALID for bytes that are not UTF-8 or hold a NUL. */
BT_MUST int bt_json_text_ok(struct bt_str s, struct bt_err *e);

static inline void bt_json_ownp(cJSON **p)
{
	cJSON_Delete(*p); /* NULL is a no-op */
}
#define BT_OWN_JSON __attribute__((cleanup(bt_json_ownp))) cJSON
#endif
