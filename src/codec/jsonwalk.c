/* jsonwalk.c - a strict JSON reader that keeps nothing but the strings. */
#include <string.h>

#include "bottle/limits.h"
#include "docs.h"

struct walk {
	const char *p, *end;
	uint8_t *to; /* room for what is left and FAR more */
	struct bt_kinds *kinds;
	struct bt_err *e;
	bool object[BT_LIM_DOC_DEPTH]; /* what each open level is */
	int depth;
};

static int invalid(struct walk *w)
{
	return bt_fail(w->e, BT_INVALID, "invalid JSON body");
}

static void blank(struct walk *w)
{
	while (w->p < w->end && (*w->p == ' ' || *w->p == '\t' || *w->p == '\n' || *w->p == '\r'))
		w->p++;
}

static bool take(struct walk *w, char c)
{
	if (w->p == w->end || *w->p != c)
		return false;
	w->p++;
	return true;
}

static int hex4(struct walk *w, uint32_t *v)
{
	*v = 0;
	if (w->end - w->p < 4)
		return invalid(w);
	for (int i = 0; i < 4; i++) {
		char c = bt_ascii_lower(*w->p++);
		bool digit = c >= '0' && c <= '9';

		if (!digit && (c < 'a' || c > 'f'))
			return invalid(w);
		*v = *v << 4 | (uint32_t)(digit ? c - '0' : c - 'a' + 10);
	}
	return 0;
}

static size_t utf8(uint8_t *out, uint32_t cp)
{
	if (cp < 0x80) {
		out[0] = (uint8_t)cp;
		return cp != 0; /* NUL is the separator: left out */
	}
	size_t n = cp < 0x800 ? 2 : cp < 0x10000 ? 3 : 4;

	for (size_t i = n; i-- > 1; cp >>= 6)
		out[i] = (uint8_t)(0x80 | (cp & 0x3f));
	out[0] = (uint8_t)((0xf00u >> n) | cp);
	return n;
}

/* After "\u": one code point, of two escapes where they are a surrogate pair. */
static int unicode(struct walk *w)
{
	uint32_t cp, low = 0;

	if (hex4(w, &cp) < 0)
		return -1;
	if (cp >= 0xd800 && cp < 0xdc00 && w->end - w->p >= 6 && w->p[0] == '\\' &&
	    w->p[1] == 'u') {
		w->p += 2;
		if (hex4(w, &low) < 0)
			return -1;
		if (low >= 0xdc00 && low < 0xe000)
			cp = 0x10000 + ((cp - 0xd800) << 10) + (low - 0xdc00);
		else
			w->p -= 6; /* no pair: the second stands for itself */
	}
	if (cp >= 0xd800 && cp < 0xe000)
		cp = 0xfffd;
	w->to += utf8(w->to, cp);
	return 0;
}

/* What the letter behind a backslash stands for; 0: nothing. */
static uint8_t named(char c)
{
	switch (c) {
	case '"':
	case '\\':
	case '/':
		return (uint8_t)c;
	case 'b':
		return '\b';
	case 'f':
		return '\f';
	case 'n':
		return '\n';
	case 'r':
		return '\r';
	case 't':
		return '\t';
	default:
		return 0;
	}
}

static int escape(struct walk *w)
{
	if (w->p == w->end)
		return invalid(w);
	if (*w->p == 'u') {
		w->p++;
		return unicode(w);
	}
	uint8_t c = named(*w->p);

	if (!c)
		return invalid(w);
	w->p++;
	*w->to++ = c;
	return 0;
}

/* How far behind what counts the copy below may write. */
#define FAR BT_VALUE_ROOM

#ifdef __SSE2__
#include <emmintrin.h>

/* What ends a run of bytes that stand for themselves: a quote, a backslash or a control. */
static inline unsigned ends(__m128i v)
{
	__m128i quote = _mm_cmpeq_epi8(v, _mm_set1_epi8('"'));
	__m128i back = _mm_cmpeq_epi8(v, _mm_set1_epi8('\\'));
	__m128i low = _mm_cmpeq_epi8(_mm_min_epu8(v, _mm_set1_epi8(31)), v);

	return (unsigned)_mm_movemask_epi8(_mm_or_si128(_mm_or_si128(quote, back), low));
}

static inline void copy_plain(struct walk *w)
{
	while (w->end - w->p >= FAR) {
		__m128i v = _mm_loadu_si128((const __m128i *)(const void *)w->p);
		unsigned mask = ends(v);

		_mm_storeu_si128((__m128i *)(void *)w->to, v);
		/* A branch, so that nothing waits for where the next bytes are. */
		if (__builtin_expect(mask != 0, 0)) {
			w->p += __builtin_ctz(mask);
			w->to += __builtin_ctz(mask);
			return;
		}
		w->p += FAR;
		w->to += FAR;
	}
	while (w->p < w->end && *w->p != '"' && *w->p != '\\' && (uint8_t)*w->p >= 0x20)
		*w->to++ = (uint8_t)*w->p++;
}
#else
static void copy_plain(struct walk *w)
{
	while (w->p < w->end && *w->p != '"' && *w->p != '\\' && (uint8_t)*w->p >= 0x20)
		*w->to++ = (uint8_t)*w->p++;
}
#endif

