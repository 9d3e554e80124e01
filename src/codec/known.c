/* known.c - a few hundred literals of known values, found by Wu and Manber's shifts (1994) over a
 * text in one canonical form: lower case, '_' as '/', and without blanks, control characters, '+'
 * and '-'. That form makes one of both base64 alphabets, of all cases, and of a '+' that was a
 * space or is taken for one. */
#include "bottle/known.h"

#include <stdio.h>
#include <string.h>

#include "bottle/limits.h"
#include "bottle/mem.h"
#include "known_record.h"

#define BLOCK 3          /* bytes that are hashed */
#define SHIFT_BITS 13    /* of the table of shifts */
#define HEAD_BITS 10     /* of the table of lists */
#define LITERAL_LEAST 7  /* canonical bytes; ten of base64 may have lost some */
#define LITERALS 8       /* of one value, at most */
#define LITERAL_MAX 192u /* canonical bytes: a longer literal counts by its front */
#define ENCODED_MAX (6 * BT_KNOWN_WINDOW)

struct literal {
	uint32_t at; /* in bytes */
	uint16_t n, next;
	uint16_t of; /* which value */
};

struct bt_known {
	size_t n, nlit;
	size_t least, most; /* lengths of literals */
	size_t used, room;  /* of bytes */
	uint32_t name[BT_LIM_KNOWN], value[BT_LIM_KNOWN], value_n[BT_LIM_KNOWN];
	uint8_t kind[BT_LIM_KNOWN];
	struct literal lit[BT_LIM_KNOWN * LITERALS + 1]; /* [0]: none */
	uint16_t head[1u << HEAD_BITS];
	uint8_t shift[1u << SHIFT_BITS];
	char bytes[];
};

static uint8_t canon[256]; /* 0: does not count */

__attribute__((constructor)) static void fill_canon(void)
{
	for (int c = 0x21; c < 256; c++)
		canon[c] = c == 0x7f ? 0 : (uint8_t)c;
	for (int c = 'A'; c <= 'Z'; c++)
		canon[c] = (uint8_t)(c | 0x20);
	canon['+'] = canon['-'] = 0;
	canon['_'] = '/';
}

bool bt_known_worth(struct bt_str value)
{
	bool seen[256] = { false };
	size_t n = 0, different = 0;

	for (size_t i = 0; i < value.n; i++) {
		uint8_t c = canon[(uint8_t)value.p[i]];

		n += c != 0;
		different += c && !seen[c];
		seen[c] = true;
	}
	return n >= BT_KNOWN_LEAST && different >= BT_KNOWN_BYTES;
}

