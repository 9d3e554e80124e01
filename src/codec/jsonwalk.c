/* jsonwalk.c - a strict JSON reader that keeps nothing but the strings: 64 bytes at a time, of
 * which masks say what is inside of strings. The bits of what is outside, taken close together, are
 * a text in which one bit is a token: the grammar is what may stand beside what. */
#include <string.h>

#include "bottle/limits.h"
#include "docs.h"
#include "jsonpart.h"
#include "pick.h"

/* The masks of a row. */
struct signs {
	uint64_t quote[BT_ROW], back[BT_ROW], control[BT_ROW], blank[BT_ROW], letter[BT_ROW];
	uint64_t colon[BT_ROW], comma[BT_ROW];
	uint64_t open_object[BT_ROW], close_object[BT_ROW], open_array[BT_ROW], close_array[BT_ROW];
};

/* Tokens, or what is before each of them. ends: a value's end, key: a string that is none. */
struct tokens {
	uint64_t string, other, colon, comma, open_object, close_object, open_array, close_array;
	uint64_t key, ends;
};

struct walk {
	struct bt_str in;
	uint8_t *to;
	struct bt_kinds *kinds;
	struct bt_err *e;
	size_t skip; /* where what an escape took ends */
	uint64_t bad;
	bool too_deep, failed; /* failed: *e says why */
};

/* What goes from one mask to the next. By itself, so that it stays in registers. */
struct carry {
	size_t base; /* of the mask */
	/* Of the byte before: a backslash that counts; in a string (all bits); of a number or word;
	 * of a number. */
	uint64_t escape, string, scalar, number;
	struct tokens before; /* the token before */
	uint64_t object;      /* all bits: in one */
	uint64_t levels;      /* the same of what is around, a bit each */
	unsigned depth;
	uint64_t bits, nbits; /* kinds on their way */
	uint64_t bad;
	bool too_deep;
};

#define TO(x) (*(bt_row *)s->x)

BT_HOT void signs_of(struct signs *s, const bt_row b[8])
{
	const bt_row low = ~(b[7] | b[6]), is2 = low & b[5] & ~b[4], is3 = low & b[5] & b[4];
	const bt_row c0 = low & ~b[5], twelve = b[3] & b[2], a = b[3] & ~b[2] & b[1] & ~b[0];
	const bt_row is57 = b[6] & b[4] & ~b[7], bracket = is57 & b[3] & b[0] & (b[2] ^ b[1]);

	TO(quote) = is2 & ~(b[3] | b[2] | b[0]) & b[1];
	TO(comma) = is2 & twelve & ~(b[1] | b[0]);
	TO(colon) = is3 & a;
	TO(back) = is57 & ~b[5] & twelve & ~(b[1] | b[0]);
	TO(open_object) = bracket & b[5] & b[1];
	TO(close_object) = bracket & b[5] & b[2];
	TO(open_array) = bracket & ~b[5] & b[1];
	TO(close_array) = bracket & ~b[5] & b[2];
	TO(control) = c0;
	TO(letter) = b[6];
	/* Space; tab, line feed, carriage return. */
	TO(blank) =
	        (is2 & ~(b[3] | b[2] | b[1] | b[0])) | (c0 & ~b[4] & (a | (b[3] & b[0] & ~b[1])));
}

/* What the letter behind a backslash stands for; 0: nothing. */
static const char named[256] = { ['"'] = '"',  ['\\'] = '\\', ['/'] = '/',  ['b'] = '\b',
	                         ['f'] = '\f', ['n'] = '\n',  ['r'] = '\r', ['t'] = '\t' };

