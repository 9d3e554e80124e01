/* textrun.h - where base64 that begins at some character says something. Floor: codec (private). */
#ifndef BOTTLE_CODEC_TEXTRUN_H
#define BOTTLE_CODEC_TEXTRUN_H
#include "decode.h"

#define BT_TEXTRUN 64 /* characters that are judged at once */

/* What stands in a text without counting: zero bytes, for UTF-16, and what ends lines. */
static inline bool bt_is_idle(uint8_t c)
{
	return c == 0 || (c >= '\t' && c <= '\r');
}

/* Of the newest 64 bytes, of which bit 63 is the last: those that end no row of text, printable
 * ones, and '='. A row is looked at as far as it is in there. */
struct bt_rows {
	uint64_t text, shown, equals;
};
#define BT_TEXTRUN_BYTES 48 /* of a block */
#define BT_TELLING_WIDE 4   /* printable ones, where nothing in 64 bytes ends the row */

/* What a token can be. Quickly: what is not said here it is not. */
struct bt_token_hints {
	unsigned from; /* bit i: base64 whose groups begin at character i says something */
	size_t first[4], last[4]; /* in blocks from here to here, counted from character i */
	bool hex;                 /* sixteen hexadecimal digits or more in a row */
	bool base32;              /* all of it, and it says something */
	bool slash;               /* one is in it */
	bool sign;                /* so is a hyphen, an underscore or a plus */
};
void bt_token_look(struct bt_token_hints *h, struct bt_str in, unsigned least);

/* Parts of a token between slashes that are base32 all over, thirteen characters or more; padding
 * at the end is left out. All but in: 0. */
struct bt_parts32 {
	struct bt_str in;
	size_t at;     /* how far it is */
	uint64_t hits; /* where such parts end in the 64 bytes before that */
	bool begun, open;
};
#define BT_PART32 13
bool bt_parts32_next(struct bt_parts32 *p, struct bt_str *part);
bool bt_parts32_next_slow(struct bt_parts32 *p, struct bt_str *part); /* without padding */

/* Characters that base64 inside of a token has at least: ten bytes. */
#define BT_TEXTRUN_INSIDE 14
#define BT_TOKEN_ALONE 25 /* so many, behind eleven that say something */

/* in: characters of a token alone, decoded from its first one. rows: 0. */
struct bt_textrun {
	struct bt_str in;
	unsigned least; /* BT_TELLING or BT_TELLING_ANY */
	size_t at;      /* behind the block that was found; a multiple of BT_TEXTRUN */
	size_t end;     /* where to stop */
	struct bt_rows rows;
};

/* Whether a row that tells ends in one of the blocks from t->at on. */
bool bt_textrun_next(struct bt_textrun *t);
bool bt_textrun_next_slow(struct bt_textrun *t); /* the same, a byte at a time */
#endif
