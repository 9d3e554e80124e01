/* libmd's, not OpenSSL's: each command that loads a policy digests its files, and needs nothing
 * else of a library that takes longer to load than the command takes to run (docs/adr/0063). */
#include "bottle/digest.h"

#include <sha1.h>
#include <sha2.h>

void bt_digest_sha256(struct bt_str data, char hex[BT_DIGEST_HEX])
{
	static const char digits[] = "0123456789abcdef";
	uint8_t md[SHA256_DIGEST_LENGTH];
	SHA2_CTX ctx;

	SHA256Init(&ctx);
	SHA256Update(&ctx, (const uint8_t *)data.p, data.n);
	SHA256Final(md, &ctx);
	for (unsigned i = 0; i < sizeof md; i++) {
		*hex++ = digits[md[i] >> 4];
		*hex++ = digits[md[i] & 15];
	}
	*hex = '\0';
}

void bt_digest_sha1(const struct bt_str *parts, size_t n, uint8_t md[BT_DIGEST_SHA1_BYTES])
{
	SHA1_CTX ctx;

	SHA1Init(&ctx);
	for (size_t i = 0; i < n; i++)
		SHA1Update(&ctx, (const uint8_t *)parts[i].p, parts[i].n);
	SHA1Final(md, &ctx);
}

/* RFC 4648 §4, of 18 bytes in threes and the last two. */
void bt_digest_sha1_base64(struct bt_str data, char out[BT_DIGEST_SHA1])
{
	static const char digits[] =
	        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	uint8_t md[BT_DIGEST_SHA1_BYTES + 1] = { 0 };

	bt_digest_sha1(&data, 1, md);
	for (unsigned i = 0; i < sizeof md; i += 3) {
		unsigned v = (unsigned)md[i] << 16 | (unsigned)md[i + 1] << 8 | md[i + 2];

		for (int shift = 18; shift >= 0; shift -= 6)
			*out++ = digits[v >> shift & 63];
	}
	out[-1] = '='; /* of the byte that is not there */
	*out = '\0';
}
