/* tls.h - non-blocking TLS over a socket: both legs of the gate. Floor: sys.
 * No function here blocks or waits; the descriptor must be non-blocking and stays the caller's: it
 * is not closed by bt_tls_free. Errors are BT_TLS with a text that is safe to log and to show. */
#ifndef BOTTLE_TLS_H
#define BOTTLE_TLS_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "bottle/err.h"
#include "bottle/own.h"
#include "bottle/str.h"

struct bt_tls_client; /* opaque: how we connect upstream (roots, session cache) */
struct bt_tls;        /* opaque: one connection */
struct ssl_st;

enum bt_tls_io {
	BT_TLS_OK,         /* done; for read and write, *n says how much */
	BT_TLS_WANT_READ,  /* call again, with the same arguments, when the socket is readable */
	BT_TLS_WANT_WRITE, /* ... when it is writable */
	BT_TLS_EOF,        /* the peer said close_notify: a clean end */
	BT_TLS_FAIL        /* *e is set; an end without close_notify is here too (truncation) */
};

/* roots_pem: a PEM file of further roots beside the system's, or NULL. sessions: hosts and ports
 * whose last session is kept for resumption, 0 for none. TLS 1.2 at least, security level 2 (no
 * SHA-1 signature, no RSA below 2048 bits). On success *out is owned by the caller. */
BT_MUST int bt_tls_client_open(struct bt_tls_client **out, const char *roots_pem, size_t sessions,
                               struct bt_err *e);
void bt_tls_client_close(struct bt_tls_client *c); /* NULL is a no-op */
BT_OWN_FN(bt_tls_client, bt_tls_client_close)

/* The upstream leg: name host (normal form, DNS name or IP literal) in SNI (names only), offer ALPN
 * http/1.1 and demand a certificate for exactly it: no partial wildcard, no common name when there
 * is a SAN, no CN fallback at all. A session is resumed only for the same host and port. c must
 * outlive *out. On success *out is owned by the caller. */
BT_MUST int bt_tls_dial(struct bt_tls **out, struct bt_tls_client *c, int fd, const char *host,
                        uint16_t port, struct bt_err *e);
/* Before the handshake of a dialled one: offer h2 before http/1.1. */
BT_MUST int bt_tls_offer_h2(struct bt_tls *t, struct bt_err *e);
/* The agent's leg. ssl: of bt_leafs_begin, taken over in any case. peeked: bytes already read from
 * fd (the ClientHello), which are copied and played to the handshake before anything further is
 * read. */
BT_MUST int bt_tls_accept(struct bt_tls **out, struct ssl_st *ssl, int fd, struct bt_str peeked,
                          struct bt_err *e);
void bt_tls_free(struct bt_tls *t); /* NULL is a no-op; sends nothing */
BT_OWN_FN(bt_tls, bt_tls_free)

/* Never BT_TLS_EOF. On failure e->msg says what was wrong with a certificate in words: "certificate
 * has expired", "certificate is not for HOST", "self-signed certificate", "unknown issuer", ... */
enum bt_tls_io bt_tls_handshake(struct bt_tls *t, struct bt_err *e);
/* At most cap bytes; BT_TLS_OK has *n > 0. */
enum bt_tls_io bt_tls_read(struct bt_tls *t, void *p, size_t cap, size_t *n, struct bt_err *e);
/* May take less than n; a repeated call after WANT_* must give the same bytes, but may give them
 * at another address. */
enum bt_tls_io bt_tls_write(struct bt_tls *t, const void *p, size_t n, size_t *done,
                            struct bt_err *e);
/* Send close_notify; BT_TLS_OK when it is on its way. Does not wait for the peer's. */
enum bt_tls_io bt_tls_shutdown(struct bt_tls *t, struct bt_err *e);
bool bt_tls_pending(const struct bt_tls *t); /* decrypted bytes wait: read before polling */

/* Borrowed, after a handshake. */
struct bt_str bt_tls_alpn(const struct bt_tls *t);  /* empty: none agreed */
const char *bt_tls_version(const struct bt_tls *t); /* "TLSv1.3" */
bool bt_tls_resumed(const struct bt_tls *t);
const char *bt_tls_sni(const struct bt_tls *t); /* accept side: the name asked for, or NULL */
struct ssl_st *bt_tls_ssl(struct bt_tls *t);    /* for what is not covered here */
#endif
