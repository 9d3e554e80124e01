#include "unit.h"
#include "bottle/ca.h"
#include "bottle/mem.h"
#include "bottle/scratch.h"

#include <fcntl.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>
#include <unistd.h>

struct world {
	struct bt_scratch *dir;
	struct bt_ca *ca;
};

static int setup(void **state)
{
	struct world *w = bt_calloc(1, sizeof *w);
	struct bt_err e = { 0 };

	assert_ok(bt_scratch_open(&w->dir, NULL, &e), &e);
	assert_ok(bt_ca_create(&w->ca, bt_scratch_path(w->dir), "implementer-ab12c", 0, &e), &e);
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;

	bt_ca_free(w->ca);
	bt_scratch_close(w->dir);
	free(w);
	return 0;
}

static X509 *parse(const char *pem)
{
	BIO *b = BIO_new_mem_buf(pem, -1);
	X509 *x = PEM_read_bio_X509(b, NULL, NULL, NULL);

	BIO_free(b);
	assert_non_null(x);
	return x;
}

static void a_new_ca_signs_and_nothing_else(void **state)
{
	struct world *w = *state;
	X509 *x = parse(bt_ca_pem(w->ca));
	char cn[80];

	X509_NAME_get_text_by_NID(X509_get_subject_name(x), NID_commonName, cn, sizeof cn);
	assert_string_equal(cn, "Bottle CA implementer-ab12c");
	assert_int_equal(X509_check_ca(x), 1);
	assert_int_equal(X509_get_pathlen(x), 0);
	assert_int_equal(X509_get_key_usage(x), KU_KEY_CERT_SIGN | KU_CRL_SIGN);
	assert_int_equal(X509_get_version(x), X509_VERSION_3);
	assert_non_null(X509_get0_subject_key_id(x));
	for (int nid = 0; nid < 2; nid++) {
		int at = X509_get_ext_by_NID(x, nid ? NID_key_usage : NID_basic_constraints, -1);

		assert_true(X509_EXTENSION_get_critical(X509_get_ext(x, at)));
	}
	time_t now = time(NULL), back = now - 3500, before = now - 3700, week = now + 6 * 86400;

	assert_true(X509_cmp_time(X509_get0_notBefore(x), &back) < 0);
	assert_true(X509_cmp_time(X509_get0_notBefore(x), &before) > 0);
	assert_true(X509_cmp_time(X509_get0_notAfter(x), &week) > 0);
	assert_int_equal(ASN1_STRING_length(X509_get0_serialNumber(x)), 16);
	X509_free(x);
}

static void both_files_are_private_and_the_key_is_sec1(void **state)
{
	struct world *w = *state;
	const char *paths[] = { bt_ca_cert_path(w->ca), bt_ca_key_path(w->ca) };
	struct stat st;
	char line[64];

	for (int i = 0; i < 2; i++) {
		assert_int_equal(stat(paths[i], &st), 0);
		assert_int_equal(st.st_mode & 07777, 0600);
	}
	FILE *f = fopen(paths[1], "r");

	assert_non_null(f);
	assert_non_null(fgets(line, sizeof line, f));
	assert_string_equal(line, "-----BEGIN EC PRIVATE KEY-----\n");
	(void)fclose(f);
}

static void fingerprint_is_sha256_of_the_der(void **state)
{
	struct world *w = *state;
	X509 *x = parse(bt_ca_pem(w->ca));
	unsigned char md[32];
	char hex[65];

	assert_true(X509_digest(x, EVP_sha256(), md, NULL));
	for (int i = 0; i < 32; i++)
		(void)snprintf(hex + 2 * i, 3, "%02x", md[i]);
	assert_string_equal(bt_ca_fingerprint(w->ca), hex);
	X509_free(x);
}

static void subject_hash_is_the_name_in_a_hash_folder(void **state)
{
	struct world *w = *state;
	X509 *x = parse(bt_ca_pem(w->ca));
	char hash[BT_CA_HASH_N];

	bt_ca_subject_hash(w->ca, hash);
	assert_int_equal(strlen(hash), 8);
	assert_int_equal(strtoul(hash, NULL, 16), X509_subject_name_hash(x));
	X509_free(x);
}

