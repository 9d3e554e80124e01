/* docs.h - the strings inside documents, for the scanner. Floor: codec (private). Each appends its
 * strings to out, every one followed by NUL (a NUL inside a string is left out); kinds (may be
 * NULL) says which are values and no keys: a secret in two fields is whole in those together. */
#ifndef BOTTLE_CODEC_DOCS_H
#define BOTTLE_CODEC_DOCS_H
#include "bottle/buf.h"

/* Bit i & 63 of word i / 64 of bits: string number i is a value. bits is the caller's. */
struct bt_kinds {
	struct bt_buf *bits;
	size_t n;
};
/* Bits of the n <= 64 next ones. */
BT_MUST int bt_kinds_add(struct bt_kinds *k, uint64_t bits, unsigned n, struct bt_err *e);
static inline bool bt_kinds_value(const struct bt_kinds *k, size_t i)
{
	return i < k->n && (((const uint64_t *)(const void *)k->bits->p)[i / 64] >> i % 64 & 1);
}

/* RFC 8259, strict: keys, strings, numbers, in document order, duplicates too. BT_INVALID "invalid
 * JSON body"; BT_LIMIT below BT_LIM_DOC_DEPTH. */
BT_MUST int bt_json_strings(struct bt_buf *out, struct bt_kinds *kinds, struct bt_str in,
                            struct bt_err *e);
/* application/x-www-form-urlencoded: keys and values, decoded. BT_INVALID on a bad escape. */
BT_MUST int bt_form_strings(struct bt_buf *out, struct bt_kinds *kinds, struct bt_str in,
                            struct bt_err *e);

/* Appends one value to values, without C0 and DEL; of a long one only both ends. Behind it are
 * BT_VALUE_ROOM bytes more that may be read. */
#define BT_VALUE_ROOM 16
BT_MUST int bt_join_value(struct bt_buf *values, struct bt_str one, struct bt_err *e);
/* Whether any byte is no ASCII. */
bool bt_has_high(struct bt_str s);

/* multipart (RFC 2046 §5.1, RFC 7578). */
struct bt_part {
	struct bt_str type;     /* Content-Type, empty: absent */
	struct bt_str encoding; /* Content-Transfer-Encoding, empty: absent */
	struct bt_str body;
};
struct bt_multipart {
	struct bt_buf *out; /* part header values, names and filenames */
	int (*part)(void *ctx, const struct bt_part *part, struct bt_err *e);
	void *ctx;
	int left; /* parts that may still come, over all levels: start with BT_LIM_PARTS */
};
BT_MUST int bt_multipart_walk(struct bt_multipart *m, struct bt_str in, struct bt_str content_type,
                              struct bt_err *e);
/* The value of a parameter ("boundary") of a header value; quotes undone. False: absent. */
bool bt_header_param(struct bt_str value, const char *name, struct bt_buf *out, struct bt_err *e);
#endif