static int string(struct walk *w)
{
	if (!take(w, '"'))
		return invalid(w);
	for (;;) {
		copy_plain(w);
		if (w->p == w->end || (uint8_t)*w->p < 0x20)
			return invalid(w);
		if (*w->p++ == '"') {
			*w->to++ = 0;
			return 0;
		}
		if (escape(w) < 0)
			return -1;
	}
}

static size_t digits(struct walk *w)
{
	const char *from = w->p;

	while (w->p < w->end && *w->p >= '0' && *w->p <= '9')
		w->p++;
	return (size_t)(w->p - from);
}

static int number(struct walk *w)
{
	const char *from = w->p;

	(void)take(w, '-');
	if (!take(w, '0') && digits(w) == 0)
		return invalid(w);
	if (take(w, '.') && digits(w) == 0)
		return invalid(w);
	if (take(w, 'e') || take(w, 'E')) {
		if (!take(w, '+'))
			(void)take(w, '-');
		if (digits(w) == 0)
			return invalid(w);
	}
	memcpy(w->to, from, (size_t)(w->p - from));
	w->to += w->p - from;
	*w->to++ = 0;
	return 0;
}

static int literal(struct walk *w)
{
	static const char *const words[] = { "true", "false", "null" };

	for (size_t i = 0; i < 3; i++) {
		size_t n = strlen(words[i]);

		if ((size_t)(w->end - w->p) >= n && memcmp(w->p, words[i], n) == 0) {
			w->p += n;
			return 0;
		}
	}
	return invalid(w);
}

static int member_key(struct walk *w)
{
	blank(w);
	if (string(w) < 0 || (w->kinds && bt_kinds_add(w->kinds, 0, 1, w->e) < 0))
		return -1;
	blank(w);
	return take(w, ':') ? 0 : invalid(w);
}

/* Opens a level; *done when it is empty and closed again. */
static int open_level(struct walk *w, bool object, bool *done)
{
	if (w->depth == BT_LIM_DOC_DEPTH)
		return bt_fail(w->e, BT_LIMIT, "JSON body is nested deeper than %d levels",
		               BT_LIM_DOC_DEPTH);
	w->p++;
	blank(w);
	*done = take(w, object ? '}' : ']');
	if (*done)
		return 0;
	w->object[w->depth++] = object;
	return object ? member_key(w) : 0;
}

/* A string or number that is no key. */
static int scalar(struct walk *w, int (*read)(struct walk *))
{
	if (read(w) < 0)
		return -1;
	return w->kinds ? bt_kinds_add(w->kinds, 1, 1, w->e) : 0;
}

/* One value; *done when it is complete, false when a level was opened. */
static int value(struct walk *w, bool *done)
{
	blank(w);
	*done = true;
	if (w->p == w->end)
		return invalid(w);
	switch (*w->p) {
	case '{':
		return open_level(w, true, done);
	case '[':
		return open_level(w, false, done);
	case '"':
		return scalar(w, string);
	case 't':
	case 'f':
	case 'n':
		return literal(w);
	default:
		return scalar(w, number);
	}
}

/* After a value: closes levels, and leads to the next value. */
static int after(struct walk *w)
{
	while (w->depth > 0) {
		bool object = w->object[w->depth - 1];

		blank(w);
		if (take(w, ','))
			return object ? member_key(w) : 0;
		if (!take(w, object ? '}' : ']'))
			return invalid(w);
		w->depth--;
	}
	return 0;
}

static int walk(struct walk *w)
{
	do {
		bool done;

		if (value(w, &done) < 0 || (done && after(w) < 0))
			return -1;
	} while (w->depth > 0);
	blank(w);
	return w->p == w->end ? 0 : invalid(w);
}

int bt_json_strings(struct bt_buf *out, struct bt_kinds *kinds, struct bt_str in, struct bt_err *e)
{
	/* A string is no longer than it is written, and its NUL takes the place of a quote; that of
	 * a number the place of what follows it, but for the last. */
	uint8_t *to = bt_buf_reserve(out, in.n + 1 + FAR, e);
	struct walk w = { .p = in.p, .end = in.p + in.n, .to = to, .kinds = kinds, .e = e };

	if (!to || walk(&w) < 0)
		return -1;
	bt_buf_commit(out, (size_t)(w.to - to));
	return 0;
}
