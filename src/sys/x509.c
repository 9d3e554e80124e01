#include "ca_impl.h"

#include <openssl/bn.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>

int bt_ssl_fail(struct bt_err *e, const char *what)
{
	unsigned long code = ERR_peek_last_error();
	const char *why = code ? ERR_reason_error_string(code) : NULL;

	(void)bt_fail(e, BT_TLS, "%s: %s", what, why ? why : "no reason given");
	ERR_clear_error();
	return -1;
}

void bt_ssl_clear(void)
{
	ERR_clear_error();
}

bool bt_x509_serial(X509 *x)
{
	BIGNUM *n = BN_new();
	/* The top bit is set: 16 bytes of DER and a zero one before them, never negative. */
	bool ok = n && BN_rand(n, 128, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ANY) &&
	          BN_to_ASN1_INTEGER(n, X509_get_serialNumber(x));

	BN_free(n);
	return ok;
}

bool bt_x509_ext(X509 *x, X509 *issuer, int nid, const char *value)
{
	X509V3_CTX ctx;

	X509V3_set_ctx(&ctx, issuer, x, NULL, NULL, 0);
	X509_EXTENSION *ext = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
	bool ok = ext && X509_add_ext(x, ext, -1);

	X509_EXTENSION_free(ext);
	return ok;
}
