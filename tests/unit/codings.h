/* codings.h - a secret as somebody who wants it out would write it. */
#ifndef BOTTLE_TESTS_CODINGS_H
#define BOTTLE_TESTS_CODINGS_H
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* Each writes to out and returns the length. */
typedef size_t coder(char *out, const char *in, size_t n);

static size_t raw(char *out, const char *in, size_t n)
{
	memcpy(out, in, n);
	return n;
}

/* Inside a JSON string: what has to be escaped is. At most six bytes for one; not terminated. */
static inline size_t quote(char *out, const char *p, size_t n)
{
	size_t len = 0;

	for (size_t i = 0; i < n; i++) {
		if ((unsigned char)p[i] < 0x20)
			len += (size_t)sprintf(out + len, "\\u%04x", p[i]);
		else if (p[i] == '"' || p[i] == '\\')
			len += (size_t)sprintf(out + len, "\\%c", p[i]);
		else
			out[len++] = p[i];
	}
	return len;
}

static size_t base64(char *out, const char *in, size_t n, const char *last, bool pad)
{
	static const char first[] =
	        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
	size_t len = 0;

	for (size_t i = 0; i < n; i += 3) {
		unsigned v = (unsigned)(unsigned char)in[i] << 16 |
		             (i + 1 < n ? (unsigned)(unsigned char)in[i + 1] << 8 : 0) |
		             (i + 2 < n ? (unsigned char)in[i + 2] : 0);
		unsigned chars = n - i >= 3 ? 4 : (unsigned)(n - i) + 1;

		for (unsigned k = 0; k < 4; k++) {
			unsigned x = v >> (18 - 6 * k) & 63;

			if (k < chars)
				out[len++] = x < 62 ? first[x] : last[x - 62];
			else if (pad)
				out[len++] = '=';
		}
	}
	return len;
}

static size_t b64(char *out, const char *in, size_t n)
{
	return base64(out, in, n, "+/", true);
}

static size_t b64_bare(char *out, const char *in, size_t n)
{
	return base64(out, in, n, "+/", false);
}

static size_t b64_url(char *out, const char *in, size_t n)
{
	return base64(out, in, n, "-_", false);
}

static size_t b64_lines(char *out, const char *in, size_t n)
{
	char one[4096];
	size_t len = b64(one, in, n), k = 0;

	for (size_t i = 0; i < len; i++) {
		out[k++] = one[i];
		if (i % 20 == 19 && i + 1 < len)
			out[k++] = '\n';
	}
	return k;
}

static size_t b64_twice(char *out, const char *in, size_t n)
{
	char one[4096];

	return b64(out, one, b64(one, in, n));
}

static size_t b32(char *out, const char *in, size_t n)
{
	unsigned long long acc = 0;
	size_t len = 0, bits = 0;

	for (size_t i = 0; i < n; i++) {
		acc = acc << 8 | (unsigned char)in[i];
		for (bits += 8; bits >= 5; bits -= 5)
			out[len++] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"[acc >> (bits - 5) & 31];
	}
	if (bits)
		out[len++] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"[acc << (5 - bits) & 31];
	return len;
}

static size_t each(char *out, const char *in, size_t n, const char *before, const char *after)
{
	size_t len = 0;

	for (size_t i = 0; i < n; i++)
		len += (size_t)sprintf(out + len, "%s%02x%s", before, (unsigned char)in[i], after);
	return len;
}

static size_t hex(char *out, const char *in, size_t n)
{
	return each(out, in, n, "", "");
}

static size_t hex_colons(char *out, const char *in, size_t n)
{
	return each(out, in, n, "", ":");
}

static size_t hex_spaces(char *out, const char *in, size_t n)
{
	return each(out, in, n, "", " ");
}

static size_t hex_escapes(char *out, const char *in, size_t n)
{
	return each(out, in, n, "\\x", "");
}

static size_t hex_list(char *out, const char *in, size_t n)
{
	return each(out, in, n, "0x", ", ");
}

static size_t percent(char *out, const char *in, size_t n)
{
	return each(out, in, n, "%", "");
}

static size_t percent_twice(char *out, const char *in, size_t n)
{
	return each(out, in, n, "%25", "");
}

static size_t unicode(char *out, const char *in, size_t n)
{
	return each(out, in, n, "\\u00", "");
}

static size_t utf16(char *out, const char *in, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		out[2 * i] = in[i];
		out[2 * i + 1] = 0;
	}
	return 2 * n;
}

static size_t with(char *out, const char *in, size_t n, const char *what, size_t every)
{
	size_t len = 0;

	for (size_t i = 0; i < n; i++) {
		out[len++] = in[i];
		if (i % every == every - 1 && i + 1 < n)
			len += (size_t)sprintf(out + len, "%s", what);
	}
	return len;
}

static size_t zero_width(char *out, const char *in, size_t n)
{
	return with(out, in, n, "\xe2\x80\x8b", 1);
}

static size_t lines(char *out, const char *in, size_t n)
{
	return with(out, in, n, "\r\n", 7);
}

static size_t each_line(char *out, const char *in, size_t n)
{
	return with(out, in, n, "\n", 1);
}

static size_t spaces(char *out, const char *in, size_t n)
{
	return with(out, in, n, " ", 4);
}

/* Full-width forms of all that have one. */
static size_t wide(char *out, const char *in, size_t n)
{
	size_t len = 0;

	for (size_t i = 0; i < n; i++) {
		unsigned cp = in[i] > 0x20 && in[i] < 0x7f ? 0xfee0u + (unsigned char)in[i] : 0;

		if (cp)
			len += (size_t)sprintf(out + len, "%c%c%c", (int)(0xe0 | cp >> 12),
			                       (int)(0x80 | (cp >> 6 & 63)),
			                       (int)(0x80 | (cp & 63)));
		else
			out[len++] = in[i];
	}
	return len;
}

