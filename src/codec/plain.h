/* plain.h - credentials that no prefix tells. Floor: codec (private). */
#ifndef BOTTLE_CODEC_PLAIN_H
#define BOTTLE_CODEC_PLAIN_H
#include "bottle/str.h"

enum bt_plain {
	BT_PLAIN_CARD,
	BT_PLAIN_IBAN,
	BT_PLAIN_WIF,
	BT_PLAIN_SSN,
	BT_PLAIN_DISCORD,
	BT_PLAIN_COUNT,
	BT_PLAIN_NONE = BT_PLAIN_COUNT
};

/* Each says whether it found something, or what: bit 1 << kind. */
bool bt_plain_ssn(struct bt_str s, size_t at);
/* Cards in the row of digits and separators from i on; *to is behind it. */
bool bt_plain_cards(struct bt_str s, size_t i, size_t *to);
/* IBAN, WIF and Discord tokens in or at the end of the run [from, to) of base64 characters. */
unsigned bt_plain_token(struct bt_str s, size_t from, size_t to);
#endif
