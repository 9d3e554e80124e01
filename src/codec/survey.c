/* survey.c - masks of 64 bytes go by; each finder looks at those that concern it, and only what
 * passes a cheap necessary condition is looked at byte by byte. */
#include "survey.h"

#include <string.h>

#include "bip39.h"
#include "classes.h"
#include "decode.h"
#include "plain.h"

__extension__ typedef unsigned __int128 wide;

/* The words before, at and behind the one that is looked at. */
struct view {
	size_t base;
	const struct bt_masks *prev, *cur, *next;
};

/* Without a library call where the processor is not known to count. */
static unsigned ones(uint64_t x)
{
	x -= x >> 1 & 0x5555555555555555u;
	x = (x & 0x3333333333333333u) + (x >> 2 & 0x3333333333333333u);
	x = (x + (x >> 4)) & 0x0f0f0f0f0f0f0f0fu;
	return (unsigned)(x * 0x0101010101010101u >> 56);
}

static wide both(uint64_t cur, uint64_t next)
{
	return (wide)next << 64 | cur;
}

/* Bit i of the second is bit i - by, or i + by, of the first. */
static uint64_t before(uint64_t prev, uint64_t cur, unsigned by)
{
	return cur << by | prev >> (64 - by);
}

static uint64_t behind(uint64_t cur, uint64_t next, unsigned by)
{
	return cur >> by | next << (64 - by);
}

/* Where n set bits in a row begin, 2 <= n <= 32. */
static uint64_t runs(wide x, unsigned n)
{
	for (unsigned have = 1; have < n;) {
		unsigned more = n - have < have ? n - have : have;

		x &= x >> more;
		have += more;
	}
	return (uint64_t)x;
}

/* Without what lies before to. */
static uint64_t from(uint64_t hits, size_t base, size_t to)
{
	if (to <= base)
		return hits;
	return to - base >= 64 ? 0 : hits & ~(uint64_t)0 << (to - base);
}

static bool in_token(const struct bt_survey *sv, size_t i)
{
	return bt_is_token((uint8_t)sv->s.p[i]);
}

/* By the masks that are there, then by those of what follows. */
static size_t token_end(const struct bt_survey *sv, const struct view *v, size_t i)
{
	wide out = ~both(v->cur->token, v->next->token) >> (i - v->base);
	uint64_t low = (uint64_t)out, high = (uint64_t)(out >> 64);

	if (low | high)
		return i + (size_t)(low ? __builtin_ctzll(low) : 64 + __builtin_ctzll(high));
	for (i = v->base + 128; i < sv->s.n; i += 64) {
		struct bt_masks m;

		bt_classify(&m, sv->s, i);
		if (~m.token)
			return i + (size_t)__builtin_ctzll(~m.token);
	}
	return sv->s.n;
}

static void tokens(struct bt_survey *sv, const struct view *v)
{
	uint64_t hits = runs(both(v->cur->token, v->next->token), BT_SURVEY_TOKEN);

	hits = from(hits, v->base, sv->token_to);
	while (hits) {
		size_t at = v->base + (size_t)__builtin_ctzll(hits), i = at + BT_SURVEY_TOKEN;

		i = token_end(sv, v, i);
		sv->token_to = i;
		sv->plain |= bt_plain_token(sv->s, at, i);
		while (i < sv->s.n && i - sv->token_to < 6 && sv->s.p[i] == '=')
			i++;
		if (sv->decoded &&
		    bt_decode_run(sv->decoded, (struct bt_str){ sv->s.p + at, i - at }, sv->e) < 0)
			sv->failed = true;
		hits = from(hits, v->base, sv->token_to);
	}
}

/* Social security numbers by their hyphens; cards where fifteen digits are near. */
static void digits(struct bt_survey *sv, const struct view *v)
{
	const struct bt_masks *m = v->cur;
	uint64_t near = m->hyphen & before(v->prev->digit, m->digit, 1) &
	                behind(m->digit, v->next->digit, 1);

	for (; near; near &= near - 1) {
		size_t at = v->base + (size_t)__builtin_ctzll(near);

		if (at >= 3 && bt_plain_ssn(sv->s, at - 3))
			sv->plain |= 1u << BT_PLAIN_SSN;
	}
	if (ones(m->digit) + ones(v->next->digit) < 15)
		return;
	uint64_t sep = (m->space | m->hyphen) & before(v->prev->digit, m->digit, 1);
	uint64_t hits =
	        runs(both(m->digit | sep, v->next->digit | v->next->space | v->next->hyphen), 15);

	hits = from(hits, v->base, sv->digit_to);
	while (hits) {
		size_t at = v->base + (size_t)__builtin_ctzll(hits);

		sv->digit_to = at + 1;
		if (bt_plain_cards(sv->s, at, &sv->digit_to))
			sv->plain |= 1u << BT_PLAIN_CARD;
		hits = from(hits, v->base, sv->digit_to);
	}
}

