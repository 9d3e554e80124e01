/* docs.h - the strings inside documents, for the scanner. Floor: codec (private). Each appends its
 * strings to out, every one followed by NUL (a NUL inside a string is left out); the values without
 * the keys also go to joined (may be NULL), with nothing between: a secret in two fields is whole
 * there. */
#ifndef BOTTLE_CODEC_DOCS_H
#define BOTTLE_CODEC_DOCS_H
#include "bottle/buf.h"

/* RFC 8259, strict: keys, strings, numbers, in document order, duplicates too. BT_INVALID "invalid
 * JSON body"; BT_LIMIT below BT_LIM_DOC_DEPTH. */
BT_MUST int bt_json_strings(struct bt_buf *out, struct bt_buf *joined, struct bt_str in,
                            struct bt_err *e);
/* application/x-www-form-urlencoded: keys and values, decoded. BT_INVALID on a bad escape. */
BT_MUST int bt_form_strings(struct bt_buf *out, struct bt_buf *joined, struct bt_str in,
                            struct bt_err *e);

/* multipart (RFC 2046 §5.1, RFC 7578). */
struct bt_part {
	struct bt_str type;     /* Content-Type, empty: absent */
	struct bt_str encoding; /* Content-Transfer-Encoding, empty: absent */
	struct bt_str body;
};
typedef int bt_part_fn(void *ctx, const struct bt_part *part, struct bt_err *e);
/* Part header values, names and filenames go to out, bodies to fn. *left counts down the parts that
 * may still come (BT_LIM_PARTS over all levels). */
BT_MUST int bt_multipart_walk(struct bt_buf *out, struct bt_str in, struct bt_str content_type,
                              int *left, bt_part_fn *fn, void *ctx, struct bt_err *e);
/* The value of a parameter ("boundary") of a header value; quotes undone. False: absent. */
bool bt_header_param(struct bt_str value, const char *name, struct bt_buf *out, struct bt_err *e);
#endif
