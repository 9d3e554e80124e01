/* ca.h - one certificate authority a bottle, and the leafs it signs. Floor: sys.
 * The private key has no getter: it leaves this module only as the file that bt_ca_create wrote
 * (mode 0600, SEC1 PEM "EC PRIVATE KEY", which is what pipelock's loader needs) and is wiped with
 * the object. Not thread-safe: one object belongs to one loop. */
#ifndef BOTTLE_CA_H
#define BOTTLE_CA_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "bottle/err.h"
#include "bottle/own.h"

struct bt_ca;  /* opaque: owns certificate and key */
struct ssl_st; /* SSL of OpenSSL */

#define BT_CA_CERT_FILE "ca.pem"
#define BT_CA_KEY_FILE "ca-key.pem"
#define BT_CA_DAYS 7           /* life of a CA when the caller names none */
#define BT_CA_FINGERPRINT_N 65 /* 64 lower-case hexadecimal digits and the terminator */

/* Make a CA named "Bottle CA SLUG" and write dir/ca.pem and dir/ca-key.pem, both 0600, whole or not
 * at all. EC P-256, CA:TRUE pathlen 0, keyCertSign and cRLSign, valid from an hour ago for days
 * (0: BT_CA_DAYS, at most 3650). An existing file is BT_EXISTS: a CA is never overwritten. On
 * success *out is owned by the caller. */
BT_MUST int bt_ca_create(struct bt_ca **out, const char *dir, const char *slug, unsigned days,
                         struct bt_err *e);
/* The same without a name in any folder: both files are in memory, open in this process, and their
 * paths (/proc/self/fd/N) are good in it until *out is freed. A child gets them as descriptors.
 * Whatever ends this process, no key is left behind. */
BT_MUST int bt_ca_create_memory(struct bt_ca **out, const char *slug, unsigned days,
                                struct bt_err *e);
/* Read a pair. Refused, with the file and the reason: a key file that its group may write or
 * execute or that others may touch (0600, 0640, 0400 and 0440 pass), a key that is not SEC1 PEM on
 * P-256, a certificate that is no CA or may not sign, is outside its validity or of another key. */
BT_MUST int bt_ca_load(struct bt_ca **out, const char *cert_path, const char *key_path,
                       struct bt_err *e);
void bt_ca_free(struct bt_ca *ca); /* NULL is a no-op */
BT_OWN_FN(bt_ca, bt_ca_free)
/* The mode rule of bt_ca_load for any file that holds a secret: BT_DENIED names file and mode. */
BT_MUST int bt_ca_check_mode(const char *key_path, struct bt_err *e);

/* All borrowed, valid as long as ca. */
const char *bt_ca_pem(const struct bt_ca *ca);         /* the certificate, public */
const char *bt_ca_fingerprint(const struct bt_ca *ca); /* SHA-256 of the DER, lower-case hex */
/* OpenSSL's name for the certificate in a hash folder: 8 lower-case hexadecimal digits, written to
 * out, which has room for BT_CA_HASH_N. */
#define BT_CA_HASH_N 9
void bt_ca_subject_hash(const struct bt_ca *ca, char out[BT_CA_HASH_N]);
const char *bt_ca_cert_path(const struct bt_ca *ca);
const char *bt_ca_key_path(const struct bt_ca *ca);

struct bt_leafs; /* opaque: certificates by host, least recently used first out */

/* Serve as hosts under ca, which must outlive *out. ttl_s: life of a leaf in seconds, cut to the
 * CA's. cache_max: certificates kept, at least 1. One P-256 key, made with the first of them, is
 * shared by all. On success *out is owned by the caller. */
BT_MUST int bt_leafs_open(struct bt_leafs **out, const struct bt_ca *ca, uint64_t ttl_s,
                          size_t cache_max, struct bt_err *e);
void bt_leafs_offer_h2(struct bt_leafs *l, bool on); /* in handshakes from now on; true at first */
void bt_leafs_close(struct bt_leafs *l);             /* NULL is a no-op */
BT_OWN_FN(bt_leafs, bt_leafs_close)
/* The server's side of a new connection as host: a normal form DNS name or IP literal (no
 * brackets). Its leaf is minted on the first call and again when half of its life is over. Owned by
 * the caller, who gives it to bt_tls_accept; it may outlive l. NULL: *e says why.
 * TLS 1.2 at least, X25519 before P-256, ALPN h2 (where offered) or http/1.1, the leaf alone as
 * chain, one session ticket, which no other host's connection would take: the host is part of the
 * session. */
struct ssl_st *bt_leafs_begin(struct bt_leafs *l, const char *host, struct bt_err *e);
size_t bt_leafs_count(const struct bt_leafs *l); /* certificates held now */
#endif
