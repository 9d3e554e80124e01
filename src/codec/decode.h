/* decode.h - one layer of encoding undone. Floor: codec (private). */
#ifndef BOTTLE_CODEC_DECODE_H
#define BOTTLE_CODEC_DECODE_H
#include "bottle/buf.h"

/* Each appends what it decodes to out and leaves it untouched where the input is not of its kind.
 */
bool bt_base64_decode(uint8_t *out, size_t *n, struct bt_str in); /* both alphabets, '=' optional */
bool bt_base32_decode(uint8_t *out, size_t *n, struct bt_str in); /* RFC 4648 §6, any case */
bool bt_hex_decode(uint8_t *out, size_t *n, struct bt_str in);
/* %XX and, with plus, '+' as space. Returns whether anything changed. */
bool bt_percent_decode(uint8_t *out, size_t *n, struct bt_str in, bool plus);
/* In place %XX, and '+' as space, until nothing changes. Returns the length. */
size_t bt_percent_undo(uint8_t *p, size_t n);
/* \uXXXX, \xXX, \n and so on, as a string inside a string has them. */
void bt_unescape(uint8_t *out, size_t *n, struct bt_str in);
/* Does the backslash at i write the end of a line between two that are nothing but tokens? So look
 * base64 and hexadecimal in a string inside a string. */
bool bt_is_wrapped(struct bt_str s, size_t i);
/* &#103; &#x67; and some by name, each once (entities.c). */
void bt_unreference(uint8_t *out, size_t *n, struct bt_str in);
bool bt_is_reference(struct bt_str in, size_t i); /* one begins at i */
bool bt_has_reference(struct bt_str in);
/* RFC 2045 §6.7. */
void bt_qp_decode(uint8_t *out, size_t *n, struct bt_str in);
/* out holds in.n bytes for each of the above. */

/* What stands around each %XX (mark '%'), \uXXXX and \xXX (mark '\') or &#103; (mark '&'), with
 * '|' between; nothing where there is none. */
BT_MUST int bt_around(struct bt_buf *out, struct bt_str in, char mark, struct bt_err *e);

/* What each byte is, for those that are asked about one at a time. */
enum {
	BT_BYTE_TOKEN = 1, /* of either base64 alphabet */
	BT_BYTE_HEX = 2,
	BT_BYTE_INNER = 4 /* a token, or what stands in one: . = % and the backslash */
};
extern uint8_t bt_bytes[256];
extern int16_t bt_hex_value[256], bt_base32_value[256]; /* -1: none */
static inline bool bt_is_token(uint8_t c)
{
	return bt_bytes[c] & BT_BYTE_TOKEN;
}
static inline bool bt_is_inner(uint8_t c)
{
	return bt_bytes[c] & BT_BYTE_INNER;
}
static inline bool bt_is_hex(uint8_t c)
{
	return bt_bytes[c] & BT_BYTE_HEX;
}

/* Printable bytes in a row that a decoded token has to have to say anything: no pattern is shorter
 * (the shortest is "token=" and four), but one of the operator and a known value may be; so may
 * what is before bytes that are no ASCII, if it ends in '='. */
#define BT_TELLING 10
#define BT_TELLING_ANY 8

/* Whether it has that; NUL and what ends lines do not count. */
bool bt_telling(const uint8_t *p, size_t n, unsigned least);

/* Takes the n bytes that stand behind the end of out as a piece of text, and a NUL: zero bytes in
 * it become control characters, and what of it is UTF-16 is appended as UTF-8 (utf16.c). */
BT_MUST int bt_decode_keep(struct bt_buf *out, size_t n, struct bt_err *e);

/* Each of these appends what has that after decoding, and a NUL; least: BT_TELLING where that is
 * enough, else and where there is none BT_TELLING_ANY. */
/* A run of token characters alone, then up to six '=': as base64, hexadecimal and base32, and its
 * parts between slashes likewise. */
BT_MUST int bt_decode_run(struct bt_buf *out, struct bt_str run, unsigned least, struct bt_err *e);
/* Hexadecimal in pairs with something between that begin in [at, *to); *to moves behind the last
 * one. */
BT_MUST int bt_decode_pairs(struct bt_buf *out, struct bt_str in, size_t at, size_t *to,
                            struct bt_err *e);
/* A token with the dots in it taken out: sk-ant.api03.… */
BT_MUST int bt_decode_dotted(struct bt_buf *out, struct bt_str tok, struct bt_err *e);
#endif
