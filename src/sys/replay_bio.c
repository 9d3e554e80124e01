#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "bottle/mem.h"
#include "tls_impl.h"

struct replay {
	const SSL *ssl; /* whose it is */
	int fd;
	bool eof, more;
	size_t off, n;
	char first[];
};

static int rb_read(BIO *b, char *out, int cap)
{
	struct replay *r = BIO_get_data(b);

	BIO_clear_retry_flags(b);
	if (!out || cap <= 0)
		return 0;
	if (r->off < r->n) {
		size_t n = r->n - r->off < (size_t)cap ? r->n - r->off : (size_t)cap;

		memcpy(out, r->first + r->off, n);
		r->off += n;
		return (int)n;
	}
	ssize_t n;

	do
		n = recv(r->fd, out, (size_t)cap, 0);
	while (n < 0 && errno == EINTR);
	if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
		BIO_set_retry_read(b);
	r->eof = n == 0;
	return (int)n;
}

/* Nobody waits for a client's Finished where the server's came before it, nor for a ticket of
 * TLS 1.3: what follows, the request or the answer, shall go in the same packet. */
static bool is_followed(const SSL *ssl)
{
	OSSL_HANDSHAKE_STATE at = SSL_get_state(ssl);
	bool new = SSL_version(ssl) == TLS1_3_VERSION;

	return (at == TLS_ST_CW_FINISHED && (new || SSL_session_reused(ssl))) ||
	       (at == TLS_ST_SW_SESSION_TICKET && new);
}

static int rb_write(BIO *b, const char *p, int n)
{
	const struct replay *r = BIO_get_data(b);
	bool more = r->more || is_followed(r->ssl);
	ssize_t w;

	BIO_clear_retry_flags(b);
	do
		/* A peer that went away is no signal. */
		w = send(r->fd, p, (size_t)n, MSG_NOSIGNAL | (more ? MSG_MORE : 0));
	while (w < 0 && errno == EINTR);
	if (w < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
		BIO_set_retry_write(b);
	return (int)w;
}

static long rb_ctrl(BIO *b, int cmd, long num, void *ptr)
{
	const struct replay *r = BIO_get_data(b);

	(void)num;
	(void)ptr;
	switch (cmd) {
	case BIO_CTRL_FLUSH:
		return 1;
	case BIO_CTRL_EOF:
		return r->eof;
	case BIO_CTRL_PENDING:
		return (long)(r->n - r->off);
	default:
		return 0;
	}
}

static int rb_destroy(BIO *b)
{
	free(BIO_get_data(b));
	BIO_set_data(b, NULL);
	return 1;
}

static BIO_METHOD *method(void)
{
	static BIO_METHOD *m; /* one for the process, made on first use; the gate has no threads */

	if (m)
		return m;
	m = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "replay");
	if (m && (!BIO_meth_set_read(m, rb_read) || !BIO_meth_set_write(m, rb_write) ||
	          !BIO_meth_set_ctrl(m, rb_ctrl) || !BIO_meth_set_destroy(m, rb_destroy))) {
		BIO_meth_free(m);
		m = NULL;
	}
	return m;
}

void bt_replay_more(BIO *b, bool more)
{
	struct replay *r = BIO_get_data(b);

	r->more = more;
}

BIO *bt_replay_bio(const SSL *ssl, int fd, struct bt_str first)
{
	BIO *b = method() ? BIO_new(method()) : NULL;

	if (!b)
		return NULL;
	struct replay *r = bt_calloc(1, sizeof *r + first.n);

	r->ssl = ssl;
	r->fd = fd;
	r->n = first.n;
	if (first.n)
		memcpy(r->first, first.p, first.n);
	BIO_set_data(b, r);
	BIO_set_init(b, 1);
	return b;
}