/* A seed phrase has twelve words in a row, so every twelfth word has to be one of the list. */
static void words(struct bt_survey *sv, const struct view *v)
{
	uint64_t starts = ~v->cur->cut & before(v->prev->cut, v->cur->cut, 1);

	if (v->base == 0)
		starts |= ~v->cur->cut & 1;
	starts = from(starts, v->base, sv->words_to);
	for (;;) {
		int n = (int)ones(starts);

		if (n < sv->words_left) {
			sv->words_left -= n;
			return;
		}
		while (--sv->words_left > 0)
			starts &= starts - 1;
		size_t at = v->base + (size_t)__builtin_ctzll(starts);

		sv->words_to = at + 1;
		sv->words_left = sv->seed_min;
		if (bt_bip39_around(sv->s, at, &sv->words_to, sv->seed_min, sv->seed_any_sum))
			sv->seed = true;
		starts = from(starts, v->base, sv->words_to);
	}
}

/* Two hexadecimal digits that stand alone, or behind an x. */
static void pairs(struct bt_survey *sv, const struct view *v)
{
	const struct bt_masks *m = v->cur, *p = v->prev, *n = v->next;
	uint64_t alone = ~before(p->word, m->word, 1) | before(p->x, m->x, 1);
	uint64_t hits = alone & m->hex & behind(m->hex, n->hex, 1) & ~behind(m->word, n->word, 2);

	if (ones(hits) < 4)
		return;
	/* A row of eight may begin one word earlier, with too few there to tell. */
	size_t at = v->base >= 64 ? v->base - 64 : 0;

	if (sv->pairs_to >= v->base + 64)
		return;
	at = at > sv->pairs_to ? at : sv->pairs_to;
	sv->pairs_to = v->base + 64;
	if (bt_decode_pairs(sv->decoded, sv->s, at, &sv->pairs_to, sv->e) < 0)
		sv->failed = true;
}

static void dots(struct bt_survey *sv, const struct view *v)
{
	uint64_t hits = v->cur->dot & before(v->prev->word, v->cur->word, 1) &
	                behind(v->cur->word, v->next->word, 1);

	hits = from(hits, v->base, sv->dotted_to);
	while (hits) {
		size_t dot = v->base + (size_t)__builtin_ctzll(hits), i = dot, k = dot;

		while (i > sv->dotted_to && (in_token(sv, i - 1) || sv->s.p[i - 1] == '.'))
			i--;
		while (k < sv->s.n && (in_token(sv, k) || sv->s.p[k] == '.'))
			k++;
		sv->dotted_to = k;
		if (k - i >= 20 &&
		    bt_decode_dotted(sv->decoded, (struct bt_str){ sv->s.p + i, k - i }, sv->e) < 0)
			sv->failed = true;
		hits = from(hits, v->base, sv->dotted_to);
	}
}

/* What the backslash at i begins: \u00…, \x…. */
static bool escape_at(struct bt_str s, size_t i)
{
	return i + 3 < s.n && (s.p[i + 1] == 'u' || s.p[i + 1] == 'x') &&
	       bt_is_hex((uint8_t)s.p[i + 2]) && bt_is_hex((uint8_t)s.p[i + 3]);
}

static void copies(struct bt_survey *sv, const struct view *v)
{
	const struct bt_masks *m = v->cur;
	uint64_t gap = m->control | (sv->hard ? 0 : m->nul);
	uint64_t gap_before = v->prev->control | (sv->hard ? 0 : v->prev->nul);

	for (gap &= ~before(gap_before, gap, 1); gap; gap &= gap - 1)
		bt_survey_gap(sv, v->base + (size_t)__builtin_ctzll(gap));
	if (!(m->space | v->next->space | v->prev->space))
		return;
	uint64_t mark = m->hyphen | m->under | m->dot;

	for (mark &= ~before(0, mark, 1); mark; mark &= mark - 1)
		bt_survey_mark(sv, v->base + (size_t)__builtin_ctzll(mark));
}

static void look(struct bt_survey *sv, const struct view *v)
{
	const struct bt_masks *m = v->cur;

	sv->nul = sv->nul || m->nul;
	sv->high = sv->high || m->high;
	sv->plus = sv->plus || m->plus;
	if (m->percent & behind(m->hex, v->next->hex, 1) & behind(m->hex, v->next->hex, 2))
		sv->percent = true;
	for (uint64_t b = sv->escape ? 0 : m->back; b; b &= b - 1)
		sv->escape = sv->escape || escape_at(sv->s, v->base + (size_t)__builtin_ctzll(b));
}

static void step(struct bt_survey *sv, const struct view *v)
{
	look(sv, v);
	digits(sv, v);
	if (sv->seed_min && !sv->seed)
		words(sv, v);
	if (sv->glued)
		copies(sv, v);
	tokens(sv, v);
	if (!sv->decoded)
		return;
	pairs(sv, v);
	dots(sv, v);
}

int bt_survey_run(struct bt_survey *sv)
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
	return sv->failed ? -1 : 0;
}
