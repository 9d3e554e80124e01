#include "bottle/jks.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bottle/digest.h"
#include "bottle/limits.h"
#include "bottle/mem.h"
#include "bottle/own.h"

#define MAGIC 0xfeedfeedu
#define VERSION 2u
#define TRUSTED 2u /* tag of an entry that is a certificate alone */

#define BEGINS BT_STR_LIT("-----BEGIN CERTIFICATE-----")
#define ENDS BT_STR_LIT("-----END CERTIFICATE-----")

static int put_int(struct bt_buf *b, uint32_t v, struct bt_err *e)
{
	const uint8_t bytes[4] = { (uint8_t)(v >> 24), (uint8_t)(v >> 16), (uint8_t)(v >> 8),
		                   (uint8_t)v };

	return bt_buf_add(b, bytes, sizeof bytes, e);
}

/* Java's modified UTF-8 with its length in two bytes; ours is ASCII. */
static int put_text(struct bt_buf *b, const char *text, struct bt_err *e)
{
	size_t n = strlen(text);
	const uint8_t len[2] = { (uint8_t)(n >> 8), (uint8_t)n };

	return bt_buf_add(b, len, 2, e) < 0 ? -1 : bt_buf_add(b, text, n, e);
}

static bool find(struct bt_str in, struct bt_str what, size_t *at)
{
	const char *p = in.n ? memmem(in.p, in.n, what.p, what.n) : NULL;

	if (p)
		*at = (size_t)(p - in.p);
	return p != NULL;
}

/* The next certificate's base64; pem moves behind it. 1, 0 at the end, -1. */
static int next(struct bt_str *pem, struct bt_str *body, struct bt_err *e)
{
	size_t at, n;

	if (!find(*pem, BEGINS, &at))
		return 0;
	pem->p += at + BEGINS.n;
	pem->n -= at + BEGINS.n;
	if (!find(*pem, ENDS, &n))
		return bt_fail(e, BT_INVALID, "a certificate without an end");
	*body = (struct bt_str){ pem->p, n };
	pem->p += n + ENDS.n;
	pem->n -= n + ENDS.n;
	return 1;
}

#define NO_DIGIT 64
#define BLANK 65

/* What each character of base64 in lines is. */
static void digits_of(uint8_t of[256])
{
	static const char all[] =
	        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

	memset(of, NO_DIGIT, 256);
	for (uint8_t i = 0; all[i]; i++)
		of[(uint8_t)all[i]] = i;
	for (const char *p = " \t\r\n="; *p; p++)
		of[(uint8_t)*p] = BLANK;
}

/* Ours and not EVP's, which goes from character to character by way of a buffer: a millisecond of
 * each launch where there is a Java. */
static int decode(struct bt_str body, const uint8_t of[256], uint8_t *der, size_t *len,
                  struct bt_err *e)
{
	uint32_t bits = 0;
	size_t have = 0, n = 0;

	for (size_t i = 0; i < body.n; i++) {
		const uint8_t *p = (const uint8_t *)body.p + i;

		/* Four at a time, which is all but the ends of lines. */
		for (; have == 0 && body.n - i >= 4; i += 4, p += 4, n += 3) {
			uint32_t a = of[p[0]], b = of[p[1]], c = of[p[2]], d = of[p[3]];

			if ((a | b | c | d) >= NO_DIGIT)
				break;
			bits = a << 18 | b << 12 | c << 6 | d;
			der[n] = (uint8_t)(bits >> 16);
			der[n + 1] = (uint8_t)(bits >> 8);
			der[n + 2] = (uint8_t)bits;
		}
		if (i == body.n)
			break;
		uint8_t v = of[*p];

		if (v == BLANK)
			continue;
		if (v == NO_DIGIT)
			return bt_fail(e, BT_INVALID, "a certificate that is no base64");
		bits = bits << 6 | v;
		have += 6;
		if (have >= 8) {
			have -= 8;
			der[n++] = (uint8_t)(bits >> have);
		}
	}
	*len = n;
	return n ? 0 : bt_fail(e, BT_INVALID, "a certificate that is empty");
}

static int put_entry(struct bt_buf *b, struct bt_str body, const uint8_t of[256], unsigned i,
                     struct bt_err *e)
{
	static const uint8_t date[8];
	BT_OWN_MEM uint8_t *der = bt_calloc(body.n + 1, 1);
	char alias[32];
	size_t len;

	if (body.n > 64 * BT_KIB)
		return bt_fail(e, BT_LIMIT, "a certificate of over 64 KiB");
	(void)snprintf(alias, sizeof alias, "bottle-%u", i);
	if (decode(body, of, der, &len, e) < 0 || put_int(b, TRUSTED, e) < 0 ||
	    put_text(b, alias, e) < 0 || bt_buf_add(b, date, sizeof date, e) < 0 ||
	    put_text(b, "X.509", e) < 0 || put_int(b, (uint32_t)len, e) < 0)
		return -1;
	return bt_buf_add(b, der, len, e);
}

/* SHA-1 of the password in UTF-16, a fixed phrase and all before it. */
static int put_digest(struct bt_buf *b, struct bt_err *e)
{
	static const char password[] = BT_JKS_PASSWORD, phrase[] = "Mighty Aphrodite";
	uint8_t head[2 * (sizeof password - 1) + sizeof phrase - 1] = { 0 };
	uint8_t md[BT_DIGEST_SHA1_BYTES];

	for (size_t i = 0; i < sizeof password - 1; i++)
		head[2 * i + 1] = (uint8_t)password[i];
	memcpy(head + 2 * (sizeof password - 1), phrase, sizeof phrase - 1);
	const struct bt_str parts[] = { { (const char *)head, sizeof head }, bt_buf_str(b) };

	bt_digest_sha1(parts, 2, md);
	return bt_buf_add(b, md, sizeof md, e);
}

static unsigned count(struct bt_str pem)
{
	struct bt_str body;
	struct bt_err e = { 0 };
	unsigned n = 0;

	while (n <= BT_JKS_CERTS && next(&pem, &body, &e) == 1)
		n++;
	return n;
}

int bt_jks_write(struct bt_str pem, struct bt_buf *out, struct bt_err *e)
{
	struct bt_str body;
	unsigned all = count(pem), i = 0;
	uint8_t of[256];
	int rc;

	digits_of(of);
	if (all > BT_JKS_CERTS)
		return bt_fail(e, BT_LIMIT, "over %d certificates", BT_JKS_CERTS);
	if (put_int(out, MAGIC, e) < 0 || put_int(out, VERSION, e) < 0 || put_int(out, all, e) < 0)
		return -1;
	while ((rc = next(&pem, &body, e)) == 1)
		if (put_entry(out, body, of, i++, e) < 0)
			return -1;
	return rc < 0 ? -1 : put_digest(out, e);
}
