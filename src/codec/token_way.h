/* token_way.h - a token decoded in one way. Floor: codec (private). */
#ifndef BOTTLE_CODEC_TOKEN_WAY_H
#define BOTTLE_CODEC_TOKEN_WAY_H
#include "decode.h"

/* Whether it is that and has least printable bytes in a row (bt_telling). out: room for in.n bytes
 * and BT_WAY_SLACK. */
#define BT_WAY_SLACK 32
bool bt_undo_64(uint8_t *out, size_t *n, struct bt_str in, unsigned least);
bool bt_undo_32(uint8_t *out, size_t *n, struct bt_str in, unsigned least);
bool bt_undo_16(uint8_t *out, size_t *n, struct bt_str in, unsigned least);
#endif
