/* decode.c - base64, base32, hexadecimal, percent, quoted-printable. */
#include "decode.h"

#include <string.h>

static int16_t v64[256], v32[256], v16[256];

__attribute__((constructor)) static void fill_tables(void)
{
	memset(v64, -1, sizeof v64);
	memset(v32, -1, sizeof v32);
	memset(v16, -1, sizeof v16);
	for (int i = 0; i < 26; i++) {
		v64['A' + i] = (int16_t)i;
		v64['a' + i] = (int16_t)(26 + i);
		v32['A' + i] = v32['a' + i] = (int16_t)i;
	}
	for (int i = 0; i < 10; i++) {
		v64['0' + i] = (int16_t)(52 + i);
		v16['0' + i] = (int16_t)i;
	}
	for (int i = 0; i < 6; i++) {
		v32['2' + i] = (int16_t)(26 + i);
		v16['a' + i] = v16['A' + i] = (int16_t)(10 + i);
	}
	v64['+'] = v64['-'] = 62;
	v64['/'] = v64['_'] = 63;
}

bool bt_is_token(uint8_t c)
{
	return v64[c] >= 0;
}

bool bt_is_hex(uint8_t c)
{
	return v16[c] >= 0;
}

static size_t unpadded(struct bt_str in, size_t most)
{
	size_t n = in.n;

	while (n > 0 && in.n - n < most && in.p[n - 1] == '=')
		n--;
	return n;
}

/* bits a character; the value table says which characters there are. */
static bool decode_bits(uint8_t *out, size_t *n, struct bt_str in, const int16_t *value,
                        unsigned bits)
{
	uint32_t acc = 0;
	unsigned have = 0;
	size_t len = 0;

	for (size_t i = 0; i < in.n; i++) {
		int v = value[(uint8_t)in.p[i]];

		if (v < 0)
			return false;
		acc = acc << bits | (uint32_t)v;
		have += bits;
		if (have >= 8) {
			have -= 8;
			out[len++] = (uint8_t)(acc >> have);
		}
	}
	*n = len;
	return len > 0;
}

bool bt_base64_decode(uint8_t *out, size_t *n, struct bt_str in)
{
	in.n = unpadded(in, 2);
	const uint8_t *p = (const uint8_t *)in.p;
	size_t i = 0, len = 0, rest = 0;

	if (in.n % 4 == 1)
		return false;
	for (; i + 4 <= in.n; i += 4, len += 3) {
		int a = v64[p[i]], b = v64[p[i + 1]], c = v64[p[i + 2]], d = v64[p[i + 3]];

		if ((a | b | c | d) < 0)
			return false;
		out[len] = (uint8_t)(a << 2 | b >> 4);
		out[len + 1] = (uint8_t)(b << 4 | c >> 2);
		out[len + 2] = (uint8_t)(c << 6 | d);
	}
	if (i < in.n &&
	    !decode_bits(out + len, &rest, (struct bt_str){ in.p + i, in.n - i }, v64, 6))
		return false;
	*n = len + rest;
	return *n > 0;
}

bool bt_base32_decode(uint8_t *out, size_t *n, struct bt_str in)
{
	in.n = unpadded(in, 6);
	return decode_bits(out, n, in, v32, 5);
}

bool bt_hex_decode(uint8_t *out, size_t *n, struct bt_str in)
{
	return in.n % 2 == 0 && decode_bits(out, n, in, v16, 4);
}

bool bt_percent_decode(uint8_t *out, size_t *n, struct bt_str in, bool plus)
{
	size_t len = 0;
	bool changed = false;

	for (size_t i = 0; i < in.n; i++) {
		uint8_t c = (uint8_t)in.p[i];

		if (c == '%' && i + 2 < in.n && v16[(uint8_t)in.p[i + 1]] >= 0 &&
		    v16[(uint8_t)in.p[i + 2]] >= 0) {
			c = (uint8_t)(v16[(uint8_t)in.p[i + 1]] << 4 | v16[(uint8_t)in.p[i + 2]]);
			i += 2;
			changed = true;
		} else if (c == '+' && plus) {
			c = ' ';
			changed = true;
		}
		out[len++] = c;
	}
	*n = len;
	return changed;
}

