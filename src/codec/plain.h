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

/* Which of them are in the text: bit 1 << kind. */
unsigned bt_plain_find(struct bt_str text);
#endif
