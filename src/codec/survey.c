/* survey.c - masks of 64 bytes go by; each finder looks at those that concern it, and only what
 * passes a cheap necessary condition is looked at byte by byte. */
#include "survey.h"

#include <string.h>

#include "bip39.h"
#include "classes.h"
#include "decode.h"
#include "masks.h"
#include "plain.h"
#include "validate.h"

/* The words before, at and behind the one that is looked at. */
struct view {
	size_t base;
	const struct bt_masks *prev, *cur, *next;
};

static size_t place(const struct view *v, uint64_t hits)
{
	return v->base + (size_t)__builtin_ctzll(hits);
}

/* Behind the run of token characters that i is in: by the masks that are there, then by those of
 * what follows. */
static size_t token_end(const struct bt_survey *sv, const struct view *v, size_t i)
{
	bt_wide out = ~bt_both(v->cur->token, v->next->token) >> (i - v->base);
	uint64_t low = (uint64_t)out, high = (uint64_t)(out >> 64);

	if (low | high)
		return i + (size_t)(low ? __builtin_ctzll(low) : 64 + __builtin_ctzll(high));
	return bt_token_end(sv->s, v->base + 128);
}

BT_HOT void tokens(struct bt_survey *sv, const struct view *v, uint64_t hits)
{
	hits = bt_from(hits, v->base, sv->token_to);
	while (hits) {
		size_t at = place(v, hits), i = token_end(sv, v, at + BT_SURVEY_TOKEN);

		sv->token_to = i;
		while (i < sv->s.n && i - sv->token_to < 6 && sv->s.p[i] == '=')
			i++;
		if (bt_decode_run(sv->decoded, (struct bt_str){ sv->s.p + at, i - at }, sv->least,
		                  sv->e) < 0)
			sv->failed = true;
		hits = bt_from(hits, v->base, sv->token_to);
	}
}

static bool wif_head(char c)
{
	return c == '5' || c == 'K' || c == 'L';
}

/* An IBAN begins a word of 15 or more with two letters and two digits; a key in WIF is 51 of base
 * 58 somewhere in a word: of those that end in this block all of bits 13 to 50 are. */
BT_HOT void long_words(struct bt_survey *sv, const struct view *v)
{
	const struct bt_masks *m = v->cur, *n = v->next;
	uint64_t iban = bt_behind(m->digit, n->digit, 2) & bt_behind(m->digit, n->digit, 3) &
	                m->word & ~bt_before(v->prev->word, m->word, 1);
	bool may_wif = !(~m->b58 >> 13 << 26) || bt_over_end(m->b58, n->b58) >= 51;

	if (iban)
		iban &= (uint64_t)bt_more(bt_eight(m->word, n->word), 7);
	for (; iban; iban &= iban - 1)
		if (bt_valid_iban_at(sv->s, place(v, iban) + 15))
			sv->plain |= 1u << BT_PLAIN_IBAN;
	if (!may_wif)
		return;
	uint64_t wif = (uint64_t)bt_more(bt_more(bt_more(bt_eight(m->b58, n->b58), 8), 16), 19);

	for (; wif; wif &= wif - 1)
		if (wif_head(sv->s.p[place(v, wif)]) && bt_plain_wif(sv->s, place(v, wif)))
			sv->plain |= 1u << BT_PLAIN_WIF;
}

/* 3-2-4 digits, by the two hyphens. */
static void ssn(struct bt_survey *sv, const struct view *v, uint64_t hits)
{
	for (; hits; hits &= hits - 1) {
		size_t at = place(v, hits);

		if (at >= 3 && bt_plain_ssn(sv->s, at - 3))
			sv->plain |= 1u << BT_PLAIN_SSN;
	}
}

/* What a card may consist of: digits, and one separator behind each three or more of them. */
BT_HOT uint64_t card_bytes(const struct bt_masks *prev, const struct bt_masks *m)
{
	return m->digit |
	       ((m->space | m->hyphen) & bt_before(prev->digit, m->digit, 1) &
	        bt_before(prev->digit, m->digit, 2) & bt_before(prev->digit, m->digit, 3));
}

BT_HOT void digits(struct bt_survey *sv, const struct view *v)
{
	const struct bt_masks *m = v->cur, *n = v->next;

	if (m->hyphen)
		ssn(sv, v,
		    m->hyphen & bt_behind(m->hyphen, n->hyphen, 3) &
		            bt_before(v->prev->digit, m->digit, 3) &
		            bt_before(v->prev->digit, m->digit, 1));
	if (!m->digit || sv->plain & 1u << BT_PLAIN_CARD)
		return;
	uint64_t starts = m->digit & bt_behind(m->digit, n->digit, 2) &
	                  ~bt_before(v->prev->word, m->word, 1) & bt_behind(m->digit, n->digit, 1);

	/* Fifteen of them are in nineteen bytes at most. */
	if (!starts || bt_ones(m->digit) + bt_ones(n->digit) < 15)
		return;
	starts &= (uint64_t)bt_more(bt_eight(card_bytes(v->prev, m), card_bytes(m, n)), 7);
	for (; starts; starts &= starts - 1)
		if (bt_plain_card(sv->s, place(v, starts)))
			sv->plain |= 1u << BT_PLAIN_CARD;
}

