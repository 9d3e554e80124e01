/* jsonpart.h - the parts of JSON that are read byte by byte (RFC 8259 §3, §6, §7). Floor: codec
 * (private). */
#ifndef BOTTLE_CODEC_JSONPART_H
#define BOTTLE_CODEC_JSONPART_H
#include "bottle/str.h"

/* Behind the number, or true, false or null, that begins at i; i: none does. */
size_t bt_json_number(struct bt_str s, size_t i);
size_t bt_json_word(struct bt_str s, size_t i);

/* The UTF-8 of what \uXXXX stands for, whose digits begin at at; two of them for a surrogate pair,
 * U+FFFD for half of one, nothing for NUL. Returns how many bytes, at most 4; *end: behind it. */
#define BT_JSON_NONE 5 /* these are no digits */
size_t bt_json_unicode(uint8_t *out, struct bt_str in, size_t at, size_t *end);
#endif