/* The bytes of a mask that has escapes in it, which end at the bits of esc. */
static void unescape(struct walk *w, size_t base, uint64_t keep, uint64_t zero, uint64_t esc,
                     bt_bytes_fn *put)
{
	size_t left = w->in.n - base;
	char bytes[64];

	if (left >= sizeof bytes) {
		memcpy(bytes, w->in.p + base, sizeof bytes);
	} else {
		memset(bytes, 0, sizeof bytes);
		memcpy(bytes, w->in.p + base, left);
	}
	keep = bt_from(keep, base, w->skip);
	esc = bt_from(esc, base, w->skip);
	while (esc) {
		unsigned i = (unsigned)__builtin_ctzll(esc);

		esc &= esc - 1;
		if (bytes[i] != 'u') {
			bytes[i] = named[(uint8_t)bytes[i]];
			w->bad |= bytes[i] == 0;
			continue;
		}
		w->to = put(w->to, bytes, keep & (((uint64_t)1 << i) - 1), zero, 64);
		size_t n = bt_json_unicode(w->to, w->in, base + i + 1, &w->skip);

		if (n == BT_JSON_NONE) {
			w->bad = 1;
			return;
		}
		w->to += n;
		keep = bt_from(keep, base, w->skip);
		esc = bt_from(esc, base, w->skip);
	}
	w->to = put(w->to, bytes, keep, zero, 64);
}

/* What of 64 bytes from base on is in keep, without the escapes that end at esc. */
typedef void put_fn(struct walk *w, size_t base, uint64_t keep, uint64_t zero, uint64_t esc);

static void put_any(struct walk *w, size_t base, uint64_t keep, uint64_t zero, uint64_t esc)
{
	if (esc || w->skip > base)
		unescape(w, base, keep, zero, esc, bt_bytes_any);
	else
		w->to = bt_bytes_any(w->to, w->in.p + base, keep, zero, w->in.n - base);
}

#if defined __x86_64__ && defined __GNUC__
/* Escapes of one letter without a branch: where they are cannot be foreseen. */
__attribute__((target("avx512vbmi,avx512vbmi2,avx512bw,popcnt"), always_inline)) static inline void
put_vbmi2(struct walk *w, size_t base, uint64_t keep, uint64_t zero, uint64_t esc)
{
	size_t left = w->in.n - base;
	uint64_t text = left < 64 ? ((uint64_t)1 << left) - 1 : ~(uint64_t)0;
	__m512i v = _mm512_maskz_loadu_epi8(text, w->in.p + base);

	if (__builtin_expect(w->skip > base ||
	                             _mm512_mask_cmpeq_epi8_mask(esc, v, _mm512_set1_epi8('u')),
	                     0)) {
		unescape(w, base, keep, zero, esc, bt_bytes_any);
		return;
	}
	w->bad |= _mm512_movepi8_mask(v) & esc;
	v = _mm512_mask2_permutex2var_epi8(_mm512_loadu_si512(named), v, esc,
	                                   _mm512_loadu_si512(named + 64));
	w->bad |= _mm512_mask_testn_epi8_mask(esc, v, v);
	v = _mm512_maskz_compress_epi8(keep, _mm512_maskz_mov_epi8(~zero, v));
	_mm512_storeu_si512(w->to, v);
	w->to += __builtin_popcountll(keep);
}
#endif

/* Numbers and words, and nothing of either kind directly behind one. */
static void others(struct walk *w, size_t base, uint64_t begin)
{
	static const char behind[] = { ' ', '\t', '\n', '\r', ',', ':', ']', '}', '[', '{', '"' };

	for (; begin; begin &= begin - 1) {
		size_t i = base + (size_t)__builtin_ctzll(begin), end;

		end = w->in.p[i] >= 'a' ? bt_json_word(w->in, i) : bt_json_number(w->in, i);
		if (end == i || (end < w->in.n && !memchr(behind, w->in.p[end], sizeof behind)))
			w->bad = 1;
	}
}

/* What each token is in: of an object all bits in objects; in nothing, in *top. */
BT_HOT uint64_t levels(struct carry *c, const struct tokens *t, uint64_t *top)
{
	uint64_t opens = t->open_object | t->open_array;
	uint64_t all = opens | t->close_object | t->close_array;
	uint64_t objects = 0, done = 0;

	for (; all; all &= all - 1) {
		uint64_t one = all & -all, upto = (one - 1) | one;

		objects |= c->object & upto & ~done;
		*top |= c->depth ? 0 : upto & ~done;
		done = upto;
		if (opens & one) {
			if (c->depth == BT_LIM_DOC_DEPTH)
				return c->too_deep = true;
			c->depth++;
			c->levels = c->levels << 1 | (c->object & 1);
			c->object = t->open_object & one ? ~(uint64_t)0 : 0;
			continue;
		}
		if (!c->depth || !(t->close_object & one) != !c->object)
			return c->bad = 1;
		c->depth--;
		c->object = c->levels & 1 ? ~(uint64_t)0 : 0;
		c->levels >>= 1;
	}
	*top |= c->depth ? 0 : ~done;
	return objects | (c->object & ~done);
}

