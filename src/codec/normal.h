/* normal.h - text as a reader sees it: nothing invisible, nothing in a look-alike spelling. Floor:
 * codec (private). */
#ifndef BOTTLE_CODEC_NORMAL_H
#define BOTTLE_CODEC_NORMAL_H
#include "bottle/buf.h"

/* Appends the form of contract but for C0 and DEL, which stay (glue.c takes them out where that
 * matters): C1 controls, zero-width, bidi, tag and variation characters and combining marks
 * removed, odd spaces to ' ', NFKC, look-alikes to Latin. Bytes that are no UTF-8 are dropped. */
BT_MUST int bt_fold(struct bt_buf *out, struct bt_str in, struct bt_err *e);
/* The same of what stands around each character that it changes, with '|' between: 256 bytes, and
 * all of a token. */
BT_MUST int bt_fold_around(struct bt_buf *out, struct bt_str in, struct bt_err *e);
/* A Latin letter or digit that looks like cp, 0: none (confusables.c). */
char bt_confusable(uint32_t cp);
/* UTF-8 of a code point, at most four bytes; how many (utf16.c). */
size_t bt_utf8_put(uint8_t *out, uint32_t cp);
/* What of it is UTF-16 or UTF-32 of either order with ASCII in it, as UTF-8, a NUL behind each
 * piece; nothing where there is none. At most eight times as long as in. */
BT_MUST int bt_from_utf16(struct bt_buf *out, struct bt_str in, struct bt_err *e);
bool bt_mostly_binary(struct bt_str in); /* an eighth of it or more is no text */
/* Of bytes that are mostly no text (*is) the stretches of at least so many characters that could
 * be, with some bytes around and '|' between: only these can hold a credential in another form. */
BT_MUST int bt_condense(struct bt_buf *out, struct bt_str in, unsigned least, bool *is,
                        struct bt_err *e);
#endif
