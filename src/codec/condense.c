/* condense.c - of bytes that are mostly no text what can be text: ASCII, or a sequence of UTF-8
 * (RFC 3629 §4), found 64 bytes at a time. */
#include <string.h>

#include "docs.h"
#include "normal.h"

__extension__ typedef unsigned __int128 wide;

/* Bit i is byte i. */
struct bytes {
	uint64_t high, blank;              /* 80 and above; C0 and DEL */
	uint64_t follow, from_90, from_a0; /* 80-BF; of those 90-BF, A0-BF */
	uint64_t two, three, four;         /* C2-DF, E0-EF, F0-F4 */
	uint64_t e0, ed, f0, f4;
};

/* What can be text, and where its characters begin that are none of C0 and DEL. */
struct text {
	uint64_t all, seen;
};

#ifdef __SSE2__
#include <emmintrin.h>

static inline uint64_t at_least(__m128i v, int c)
{
	__m128i least = _mm_set1_epi8((char)c);

	return (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(_mm_max_epu8(v, least), v));
}

static inline uint64_t is(__m128i v, int c)
{
	return (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(v, _mm_set1_epi8((char)c)));
}

/* Sixteen bytes into bits i and up. */
static inline void add(struct bytes *b, __m128i v, unsigned i, bool high)
{
	uint64_t from_80 = (unsigned)_mm_movemask_epi8(v);

	b->high |= from_80 << i;
	b->blank |= ((0xffff & ~at_least(v, 32)) | is(v, 127)) << i;
	if (!high)
		return;
	uint64_t from_c0 = at_least(v, 0xc0), from_c2 = at_least(v, 0xc2),
	         from_e0 = at_least(v, 0xe0), from_f0 = at_least(v, 0xf0);

	b->follow |= (from_80 & ~from_c0) << i;
	b->from_90 |= (at_least(v, 0x90) & ~from_c0) << i;
	b->from_a0 |= (at_least(v, 0xa0) & ~from_c0) << i;
	b->two |= (from_c2 & ~from_e0) << i;
	b->three |= (from_e0 & ~from_f0) << i;
	b->four |= (from_f0 & ~at_least(v, 0xf5)) << i;
	b->e0 |= is(v, 0xe0) << i;
	b->ed |= is(v, 0xed) << i;
	b->f0 |= is(v, 0xf0) << i;
	b->f4 |= is(v, 0xf4) << i;
}

static struct bytes whole(const char *p)
{
	struct bytes b = { 0 };
	__m128i v[4], any;

	for (unsigned i = 0; i < 4; i++)
		v[i] = _mm_loadu_si128((const __m128i *)(const void *)(p + 16 * (size_t)i));
	any = _mm_or_si128(_mm_or_si128(v[0], v[1]), _mm_or_si128(v[2], v[3]));
	for (unsigned i = 0; i < 4; i++)
		add(&b, v[i], 16 * i, _mm_movemask_epi8(any) != 0);
	return b;
}
#else
static void add(uint64_t *mask, bool is, unsigned i)
{
	*mask |= (uint64_t)is << i;
}

static struct bytes whole(const char *p)
{
	struct bytes b = { 0 };

	for (unsigned i = 0; i < 64; i++) {
		uint8_t c = (uint8_t)p[i];

		add(&b.high, c >= 0x80, i);
		add(&b.blank, c < 32 || c == 127, i);
		add(&b.follow, c >= 0x80 && c < 0xc0, i);
		add(&b.from_90, c >= 0x90 && c < 0xc0, i);
		add(&b.from_a0, c >= 0xa0 && c < 0xc0, i);
		add(&b.two, c >= 0xc2 && c < 0xe0, i);
		add(&b.three, c >= 0xe0 && c < 0xf0, i);
		add(&b.four, c >= 0xf0 && c < 0xf5, i);
		add(&b.e0, c == 0xe0, i);
		add(&b.ed, c == 0xed, i);
		add(&b.f0, c == 0xf0, i);
		add(&b.f4, c == 0xf4, i);
	}
	return b;
}
#endif

/* Behind the end stands what is no text. */
static struct bytes bytes_at(struct bt_str in, size_t at)
{
	char end[64];

	if (at < in.n && in.n - at >= 64)
		return whole(in.p + at);
	memset(end, 0xff, sizeof end);
	if (at < in.n)
		memcpy(end, in.p + at, in.n - at);
	return whole(end);
}

static uint64_t next_to(uint64_t cur, uint64_t next, unsigned by)
{
	return cur >> by | next << (64 - by);
}

/* *over: what the block before leaves for this one, and this one for the next. */
static struct text text_of(const struct bytes *b, const struct bytes *n, uint64_t *over)
{
	if (!b->high && !*over)
		return (struct text){ ~(uint64_t)0, ~b->blank };
	uint64_t one = next_to(b->follow, n->follow, 1), second = next_to(b->follow, n->follow, 2);
	uint64_t a0 = next_to(b->from_a0, n->from_a0, 1), x90 = next_to(b->from_90, n->from_90, 1);
	uint64_t two = b->two & one;
	uint64_t three = b->three & one & second & ~(b->e0 & ~a0) & ~(b->ed & a0);
	uint64_t four = b->four & one & second & next_to(b->follow, n->follow, 3) &
	                ~(b->f0 & ~x90) & ~(b->f4 & x90);
	wide later = (wide)(two | three | four) << 1 | (wide)(three | four) << 2 | (wide)four << 3 |
	             *over;

