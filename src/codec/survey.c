/* survey.c - masks of 64 bytes go by, a row at a time; each finder looks at those of the row that a
 * cheap necessary condition leaves, and only there byte by byte. */
#include "survey.h"

#include <string.h>

#include "classes.h"
#include "decode.h"
#include "finders.h"
#include "masks.h"
#include "plain.h"
#include "sieve.h"
#include "validate.h"

/* Behind the run of token characters that i is in: by the masks that are there, then by those of
 * what follows. */
static size_t token_end(const struct bt_survey *sv, const struct bt_view *v, size_t i)
{
	bt_wide out = ~bt_both(BT_V_CUR(v, token), BT_V_NEXT(v, token)) >> (i - v->base);
	uint64_t low = (uint64_t)out, high = (uint64_t)(out >> 64);

	if (low | high)
		return i + (size_t)(low ? __builtin_ctzll(low) : 64 + __builtin_ctzll(high));
	return bt_token_end(sv->s, v->base + 128);
}

BT_HOT void tokens(struct bt_survey *sv, const struct bt_view *v, uint64_t hits)
{
	hits = bt_from(hits, v->base, sv->token_to);
	while (hits) {
		size_t at = bt_place(v, hits), i = token_end(sv, v, at + BT_SURVEY_TOKEN);

		sv->token_to = i;
		while (i < sv->s.n && i - sv->token_to < 6 && sv->s.p[i] == '=')
			i++;
		bt_decode_token(sv, (struct bt_str){ sv->s.p + at, i - at });
		hits = bt_from(hits, v->base, sv->token_to);
	}
}

BT_HOT void ibans(struct bt_survey *sv, const struct bt_view *v, uint64_t hits)
{
	for (; hits; hits &= hits - 1)
		if (bt_valid_iban_at(sv->s, bt_place(v, hits) + 15))
			sv->plain |= 1u << BT_PLAIN_IBAN;
}

static bool wif_head(char c)
{
	return c == '5' || c == 'K' || c == 'L';
}

BT_HOT void wifs(struct bt_survey *sv, const struct bt_view *v, uint64_t may)
{
	bt_wide eight = bt_eight(BT_V_CUR(v, b58), BT_V_NEXT(v, b58));
	uint64_t wif = may ? (uint64_t)bt_more(bt_more(bt_more(eight, 8), 16), 19) : 0;

	for (; wif; wif &= wif - 1)
		if (wif_head(sv->s.p[bt_place(v, wif)]) && bt_plain_wif(sv->s, bt_place(v, wif)))
			sv->plain |= 1u << BT_PLAIN_WIF;
}

/* 3-2-4 digits, by the two hyphens. */
BT_HOT void ssn(struct bt_survey *sv, const struct bt_view *v, uint64_t hits)
{
	for (; hits; hits &= hits - 1) {
		size_t at = bt_place(v, hits);

		if (at >= 3 && bt_plain_ssn(sv->s, at - 3))
			sv->plain |= 1u << BT_PLAIN_SSN;
	}
}

BT_HOT void cards(struct bt_survey *sv, const struct bt_view *v, uint64_t hits)
{
	for (; hits && !(sv->plain & 1u << BT_PLAIN_CARD); hits &= hits - 1)
		if (bt_plain_card(sv->s, bt_place(v, hits)))
			sv->plain |= 1u << BT_PLAIN_CARD;
}

/* Where a pair of hexadecimal digits stands alone or behind an x. */
BT_HOT uint64_t pairs_in(const struct bt_view *v, unsigned w, uint64_t hex_next, uint64_t word_next)
{
	const struct bt_masks *m = v->m;
	uint64_t hex = m->hex[w], word = m->word[w];

	return hex & bt_behind(hex, hex_next, 1) & ~bt_behind(word, word_next, 2) &
	       (~bt_before(m->word[w - 1], word, 1) | bt_before(m->x[w - 1], m->x[w], 1));
}

/* Eight pairs with something of one to four bytes between, of which at least the six in the middle
 * stand alone or behind an x. */