/* The words to look up: a seed phrase has twelve words in a row, so every twelfth has to be one of
 * the list. */
BT_HOT void look_up(struct bt_survey *sv, const struct view *v, uint64_t starts)
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
		size_t at = place(v, starts);

		sv->words_to = at + 1;
		sv->words_left = sv->seed_min;
		if (bt_bip39_around(sv->s, at, &sv->words_to, sv->seed_min, sv->seed_any_sum))
			sv->seed = true;
		starts = bt_from(starts, v->base, sv->words_to);
	}
}

BT_HOT void rows(struct bt_survey *sv, const struct view *v, uint64_t starts, uint64_t breaks)
{
	for (; breaks; breaks &= breaks - 1) {
		uint64_t low = (breaks & -breaks) - 1;

		look_up(sv, v, starts & low);
		sv->words_left = sv->seed_min;
		starts &= ~(low | (low + 1));
	}
	look_up(sv, v, starts);
}

/* Words of the list have three to eight letters: shorter and longer ones end a row, which prose
 * does long before it comes to twelve. One that goes on in the next block is not counted as such,
 * which makes rows longer, never shorter. */
BT_HOT void words(struct bt_survey *sv, const struct view *v)
{
	uint64_t cut = v->cur->cut;

	if (sv->s.n - v->base < 64) /* the end is a cut too */
		cut |= ~(uint64_t)0 << (sv->s.n - v->base);
	uint64_t starts = ~cut & bt_before(v->base ? v->prev->cut : ~(uint64_t)0, cut, 1);
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
			rows(sv, v, starts, breaks);
	} else if (all < sv->words_left) {
		sv->words_left -= all;
	} else {
		look_up(sv, v, starts);
	}
}

/* Eight pairs of hexadecimal digits with something of one to four bytes between, of which at least
 * the six in the middle stand alone or behind an x. */
BT_HOT void pairs(struct bt_survey *sv, const struct view *v)
{
	const struct bt_masks *m = v->cur, *n = v->next;
	uint64_t here = m->hex & bt_behind(m->hex, n->hex, 1) & ~bt_behind(m->word, n->word, 2) &
	                (~bt_before(v->prev->word, m->word, 1) | bt_before(v->prev->x, m->x, 1));

	if (!here)
		return;
	bt_wide hits =
	        bt_both(here, n->hex & n->hex >> 1 & ~(n->word >> 2) &
	                              (~bt_before(m->word, n->word, 1) | bt_before(m->x, n->x, 1)));
	bool row = false;

	if (bt_ones((uint64_t)hits) + bt_ones((uint64_t)(hits >> 64)) < 6)
		return;
	for (unsigned by = 3; by <= 6; by++) {
		bt_wide three = hits & hits >> by & hits >> 2 * by;

		row = row || (uint64_t)(three & three >> 3 * by);
	}
	if (!row || sv->pairs_to >= v->base + 64)
		return;
	/* A row may begin one word earlier. */
	size_t at = v->base >= 64 ? v->base - 64 : 0;

	at = at > sv->pairs_to ? at : sv->pairs_to;
	sv->pairs_to = v->base + 64;
	if (bt_decode_pairs(sv->decoded, sv->s, at, &sv->pairs_to, sv->e) < 0)
		sv->failed = true;
}

static bool dotted(const struct bt_survey *sv, size_t i)
{
	return bt_is_token((uint8_t)sv->s.p[i]) || sv->s.p[i] == '.';
}

/* Tokens of 20 or more with dots in them. */
BT_HOT void dots(struct bt_survey *sv, const struct view *v, uint64_t hits)
{
	const struct bt_masks *m = v->cur, *n = v->next, *p = v->prev;
	bt_wide ahead = ~bt_both(m->token | m->dot, n->token | n->dot);
	bt_wide back = ~bt_both(p->token | p->dot, m->token | m->dot);

	for (hits = bt_from(hits, v->base, sv->dotted_to); hits;
	     hits = bt_from(hits, v->base, sv->dotted_to)) {
		unsigned bit = (unsigned)__builtin_ctzll(hits);
		uint64_t right = (uint64_t)(ahead >> bit), left = (uint64_t)(back >> bit);
		size_t dot = v->base + bit, i = dot, k = dot;

		/* left holds the 64 bytes before the dot. */
		if (right && left &&
		    (unsigned)__builtin_ctzll(right) + (unsigned)__builtin_clzll(left) < 20) {
			sv->dotted_to = dot + (size_t)__builtin_ctzll(right);
			continue;
		}
		while (i > sv->dotted_to && dotted(sv, i - 1))
			i--;
		while (k < sv->s.n && dotted(sv, k))
			k++;
		sv->dotted_to = k;
		if (k - i >= 20 &&
		    bt_decode_dotted(sv->decoded, (struct bt_str){ sv->s.p + i, k - i }, sv->e) < 0)
			sv->failed = true;
	}
}