#define BEFORE(x) (t->x << 1 | c->before.x)

/* What may stand beside what. */
BT_HOT void grammar(struct carry *c, struct tokens *t, unsigned n)
{
	uint64_t top = 0, objects = levels(c, t, &top), all = ~(uint64_t)0 >> (64 - n);
	uint64_t member = BEFORE(open_object) | (BEFORE(comma) & objects);
	uint64_t opens = t->open_object | t->open_array;

	t->key = t->string & member;
	t->ends = (t->string & ~t->key) | t->other | t->close_object | t->close_array;
	c->bad |= (t->string | t->other | opens) &
	          ~(member | BEFORE(colon) | BEFORE(comma) | BEFORE(open_array));
	c->bad |= (t->other | opens) & member;
	c->bad |= (t->colon ^ BEFORE(key)) & all;
	c->bad |= t->comma & (~BEFORE(ends) | top);
	c->bad |= t->close_object & ~(BEFORE(open_object) | BEFORE(ends));
	c->bad |= t->close_array & ~(BEFORE(open_array) | BEFORE(ends));
	c->before = (struct tokens){ .colon = t->colon >> (n - 1) & 1,
		                     .comma = t->comma >> (n - 1) & 1,
		                     .open_object = t->open_object >> (n - 1) & 1,
		                     .open_array = t->open_array >> (n - 1) & 1,
		                     .key = t->key >> (n - 1) & 1,
		                     .ends = t->ends >> (n - 1) & 1 };
}

BT_HOT void add_kinds(struct walk *w, struct carry *c, uint64_t values, unsigned n)
{
	c->bits |= values << c->nbits;
	if (c->nbits + n >= 64) {
		if (bt_kinds_add(w->kinds, c->bits, 64, w->e) < 0)
			w->failed = true;
		c->bits = c->nbits ? values >> (64 - c->nbits) : 0;
		c->nbits -= 64;
	}
	c->nbits += n;
}

/* Behind a backslash that counts. */
BT_HOT uint64_t escaped(struct carry *c, uint64_t back)
{
	const uint64_t even = 0x5555555555555555u;
	uint64_t behind, odd, sum;

	if (!(back | c->escape))
		return 0;
	back &= ~c->escape;
	behind = back << 1 | c->escape;
	odd = back & ~even & ~behind;
	c->escape = __builtin_add_overflow(odd, back, &sum);
	return (even ^ sum << 1) & behind;
}

/* From each odd quote up to the next one. */
BT_HOT uint64_t inside(uint64_t x)
{
	x ^= x << 1;
	x ^= x << 2;
	x ^= x << 4;
	x ^= x << 8;
	x ^= x << 16;
	x ^= x << 32;
	return x;
}

/* The tokens of all, and which of them are numbers. */
BT_HOT void take_tokens(struct walk *w, struct carry *c, struct tokens *t, uint64_t all,
                        uint64_t numbers, bt_bits_fn *extract)
{
	t->string = extract(t->string, all);
	t->other = extract(t->other, all);
	t->colon = extract(t->colon, all);
	t->comma = extract(t->comma, all);
	t->open_object = extract(t->open_object, all);
	t->close_object = extract(t->close_object, all);
	t->open_array = extract(t->open_array, all);
	t->close_array = extract(t->close_array, all);
	grammar(c, t, bt_ones(all));
	uint64_t kept = t->string | extract(numbers, all);

	if (w->kinds)
		add_kinds(w, c, extract(~t->key, kept), bt_ones(kept));
}

