#include "bottle/ca.h"

#include <fcntl.h>
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bottle/limits.h"
#include "bottle/mem.h"
#include "bottle/str.h"
#include "ca_impl.h"

#define SEC1_HEAD "-----BEGIN EC PRIVATE KEY-----"
#define DAYS_MAX 3650

void bt_ca_free(struct bt_ca *ca)
{
	if (!ca)
		return;
	X509_free(ca->cert);
	EVP_PKEY_free(ca->key); /* OpenSSL clears the private number */
	free(ca->pem);
	free(ca->cert_path);
	free(ca->key_path);
	for (int i = 0; i < 2; i++)
		if (ca->held[i])
			(void)close(ca->held[i] - 1);
	free(ca);
}

/* Fill what is derived from the certificate. */
static int finish(struct bt_ca *ca, const char *cert_path, const char *key_path, struct bt_err *e)
{
	unsigned char md[EVP_MAX_MD_SIZE];
	unsigned n = 0;
	char *p;

	if (!X509_digest(ca->cert, EVP_sha256(), md, &n) || n != 32)
		return bt_ssl_fail(e, "fingerprint of the CA");
	for (unsigned i = 0; i < n; i++)
		(void)snprintf(ca->fingerprint + (size_t)2 * i, 3, "%02x", md[i]);
	BIO *b = BIO_new(BIO_s_mem());

	if (!b || !PEM_write_bio_X509(b, ca->cert)) {
		BIO_free(b);
		return bt_ssl_fail(e, "write the CA as PEM");
	}
	long len = BIO_get_mem_data(b, &p);

	ca->pem = bt_strndup(p, (size_t)len);
	BIO_free(b);
	ca->cert_path = bt_strdup(cert_path);
	ca->key_path = bt_strdup(key_path);
	return 0;
}

static int name_ca(X509 *x, const char *slug)
{
	BT_OWN_MEM char *cn = bt_asprintf("Bottle CA %.48s", slug); /* ub-common-name is 64 */
	X509_NAME *name = X509_get_subject_name(x);

	return X509_NAME_add_entry_by_txt(name, "O", MBSTRING_UTF8, (const unsigned char *)"bottle",
	                                  -1, -1, 0) &&
	       X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, (const unsigned char *)cn, -1,
	                                  -1, 0) &&
	       X509_set_issuer_name(x, name);
}

static X509 *self_sign(EVP_PKEY *key, const char *slug, unsigned days)
{
	X509 *x = X509_new();
	bool ok = x && X509_set_version(x, X509_VERSION_3) && bt_x509_serial(x) &&
	          X509_gmtime_adj(X509_getm_notBefore(x), -BT_CA_BACKDATE_S) &&
	          X509_gmtime_adj(X509_getm_notAfter(x), (long)days * 86400) &&
	          X509_set_pubkey(x, key) && name_ca(x, slug) &&
	          bt_x509_ext(x, x, NID_basic_constraints, "critical,CA:TRUE,pathlen:0") &&
	          bt_x509_ext(x, x, NID_key_usage, "critical,keyCertSign,cRLSign") &&
	          bt_x509_ext(x, x, NID_subject_key_identifier, "hash") &&
	          X509_sign(x, key, EVP_sha256()) > 0;

	if (ok)
		return x;
	X509_free(x);
	return NULL;
}

/* The key in SEC1 form, in memory that is wiped; NULL on failure. */
static BIO *key_pem(EVP_PKEY *key)
{
	BIO *b = BIO_new(BIO_s_secmem());

	if (b && PEM_write_bio_PrivateKey_traditional(b, key, NULL, NULL, 0, NULL, NULL))
		return b;
	BIO_free(b);
	return NULL;
}

/* A new file, 0600, whole or not there. */
static int write_new(const char *path, const char *p, size_t n, struct bt_err *e)
{
	BT_OWN_FD int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);

	if (fd < 0 && errno == EEXIST)
		return bt_fail(e, BT_EXISTS, "%s: already there, a CA is never overwritten", path);
	if (fd < 0)
		return bt_fail_sys(e, "create %s", path);
	for (size_t off = 0; off < n;) {
		ssize_t w = write(fd, p + off, n - off);

		if (w < 0 && errno == EINTR)
			continue;
		if (w < 0) {
			(void)bt_fail_sys(e, "write %s", path);
			(void)unlink(path);
			return -1;
		}
		off += (size_t)w;
	}
	if (fchmod(fd, 0600) < 0 || fsync(fd) < 0) {
		(void)bt_fail_sys(e, "write %s", path);
		(void)unlink(path);
		return -1;
	}
	return 0;
}

