/* ca_impl.h - what ca.c, mint.c and leaf.c share: the object and a few OpenSSL phrases. Floor: sys
 * (private). */
#ifndef BOTTLE_SYS_CA_IMPL_H
#define BOTTLE_SYS_CA_IMPL_H
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <stdbool.h>
#include "bottle/ca.h"
#include "bottle/err.h"

/* Clocks differ between host, container and agent: certificates start this long ago. */
#define BT_CA_BACKDATE_S 3600L

/* Read at once: several records of a bulk transfer, but less than makes free() tidy up. */
#define BT_TLS_READ (56u * 1024u)
/* AES-128 first: as good for what is wanted here, faster, and its SHA-256 makes half of a
 * handshake's hashing (docs/performance.md). The second is for TLS 1.2: only the order is ours. */
#define BT_TLS_SUITES "TLS_AES_128_GCM_SHA256:TLS_CHACHA20_POLY1305_SHA256:TLS_AES_256_GCM_SHA384"
#define BT_TLS12_SUITES "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:DEFAULT"

struct bt_ca {
	X509 *cert;
	EVP_PKEY *key;
	char *pem;
	char fingerprint[BT_CA_FINGERPRINT_N];
	char *cert_path, *key_path;
	int held[2]; /* memory files behind the paths, each plus one; 0: none */
};

/* The first PEM block of in as a P-256 key with its public half, in the one form that openssl and
 * bt_ca_create write; NULL: it is another form, or no key. Owned by the caller. */
EVP_PKEY *bt_sec1_p256(BIO *in);
/* BT_TLS with what OpenSSL said last; empties its queue. Returns -1. */
int bt_ssl_fail(struct bt_err *e, const char *what);
void bt_ssl_clear(void);      /* forget queued errors: they would be taken for the next call's */
bool bt_x509_serial(X509 *x); /* 128 random bits, positive */
/* Add extension nid with value in OpenSSL's configuration syntax. The value must be ours, never a
 * stranger's text. */
bool bt_x509_ext(X509 *x, X509 *issuer, int nid, const char *value);

struct bt_mint; /* opaque: what all leafs of one CA share */
/* NULL: OpenSSL said why. ca must outlive it. */
struct bt_mint *bt_mint_new(const struct bt_ca *ca);
void bt_mint_free(struct bt_mint *m);           /* NULL is a no-op */
EVP_PKEY *bt_mint_key(const struct bt_mint *m); /* borrowed; of every leaf */
/* A certificate for host, a DNS name or an IP literal; it lives for ttl_s seconds, or as long as
 * the CA. Owned by the caller; NULL: OpenSSL said why. */
X509 *bt_mint_leaf(const struct bt_mint *m, const char *host, uint64_t ttl_s);
#endif
