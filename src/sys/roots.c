#include "roots.h"

#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>

#include "bottle/limits.h"
#include "bottle/mem.h"
#include "bottle/own.h"
#include "ca_impl.h"

struct root {
	unsigned long subject; /* X509_NAME_hash: equal for equal names */
	unsigned char *der;    /* NULL: it is in the store by now */
	long n;
};

struct roots {
	struct root *v;
	size_t n, cap;
};

static int roots_index = -1; /* X509_STORE ex_data: its struct roots */

static void free_roots(void *parent, void *ptr, CRYPTO_EX_DATA *ad, int idx, long argl, void *argp)
{
	struct roots *r = ptr;

	(void)parent;
	(void)ad;
	(void)idx;
	(void)argl;
	(void)argp;
	for (size_t i = 0; r && i < r->n; i++)
		free(r->v[i].der);
	if (r)
		free(r->v);
	free(r);
}

/* Step into, or over, the element at *p; false: it is not of that kind, or not whole. */
static bool element(const unsigned char **p, const unsigned char *end, int tag, bool into)
{
	const unsigned char *at = *p;
	long len;
	int got, class;
	int rc = ASN1_get_object(&at, &len, &got, &class, end - at);

	if (rc & 0x80 || rc & 1 || got != tag)
		return false; /* an error, or the indefinite length that DER does not have */
	*p = into ? at : at + len;
	return true;
}

/* The subject of a certificate (RFC 5280 §4.1) without decoding its key, which is what takes long.
 */
static X509_NAME *subject_of(const unsigned char *der, long n)
{
	const unsigned char *p = der, *end = der + n;

	/* Twice the same: each call moves p on. NOLINTNEXTLINE(misc-redundant-expression) */
	if (!element(&p, end, V_ASN1_SEQUENCE, true) || !element(&p, end, V_ASN1_SEQUENCE, true))
		return NULL;
	(void)element(&p, end, 0, false); /* version, explicit [0] */
	if (!element(&p, end, V_ASN1_INTEGER, false) || !element(&p, end, V_ASN1_SEQUENCE, false) ||
	    !element(&p, end, V_ASN1_SEQUENCE, false) || !element(&p, end, V_ASN1_SEQUENCE, false))
		return NULL; /* serial number, algorithm, issuer, validity */
	return d2i_X509_NAME(NULL, &p, end - p);
}

static void keep(struct roots *r, const unsigned char *der, long n)
{
	X509_NAME *subject = subject_of(der, n);

	if (!subject)
		return;
	if (r->n == r->cap) {
		r->cap = r->cap ? r->cap * 2 : 64;
		r->v = bt_realloc(r->v, r->cap * sizeof *r->v);
	}
	struct root *root = &r->v[r->n++];

	*root = (struct root){ X509_NAME_hash_ex(subject, NULL, NULL, NULL),
		               bt_calloc(1, (size_t)n), n };
	memcpy(root->der, der, (size_t)n);
	X509_NAME_free(subject);
}

/* Before the store is asked for an issuer, those of that name move from the bundle into it. */
static int get_issuer(X509 **issuer, X509_STORE_CTX *ctx, X509 *x)
{
	X509_STORE *store = X509_STORE_CTX_get0_store(ctx);
	struct roots *r = X509_STORE_get_ex_data(store, roots_index);
	unsigned long want = X509_NAME_hash_ex(X509_get_issuer_name(x), NULL, NULL, NULL);

	for (size_t i = 0; r && i < r->n; i++) {
		struct root *root = &r->v[i];
		const unsigned char *p = root->der;

		if (!p || root->subject != want)
			continue;
		X509 *cert = d2i_X509(NULL, &p, root->n);

		if (cert)
			(void)X509_STORE_add_cert(store, cert);
		X509_free(cert);
		free(BT_STEAL(root->der));
	}
	bt_ssl_clear();
	return X509_STORE_CTX_get1_issuer(issuer, ctx, x);
}

static void read_all(struct roots *r, BIO *in)
{
	char *name, *header;
	unsigned char *der;
	long n;

	while (r->n < BT_LIM_ROOTS && PEM_read_bio(in, &name, &header, &der, &n)) {
		if (strcmp(name, PEM_STRING_X509) == 0 || strcmp(name, PEM_STRING_X509_OLD) == 0)
			keep(r, der, n);
		OPENSSL_free(name);
		OPENSSL_free(header);
		OPENSSL_free(der);
	}
	bt_ssl_clear(); /* the end of the file is an error to OpenSSL */
}

int bt_roots_file(X509_STORE *store, const char *path, struct bt_err *e)
{
	BIO *in = BIO_new_file(path, "r");

	if (!in) {
		bt_ssl_clear();
		return bt_fail(e, BT_NOTFOUND, "%s: cannot be read", path);
	}
	if (roots_index < 0)
		roots_index = X509_STORE_get_ex_new_index(0, NULL, NULL, NULL, free_roots);
	struct roots *r = bt_calloc(1, sizeof *r);

	read_all(r, in);
	BIO_free(in);
	if (roots_index < 0 || !X509_STORE_set_ex_data(store, roots_index, r)) {
		free_roots(NULL, r, NULL, 0, 0, NULL);
		return bt_ssl_fail(e, "keep the root certificates");
	}
	X509_STORE_set_get_issuer(store, get_issuer);
	return 0;
}

int bt_roots_system(X509_STORE *store, struct bt_err *e)
{
	const char *path = secure_getenv(X509_get_default_cert_file_env());
	struct bt_err why = { 0 };

	if (!path)
		path = X509_get_default_cert_file();
	if (bt_roots_file(store, path, &why) == 0 || why.code == BT_NOTFOUND)
		return 0;
	*e = why;
	return -1;
}
