/* sec1.c - a P-256 key without OpenSSL's decoders: to make those ready takes longer than everything
 * else that a gate does before it listens. */
#include <openssl/core_names.h>
#include <openssl/params.h>
#include <openssl/pem.h>
#include <string.h>

#include "bottle/mem.h"
#include "ca_impl.h"

#define PRIVATE 32 /* big-endian */
#define PUBLIC 65  /* 04, x, y */

/* ECPrivateKey (RFC 5915 §3) of P-256 with its public half, in DER: but for the two numbers all of
 * it is fixed. */
static const unsigned char head[] = { 0x30, 0x77, 0x02, 0x01, 0x01, 0x04, PRIVATE };
static const unsigned char middle[] = { 0xa0, 0x0a, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d,
	                                0x03, 0x01, 0x07, 0xa1, 0x44, 0x03, 0x42, 0x00 };

static EVP_PKEY *from_numbers(const unsigned char *d, unsigned char *q)
{
	unsigned char native[PRIVATE]; /* as this machine orders bytes */
	char group[] = "prime256v1";
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
	EVP_PKEY *key = NULL;

	for (size_t i = 0; i < PRIVATE; i++)
		native[i] = d[__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? PRIVATE - 1 - i : i];
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group, 0),
		OSSL_PARAM_construct_BN(OSSL_PKEY_PARAM_PRIV_KEY, native, sizeof native),
		OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, q, PUBLIC),
		OSSL_PARAM_construct_end(),
	};

	if (!ctx || EVP_PKEY_fromdata_init(ctx) != 1 ||
	    EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_KEYPAIR, params) != 1)
		key = NULL;
	EVP_PKEY_CTX_free(ctx);
	bt_wipe(native, sizeof native);
	return key;
}

EVP_PKEY *bt_sec1_p256(BIO *in)
{
	const size_t whole = sizeof head + PRIVATE + sizeof middle + PUBLIC;
	char *name = NULL, *header = NULL;
	unsigned char *der = NULL;
	EVP_PKEY *key = NULL;
	long n = 0;

	if (PEM_read_bio(in, &name, &header, &der, &n) == 1 &&
	    strcmp(name, PEM_STRING_ECPRIVATEKEY) == 0 && *header == '\0' && (size_t)n == whole &&
	    memcmp(der, head, sizeof head) == 0 &&
	    memcmp(der + sizeof head + PRIVATE, middle, sizeof middle) == 0)
		key = from_numbers(der + sizeof head, der + whole - PUBLIC);
	OPENSSL_free(name);
	OPENSSL_free(header);
	if (der)
		OPENSSL_clear_free(der, (size_t)n);
	return key;
}
