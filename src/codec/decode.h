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
/* \uXXXX, \xXX, \n and so on, as a string inside a string has them. */
void bt_unescape(uint8_t *out, size_t *n, struct bt_str in);
/* RFC 2045 §6.7. */
void bt_qp_decode(uint8_t *out, size_t *n, struct bt_str in);
/* out holds in.n bytes for each of the above. */

/* Every token of the text that decodes to something with eight printable bytes in a row, one after
 * another with NUL between: base64, base32, hexadecimal (also in pairs with separators), and tokens
 * with the dots in them taken out. */
BT_MUST int bt_decode_tokens(struct bt_buf *out, struct bt_str in, bool pairs, bool dots,
                             struct bt_err *e);
#endif
