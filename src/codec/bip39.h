/* bip39.h - seed phrases: runs of words of the English list whose checksum agrees. Floor: codec
 * (private). */
#ifndef BOTTLE_CODEC_BIP39_H
#define BOTTLE_CODEC_BIP39_H
#include "bottle/str.h"

/* Words are cut at control characters, space and , | ; : - " ' . and compared in lower case. A
 * window of 24, 21, 18, 15 or 12 words (not below min) counts when its checksum holds, or with
 * any_sum always. Looks at the row of known words around the one that begins at at; *to moves
 * behind the last word looked at, and stays where the first is none. Hundreds of windows whose sums
 * all fail are an attempt to keep us busy, and count as found. */
bool bt_bip39_around(struct bt_str text, size_t at, size_t *to, int min, bool any_sum);
#endif
