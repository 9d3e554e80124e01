/* bip39.h - seed phrases: runs of words of the English list whose checksum agrees. Floor: codec
 * (private). */
#ifndef BOTTLE_CODEC_BIP39_H
#define BOTTLE_CODEC_BIP39_H
#include "bottle/str.h"

/* Tokens are cut at white space and , | ; : - and NUL, and compared in lower case. A window of 24,
 * 21, 18, 15 or 12 words (not below min) counts when its checksum holds, or with any_sum always. */
bool bt_bip39_find(struct bt_str text, int min, bool any_sum);
#endif