static void a_ca_is_never_overwritten(void **state)
{
	struct world *w = *state;
	struct bt_ca *again = NULL;
	struct bt_err e = { 0 };

	assert_int_equal(bt_ca_create(&again, bt_scratch_path(w->dir), "x", 0, &e), -1);
	assert_int_equal(e.code, BT_EXISTS);
	assert_null(again);
}

static void load_gives_back_what_create_wrote(void **state)
{
	struct world *w = *state;
	BT_OWN(bt_ca) ca = NULL;
	struct bt_err e = { 0 };

	assert_ok(bt_ca_load(&ca, bt_ca_cert_path(w->ca), bt_ca_key_path(w->ca), &e), &e);
	assert_string_equal(bt_ca_fingerprint(ca), bt_ca_fingerprint(w->ca));
}

static void load_refuses_a_key_that_others_may_touch(void **state)
{
	struct world *w = *state;
	static const mode_t bad[] = { 0644, 0660, 0604, 0620, 0610, 0666, 0602 };
	static const mode_t good[] = { 0600, 0640, 0400, 0440 };
	struct bt_err e = { 0 };

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct bt_ca *ca = NULL;

		assert_int_equal(chmod(bt_ca_key_path(w->ca), bad[i]), 0);
		assert_int_equal(bt_ca_load(&ca, bt_ca_cert_path(w->ca), bt_ca_key_path(w->ca), &e),
		                 -1);
		assert_int_equal(e.code, BT_DENIED);
		assert_non_null(strstr(e.msg, "ca-key.pem"));
		assert_non_null(strstr(e.msg, "0600 or 0640"));
		assert_null(ca);
	}
	for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
		BT_OWN(bt_ca) ca = NULL;

		assert_int_equal(chmod(bt_ca_key_path(w->ca), good[i]), 0);
		assert_ok(bt_ca_load(&ca, bt_ca_cert_path(w->ca), bt_ca_key_path(w->ca), &e), &e);
	}
}

static void load_refuses_another_key_pkcs8_and_a_leaf(void **state)
{
	struct world *w = *state;
	BT_OWN(bt_scratch) dir = NULL;
	BT_OWN(bt_ca) other = NULL;
	struct bt_ca *ca = NULL;
	struct bt_err e = { 0 };
	char path[300];

	assert_ok(bt_scratch_open(&dir, NULL, &e), &e);
	assert_ok(bt_ca_create(&other, bt_scratch_path(dir), "other", 1, &e), &e);
	assert_int_equal(bt_ca_load(&ca, bt_ca_cert_path(w->ca), bt_ca_key_path(other), &e), -1);
	assert_non_null(strstr(e.msg, "not the one of"));

	EVP_PKEY *key = EVP_EC_gen("P-256");

	(void)snprintf(path, sizeof path, "%s/pkcs8.pem", bt_scratch_path(dir));
	int fd = open(path, O_CREAT | O_WRONLY, 0600);
	FILE *f = fdopen(fd, "w");

	assert_true(PEM_write_PKCS8PrivateKey(f, key, NULL, NULL, 0, NULL, NULL));
	(void)fclose(f);
	EVP_PKEY_free(key);
	assert_int_equal(bt_ca_load(&ca, bt_ca_cert_path(w->ca), path, &e), -1);
	assert_non_null(strstr(e.msg, "SEC1"));
	assert_int_equal(bt_ca_load(&ca, bt_ca_key_path(w->ca), bt_ca_key_path(w->ca), &e), -1);
	assert_non_null(strstr(e.msg, "no PEM certificate"));
	assert_int_equal(bt_ca_load(&ca, "/nonexistent/ca.pem", path, &e), -1);
	assert_non_null(strstr(e.msg, "/nonexistent/ca.pem"));
	assert_null(ca);
}

