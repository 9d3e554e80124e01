/* normal.h - text as a reader sees it: nothing invisible, nothing in a look-alike spelling. Floor:
 * codec (private). */
#ifndef BOTTLE_CODEC_NORMAL_H
#define BOTTLE_CODEC_NORMAL_H
#include "bottle/buf.h"

/* What a quick look at the bytes says; decides which forms of a text can differ from it. */
struct bt_look {
	bool control; /* C0 without NUL, or DEL */
	bool high;    /* a byte >= 0x80 */
	bool nul;
	bool space;
	bool percent; /* '%' and two hexadecimal digits */
	bool plus;
	bool escape; /* a hexadecimal escape of JSON or C */
	bool dots;   /* a dot between two letters or digits */
	bool token;  /* 10 or more of [A-Za-z0-9+/_-] in a row */
	bool pairs;  /* hexadecimal pairs with something between: "67:68", "\x67\x68" */
};
struct bt_look bt_look(struct bt_str s);

/* Appends the form of contract: C0 and C1 controls (also tab, CR, LF), zero-width, bidi, tag and
 * variation characters and combining marks removed, odd spaces to ' ', NFKC, look-alikes to Latin.
 * Bytes that are no UTF-8 are dropped. */
BT_MUST int bt_normalise(struct bt_buf *out, struct bt_str in, struct bt_err *e);
/* A Latin letter or digit that looks like cp, 0: none (confusables.c). */
char bt_confusable(uint32_t cp);
/* Every other byte of UTF-16 text in which most characters are ASCII; false: it is not. */
BT_MUST int bt_from_utf16(struct bt_buf *out, struct bt_str in, bool *is, struct bt_err *e);
#endif
