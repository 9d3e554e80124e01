#include "bottle/digest.h"

#include <openssl/evp.h>
#include <stdio.h>

int bt_digest_sha256(struct bt_str data, char hex[BT_DIGEST_HEX], struct bt_err *e)
{
	unsigned char md[EVP_MAX_MD_SIZE];
	unsigned n = 0;

	if (EVP_Digest(data.p, data.n, md, &n, EVP_sha256(), NULL) != 1 || n != 32)
		return bt_fail(e, BT_TLS, "SHA-256 is not available");
	for (unsigned i = 0; i < n; i++)
		(void)snprintf(hex + 2 * (size_t)i, 3, "%02x", md[i]);
	return 0;
}

int bt_digest_sha1_base64(struct bt_str data, char out[BT_DIGEST_SHA1], struct bt_err *e)
{
	unsigned char md[EVP_MAX_MD_SIZE];
	unsigned n = 0;

	if (EVP_Digest(data.p, data.n, md, &n, EVP_sha1(), NULL) != 1 || n != 20)
		return bt_fail(e, BT_TLS, "SHA-1 is not available");
	(void)EVP_EncodeBlock((unsigned char *)out, md, (int)n);
	return 0;
}