BT_HOT void mask(struct walk *w, struct carry *c, const struct signs *s, unsigned i,
                 bt_bits_fn *extract, put_fn *put)
{
	const size_t base = c->base;
	size_t left = w->in.n - base;
	uint64_t text = left < 64 ? ((uint64_t)1 << left) - 1 : ~(uint64_t)0;
	uint64_t esc = escaped(c, s->back[i]), quote = s->quote[i] & ~esc;
	uint64_t in = inside(quote) ^ c->string, out = ~in & ~quote & text;
	struct tokens t = { .string = quote & in,
		            .colon = s->colon[i] & out,
		            .comma = s->comma[i] & out,
		            .open_object = s->open_object[i] & out,
		            .close_object = s->close_object[i] & out,
		            .open_array = s->open_array[i] & out,
		            .close_array = s->close_array[i] & out };
	uint64_t signs =
	        t.colon | t.comma | t.open_object | t.close_object | t.open_array | t.close_array;
	uint64_t other = out & ~s->blank[i] & ~signs;

	t.other = other & ~(other << 1 | c->scalar);
	if (t.other)
		others(w, base, t.other);
	uint64_t numbers = t.other & ~s->letter[i];
	uint64_t ends = bt_ripple(other, numbers, &c->number);
	uint64_t zero = (quote & ~in) | (ends & ~other);
	uint64_t keep = (in & ~quote & ~(s->back[i] & ~esc) & text) | (other & ~ends) | zero;

	c->bad |= s->control[i] & in;
	c->string = 0 - (in >> 63);
	c->scalar = other >> 63;
	put(w, base, keep, zero, esc & in & text);
	if (signs | t.string | t.other)
		take_tokens(w, c, &t, signs | t.string | t.other, numbers, extract);
}

BT_HOT void run(struct walk *w, bt_planes_fn *planes, bt_bits_fn *extract, put_fn *put)
{
	/* At the beginning there is room for one value, as in an array. */
	struct carry now = { .before = { .open_array = 1 } }, *c = &now;
	struct signs s;
	bt_row b[8];

	while (c->base < w->in.n && !(c->bad | w->bad) && !c->too_deep && !w->failed) {
		bt_planes_row(b, w->in, c->base, planes);
		signs_of(&s, b);
		for (unsigned i = 0; i < BT_ROW && c->base < w->in.n; i++, c->base += 64)
			mask(w, c, &s, i, extract, put);
	}
	/* A number at the very end. */
	if (c->number)
		*w->to++ = 0;
	w->bad |= c->bad | c->string | c->depth | !c->before.ends;
	w->too_deep = c->too_deep;
	if (w->kinds && !w->bad && c->nbits)
		w->failed = bt_kinds_add(w->kinds, c->bits, (unsigned)c->nbits, w->e) < 0;
}

#if defined __x86_64__ && defined __GNUC__
BT_VBMI2 static void run_vbmi2(struct walk *w)
{
	run(w, bt_planes_avx512, bt_extract_bmi2, put_vbmi2);
}

BT_AVX2 static void run_avx2(struct walk *w)
{
	run(w, bt_planes_avx2, bt_extract_bmi2, put_any);
}

static void run_here(struct walk *w)
{
	if (bt_has_vbmi2())
		run_vbmi2(w);
	else if (bt_registers() >= 32)
		run_avx2(w);
	else
		run(w, bt_planes_any, bt_extract_any, put_any);
}
#else
static void run_here(struct walk *w)
{
	run(w, bt_planes_any, bt_extract_any, put_any);
}
#endif

int bt_json_strings(struct bt_buf *out, struct bt_kinds *kinds, struct bt_str in, struct bt_err *e)
{
	/* A string is no longer than it is written, and its NUL takes the place of a quote; that of
	 * a number the place of what follows it, but for the last. */
	uint8_t *to = bt_buf_reserve(out, in.n + 1 + BT_PICK_ROOM, e);
	struct walk w = { .in = in, .to = to, .kinds = kinds, .e = e };

	if (!to)
		return -1;
	run_here(&w);
	if (w.failed)
		return -1;
	if (w.too_deep)
		return bt_fail(e, BT_LIMIT, "JSON body is nested deeper than %d levels",
		               BT_LIM_DOC_DEPTH);
	if (w.bad)
		return bt_fail(e, BT_INVALID, "invalid JSON body");
	bt_buf_commit(out, (size_t)(w.to - to));
	return 0;
}