void bt_qp_decode(uint8_t *out, size_t *n, struct bt_str in)
{
	size_t len = 0;

	for (size_t i = 0; i < in.n; i++) {
		if (in.p[i] != '=') {
			out[len++] = (uint8_t)in.p[i];
		} else if (i + 2 < in.n && v16[(uint8_t)in.p[i + 1]] >= 0 &&
		           v16[(uint8_t)in.p[i + 2]] >= 0) {
			out[len++] = (uint8_t)(v16[(uint8_t)in.p[i + 1]] << 4 |
			                       v16[(uint8_t)in.p[i + 2]]);
			i += 2;
		} else { /* a soft line break */
			i += i + 1 < in.n && in.p[i + 1] == '\r';
			i += i + 1 < in.n && in.p[i + 1] == '\n';
		}
	}
	*n = len;
}

/* The code point of up to max hexadecimal digits at i; *len: how many there were. */
static uint32_t hex_at(struct bt_str in, size_t i, size_t max, size_t *len)
{
	uint32_t v = 0;

	for (*len = 0; *len < max && i + *len < in.n && v16[(uint8_t)in.p[i + *len]] >= 0; ++*len)
		v = v << 4 | (uint32_t)v16[(uint8_t)in.p[i + *len]];
	return v;
}

void bt_unescape(uint8_t *out, size_t *n, struct bt_str in)
{
	static const char from[] = "bfnrt", to[] = "\b\f\n\r\t";
	size_t len = 0, used;

	for (size_t i = 0; i < in.n; i++) {
		char c = in.p[i], next = i + 1 < in.n ? in.p[i + 1] : 0;

		if (c != '\\' || next == 0) {
			out[len++] = (uint8_t)c;
			continue;
		}
		const char *at = strchr(from, next);
		size_t want = next == 'u' ? 4 : 2;
		uint32_t cp = next == 'u' || next == 'x' ? hex_at(in, i + 2, want, &used) : 0;

		i++;
		if (cp > 0 && used == want) {
			i += used;
			/* Only what patterns are made of matters; the rest keeps its place. */
			out[len++] = cp < 0x80 ? (uint8_t)cp : '?';
		} else {
			out[len++] = (uint8_t)(at ? to[at - from] : next);
		}
	}
	*n = len;
}

#define TELLING 8 /* no pattern is shorter */

/* Text, or text in UTF-16: eight printable bytes in a row, zero bytes not counted. */
static bool telling(const uint8_t *p, size_t n)
{
	size_t run = 0;

	for (size_t i = 0; i < n; i++) {
		if (p[i] == 0)
			continue;
		run = p[i] >= 0x20 && p[i] < 0x7f ? run + 1 : 0;
		if (run == TELLING)
			return true;
	}
	return false;
}

static int keep(struct bt_buf *out, size_t n, struct bt_err *e)
{
	uint8_t *end = out->p + out->len;

	if (!telling(end, n))
		return 0;
	bt_buf_commit(out, n);
	return bt_buf_add(out, "", 1, e);
}

/* The shortest tokens of each kind that hold eight bytes. */
static const struct {
	bool (*undo)(uint8_t *, size_t *, struct bt_str);
	size_t least;
} how[] = {
	{ bt_base64_decode, 11 },
	{ bt_base32_decode, 13 },
	{ bt_hex_decode, 16 },
};

/* Most tokens are short, and nearly none is any of these: they are tried beside the buffer. */
static int try_token(struct bt_buf *out, struct bt_str tok, struct bt_err *e)
{
	uint8_t small[96], *at = small;
	size_t n = 0;

	for (size_t i = 0; i < sizeof how / sizeof *how && tok.n >= how[i].least; i++) {
		if (tok.n > sizeof small)
			at = bt_buf_reserve(out, tok.n, e);
		if (!at)
			return -1;
		if (!how[i].undo(at, &n, tok) || !telling(at, n))
			continue;
		if (at != small)
			bt_buf_commit(out, n);
		else if (bt_buf_add(out, small, n, e) < 0)
			return -1;
		if (bt_buf_add(out, "", 1, e) < 0)
			return -1;
	}
	return 0;
}