static void discord(struct bt_survey *sv, const struct view *v, uint64_t hits)
{
	for (; hits; hits &= hits - 1)
		if (bt_plain_discord(sv->s, place(v, hits)))
			sv->plain |= 1u << BT_PLAIN_DISCORD;
}

/* What the backslash at i begins: \u00…, \x…. */
static bool escape_at(struct bt_str s, size_t i)
{
	return i + 3 < s.n && (s.p[i + 1] == 'u' || s.p[i + 1] == 'x') &&
	       bt_is_hex((uint8_t)s.p[i + 2]) && bt_is_hex((uint8_t)s.p[i + 3]);
}

BT_HOT void copies(struct bt_survey *sv, const struct view *v)
{
	const struct bt_masks *m = v->cur;
	uint64_t gap = m->control | (sv->hard ? 0 : m->nul);
	uint64_t gap_before = v->prev->control | (sv->hard ? 0 : v->prev->nul);

	if (gap)
		for (gap &= ~bt_before(gap_before, gap, 1); gap; gap &= gap - 1)
			bt_survey_gap(sv, place(v, gap));
	if (!(m->space | v->next->space | v->prev->space))
		return;
	uint64_t mark = m->hyphen | m->under | m->dot;

	for (mark &= ~bt_before(0, mark, 1); mark; mark &= mark - 1)
		if (bt_survey_may_mark(sv, place(v, mark)))
			bt_survey_mark(sv, place(v, mark));
}

BT_HOT void look(struct bt_survey *sv, const struct view *v)
{
	const struct bt_masks *m = v->cur, *n = v->next;

	sv->any_nul |= m->nul;
	sv->any_high |= m->high;
	sv->any_plus |= m->plus;
	if (m->percent)
		sv->any_percent |=
		        m->percent & bt_behind(m->hex, n->hex, 1) & bt_behind(m->hex, n->hex, 2);
	for (uint64_t b = sv->escape ? 0 : m->back; b; b &= b - 1)
		sv->escape = sv->escape || escape_at(sv->s, place(v, b));
}

/* Where BT_SURVEY_TOKEN characters of a token begin. */
BT_HOT uint64_t token_starts(uint64_t cur, uint64_t next)
{
	uint64_t row = cur & cur >> 1;

	row &= row >> 2;
	row &= row >> 4;
	row &= row >> (BT_SURVEY_TOKEN - 8);
	if (!row && bt_over_end(cur, next) < BT_SURVEY_TOKEN)
		return 0;
	return (uint64_t)bt_more(bt_eight(cur, next), BT_SURVEY_TOKEN - 8);
}

BT_HOT void step(struct bt_survey *sv, const struct view *v)
{
	const struct bt_masks *m = v->cur, *n = v->next;
	uint64_t token = token_starts(m->token, n->token);

	look(sv, v);
	digits(sv, v);
	if (sv->seed_min && !sv->seed)
		words(sv, v);
	if (sv->glued)
		copies(sv, v);
	if (token)
		long_words(sv, v);
	uint64_t dot = m->dot ? m->dot & bt_before(v->prev->token, m->token, 1) : 0;

	if (dot & bt_behind(m->dot, n->dot, 7))
		discord(sv, v, dot & bt_behind(m->dot, n->dot, 7));
	if (!sv->decoded)
		return;
	if (token)
		tokens(sv, v, token);
	pairs(sv, v);
	dot &= bt_before(v->prev->word, m->word, 1) & bt_behind(m->word, n->word, 1);
	if (dot)
		dots(sv, v, dot);
}

BT_HOT int run(struct bt_survey *sv)
{
	struct bt_masks ring[4] = { 0 };
	size_t w = 0;

	sv->words_left = sv->seed_min;
	if (sv->s.n)
		bt_classify(&ring[0], sv->s, 0);
	for (size_t base = 0; base < sv->s.n && !sv->failed; base += 64, w++) {
		struct bt_masks *next = &ring[(w + 1) & 3];

		if (base + 64 < sv->s.n)
			bt_classify(next, sv->s, base + 64);
		else
			memset(next, 0, sizeof *next);
		step(sv, &(struct view){ base, &ring[(w + 3) & 3], &ring[w & 3], next });
	}
	sv->nul = sv->any_nul;
	sv->high = sv->any_high;
	sv->plus = sv->any_plus;
	sv->percent = sv->any_percent;
	return sv->failed ? -1 : 0;
}

#if defined __x86_64__ && defined __GNUC__
__attribute__((target("popcnt,bmi,bmi2"))) static int run_fast(struct bt_survey *sv)
{
	return run(sv);
}

int bt_survey_run(struct bt_survey *sv)
{
	if (__builtin_cpu_supports("popcnt") && __builtin_cpu_supports("bmi2"))
		return run_fast(sv);
	return run(sv);
}
#else
int bt_survey_run(struct bt_survey *sv)
{
	return run(sv);
}
#endif