static int write_pair(const struct bt_ca *ca, struct bt_err *e)
{
	char *p;
	BIO *b = key_pem(ca->key);

	if (!b)
		return bt_ssl_fail(e, "write the CA key as PEM");
	long n = BIO_get_mem_data(b, &p);
	int rc = write_new(ca->key_path, p, (size_t)n, e);

	BIO_free(b);
	if (rc < 0)
		return -1;
	if (write_new(ca->cert_path, ca->pem, strlen(ca->pem), e) < 0) {
		(void)unlink(ca->key_path);
		return -1;
	}
	return 0;
}

static int generate(struct bt_ca *ca, const char *slug, unsigned days, struct bt_err *e)
{
	if (days > DAYS_MAX)
		return bt_fail(e, BT_INVALID, "days of a CA: %u is more than %d", days, DAYS_MAX);
	ca->key = EVP_EC_gen("P-256");
	if (!ca->key)
		return bt_ssl_fail(e, "make the CA key");
	ca->cert = self_sign(ca->key, slug, days ? days : BT_CA_DAYS);
	if (!ca->cert)
		return bt_ssl_fail(e, "make the CA certificate");
	return 0;
}

int bt_ca_create(struct bt_ca **out, const char *dir, const char *slug, unsigned days,
                 struct bt_err *e)
{
	BT_OWN(bt_ca) ca = bt_calloc(1, sizeof *ca);
	BT_OWN_MEM char *cert_path = bt_asprintf("%s/" BT_CA_CERT_FILE, dir);
	BT_OWN_MEM char *key_path = bt_asprintf("%s/" BT_CA_KEY_FILE, dir);

	if (generate(ca, slug, days, e) < 0)
		return -1;
	if (finish(ca, cert_path, key_path, e) < 0 || write_pair(ca, e) < 0)
		return -1;
	*out = BT_STEAL(ca);
	return 0;
}

/* A file without a name, 0600. */
static int memory_file(int *held, char path[32], const char *name, struct bt_err *e)
{
	int fd = memfd_create(name, MFD_CLOEXEC);

	if (fd < 0)
		return bt_fail_sys(e, "memfd_create %s", name);
	*held = fd + 1;
	(void)snprintf(path, 32, "/proc/self/fd/%d", fd);
	return fchmod(fd, 0600) < 0 ? bt_fail_sys(e, "chmod %s", name) : 0;
}

static int write_held(int held, const char *p, size_t n, struct bt_err *e)
{
	return write(held - 1, p, n) == (ssize_t)n ? 0 : bt_fail_sys(e, "write a memory file");
}

int bt_ca_create_memory(struct bt_ca **out, const char *slug, unsigned days, struct bt_err *e)
{
	BT_OWN(bt_ca) ca = bt_calloc(1, sizeof *ca);
	char cert[32], key[32], *p;

	if (generate(ca, slug, days, e) < 0 ||
	    memory_file(&ca->held[0], cert, BT_CA_CERT_FILE, e) < 0 ||
	    memory_file(&ca->held[1], key, BT_CA_KEY_FILE, e) < 0 || finish(ca, cert, key, e) < 0)
		return -1;
	BIO *b = key_pem(ca->key);

	if (!b)
		return bt_ssl_fail(e, "write the CA key as PEM");
	long n = BIO_get_mem_data(b, &p);
	int rc = write_held(ca->held[1], p, (size_t)n, e);

	BIO_free(b);
	if (rc < 0 || write_held(ca->held[0], ca->pem, strlen(ca->pem), e) < 0)
		return -1;
	*out = BT_STEAL(ca);
	return 0;
}

int bt_ca_check_mode(const char *key_path, struct bt_err *e)
{
	struct stat st;

	if (stat(key_path, &st) < 0)
		return bt_fail_sys(e, "%s", key_path);
	if (st.st_mode & 0037)
		return bt_fail(e, BT_DENIED,
		               "%s: mode %04o lets others at the key: want 0600 or 0640", key_path,
		               (unsigned)st.st_mode & 07777);
	return 0;
}