	*over = (uint64_t)(later >> 64);
	return (struct text){ ~b->high | two | three | four | (uint64_t)later,
		              (~b->high & ~b->blank) | two | three | four };
}

static unsigned ones(uint64_t x)
{
	x -= x >> 1 & 0x5555555555555555u;
	x = (x & 0x3333333333333333u) + (x >> 2 & 0x3333333333333333u);
	x = (x + (x >> 4)) & 0x0f0f0f0f0f0f0f0fu;
	return (unsigned)(x * 0x0101010101010101u >> 56);
}

static size_t count_high(struct bt_str in)
{
	size_t n = 0, i = 0;

	while (in.n - i >= 8) {
		size_t words = (in.n - i) / 8 < 255 ? (in.n - i) / 8 : 255;
		uint64_t sums = 0, eight;

		for (; words; words--, i += 8) {
			memcpy(&eight, in.p + i, 8);
			sums += eight >> 7 & 0x0101010101010101u;
		}
		for (; sums; sums >>= 8)
			n += sums & 255;
	}
	for (; i < in.n; i++)
		n += (uint8_t)in.p[i] >> 7;
	return n;
}

/* Bytes that are no text, of which random ones have two in five. */
bool bt_mostly_binary(struct bt_str in)
{
	size_t bad = 0, most = in.n / 8;
	uint64_t over = 0;

	if (!bt_has_high(in) || count_high(in) < most)
		return false;
	struct bytes cur = bytes_at(in, 0), next;

	for (size_t at = 0; at < in.n && bad < most; at += 64, cur = next) {
		next = bytes_at(in, at + 64);
		uint64_t no = ~text_of(&cur, &next, &over).all;

		if (in.n - at < 64)
			no &= ((uint64_t)1 << (in.n - at)) - 1;
		bad += ones(no);
	}
	return bad >= most;
}

#define STRETCH 8 /* bytes of text that make a stretch */
#define MARGIN 64 /* bytes kept before and behind it */

struct stretches {
	struct bt_buf *out;
	struct bt_str in;
	size_t done; /* what is in out already */
	size_t from; /* of the stretch that is open */
	unsigned seen, least;
	bool open;
};

/* Appends the stretch and what is around. */
static int put(struct stretches *s, size_t to, struct bt_err *e)
{
	size_t from = s->from > MARGIN ? s->from - MARGIN : 0;

	s->open = false;
	if (s->seen < s->least)
		return 0;
	to = s->in.n - to > MARGIN ? to + MARGIN : s->in.n;
	if (from > s->done && bt_buf_add(s->out, "|", 1, e) < 0)
		return -1;
	from = from > s->done ? from : s->done;
	if (from >= to)
		return 0;
	s->done = to;
	return bt_buf_add(s->out, s->in.p + from, to - from, e);
}

/* One block; starts: where at least STRETCH bytes of text begin. */
static int block(struct stretches *s, size_t base, const struct text *t, uint64_t starts,
                 struct bt_err *e)
{
	for (unsigned i = 0; i < 64;) {
		if (!s->open) {
			uint64_t hits = starts & ~(uint64_t)0 << i;

			if (!hits)
				return 0;
			i = (unsigned)__builtin_ctzll(hits);
			s->from = base + i;
			s->seen = 0;
			s->open = true;
		}
		uint64_t end = ~t->all & ~(uint64_t)0 << i;
		unsigned to = end ? (unsigned)__builtin_ctzll(end) : 64;
		uint64_t mine = t->seen & ~(uint64_t)0 << i;

		s->seen += ones(to < 64 ? mine & (((uint64_t)1 << to) - 1) : mine);
		if (to < 64 && put(s, base + to, e) < 0)
			return -1;
		i = to;
	}
	return 0;
}

int bt_condense(struct bt_buf *out, struct bt_str in, unsigned least, bool *is, struct bt_err *e)
{
	struct stretches s = { .out = out, .in = in, .least = least };
	uint64_t over = 0, before = 0;

	*is = in.n >= 512 && bt_mostly_binary(in);
	if (!*is)
		return 0;
	struct bytes cur = bytes_at(in, 0), next, none = { 0 };

	for (size_t at = 0; at < in.n; at += 64, cur = next) {
		next = bytes_at(in, at + 64);
		struct text t = text_of(&cur, &next, &over);
		uint64_t rest = over;
		wide row = (wide)text_of(&next, &none, &rest).all << 64 | t.all;

		row &= row >> 1;
		row &= row >> 2;
		row &= row >> 4;
		if (block(&s, at, &t, (uint64_t)row & ~(t.all << 1 | before >> 63), e) < 0)
			return -1;
		before = t.all;
	}
	return s.open ? put(&s, in.n, e) : 0;
}
