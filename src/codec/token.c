/* token.c - what a token says when it is decoded. Nearly none says anything, and a look at all of
 * it tells that before anything is written down (token_look.c). */
#include <string.h>

#include "decode.h"
#include "normal.h"
#include "textrun.h"
#include "token_way.h"

#define TELLING BT_TELLING_ANY
#define SLACK BT_WAY_SLACK

/* The shortest tokens of each kind that hold eight bytes. */
#define LEAST_64 11
#define LEAST_32 13
#define LEAST_16 16

#define BINARY 512 /* bytes; as bt_condense has it */

struct way {
	bool (*undo)(uint8_t *, size_t *, struct bt_str, unsigned);
	size_t least;
};
static const struct way base64 = { bt_undo_64, LEAST_64 }, base32 = { bt_undo_32, LEAST_32 },
                        base16 = { bt_undo_16, LEAST_16 };

#define AROUND 40         /* characters: a row may begin before the block that it ends in */
#define GARBAGE_BEFORE 12 /* bytes that are kept beside a text that is inside of something else */
#define GARBAGE_BEHIND 16

/* Of the n bytes behind the end of out those that are text, from the first row that may tell to the
 * last, and some around. */
static int keep_text(struct bt_buf *out, size_t n, struct bt_err *e)
{
	uint8_t *at = out->p + out->len;
	size_t first = n, last = 0, run = 0;

	for (size_t i = 0; i < n; i++) {
		bool is = bt_is_idle(at[i]) || (at[i] >= 0x20 && at[i] < 0x7f);

		run = is ? run + 1 : 0;
		if (run < TELLING)
			continue;
		first = first < n ? first : i + 1 - TELLING;
		last = i + 1;
	}
	if (first >= last)
		return 0;
	first -= first < GARBAGE_BEFORE ? first : GARBAGE_BEFORE;
	n = n - last > GARBAGE_BEHIND ? last + GARBAGE_BEHIND : n;
	memmove(at, at + first, n - first);
	return bt_decode_keep(out, n - first, e);
}

/* Appends what the token says that way. Most are short, and nearly none is any of these: they are
 * tried beside the buffer. Base64 of what is mostly no text is left to put_stretches. */
static int try_way(struct bt_buf *out, struct bt_str tok, const struct way *w, unsigned least,
                   struct bt_err *e)
{
	uint8_t small[96 + SLACK], *at = small;
	size_t n = 0;

	if (tok.n < w->least)
		return 0;
	if (tok.n > sizeof small - SLACK)
		at = bt_buf_reserve(out, tok.n + SLACK, e);
	if (!at)
		return -1;
	if (!w->undo(at, &n, tok, least))
		return 0;
	if (n >= BINARY && bt_mostly_binary((struct bt_str){ (char *)at, n }))
		return w == &base64 ? 0 : keep_text(out, n, e);
	if (at == small) {
		at = bt_buf_reserve(out, n, e);
		if (!at)
			return -1;
		memcpy(at, small, n);
	}
	return bt_decode_keep(out, n, e);
}

/* What base64 that begins somewhere in a token says, as far as it is text. t: in the block behind
 * which it is now something was found. */
static int put_stretches(struct bt_buf *out, struct bt_textrun *t, struct bt_err *e)
{
	for (bool more = true; more;) {
		size_t from = t->at - BT_TEXTRUN, to = t->at, n = 0;

		while ((more = bt_textrun_next(t)) && t->at <= to + 2 * BT_TEXTRUN)
			to = t->at;
		from -= from >= AROUND ? AROUND : 0;
		to += AROUND;
		to = to < t->in.n ? to : t->in.n;
		to -= (to - from) % 4 == 1;
		uint8_t *at = bt_buf_reserve(out, to - from, e);

		if (!at)
			return -1;
		if (bt_base64_decode(at, &n, (struct bt_str){ t->in.p + from, to - from }) &&
		    keep_text(out, n, e) < 0)
			return -1;
	}
	return 0;
}

/* Parts of a token between slashes, which may be a path, where groups begin at character i: each in
 * which something may be said is decoded by itself, so that nothing stands before and behind it. */
static int put_parts(struct bt_buf *out, struct bt_str tok, struct bt_textrun *t, unsigned i,
                     struct bt_err *e)
{
	size_t done = 0; /* a part begins there */