/* All of a small file, terminated; the caller wipes and frees it. */
static int slurp(char **out, size_t *len, const char *path, struct bt_err *e)
{
	BT_OWN_FD int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return bt_fail_sys(e, "%s", path);
	if (!S_ISREG(st.st_mode))
		return bt_fail(e, BT_INVALID, "%s: not a regular file", path);
	if (st.st_size > (off_t)BT_LIM_SECRET_FILE)
		return bt_fail(e, BT_LIMIT, "%s: larger than %u bytes", path, BT_LIM_SECRET_FILE);
	size_t cap = (size_t)st.st_size;
	char *p = bt_calloc(cap + 1, 1);
	ssize_t n = read(fd, p, cap);

	if (n < 0) {
		free(p);
		return bt_fail_sys(e, "read %s", path);
	}
	*out = p;
	*len = (size_t)n;
	return 0;
}

static int load_cert(struct bt_ca *ca, const char *path, struct bt_err *e)
{
	BT_OWN_MEM char *text = NULL;
	size_t n;

	if (slurp(&text, &n, path, e) < 0)
		return -1;
	BIO *b = BIO_new_mem_buf(text, (int)n);

	ca->cert = b ? PEM_read_bio_X509(b, NULL, NULL, NULL) : NULL;
	BIO_free(b);
	if (!ca->cert) {
		bt_ssl_clear();
		return bt_fail(e, BT_INVALID, "%s: holds no PEM certificate", path);
	}
	uint32_t usage = X509_get_key_usage(ca->cert);

	if (X509_check_ca(ca->cert) != 1)
		return bt_fail(e, BT_INVALID, "%s: not a CA certificate", path);
	if (!(usage & KU_KEY_CERT_SIGN))
		return bt_fail(e, BT_INVALID, "%s: this CA may not sign certificates", path);
	if (X509_cmp_current_time(X509_get0_notAfter(ca->cert)) < 0)
		return bt_fail(e, BT_INVALID, "%s: the CA has expired", path);
	if (X509_cmp_current_time(X509_get0_notBefore(ca->cert)) > 0)
		return bt_fail(e, BT_INVALID, "%s: the CA is not valid yet", path);
	return 0;
}

static int load_key(struct bt_ca *ca, const char *path, struct bt_err *e)
{
	char *text = NULL;
	size_t n;
	char group[32] = "";

	if (bt_ca_check_mode(path, e) < 0 || slurp(&text, &n, path, e) < 0)
		return -1;
	/* The label decides: a PKCS#8 file would load here and then fail in the other engine. */
	bool sec1 = strncmp(text, SEC1_HEAD, sizeof SEC1_HEAD - 1) == 0 ||
	            strstr(text, "\n" SEC1_HEAD) != NULL;
	BIO *b = sec1 ? BIO_new_mem_buf(text, (int)n) : NULL;

	ca->key = b ? bt_sec1_p256(b) : NULL;
	if (b && !ca->key) {
		(void)BIO_reset(b);
		ca->key = PEM_read_bio_PrivateKey(b, NULL, NULL, (void *)"");
	}
	BIO_free(b);
	bt_wipe(text, n);
	free(text);
	bt_ssl_clear();
	if (!ca->key)
		return bt_fail(e, BT_INVALID, "%s: not a SEC1 key (\"EC PRIVATE KEY\" in PEM)",
		               path);
	if (!EVP_PKEY_get_group_name(ca->key, group, sizeof group, NULL) ||
	    strcmp(group, "prime256v1") != 0)
		return bt_fail(e, BT_INVALID, "%s: the key is not on P-256", path);
	return 0;
}

int bt_ca_load(struct bt_ca **out, const char *cert_path, const char *key_path, struct bt_err *e)
{
	BT_OWN(bt_ca) ca = bt_calloc(1, sizeof *ca);

	if (load_cert(ca, cert_path, e) < 0 || load_key(ca, key_path, e) < 0)
		return -1;
	if (!X509_check_private_key(ca->cert, ca->key)) {
		bt_ssl_clear();
		return bt_fail(e, BT_INVALID, "%s: the key is not the one of %s", key_path,
		               cert_path);
	}
	if (finish(ca, cert_path, key_path, e) < 0)
		return -1;
	*out = BT_STEAL(ca);
	return 0;
}

const char *bt_ca_pem(const struct bt_ca *ca)
{
	return ca->pem;
}

const char *bt_ca_fingerprint(const struct bt_ca *ca)
{
	return ca->fingerprint;
}

void bt_ca_subject_hash(const struct bt_ca *ca, char out[BT_CA_HASH_N])
{
	(void)snprintf(out, BT_CA_HASH_N, "%08lx", X509_subject_name_hash(ca->cert) & 0xffffffffUL);
}

const char *bt_ca_cert_path(const struct bt_ca *ca)
{
	return ca->cert_path;
}

const char *bt_ca_key_path(const struct bt_ca *ca)
{
	return ca->key_path;
}
