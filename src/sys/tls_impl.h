/* tls_impl.h - between tls.c, tls_client.c and replay_bio.c. Floor: sys (private). */
#ifndef BOTTLE_SYS_TLS_IMPL_H
#define BOTTLE_SYS_TLS_IMPL_H
#include <openssl/bio.h>
#include <openssl/ssl.h>
#include "bottle/err.h"
#include "bottle/str.h"
#include "bottle/tls.h"

/* A BIO for ssl that gives first, copied, and then what the socket fd has; fd is not closed with
 * it. */
BIO *bt_replay_bio(const SSL *ssl, int fd, struct bt_str first);
/* More is written right after this: the kernel may wait for it. */
void bt_replay_more(BIO *b, bool more);

/* Borrowed; made with the first call. NULL: *e is set. */
SSL_CTX *bt_tls_client_ctx(struct bt_tls_client *c, struct bt_err *e);
/* Whom a connection is to. */
struct bt_tls_peer {
	uint16_t port;
	char host[];
};
/* Name, verification and a kept session of the peer, which must live as long as ssl. */
BT_MUST int bt_tls_client_prepare(struct bt_tls_client *c, SSL *ssl, const struct bt_tls_peer *to,
                                  struct bt_err *e);
#endif