static size_t hex_capital(char *out, const char *in, size_t n)
{
	size_t len = 0;

	for (size_t i = 0; i < n; i++)
		len += (size_t)sprintf(out + len, "%02X", (unsigned char)in[i]);
	return len;
}

static size_t percent_thrice(char *out, const char *in, size_t n)
{
	return each(out, in, n, "%2525", "");
}

static size_t hex_of_b64(char *out, const char *in, size_t n)
{
	char one[4096];

	return hex(out, one, b64(one, in, n));
}

static size_t data_url(char *out, const char *in, size_t n)
{
	size_t len = (size_t)sprintf(out, "data:text/plain;base64,");

	return len + b64(out + len, in, n);
}

/* A document of JSON as a string inside of another one. */
static size_t json_string(char *out, const char *in, size_t n)
{
	size_t len = (size_t)sprintf(out, "{\\\"k\\\": \\\"");

	for (size_t i = 0; i < n; i++)
		len += (size_t)(in[i] == '"' ? sprintf(out + len, "\\\\\\\"")
		                             : sprintf(out + len, "%c", in[i]));
	return len + (size_t)sprintf(out + len, "\\\"}");
}

static size_t entities(char *out, const char *in, size_t n)
{
	size_t len = 0;

	for (size_t i = 0; i < n; i++)
		len += (size_t)sprintf(out + len, "&#%d;", (unsigned char)in[i]);
	return len;
}

static size_t utf16_big(char *out, const char *in, size_t n)
{
	size_t len = utf16(out, in, n);

	memmove(out + 1, out, len - 1);
	out[0] = 0;
	return len;
}

/* With a byte order mark, as iconv(1) writes it. */
static size_t utf16_marked(char *out, const char *in, size_t n)
{
	memcpy(out, "\xff\xfe", 2);
	return 2 + utf16(out + 2, in, n);
}

/* What PowerShell takes as -EncodedCommand. */
static size_t b64_utf16(char *out, const char *in, size_t n)
{
	char one[4096];

	return b64(out, one, utf16(one, in, n));
}

static size_t b64_utf16_big(char *out, const char *in, size_t n)
{
	char one[4096];

	return b64_url(out, one, utf16_big(one, in, n));
}

static size_t b64_utf16_marked(char *out, const char *in, size_t n)
{
	char one[4096];

	return b64(out, one, utf16_marked(one, in, n));
}

static size_t b64_utf32(char *out, const char *in, size_t n)
{
	char one[4096];

	return b64(out, one, utf16(one, out, utf16(out, in, n)));
}

static size_t b32_utf16(char *out, const char *in, size_t n)
{
	char one[4096];

	return b32(out, one, utf16(one, in, n));
}

static size_t hex_utf16(char *out, const char *in, size_t n)
{
	char one[4096];

	return hex(out, one, utf16(one, in, n));
}

static size_t hex_colons_utf16(char *out, const char *in, size_t n)
{
	char one[4096];

	return hex_colons(out, one, utf16_big(one, in, n));
}

static size_t escapes_utf16(char *out, const char *in, size_t n)
{
	char one[4096];

	return hex_escapes(out, one, utf16(one, in, n));
}

static size_t percent_utf16(char *out, const char *in, size_t n)
{
	char one[4096];

	return percent(out, one, utf16(one, in, n));
}

static size_t reversed(char *out, const char *in, size_t n)
{
	for (size_t i = 0; i < n; i++)
		out[i] = in[n - 1 - i];
	return n;
}

static size_t rot13(char *out, const char *in, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		char low = (char)(in[i] | 32), base = (char)(in[i] & ~31);

		out[i] =
		        low >= 'a' && low <= 'z' ? (char)(base + 1 + (low - 'a' + 13) % 26) : in[i];
	}
	return n;
}

static const struct {
	const char *name;
	coder *code;
} codings[] = {
	{ "raw", raw },
	{ "base64", b64 },
	{ "base64 without padding", b64_bare },
	{ "base64url", b64_url },
	{ "base64 in lines", b64_lines },
	{ "base64 twice", b64_twice },
	{ "base32", b32 },
	{ "hex", hex },
	{ "hex with colons", hex_colons },
	{ "hex with spaces", hex_spaces },
	{ "hex escapes", hex_escapes },
	{ "hex list", hex_list },
	{ "percent", percent },
	{ "percent twice", percent_twice },
	{ "unicode escapes", unicode },
	{ "UTF-16", utf16 },
	{ "zero-width spaces", zero_width },
	{ "line breaks", lines },
	{ "a line break each", each_line },
	{ "full-width", wide },
	{ "spaces", spaces },
	{ "capital hex", hex_capital },
	{ "percent three times", percent_thrice },
	{ "hex of base64", hex_of_b64 },
	{ "data URL", data_url },
	{ "JSON in a JSON string", json_string },
	{ "HTML entities", entities },
	{ "base64 of UTF-16", b64_utf16 },
	{ "base64 of UTF-16, big-endian", b64_utf16_big },
	{ "base64 of UTF-16, marked", b64_utf16_marked },
	{ "base64 of UTF-32", b64_utf32 },
	{ "base32 of UTF-16", b32_utf16 },
	{ "hex of UTF-16", hex_utf16 },
	{ "hex of UTF-16 with colons", hex_colons_utf16 },
	{ "hex escapes of UTF-16", escapes_utf16 },
	{ "percent of UTF-16", percent_utf16 },
	{ "reversed", reversed },
	{ "rot13", rot13 },
};
#define CODINGS (sizeof codings / sizeof *codings)
#endif
