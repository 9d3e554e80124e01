/* mint.c - certificates for hosts. What they share is made once: a key, and every extension but the
 * name. The key is one of the kind that OpenSSL had before 3.0, because a certificate takes such a
 * key as it is; any other it writes out and reads again, which takes ten times as long as the
 * signature (docs/adr/0062). */
#define OPENSSL_SUPPRESS_DEPRECATED
#include <arpa/inet.h>
#include <openssl/ec.h>
#include <openssl/x509v3.h>
#include <string.h>

#include "bottle/mem.h"
#include "ca_impl.h"

struct bt_mint {
	const struct bt_ca *ca;
	EVP_PKEY *key; /* one for all: a P-256 key costs more to make than a signature */
	STACK_OF(X509_EXTENSION) * shared;
};

static EVP_PKEY *new_key(void)
{
#ifdef OPENSSL_NO_DEPRECATED_3_0
	return EVP_EC_gen("P-256");
#else
	EC_KEY *ec = EC_KEY_new_by_curve_name(NID_X9_62_prime256v1);
	EVP_PKEY *key = ec && EC_KEY_generate_key(ec) == 1 ? EVP_PKEY_new() : NULL;

	if (key && EVP_PKEY_assign_EC_KEY(key, ec) == 1)
		return key;
	EVP_PKEY_free(key);
	EC_KEY_free(ec);
	return NULL;
#endif
}

static bool add_shared(struct bt_mint *m, int nid, const char *value)
{
	X509V3_CTX ctx;

	X509V3_set_ctx(&ctx, m->ca->cert, NULL, NULL, NULL, 0);
	X509_EXTENSION *ext = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
	bool ok = ext && X509v3_add_ext(&m->shared, ext, -1);

	X509_EXTENSION_free(ext);
	return ok;
}

struct bt_mint *bt_mint_new(const struct bt_ca *ca)
{
	struct bt_mint *m = bt_calloc(1, sizeof *m);

	m->ca = ca;
	m->key = new_key();
	if (m->key && add_shared(m, NID_basic_constraints, "critical,CA:FALSE") &&
	    add_shared(m, NID_key_usage, "critical,digitalSignature") &&
	    add_shared(m, NID_ext_key_usage, "serverAuth") &&
	    add_shared(m, NID_authority_key_identifier, "keyid:always"))
		return m;
	bt_mint_free(m);
	return NULL;
}

void bt_mint_free(struct bt_mint *m)
{
	if (!m)
		return;
	EVP_PKEY_free(m->key); /* OpenSSL clears the private number */
	sk_X509_EXTENSION_pop_free(m->shared, X509_EXTENSION_free);
	free(m);
}

EVP_PKEY *bt_mint_key(const struct bt_mint *m)
{
	return m->key;
}

/* One subjectAltName, built from bytes: host is a stranger's and the text syntax has commas. */
static bool add_san(X509 *x, const char *host)
{
	unsigned char ip[16];
	int len = inet_pton(AF_INET, host, ip) == 1    ? 4
	          : inet_pton(AF_INET6, host, ip) == 1 ? 16
	                                               : 0;
	GENERAL_NAMES *names = GENERAL_NAMES_new();
	GENERAL_NAME *name = GENERAL_NAME_new();
	ASN1_STRING *value = len ? ASN1_OCTET_STRING_new() : ASN1_IA5STRING_new();
	bool ok = names && name && value &&
	          ASN1_STRING_set(value, len ? (const void *)ip : host, len ? len : -1);

	if (!ok) {
		ASN1_STRING_free(value);
		GENERAL_NAME_free(name);
		GENERAL_NAMES_free(names);
		return false;
	}
	GENERAL_NAME_set0_value(name, len ? GEN_IPADD : GEN_DNS, value);
	ok = sk_GENERAL_NAME_push(names, name) > 0;
	if (!ok)
		GENERAL_NAME_free(name);
	ok = ok && X509_add1_ext_i2d(x, NID_subject_alt_name, names, 0, X509V3_ADD_APPEND) == 1;
	GENERAL_NAMES_free(names);
	return ok;
}

static bool set_validity(X509 *x, const struct bt_ca *ca, uint64_t ttl)
{
	const ASN1_TIME *end = X509_get0_notAfter(ca->cert);
	const ASN1_TIME *begin = X509_get0_notBefore(ca->cert);
	bool ok = X509_gmtime_adj(X509_getm_notBefore(x), -BT_CA_BACKDATE_S) &&
	          X509_time_adj_ex(X509_getm_notAfter(x), (int)(ttl / 86400), (long)(ttl % 86400),
	                           NULL);

	if (ok && ASN1_TIME_compare(X509_get0_notAfter(x), end) > 0)
		ok = X509_set1_notAfter(x, end);
	if (ok && ASN1_TIME_compare(X509_get0_notBefore(x), begin) < 0)
		ok = X509_set1_notBefore(x, begin);
	return ok;
}

static bool add_all(X509 *x, const STACK_OF(X509_EXTENSION) * all)
{
	bool ok = true;

	for (int i = 0; ok && i < sk_X509_EXTENSION_num(all); i++)
		ok = X509_add_ext(x, sk_X509_EXTENSION_value(all, i), -1) == 1;
	return ok;
}

X509 *bt_mint_leaf(const struct bt_mint *m, const char *host, uint64_t ttl_s)
{
	X509 *x = X509_new();
	char cn[65]; /* ub-common-name: a longer host is in the SAN alone, cut here */

	(void)strncpy(cn, host, sizeof cn - 1);
	cn[sizeof cn - 1] = '\0';
	bool ok = x && X509_set_version(x, X509_VERSION_3) && bt_x509_serial(x) &&
	          set_validity(x, m->ca, ttl_s) && X509_set_pubkey(x, m->key) &&
	          X509_NAME_add_entry_by_NID(X509_get_subject_name(x), NID_commonName,
	                                     MBSTRING_UTF8, (const unsigned char *)cn, -1, -1, 0) &&
	          X509_set_issuer_name(x, X509_get_subject_name(m->ca->cert)) &&
	          add_all(x, m->shared) && add_san(x, host) &&
	          X509_sign(x, m->ca->key, EVP_sha256()) > 0;

	if (ok)
		return x;
	X509_free(x);
	return NULL;
}