BT_HOT void pairs(struct bt_survey *sv, const struct bt_view *v)
{
	bt_wide hits = bt_both(pairs_in(v, v->w, BT_V_NEXT(v, hex), BT_V_NEXT(v, word)),
	                       pairs_in(v, v->w + 1, 0, 0));
	bool row = false;

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
BT_HOT void dots(struct bt_survey *sv, const struct bt_view *v, uint64_t hits)
{
	uint64_t inner = BT_V_CUR(v, token) | BT_V_CUR(v, dot);
	bt_wide ahead = ~bt_both(inner, BT_V_NEXT(v, token) | BT_V_NEXT(v, dot));
	bt_wide back = ~bt_both(BT_V_PREV(v, token) | BT_V_PREV(v, dot), inner);

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

BT_HOT void discord(struct bt_survey *sv, const struct bt_view *v, uint64_t hits)
{
	for (; hits; hits &= hits - 1)
		if (bt_plain_discord(sv->s, bt_place(v, hits)))
			sv->plain |= 1u << BT_PLAIN_DISCORD;
}

/* What the backslash at i begins: \u00…, \x…, \n inside of what is wrapped. */
static bool escape_at(struct bt_str s, size_t i)
{
	return (i + 3 < s.n && (s.p[i + 1] == 'u' || s.p[i + 1] == 'x') &&
	        bt_is_hex((uint8_t)s.p[i + 2]) && bt_is_hex((uint8_t)s.p[i + 3])) ||
	       bt_is_wrapped(s, i);
}

BT_HOT void marks(struct bt_survey *sv, const struct bt_view *v, uint64_t hits)
{
	for (; hits; hits &= hits - 1)
		if (bt_survey_may_mark(sv, bt_place(v, hits)))
			bt_survey_mark(sv, bt_place(v, hits));
}

BT_HOT void escapes(struct bt_survey *sv, const struct bt_view *v, uint64_t hits)
{
	for (; hits && !sv->escape; hits &= hits - 1)
		sv->escape = escape_at(sv->s, bt_place(v, hits));
}

/* For each mask of the row that rows has a bit for. */
#define EACH(v, rows) for (unsigned bits_ = (rows); bits_ && turn((v), bits_); bits_ &= bits_ - 1)

BT_HOT bool turn(struct bt_view *v, unsigned bits)
{
	v->i = (unsigned)__builtin_ctz(bits);
	v->w = v->row + v->i;
	v->base = v->first + 64 * (size_t)v->i;
	return true;
}

/* What is copied or decoded, in the order of the text. */
BT_HOT void pieces(struct bt_survey *sv, const struct bt_sieve *s, struct bt_view *v)
{
	const bt_row all = s->gap | s->token | s->pairs | s->dot;

	EACH(v, bt_row_any(&all))
	{
		for (uint64_t gap = sv->glued ? s->gap[v->i] : 0; gap; gap &= gap - 1)
			bt_survey_gap(sv, bt_place(v, gap));
		if (!sv->decoded)
			continue;
		if (s->token[v->i])
			tokens(sv, v, s->token[v->i]);
		if (s->pairs[v->i])
			pairs(sv, v);
		if (s->dot[v->i])
			dots(sv, v, s->dot[v->i]);
	}
}

/* Words go in a row from one mask to the next: after one that had to be looked at, the next one is
 * looked at too. */
BT_HOT void rows_of_words(struct bt_survey *sv, const struct bt_sieve *s, struct bt_view *v)
{
	unsigned begin = bt_row_any(&s->words), look = (begin | begin << 1 | sv->words_on);

	for (unsigned i = 0; look >> i; i++) {
		if (!(look >> i & 1) || i == BT_ROW)
			continue;
		(void)turn(v, 1u << i);
		if (!(i ? look >> (i - 1) & 1 : sv->words_before))
			sv->words_left = sv->seed_min;
		bt_find_words(sv, v);
	}
	sv->words_on = look >> BT_ROW & 1;
	sv->words_before = look >> (BT_ROW - 1) & 1;
}

BT_HOT void rare(struct bt_survey *sv, const struct bt_sieve *s, struct bt_view *v)
{
	EACH(v, bt_row_any(&s->iban))
	{
		ibans(sv, v, s->iban[v->i]);
	}
	EACH(v, bt_row_any(&s->wif))
	{
		wifs(sv, v, s->wif[v->i]);
	}
	EACH(v, bt_row_any(&s->card))
	{
		cards(sv, v, s->card[v->i]);
	}
	EACH(v, bt_row_any(&s->ssn))
	{
		ssn(sv, v, s->ssn[v->i]);
	}
	EACH(v, bt_row_any(&s->discord))
	{
		discord(sv, v, s->discord[v->i]);
	}
	EACH(v, bt_row_any(&s->escape))
	{
		escapes(sv, v, s->escape[v->i]);
	}
}

BT_HOT void sieve(struct bt_sieve *s, const struct bt_masks *m, unsigned w, bool hard)
{
	bt_sieve_tokens(s, m, w, BT_SURVEY_TOKEN);
	bt_sieve_long_words(s, m, w);
	bt_sieve_digits(s, m, w);
	bt_sieve_words(s, m, w);
	bt_sieve_pairs(s, m, w);
	bt_sieve_signs(s, m, w, !hard);
	s->rare = s->iban | s->card | s->wif | s->ssn | s->discord | s->escape;
}

/* What is only asked of the text as a whole. */
struct any {
	bt_row nul, high, plus, percent;
};

BT_HOT void row(struct bt_survey *sv, const struct bt_masks *m, unsigned w, size_t base,
                struct any *any)
{
	struct bt_sieve s;
	struct bt_view v = { base, base, m, w, w, 0 };

	sieve(&s, m, w, sv->hard);
	any->nul |= BT_CUR(nul);
	any->high |= BT_CUR(high);
	any->plus |= BT_CUR(plus);
	any->percent |= s.percent;
	if (bt_row_any(&s.rare))
		rare(sv, &s, &v);
	if (sv->seed_min && !sv->seed)
		rows_of_words(sv, &s, &v);
	if (sv->squeezed) {
		EACH(&v, bt_row_any(&s.mark))
		{
			marks(sv, &v, s.mark[v.i]);
		}
	}
	pieces(sv, &s, &v);
}

/* The last row of a block is the first one of the next. */
BT_HOT void go_on(struct bt_masks *m)
{
	bt_masks_of *of = (bt_masks_of *)(void *)m;

	for (size_t k = 0; k < sizeof *m / sizeof *of; k++) {
		of[k][0] = of[k][BT_BLOCK * BT_ROW];
		memcpy(of[k] + 1, of[k] + 1 + BT_BLOCK * BT_ROW, BT_ROW * sizeof of[k][0]);
	}
}

BT_HOT int run(struct bt_survey *sv)
{
	size_t rows = (sv->s.n + BT_ROW_BYTES - 1) / BT_ROW_BYTES, made = 0, done = 0;
	unsigned have = 0;
	struct any any = { 0 };
	struct bt_masks m;

	sv->words_left = sv->seed_min;
	bt_classify_none(&m, 0);
	while (done < rows && !sv->failed) {
		unsigned room = BT_BLOCK + 1 - have;
		unsigned more = rows - made < room ? (unsigned)(rows - made) : room;

		bt_classify(&m, 1 + have * BT_ROW, 1 + (have + more) * BT_ROW, sv->s,
		            made * BT_ROW_BYTES);
		made += more;
		have += more;
		if (have <= BT_BLOCK)
			bt_classify_none(&m, 1 + have * BT_ROW);
		for (unsigned r = 0; r < have && r < BT_BLOCK; r++, done++)
			row(sv, &m, 1 + r * BT_ROW, done * BT_ROW_BYTES, &any);
		if (done == rows)
			break;
		go_on(&m);
		have = 1;
	}
	sv->nul = bt_row_any(&any.nul);
	sv->high = bt_row_any(&any.high);
	sv->plus = bt_row_any(&any.plus);
	sv->percent = bt_row_any(&any.percent);
	return sv->failed ? -1 : 0;
}

#if defined __x86_64__ && defined __GNUC__
BT_AVX512 static int run_avx512(struct bt_survey *sv)
{
	return run(sv);
}

BT_AVX2 static int run_avx2(struct bt_survey *sv)
{
	return run(sv);
}

static int run_here(struct bt_survey *sv)
{
	if (bt_registers() == 64)
		return run_avx512(sv);
	return bt_registers() == 32 ? run_avx2(sv) : run(sv);
}
#else
static int run_here(struct bt_survey *sv)
{
	return run(sv);
}
#endif

#define LONG 1024 /* in shorter texts a token seldom comes twice */

static int run_long(struct bt_survey *sv)
{
	struct bt_str mute[BT_SURVEY_MUTE] = { 0 };

	sv->mute = mute;
	sv->mute_left = BT_SURVEY_MUTE;
	int rc = run_here(sv);

	sv->mute = NULL;
	return rc;
}

int bt_survey_run(struct bt_survey *sv)
{
	return sv->s.n > LONG ? run_long(sv) : run_here(sv);
}