/* RFC 5915 §3: the public half may be left out, and the file may begin with text. */
static void another_shape_of_sec1_loads_too(void **state)
{
	struct world *w = *state;
	static const unsigned char begin[] = { 0x30, 0x31, 2, 1, 1, 4, 32 }, end[] = {
		0xa0, 10, 6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7
	};
	BT_OWN(bt_scratch) dir = NULL;
	BT_OWN(bt_ca) ca = NULL;
	struct bt_err e = { 0 };
	unsigned char *der = NULL, bare[51];
	char path[300], *name, *header;
	long n;
	FILE *f = fopen(bt_ca_key_path(w->ca), "r");

	assert_non_null(f);
	assert_true(PEM_read(f, &name, &header, &der, &n));
	(void)fclose(f);
	assert_int_equal(n, 121);
	memcpy(bare, begin, 7);
	memcpy(bare + 7, der + 7, 32);
	memcpy(bare + 39, end, 12);
	assert_ok(bt_scratch_open(&dir, NULL, &e), &e);
	(void)snprintf(path, sizeof path, "%s/bare.pem", bt_scratch_path(dir));
	f = fdopen(open(path, O_CREAT | O_WRONLY, 0600), "w");
	(void)fputs("A key of ours\n", f);
	assert_true(PEM_write(f, name, "", bare, sizeof bare));
	(void)fclose(f);
	OPENSSL_free(name);
	OPENSSL_free(header);
	OPENSSL_free(der);
	assert_ok(bt_ca_load(&ca, bt_ca_cert_path(w->ca), path, &e), &e);
}

