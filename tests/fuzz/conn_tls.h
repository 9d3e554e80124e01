/* TLS in name only, in place of src/sys/tls.c: both legs go through every step of it, and what is
 * said is in clear, so that a fuzzer can say it. The ClientHello is real: that is read before. */
#ifndef FUZZ_CONN_TLS_H
#define FUZZ_CONN_TLS_H
#include <errno.h>
#include <openssl/ssl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "bottle/buf.h"
#include "bottle/mem.h"
#include "bottle/tls.h"

struct bt_tls {
	int fd;
	bool dialled, offered;
	struct bt_str alpn;
	struct bt_buf early; /* came before the handshake was done */
};

/* What the next handshake does. */
static struct {
	bool client_h2, up_h2; /* ALPN */
	bool wait;             /* not done yet, for as long as this is set */
	bool fail;             /* once */
} tls_says;

static void tls_on_up(int fd, bool h2); /* the upstream leg at fd has shaken hands */

int bt_tls_accept(struct bt_tls **out, struct ssl_st *ssl, int fd, struct bt_str peeked,
                  struct bt_err *e)
{
	struct bt_tls *t = bt_calloc(1, sizeof *t);

	SSL_free(ssl);
	(void)peeked;
	(void)e;
	t->fd = fd;
	t->early = BT_BUF(BT_MIB);
	*out = t;
	return 0;
}

int bt_tls_dial(struct bt_tls **out, struct bt_tls_client *c, int fd, const char *host,
                uint16_t port, struct bt_err *e)
{
	(void)c;
	(void)host;
	(void)port;
	if (bt_tls_accept(out, NULL, fd, (struct bt_str){ NULL, 0 }, e) < 0)
		return -1;
	(*out)->dialled = true;
	return 0;
}

int bt_tls_offer_h2(struct bt_tls *t, struct bt_err *e)
{
	(void)e;
	t->offered = true;
	return 0;
}

void bt_tls_free(struct bt_tls *t)
{
	if (t)
		bt_buf_free(&t->early);
	free(t);
}

/* A handshake reads whatever there is, or the loop would never sleep. */
static enum bt_tls_io tls_early(struct bt_tls *t, struct bt_err *e)
{
	uint8_t raw[4096];
	ssize_t n;

	while ((n = recv(t->fd, raw, sizeof raw, 0)) > 0)
		if (bt_buf_add(&t->early, raw, (size_t)n, e) < 0)
			return BT_TLS_FAIL;
	if (n < 0 && errno == EAGAIN)
		return BT_TLS_WANT_READ;
	(void)bt_fail(e, BT_TLS, "ended during the handshake");
	return BT_TLS_FAIL;
}

enum bt_tls_io bt_tls_handshake(struct bt_tls *t, struct bt_err *e)
{
	bool h2 = t->dialled ? t->offered && tls_says.up_h2 : tls_says.client_h2;

	if (tls_says.wait)
		return tls_early(t, e);
	if (tls_says.fail) {
		tls_says.fail = false;
		(void)bt_fail(e, BT_TLS, "handshake failed");
		return BT_TLS_FAIL;
	}
	t->alpn = h2 ? BT_STR_LIT("h2") : BT_STR_LIT("http/1.1");
	if (t->dialled)
		tls_on_up(t->fd, h2);
	return BT_TLS_OK;
}

enum bt_tls_io bt_tls_read(struct bt_tls *t, void *p, size_t cap, size_t *n, struct bt_err *e)
{
	size_t first = t->early.len < cap ? t->early.len : cap;
	ssize_t got;

	if (first) {
		memcpy(p, t->early.p, first);
		bt_buf_eat(&t->early, first);
		*n = first;
		return BT_TLS_OK;
	}
	got = recv(t->fd, p, cap, 0);

	if (got > 0)
		*n = (size_t)got;
	if (got < 0 && errno != EAGAIN)
		(void)bt_fail_sys(e, "TLS");
	return got > 0           ? BT_TLS_OK
	       : got == 0        ? BT_TLS_EOF
	       : errno == EAGAIN ? BT_TLS_WANT_READ
	                         : BT_TLS_FAIL;
}

enum bt_tls_io bt_tls_write(struct bt_tls *t, const void *p, size_t n, size_t *done,
                            struct bt_err *e)
{
	ssize_t put = send(t->fd, p, n, MSG_NOSIGNAL);

	*done = put > 0 ? (size_t)put : 0;
	if (put < 0 && errno != EAGAIN)
		(void)bt_fail_sys(e, "TLS");
	return put >= 0 ? BT_TLS_OK : errno == EAGAIN ? BT_TLS_WANT_WRITE : BT_TLS_FAIL;
}

enum bt_tls_io bt_tls_shutdown(struct bt_tls *t, struct bt_err *e)
{
	(void)t;
	(void)e;
	return BT_TLS_OK;
}

bool bt_tls_pending(const struct bt_tls *t)
{
	return t->early.len != 0;
}

struct bt_str bt_tls_alpn(const struct bt_tls *t)
{
	return t->alpn;
}
#endif
