/* finders.h - where a finder of the survey is, and those that look at tokens and for seed phrases.
 * Floor: codec (private). */
#ifndef BOTTLE_CODEC_FINDERS_H
#define BOTTLE_CODEC_FINDERS_H
#include <string.h>

#include "bip39.h"
#include "classes.h"
#include "decode.h"
#include "masks.h"
#include "survey.h"

/* The mask of a row that is looked at, and which byte its first bit is. */
struct bt_view {
	size_t base, first; /* first: of the row */
	const struct bt_masks *m;
	unsigned w, row, i; /* row: its first; w is row + i */
};
#define BT_V_PREV(v, x) ((v)->m->x[(v)->w - 1])
#define BT_V_CUR(v, x) ((v)->m->x[(v)->w])
#define BT_V_NEXT(v, x) ((v)->m->x[(v)->w + 1])

BT_HOT size_t bt_place(const struct bt_view *v, uint64_t hits)
{
	return v->base + (size_t)__builtin_ctzll(hits);
}

/* Where the token is remembered if it says nothing. */
BT_HOT struct bt_str *bt_mute_slot(struct bt_survey *sv, struct bt_str tok)
{
	uint64_t first, last;

	memcpy(&first, tok.p, sizeof first);
	memcpy(&last, tok.p + tok.n - sizeof last, sizeof last);
	return &sv->mute[(first ^ (last << 7 | last >> 57) ^ tok.n) * 0x9e3779b97f4a7c15u >> 58];
}

BT_HOT void bt_decode_token(struct bt_survey *sv, struct bt_str tok)
{
	struct bt_str *slot = sv->mute ? bt_mute_slot(sv, tok) : NULL;
	size_t before = sv->decoded->len;

	if (slot && slot->n == tok.n && memcmp(slot->p, tok.p, tok.n) == 0) {
		sv->mute_left += 4;
		return;
	}
	/* Where tokens do not come again, no more of them are remembered. */
	if (slot && --sv->mute_left == 0)
		sv->mute = NULL;
	if (bt_decode_run(sv->decoded, tok, sv->least, sv->e) < 0)
		sv->failed = true;
	else if (slot && sv->decoded->len == before)
		*slot = tok;
}

/* The words to look up: a seed phrase has twelve words in a row, so every twelfth has to be one of
 * the list. */
BT_HOT void bt_look_up(struct bt_survey *sv, const struct bt_view *v, uint64_t starts)
{
	starts = bt_from(starts, v->base, sv->words_to);
	for (;;) {
		int n = (int)bt_ones(starts);

		if (n < sv->words_left) {
			sv->words_left -= n;
			return;
		}
		while (--sv->words_left > 0)
			starts &= starts - 1;
		size_t at = bt_place(v, starts);

		sv->words_to = at + 1;
		sv->words_left = sv->seed_min;
		if (bt_bip39_around(sv->s, at, &sv->words_to, sv->seed_min, sv->seed_any_sum))
			sv->seed = true;
		starts = bt_from(starts, v->base, sv->words_to);
	}
}

BT_HOT void bt_look_at_rows(struct bt_survey *sv, const struct bt_view *v, uint64_t starts,
                            uint64_t breaks)
{
	for (; breaks; breaks &= breaks - 1) {
		uint64_t low = (breaks & -breaks) - 1;

		bt_look_up(sv, v, starts & low);
		sv->words_left = sv->seed_min;
		starts &= ~(low | (low + 1));
	}
	bt_look_up(sv, v, starts);
}

/* Words of the list have three to eight letters: shorter and longer ones end a row, which prose
 * does long before it comes to twelve. One that goes on in the next block is not counted as such,
 * which makes rows longer, never shorter. */
BT_HOT void bt_find_words(struct bt_survey *sv, const struct bt_view *v)
{
	uint64_t cut = BT_V_CUR(v, cut), starts = ~cut & bt_before(BT_V_PREV(v, cut), cut, 1);
	uint64_t nine = ~cut & ~cut >> 1;

	nine &= nine >> 2;
	nine &= nine >> 4;
	nine &= ~cut >> 8;
	starts = bt_from(starts, v->base, sv->words_to);
	uint64_t breaks = starts & (cut >> 1 | cut >> 2 | nine);
	int all = (int)bt_ones(starts);

	if (breaks) {
		int first = (int)bt_ones(starts & ((breaks & -breaks) - 1));
		unsigned last = 63 - (unsigned)__builtin_clzll(breaks);

		if (first < sv->words_left && all - first <= sv->seed_min)
			sv->words_left = sv->seed_min - (int)bt_ones(starts >> last >> 1);
		else
			bt_look_at_rows(sv, v, starts, breaks);
	} else if (all < sv->words_left) {
		sv->words_left -= all;
	} else {
		bt_look_up(sv, v, starts);
	}
}
#endif