static uint32_t hash(const uint8_t *p)
{
	uint32_t v = (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16;

	return v * 2654435761u >> (32 - SHIFT_BITS);
}

static uint32_t head_of(uint32_t h)
{
	return h >> (SHIFT_BITS - HEAD_BITS);
}

size_t bt_known_size(struct bt_str records)
{
	size_t size = sizeof(struct bt_known);
	struct bt_known_record r;

	while (bt_known_next(&records, &r))
		size += BT_KNOWN_BEFORE + r.name.n + 2 + r.value.n + LITERALS * LITERAL_MAX;
	return size;
}

/* What is there in front of a literal is what is compared first: the shortest decides how far a
 * look may jump, so literals are put in all before the tables are filled. */
static void put(struct bt_known *k, struct bt_str text)
{
	struct literal *l = &k->lit[k->nlit + 1];
	size_t n = 0;

	*l = (struct literal){ .at = (uint32_t)k->used, .of = (uint16_t)k->n };
	for (size_t i = 0; i < text.n && n < LITERAL_MAX; i++) {
		uint8_t c = canon[(uint8_t)text.p[i]];

		k->bytes[k->used + n] = (char)c;
		n += c != 0;
	}
	if (n < LITERAL_LEAST)
		return;
	l->n = (uint16_t)n;
	k->used += n;
	k->nlit++;
}

/* The characters of base64 that the value alone decides, where it begins `skip` bytes into a group
 * of three. */
static void put_base64(struct bt_known *k, struct bt_str v, unsigned skip)
{
	static const char digits[] =
	        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	char out[ENCODED_MAX];
	size_t n = 0;

	for (size_t bit = (6 - skip * 8 % 6) % 6; bit + 6 <= v.n * 8; bit += 6) {
		unsigned two = (unsigned)(uint8_t)v.p[bit / 8] << 8;

		two |= bit / 8 + 1 < v.n ? (uint8_t)v.p[bit / 8 + 1] : 0;
		out[n++] = digits[two >> (10 - bit % 8) & 63];
	}
	put(k, (struct bt_str){ out, n });
	bt_wipe(out, sizeof out);
}

static size_t put_hex_digits(char *out, uint8_t c)
{
	static const char digits[] = "0123456789abcdef";

	out[0] = digits[c >> 4];
	out[1] = digits[c & 15];
	return 2;
}

static void put_hex(struct bt_known *k, struct bt_str v)
{
	char out[ENCODED_MAX];
	size_t n = 0;

	for (size_t i = 0; i < v.n; i++)
		n += put_hex_digits(out + n, (uint8_t)v.p[i]);
	put(k, (struct bt_str){ out, n });
	bt_wipe(out, sizeof out);
}

static bool unreserved(char c)
{
	c = bt_ascii_lower(c);
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
	       (c && strchr("-_.!~*'()", c)); /* as encodeURIComponent has it */
}

static void put_percent(struct bt_known *k, struct bt_str v, bool whole)
{
	char out[ENCODED_MAX];
	size_t n = 0;

	for (size_t i = 0; i < v.n; i++) {
		if (!whole && unreserved(v.p[i])) {
			out[n++] = v.p[i];
			continue;
		}
		out[n++] = '%';
		n += put_hex_digits(out + n, (uint8_t)v.p[i]);
	}
	if (whole || n > v.n)
		put(k, (struct bt_str){ out, n });
	bt_wipe(out, sizeof out);
}

/* RFC 8259 §7, with the short escapes. */
static void put_json(struct bt_known *k, struct bt_str v)
{
	static const char from[] = "\"\\\b\f\n\r\t", to[] = "\"\\bfnrt";
	char out[ENCODED_MAX];
	size_t n = 0;

	for (size_t i = 0; i < v.n; i++) {
		const char *at = v.p[i] ? strchr(from, v.p[i]) : NULL;

		if (at) {
			out[n++] = '\\';
			out[n++] = to[at - from];
		} else if ((uint8_t)v.p[i] < 0x20) {
			out[n++] = '\\';
			out[n++] = 'u';
			out[n++] = '0';
			out[n++] = '0';
			n += put_hex_digits(out + n, (uint8_t)v.p[i]);
		} else {
			out[n++] = v.p[i];
		}
	}
	if (n > v.n)
		put(k, (struct bt_str){ out, n });
	bt_wipe(out, sizeof out);
}

static void put_literals(struct bt_known *k, struct bt_str v)
{
	if (v.n > BT_KNOWN_WINDOW)
		v = (struct bt_str){ v.p + (v.n - BT_KNOWN_WINDOW) / 2, BT_KNOWN_WINDOW };
	put(k, v);
	for (unsigned skip = 0; skip < 3; skip++)
		put_base64(k, v, skip);
	put_hex(k, v);
	put_percent(k, v, true);
	put_percent(k, v, false);
	put_json(k, v);
}

static uint32_t keep(struct bt_known *k, const char *p, size_t n)
{
	uint32_t at = (uint32_t)k->used;

	memcpy(k->bytes + at, p, n);
	k->used += n;
	return at;
}

static bool twice(const struct bt_known *k, const struct bt_known_record *r)
{
	for (size_t i = 0; i < k->n; i++)
		if (r->kind == BT_KNOWN_CREDENTIAL && k->kind[i] == r->kind &&
		    bt_str_eq(bt_known_label(k, i), r->name))
			return true;
	return false;
}

static int put_record(struct bt_known *k, const struct bt_known_record *r, struct bt_err *e)
{
	const char *before = bt_known_before(r->kind);

	if (bt_known_check(r, e) < 0)
		return -1;
	if (!bt_known_worth(r->value))
		return 0;
	if (twice(k, r))
		return bt_fail(e, BT_INVALID, "credential %.*s: handed over twice", (int)r->name.n,
		               r->name.p);
	if (k->n == BT_LIM_KNOWN)
		return bt_fail(e, BT_LIMIT, "more than %u known secrets", BT_LIM_KNOWN);
	k->kind[k->n] = (uint8_t)r->kind;
	k->name[k->n] = keep(k, before, strlen(before));
	(void)keep(k, r->name.p, r->name.n);
	(void)keep(k, ")", 2);
	k->value[k->n] = keep(k, r->value.p, r->value.n);
	k->value_n[k->n] = (uint32_t)r->value.n;
	put_literals(k, r->value);
	k->n++;
	return 0;
}

static void fill_tables(struct bt_known *k)
{
	k->least = LITERAL_MAX;
	for (size_t i = 1; i <= k->nlit; i++) {
		k->least = k->lit[i].n < k->least ? k->lit[i].n : k->least;
		k->most = k->lit[i].n > k->most ? k->lit[i].n : k->most;
	}
	memset(k->shift, (int)(k->least - BLOCK + 1), sizeof k->shift);
	for (size_t i = 1; i <= k->nlit; i++) {
		const uint8_t *p = (const uint8_t *)k->bytes + k->lit[i].at;
		uint32_t h = 0;

		for (size_t at = 0; at + BLOCK <= k->least; at++) {
			size_t jump = k->least - BLOCK - at;

			h = hash(p + at);
			if (jump < k->shift[h])
				k->shift[h] = (uint8_t)jump;
		}
		k->lit[i].next = k->head[head_of(h)];
		k->head[head_of(h)] = (uint16_t)i;
	}
}

int bt_known_build(struct bt_known **out, void *mem, struct bt_str records, struct bt_err *e)
{
	struct bt_known *k = mem;
	struct bt_known_record r;

	while (bt_known_next(&records, &r))
		if (put_record(k, &r, e) < 0)
			return -1;
	fill_tables(k);
	*out = k;
	return 0;
}

size_t bt_known_count(const struct bt_known *k)
{
	return k->n;
}

const char *bt_known_name(const struct bt_known *k, size_t i)
{
	return k->bytes + k->name[i];
}

enum bt_known_kind bt_known_kind(const struct bt_known *k, size_t i)
{
	return k->kind[i];
}

struct bt_str bt_known_label(const struct bt_known *k, size_t i)
{
	struct bt_str s = bt_str(bt_known_name(k, i));
	size_t n = strlen(bt_known_before(bt_known_kind(k, i)));

	return (struct bt_str){ s.p + n, s.n - n - 1 };
}

struct bt_str bt_known_value(const struct bt_known *k, size_t i)
{
	return (struct bt_str){ k->bytes + k->value[i], k->value_n[i] };
}

static uint64_t at_start(const struct bt_known *k, const uint8_t *s, size_t n, uint32_t h)
{
	uint64_t hits = 0;

	for (uint16_t i = k->head[head_of(h)]; i; i = k->lit[i].next)
		if (k->lit[i].n <= n && memcmp(s, k->bytes + k->lit[i].at, k->lit[i].n) == 0)
			hits |= (uint64_t)1 << k->lit[i].of;
	return hits;
}

/* s is canonical. */
static uint64_t search(const struct bt_known *k, const uint8_t *s, size_t n)
{
	uint64_t hits = 0;

	for (size_t i = k->least; i >= BLOCK && i <= n;) {
		uint32_t h = hash(s + i - BLOCK);
		size_t jump = k->shift[h];

		if (jump == 0)
			hits |= at_start(k, s + i - k->least, n - (i - k->least), h);
		i += jump ? jump : 1;
	}
	return hits;
}

/* What might begin at the end of this window is carried over to the next one. */
static void turn(const struct bt_known *k, struct bt_known_run *r)
{
	size_t kept = r->n < k->most - 1 ? r->n : k->most - 1;

	r->hits |= search(k, r->window, r->n);
	memmove(r->window, r->window + r->n - kept, kept);
	r->n = kept;
}

void bt_known_feed(const struct bt_known *k, struct bt_known_run *r, struct bt_str piece)
{
	size_t i = 0;

	if (k->nlit == 0)
		return;
	while (i < piece.n) {
		size_t room = sizeof r->window - r->n, n = r->n;
		size_t to = piece.n - i < room ? piece.n : i + room;

		for (; i < to; i++) {
			uint8_t c = canon[(uint8_t)piece.p[i]];

			r->window[n] = c;
			n += c != 0;
		}
		r->n = n;
		if (n == sizeof r->window)
			turn(k, r);
	}
}

uint64_t bt_known_end(const struct bt_known *k, struct bt_known_run *r)
{
	if (k->nlit)
		r->hits |= search(k, r->window, r->n);
	bt_wipe(r->window, r->n);
	r->n = 0;
	return r->hits;
}

uint64_t bt_known_find(const struct bt_known *k, struct bt_str text)
{
	struct bt_known_run r;

	r.hits = 0;
	r.n = 0;
	bt_known_feed(k, &r, text);
	return bt_known_end(k, &r);
}
