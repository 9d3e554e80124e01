/* scan_texts.h - what bench_scan scans: each fills at least TEXT bytes of out, which has room for
 * 16 KiB more, and returns how many. */
#ifndef BOTTLE_BENCH_SCAN_TEXTS_H
#define BOTTLE_BENCH_SCAN_TEXTS_H
#include <glob.h>
#include <stdint.h>
#include <stdio.h>

#define TEXT (1u << 20)

/* A chat request: prose, code, identifiers, numbers. */
static size_t chat(char *out, size_t size)
{
	size_t n = (size_t)sprintf(out, "[");

	for (unsigned i = 0; n < size - 400; i++) {
		n += (size_t)sprintf(
		        out + n,
		        "{\"role\":\"user\",\"id\":%u,\"content\":\"Please look at "
		        "src/codec/scan.c and tell me why the loop in line %u does not "
		        "end; the test prints 'want 3, got 4'.\"},",
		        i, i * 7919);
		n += (size_t)sprintf(out + n,
		                     "{\"role\":\"assistant\",\"content\":\"for (i = 0; i < n; "
		                     "i++)\\n\\tsum += values[i] * %u;\\n\",\"commit\":"
		                     "\"da39a3ee5e6b4b0d3255bfef95601890afd80709\"},",
		                     i);
	}
	return n + (size_t)sprintf(out + n, "{}]");
}

static size_t fill_chat(char *out)
{
	return chat(out, TEXT);
}

static size_t fill_small_chat(char *out)
{
	return chat(out, 16384);
}

/* This program's own, or nothing where the tree is not. */
static size_t fill_source(char *out)
{
	glob_t files;
	size_t n = 0;

	if (glob("src/[gs]*/*.c", 0, NULL, &files) != 0)
		return 0;
	for (size_t i = 0; i < files.gl_pathc && n < TEXT; i++) {
		FILE *f = fopen(files.gl_pathv[i], "r");

		n += f ? fread(out + n, 1, TEXT - n, f) : 0;
		if (f)
			(void)fclose(f);
	}
	globfree(&files);
	return n;
}

/* Always the same numbers. */
static unsigned next_random(void)
{
	static uint64_t x = 88172645463325252u;

	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	return (unsigned)(x >> 32);
}

static char one_of(const char *set, size_t n)
{
	return set[next_random() % n];
}

#define BASE64 "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

/* What costs most a byte: text that each finder has to look at. */
static size_t fill_base64(char *out)
{
	size_t n = (size_t)sprintf(out, "[");

	while (n < TEXT) {
		n += (size_t)sprintf(out + n, "{\"data\":\"");
		for (int i = 0; i < 4096; i++)
			out[n++] = one_of(BASE64, 64);
		n += (size_t)sprintf(out + n, "\"},");
	}
	return n + (size_t)sprintf(out + n, "{}]");
}

/* Base64 of base64 of text: each level is looked at. */
static size_t fill_tokens(char *out)
{
	size_t n = 0;

	while (n < TEXT) {
		for (int i = 0; i < 20; i++)
			out[n++] = i % 4 == 3 ? one_of("FVlmGWEU", 8) : one_of("YZabcd", 6);
		out[n++] = ' ';
	}
	return n;
}

static size_t fill_percent(char *out)
{
	size_t n = 0;

	while (n < TEXT)
		n += (size_t)sprintf(out + n, "%%25%02x", 32 + next_random() % 95);
	return n;
}

/* Each round of decoding makes it shorter by two bytes. */
static size_t fill_nested(char *out)
{
	size_t n = (size_t)sprintf(out, "%%");

	while (n < TEXT)
		n += (size_t)sprintf(out + n, "25");
	return n;
}

static size_t fill_backslash(char *out)
{
	size_t n = 0;

	while (n < TEXT)
		n += (size_t)sprintf(out + n, "\\\\u00%02x\\", 32 + next_random() % 95);
	return n;
}

static size_t fill_digits(char *out)
{
	size_t n = 0;

	for (; n < TEXT; n++)
		out[n] = n % 5 == 4 ? '-' : one_of("4012345678", 10);
	return n;
}

static size_t fill_ssn(char *out)
{
	size_t n = 0;

	while (n < TEXT)
		out[n++] = one_of("0123456789--  ", 14);
	return n;
}

static size_t fill_ascii(char *out)
{
	size_t n = 0;

	while (n < TEXT)
		out[n++] = (char)(32 + next_random() % 95);
	return n;
}

static size_t fill_bytes(char *out)
{
	size_t n = 0;

	while (n < TEXT)
		out[n++] = (char)next_random();
	return n;
}

static size_t fill_lines(char *out)
{
	size_t n = 0;

	for (; n < TEXT; n++)
		out[n] = n % 3 == 2 ? '\n' : one_of("_-=a1", 5);
	return n;
}

static size_t fill_pairs(char *out)
{
	size_t n = 0;

	while (n < TEXT)
		n += (size_t)sprintf(out + n, "%02x:", 32 + next_random() % 95);
	return n;
}

static size_t fill_dots(char *out)
{
	size_t n = 0;

	while (n < TEXT)
		n += (size_t)sprintf(out + n, "a.b.");
	return n;
}

static size_t fill_marks(char *out)
{
	size_t n = 0;

	while (n < TEXT)
		n += (size_t)sprintf(out + n, "g h p _ ");
	return n;
}

static size_t fill_seed(char *out)
{
	static const char *const words[] = { "abandon", "ability", "able", "about", "above" };
	size_t n = 0;

	while (n < TEXT)
		n += (size_t)sprintf(out + n, "%s%s", words[next_random() % 5],
		                     next_random() % 12 ? " " : " nothing ");
	return n;
}

static size_t fill_high(char *out)
{
	size_t n = 0;

	while (n < TEXT) {
		out[n++] = (char)0xd0;
		out[n++] = (char)(0x80 + next_random() % 64);
	}
	return n;
}

/* Characters of the first plane, each of them another one. */
static size_t fill_plane(char *out)
{
	size_t n = 0;

	while (n < TEXT) {
		unsigned cp = 0x800 + next_random() % 0x2000;

		out[n++] = (char)(0xe0 | cp >> 12);
		out[n++] = (char)(0x80 | (cp >> 6 & 63));
		out[n++] = (char)(0x80 | (cp & 63));
	}
	return n;
}

static size_t fill_strings(char *out)
{
	size_t n = (size_t)sprintf(out, "[");

	while (n < TEXT)
		n += (size_t)sprintf(out + n, "\"%x_\",", next_random());
	return n + (size_t)sprintf(out + n, "1]");
}
#endif