/* Verify as a careful client would: strict, for this name, this purpose. */
static int verify(const struct bt_ca *ca, X509 *leaf, const char *host, bool ip)
{
	X509_STORE *store = X509_STORE_new();
	X509_STORE_CTX *ctx = X509_STORE_CTX_new();
	X509 *root = parse(bt_ca_pem(ca));

	assert_true(X509_STORE_add_cert(store, root));
	assert_true(X509_STORE_CTX_init(ctx, store, leaf, NULL));
	X509_VERIFY_PARAM *p = X509_STORE_CTX_get0_param(ctx);

	(void)X509_VERIFY_PARAM_set_flags(p, X509_V_FLAG_X509_STRICT);
	(void)X509_VERIFY_PARAM_set_purpose(p, X509_PURPOSE_SSL_SERVER);
	X509_VERIFY_PARAM_set_hostflags(p, X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
	assert_true(ip ? X509_VERIFY_PARAM_set1_ip_asc(p, host)
	               : X509_VERIFY_PARAM_set1_host(p, host, 0));
	int ok = X509_verify_cert(ctx), err = X509_STORE_CTX_get_error(ctx);

	X509_free(root);
	X509_STORE_CTX_free(ctx);
	X509_STORE_free(store);
	return ok == 1 ? X509_V_OK : err;
}

static X509 *leaf_of(struct bt_leafs *l, const char *host)
{
	struct bt_err e = { 0 };
	SSL *s = bt_leafs_begin(l, host, &e);

	if (!s)
		fail_msg("%s: %s", host, e.msg);
	X509 *x = SSL_get_certificate(s);

	SSL_free(s); /* the leaf stays, being among the latest */
	return x;
}

static void a_leaf_verifies_strictly_for_its_name_alone(void **state)
{
	struct world *w = *state;
	BT_OWN(bt_leafs) l = NULL;
	struct bt_err e = { 0 };

	assert_ok(bt_leafs_open(&l, w->ca, 86400, 16, &e), &e);
	X509 *x = leaf_of(l, "api.good.test");

	assert_int_equal(verify(w->ca, x, "api.good.test", false), X509_V_OK);
	assert_int_equal(verify(w->ca, x, "evil.test", false), X509_V_ERR_HOSTNAME_MISMATCH);
	assert_int_equal(verify(w->ca, x, "x.api.good.test", false), X509_V_ERR_HOSTNAME_MISMATCH);
	assert_int_equal(X509_get_key_usage(x), KU_DIGITAL_SIGNATURE);
	assert_int_equal(X509_get_extended_key_usage(x), XKU_SSL_SERVER);
	assert_int_equal(verify(w->ca, leaf_of(l, "198.18.53.1"), "198.18.53.1", true), X509_V_OK);
	assert_int_equal(verify(w->ca, leaf_of(l, "2001:db8::1"), "2001:db8::1", true), X509_V_OK);
	char longest[254];

	memset(longest, 'a', 253);
	longest[253] = '\0';
	for (int i = 60; i < 253; i += 61)
		longest[i] = '.';
	assert_int_equal(verify(w->ca, leaf_of(l, longest), longest, false), X509_V_OK);
}

static void a_leaf_of_one_bottle_is_nothing_in_another(void **state)
{
	struct world *w = *state;
	BT_OWN(bt_scratch) dir = NULL;
	BT_OWN(bt_ca) other = NULL;
	BT_OWN(bt_leafs) l = NULL;
	struct bt_err e = { 0 };

	assert_ok(bt_scratch_open(&dir, NULL, &e), &e);
	assert_ok(bt_ca_create(&other, bt_scratch_path(dir), "other", 1, &e), &e);
	assert_ok(bt_leafs_open(&l, w->ca, 86400, 16, &e), &e);
	assert_int_not_equal(verify(other, leaf_of(l, "a.test"), "a.test", false), X509_V_OK);
}

static void a_leaf_never_outlives_its_ca(void **state)
{
	struct world *w = *state;
	BT_OWN(bt_leafs) l = NULL;
	struct bt_err e = { 0 };
	X509 *ca = parse(bt_ca_pem(w->ca));

	assert_ok(bt_leafs_open(&l, w->ca, 86400 * 400, 16, &e), &e);
	X509 *x = leaf_of(l, "a.test");

	assert_int_equal(ASN1_TIME_compare(X509_get0_notAfter(x), X509_get0_notAfter(ca)), 0);
	assert_true(ASN1_TIME_compare(X509_get0_notBefore(x), X509_get0_notBefore(ca)) >= 0);
	X509_free(ca);
}

static void contexts_are_kept_and_the_least_used_goes_first(void **state)
{
	struct world *w = *state;
	BT_OWN(bt_leafs) l = NULL;
	struct bt_err e = { 0 };

	assert_ok(bt_leafs_open(&l, w->ca, 86400, 2, &e), &e);
	X509 *a = X509_dup(leaf_of(l, "a.test")), *b = X509_dup(leaf_of(l, "b.test"));

	assert_int_equal(X509_cmp(leaf_of(l, "a.test"), a), 0); /* a is now the latest */
	(void)leaf_of(l, "c.test");
	assert_int_equal(bt_leafs_count(l), 2);
	assert_int_equal(X509_cmp(leaf_of(l, "a.test"), a), 0);
	assert_int_not_equal(X509_cmp(leaf_of(l, "b.test"), b), 0); /* minted anew */
	assert_null(bt_leafs_begin(l, "", &e));
	X509_free(a);
	X509_free(b);
}

static void a_ca_in_memory_loads_from_its_paths_and_leaves_with_it(void **state)
{
	struct bt_ca *ca = NULL, *again = NULL;
	struct bt_err e = { 0 };
	struct stat st;

	(void)state;
	assert_ok(bt_ca_create_memory(&ca, "x", 0, &e), &e);
	assert_int_equal(stat(bt_ca_key_path(ca), &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(st.st_nlink, 0);
	assert_ok(bt_ca_load(&again, bt_ca_cert_path(ca), bt_ca_key_path(ca), &e), &e);
	assert_string_equal(bt_ca_fingerprint(ca), bt_ca_fingerprint(again));
	bt_ca_free(again);
	char *path = bt_strdup(bt_ca_key_path(ca));

	bt_ca_free(ca);
	assert_int_equal(access(path, F_OK), -1);
	free(path);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
int main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_ca_in_memory_loads_from_its_paths_and_leaves_with_it),
		T(a_new_ca_signs_and_nothing_else),
		T(both_files_are_private_and_the_key_is_sec1),
		T(fingerprint_is_sha256_of_the_der),
		T(subject_hash_is_the_name_in_a_hash_folder),
		T(a_ca_is_never_overwritten),
		T(load_gives_back_what_create_wrote),
		T(load_refuses_a_key_that_others_may_touch),
		T(load_refuses_another_key_pkcs8_and_a_leaf),
		T(another_shape_of_sec1_loads_too),
		T(a_leaf_verifies_strictly_for_its_name_alone),
		T(a_leaf_of_one_bottle_is_nothing_in_another),
		T(a_leaf_never_outlives_its_ca),
		T(contexts_are_kept_and_the_least_used_goes_first),
	};
	return cmocka_run_group_tests_name("ca", tests, NULL, NULL);
}
