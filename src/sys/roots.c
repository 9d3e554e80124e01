/* roots.c - OpenSSL takes 34 ms to decode a usual bundle of roots. A connection needs one of them:
 * the bundle is cut into certificates, and of each is known where its subject stands. */
#include "roots.h"

#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bottle/limits.h"
#include "bottle/mem.h"
#include "bottle/own.h"
#include "ca_impl.h"

#define OTHER (-1)
#define BLANK (-2)
#define ROOT_MAX 16384u /* bytes of one in DER; a larger one is passed over */

struct root {
	unsigned char *der; /* NULL: it is in the store by now */
	size_t n;
	size_t subject, nsubject; /* where in it */
	unsigned long hash;       /* X509_NAME_hash: equal for equal names; 0: not asked yet */
};

struct roots {
	struct root *v;
	size_t n, cap;
};

/* A certificate of a bundle while it is read. */
struct pem {
	bool inside, bad;
	uint32_t bits; /* of nbits, the lowest */
	unsigned nbits;
	size_t n;
	int8_t value[256]; /* of characters; OTHER, or BLANK for what is passed over */
	unsigned char der[ROOT_MAX];
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

/* The subject of a certificate (RFC 5280 §4.1) is from *p to the end that is returned. NULL: it is
 * no certificate. */
static const unsigned char *subject_of(const unsigned char **p, size_t n)
{
	const unsigned char *end = *p + n, *after;

	/* Twice the same: each call moves p on. NOLINTNEXTLINE(misc-redundant-expression) */
	if (!element(p, end, V_ASN1_SEQUENCE, true) || !element(p, end, V_ASN1_SEQUENCE, true))
		return NULL;
	(void)element(p, end, 0, false); /* version, explicit [0] */
	if (!element(p, end, V_ASN1_INTEGER, false) || !element(p, end, V_ASN1_SEQUENCE, false) ||
	    !element(p, end, V_ASN1_SEQUENCE, false) || !element(p, end, V_ASN1_SEQUENCE, false))
		return NULL; /* serial number, algorithm, issuer, validity */
	after = *p;
	return element(&after, end, V_ASN1_SEQUENCE, false) ? after : NULL;
}

static void keep(struct roots *r, const struct pem *m)
{
	const unsigned char *subject = m->der, *after = subject_of(&subject, m->n);

	if (!after || m->bad)
		return;
	if (r->n == r->cap) {
		r->cap = r->cap ? r->cap * 2 : 64;
		r->v = bt_realloc(r->v, r->cap * sizeof *r->v);
	}
	struct root *root = &r->v[r->n++];

	*root = (struct root){ .der = bt_calloc(1, m->n),
		               .n = m->n,
		               .subject = (size_t)(subject - m->der),
		               .nsubject = (size_t)(after - subject) };
	memcpy(root->der, m->der, m->n);
}

static void move(X509_STORE *store, struct root *root)
{
	const unsigned char *p = root->der;
	X509 *cert = d2i_X509(NULL, &p, (long)root->n);

	if (cert)
		(void)X509_STORE_add_cert(store, cert);
	X509_free(cert);
	free(BT_STEAL(root->der));
}

/* Whose subject is spelled as name is: all of them, nearly always. */
static void move_spelled(X509_STORE *store, struct roots *r, const X509_NAME *name)
{
	const unsigned char *want;
	size_t n;

	if (!X509_NAME_get0_der(name, &want, &n))
		return;
	for (size_t i = 0; i < r->n; i++) {
		struct root *root = &r->v[i];

		if (root->der && root->nsubject == n &&
		    memcmp(root->der + root->subject, want, n) == 0)
			move(store, root);
	}
}

static unsigned long hash_of(struct root *root)
{
	const unsigned char *p = root->der + root->subject;
	X509_NAME *name = root->hash ? NULL : d2i_X509_NAME(NULL, &p, (long)root->nsubject);

	if (name)
		root->hash = X509_NAME_hash_ex(name, NULL, NULL, NULL);
	X509_NAME_free(name);
	return root->hash;
}

/* Whose subject is equal to name (RFC 5280 §7.1), in whatever spelling. False: there is none. */
static bool move_equal(X509_STORE *store, struct roots *r, const X509_NAME *name)
{
	unsigned long want = X509_NAME_hash_ex(name, NULL, NULL, NULL);
	bool any = false;

	for (size_t i = 0; i < r->n; i++)
		if (r->v[i].der && hash_of(&r->v[i]) == want) {
			move(store, &r->v[i]);
			any = true;
		}
	return any;
}

/* Before the store is asked for an issuer, those of that name move from the bundle into it. */
static int get_issuer(X509 **issuer, X509_STORE_CTX *ctx, X509 *x)
{
	X509_STORE *store = X509_STORE_CTX_get0_store(ctx);
	struct roots *r = X509_STORE_get_ex_data(store, roots_index);
	const X509_NAME *name = X509_get_issuer_name(x);
	int rc;

	if (r)
		move_spelled(store, r, name);
	bt_ssl_clear();
	rc = X509_STORE_CTX_get1_issuer(issuer, ctx, x);
	if (rc != 0 || !r || !move_equal(store, r, name))
		return rc;
	bt_ssl_clear();
	return X509_STORE_CTX_get1_issuer(issuer, ctx, x);
}

/* Base64 (RFC 7468 §2): white space and the padding are passed over. */
static void decode(struct pem *m, const char *p)
{
	for (; *p; p++) {
		int8_t v = m->value[(unsigned char)*p];

		if (v < 0) {
			m->bad |= v == OTHER;
			continue;
		}
		m->bits = m->bits << 6 | (uint8_t)v;
		m->nbits += 6;
		if (m->nbits < 8)
			continue;
		m->nbits -= 8;
		if (m->n < sizeof m->der)
			m->der[m->n++] = (unsigned char)(m->bits >> m->nbits);
		else
			m->bad = true;
	}
}

static void take_line(struct roots *r, struct pem *m, const char *line)
{
	static const char begin[] = "-----BEGIN ", end[] = "-----END ";

	if (strncmp(line, begin, sizeof begin - 1) == 0) {
		line += sizeof begin - 1;
		m->inside =
		        strncmp(line, PEM_STRING_X509 "-----", sizeof PEM_STRING_X509 + 4) == 0 ||
		        strncmp(line, PEM_STRING_X509_OLD "-----",
		                sizeof PEM_STRING_X509_OLD + 4) == 0;
		m->bad = false;
		m->nbits = 0;
		m->n = 0;
	} else if (strncmp(line, end, sizeof end - 1) == 0) {
		if (m->inside)
			keep(r, m);
		m->inside = false;
	} else if (m->inside) {
		decode(m, line);
	}
}

static void read_all(struct roots *r, FILE *in)
{
	static const char alphabet[] =
	        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	struct pem *m = bt_calloc(1, sizeof *m);
	char line[256]; /* a longer one comes in pieces, none of which looks like an end */

	memset(m->value, OTHER, sizeof m->value);
	for (const char *p = "= \t\r\n"; *p; p++)
		m->value[(unsigned char)*p] = BLANK;
	for (int i = 0; alphabet[i]; i++)
		m->value[(unsigned char)alphabet[i]] = (int8_t)i;
	while (r->n < BT_LIM_ROOTS && fgets(line, sizeof line, in))
		take_line(r, m, line);
	free(m);
}

int bt_roots_file(X509_STORE *store, const char *path, struct bt_err *e)
{
	FILE *in = fopen(path, "re");

	if (!in)
		return bt_fail(e, BT_NOTFOUND, "%s: cannot be read", path);
	if (roots_index < 0)
		roots_index = X509_STORE_get_ex_new_index(0, NULL, NULL, NULL, free_roots);
	struct roots *r = bt_calloc(1, sizeof *r);

	read_all(r, in);
	(void)fclose(in);
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
