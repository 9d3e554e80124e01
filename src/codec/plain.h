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

/* Whether one begins at that place; of a Discord token it is the first dot. */
bool bt_plain_ssn(struct bt_str s, size_t at);
bool bt_plain_card(struct bt_str s, size_t at); /* a digit */
bool bt_plain_wif(struct bt_str s, size_t at);  /* of 51 of base 58 */
bool bt_plain_discord(struct bt_str s, size_t dot);
#endif
