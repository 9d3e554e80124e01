#include "bottle/digest.h"

/* The plain functions, not EVP: the first digest that EVP is asked for sets up all of OpenSSL's
 * algorithms, 2 ms of each command that loads a policy. */
#define OPENSSL_API_COMPAT 10101
#include <openssl/evp.h>
#include <openssl/sha.h>
#include <stdbool.h>
#include <stdio.h>

int bt_digest_sha256(struct bt_str data, char hex[BT_DIGEST_HEX], struct bt_err *e)
{
	unsigned char md[SHA256_DIGEST_LENGTH];
	SHA256_CTX ctx;

	if (SHA256_Init(&ctx) != 1 || SHA256_Update(&ctx, data.p, data.n) != 1 ||
	    SHA256_Final(md, &ctx) != 1)
		return bt_fail(e, BT_TLS, "SHA-256 is not available");
	for (unsigned i = 0; i < sizeof md; i++)
		(void)snprintf(hex + 2 * (size_t)i, 3, "%02x", md[i]);
	return 0;
}

int bt_digest_sha1(const struct bt_str *parts, size_t n, uint8_t md[BT_DIGEST_SHA1_BYTES],
                   struct bt_err *e)
{
	SHA_CTX ctx;
	bool ok = SHA1_Init(&ctx) == 1;

	for (size_t i = 0; ok && i < n; i++)
		ok = SHA1_Update(&ctx, parts[i].p, parts[i].n) == 1;
	if (!ok || SHA1_Final(md, &ctx) != 1)
		return bt_fail(e, BT_TLS, "SHA-1 is not available");
	return 0;
}

int bt_digest_sha1_base64(struct bt_str data, char out[BT_DIGEST_SHA1], struct bt_err *e)
{
	unsigned char md[BT_DIGEST_SHA1_BYTES];

	if (bt_digest_sha1(&data, 1, md, e) < 0)
		return -1;
	(void)EVP_EncodeBlock((unsigned char *)out, md, (int)sizeof md);
	return 0;
}