	while (done < tok.n && bt_textrun_next(t)) {
		size_t block = i + t->at - BT_TEXTRUN, to;

		for (size_t k = block; k > done; k--) {
			if (tok.p[k - 1] == '/') {
				done = k;
				break;
			}
		}
		for (; done < block + BT_TEXTRUN && done < tok.n; done = to + 1) {
			const char *end = memchr(tok.p + done, '/', tok.n - done);

			to = end ? (size_t)(end - tok.p) : tok.n;
			struct bt_str part = { tok.p + done, to - done };

			if (done % 4 == i && part.n < tok.n &&
			    try_way(out, part, &base64, t->least, e) < 0)
				return -1;
		}
	}
	return 0;
}

/* Base64 may begin at any character, and groups of four begin at one of the first four. h->from:
 * where something may be said. bare: without the padding. */
static int from_each(struct bt_buf *out, struct bt_str tok, size_t bare,
                     const struct bt_token_hints *h, unsigned least, struct bt_err *e)
{
	size_t before = out->len;

	for (unsigned i = 0; i < 4; i++) {
		struct bt_textrun t = { .in = { tok.p + i, bare - i },
			                .least = least,
			                .at = h->first[i],
			                .end = h->last[i] };
		struct bt_textrun again = t;

		if (!(h->from >> i & 1))
			continue;
		if (i == 0 && try_way(out, tok, &base64, least, e) < 0)
			return -1;
		bool whole = i == 0 && out->len > before;

		if (h->slash && put_parts(out, tok, &again, i, e) < 0)
			return -1;
		if (!whole && bt_textrun_next(&t) && put_stretches(out, &t, e) < 0)
			return -1;
		if (i == 0 && bare < BT_TOKEN_ALONE)
			return 0; /* no room for another */
	}
	return 0;
}

/* Rows of hexadecimal digits in a token, from the first digit and from the second. Each row has a
 * digit at every sixteenth place. */
static int rows_of_hex(struct bt_buf *out, struct bt_str tok, unsigned least, struct bt_err *e)
{
	for (size_t i = LEAST_16 - 1; i < tok.n; i += LEAST_16) {
		size_t from = i, to = i;

		if (!bt_is_hex((uint8_t)tok.p[i]))
			continue;
		while (from > 0 && i - from < LEAST_16 - 1 && bt_is_hex((uint8_t)tok.p[from - 1]))
			from--;
		while (to < tok.n && bt_is_hex((uint8_t)tok.p[to]))
			to++;
		for (size_t k = from; k < from + 2 && to - from >= LEAST_16; k++)
			if (try_way(out, (struct bt_str){ tok.p + k, (to - k) & ~(size_t)1 },
			            &base16, least, e) < 0)
				return -1;
		i = to > i ? i + (to - i) / LEAST_16 * LEAST_16 : i;
	}
	return 0;
}

static int parts_of_32(struct bt_buf *out, struct bt_str run, unsigned least, struct bt_err *e)
{
	struct bt_parts32 parts = { .in = run };
	struct bt_str part;

	while (bt_parts32_next(&parts, &part))
		if (part.n < run.n && try_way(out, part, &base32, least, e) < 0)
			return -1;
	return 0;
}

/* Hyphens before base64 are a rule of a text, as in PEM; base32 may stand behind a word. */
static struct bt_str behind(struct bt_str run, bool rule)
{
	size_t i = 0, k = run.n;

	while (rule && i < run.n && run.p[i] == '-')
		i++;
	while (!rule && k > 0 && run.p[k - 1] != '-' && run.p[k - 1] != '_' && run.p[k - 1] != '+')
		k--;
	i = rule ? i : k;
	return (struct bt_str){ run.p + i, run.n - i };
}

int bt_decode_run(struct bt_buf *out, struct bt_str run, unsigned least, struct bt_err *e)
{
	struct bt_str bare = run, rule = behind(run, true), last;
	struct bt_token_hints h;

	while (bare.n && bare.p[bare.n - 1] == '=')
		bare.n--;
	bt_token_look(&h, bare, least);
	if (h.from && bare.n >= LEAST_64 && from_each(out, run, bare.n, &h, least, e) < 0)
		return -1;
	if (h.from && run.n - rule.n >= 2 && try_way(out, rule, &base64, least, e) < 0)
		return -1;
	if (h.base32 && try_way(out, run, &base32, least, e) < 0)
		return -1;
	if (h.hex && rows_of_hex(out, bare, least, e) < 0)
		return -1;
	last = h.sign ? behind(run, false) : run;
	if (last.n < run.n && last.n >= LEAST_32 && try_way(out, last, &base32, least, e) < 0)
		return -1;
	return h.slash ? parts_of_32(out, run, least, e) : 0;
}