/* Hyphens before base64 are a rule of a text, as in PEM. */
static struct bt_str past_rule(struct bt_str run)
{
	if (run.n < 2 || run.p[0] != '-' || run.p[1] != '-')
		return run;
	while (run.n && run.p[0] == '-')
		run = (struct bt_str){ run.p + 1, run.n - 1 };
	return run;
}

/* A run with '/' or '+' in it may be one base64 text or a path of several. */
int bt_decode_run(struct bt_buf *out, struct bt_str run, struct bt_err *e)
{
	struct bt_str part, rest = run, bare = past_rule(run);

	if (try_token(out, run, e) < 0 || (bare.n < run.n && try_token(out, bare, e) < 0))
		return -1;
	if (!memchr(run.p, '/', run.n))
		return 0;
	while (bt_str_cut(&rest, '/', &part))
		if (try_token(out, part, e) < 0)
			return -1;
	return part.n == run.n ? 0 : try_token(out, part, e);
}

static bool pair_at(struct bt_str in, size_t i)
{
	return i + 1 < in.n && v16[(uint8_t)in.p[i]] >= 0 && v16[(uint8_t)in.p[i + 1]] >= 0;
}

/* What stands between the pair at i and the next one: 67:68, \x67\x68, 0x67, 0x68. */
static struct bt_str pair_separator(struct bt_str in, size_t i)
{
	static const char *const known[] = { ":",  "-",   " ",    ",",   ".",
		                             ", ", "\\x", ", 0x", ",0x", " 0x" };

	for (size_t k = 0; k < sizeof known / sizeof *known; k++) {
		struct bt_str sep = bt_str(known[k]);

		if (i + 2 + sep.n < in.n && in.p[i + 2] == sep.p[0] &&
		    memcmp(in.p + i + 2, sep.p, sep.n) == 0 && pair_at(in, i + 2 + sep.n))
			return sep;
	}
	return (struct bt_str){ 0 };
}

static size_t pair_run(uint8_t *out, size_t *n, struct bt_str in, size_t at)
{
	struct bt_str sep = pair_separator(in, at);
	size_t i = at;

	*n = 0;
	while (sep.n && pair_at(in, i)) {
		out[(*n)++] = (uint8_t)(v16[(uint8_t)in.p[i]] << 4 | v16[(uint8_t)in.p[i + 1]]);
		i += 2;
		if (in.n - i < sep.n || memcmp(in.p + i, sep.p, sep.n) != 0)
			break;
		i += sep.n;
	}
	return i;
}

int bt_decode_pairs(struct bt_buf *out, struct bt_str in, size_t at, size_t *to, struct bt_err *e)
{
	for (size_t i = at; i < *to && i + 2 * TELLING < in.n; i++) {
		size_t n = 0;

		if (!pair_at(in, i) || v16[(uint8_t)in.p[i + 2]] >= 0 ||
		    (i > 0 && v16[(uint8_t)in.p[i - 1]] >= 0))
			continue;
		/* A pair takes three bytes at least. */
		uint8_t *room = bt_buf_reserve(out, (in.n - i) / 3 + 2, e);

		if (!room)
			return -1;
		size_t end = pair_run(room, &n, in, i);

		if (n >= TELLING && keep(out, n, e) < 0)
			return -1;
		i = end > i ? end : i;
		*to = *to > i ? *to : i;
	}
	return 0;
}

/* A token with its dots taken out: sk-ant.api03.… */
int bt_decode_dotted(struct bt_buf *out, struct bt_str tok, struct bt_err *e)
{
	uint8_t *at = bt_buf_reserve(out, tok.n, e);
	size_t n = 0;

	if (!at)
		return -1;
	for (size_t i = 0; i < tok.n; i++)
		if (tok.p[i] != '.')
			at[n++] = (uint8_t)tok.p[i];
	return keep(out, n, e);
}
