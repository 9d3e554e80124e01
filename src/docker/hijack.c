/* hijack.c - a connection that begins as one HTTP request and goes on as a raw stream (exec with
 * its streams). curl connects and does TLS; the request is written here, its answer read by llhttp,
 * and what came behind the head is the stream's. */
#include "impl.h"

#include <llhttp.h>
#include <openssl/ssl.h>
#include <string.h>
#include <sys/socket.h>

#include "bottle/mem.h"
#include "bottle/sig.h"

#define CHUNK (64u * BT_KIB)
#define ERROR_TEXT (64u * BT_KIB)

struct bt_hijack {
	CURL *easy;
	curl_socket_t fd;
	struct bt_buf request, input; /* to send: the head, then what the program reads */
	bool end_input, shut, open, ended;
	llhttp_t parser;
	llhttp_settings_t settings;
	struct bt_buf refusal; /* the body of an answer that is no stream */
	bool refused, complete;
	uint8_t chunk[CHUNK];
};

static int on_headers(llhttp_t *p)
{
	struct bt_hijack *h = p->data;

	if (p->status_code != 101 && p->status_code != 200) {
		h->refused = true;
		return 0;
	}
	h->open = true;
	return 2; /* no body: what follows is the stream */
}

static int on_body(llhttp_t *p, const char *at, size_t n)
{
	struct bt_hijack *h = p->data;
	struct bt_err ignored;

	(void)!bt_buf_add(&h->refusal, at, n, &ignored);
	return 0;
}

static int on_complete(llhttp_t *p)
{
	struct bt_hijack *h = p->data;

	h->complete = true;
	return 0;
}

static int on_progress(void *cookie, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d)
{
	(void)cookie, (void)a, (void)b, (void)c, (void)d;
	return bt_sig_pending() != 0;
}

static int connect_to(struct bt_hijack *h, const struct bt_engine *g, struct bt_err *e)
{
	h->easy = curl_easy_init();
	if (!h->easy)
		return bt_fail(e, BT_LIMIT, "out of memory for a connection");
	bt_request_connection(h->easy, g);
	(void)curl_easy_setopt(h->easy, CURLOPT_URL, g->at.base);
	(void)curl_easy_setopt(h->easy, CURLOPT_CONNECT_ONLY, 1L);
	(void)curl_easy_setopt(h->easy, CURLOPT_NOPROGRESS, 0L);
	(void)curl_easy_setopt(h->easy, CURLOPT_XFERINFOFUNCTION, on_progress);
	CURLcode rc = curl_easy_perform(h->easy);

	if (rc == CURLE_OK)
		rc = curl_easy_getinfo(h->easy, CURLINFO_ACTIVESOCKET, &h->fd);
	if (rc != CURLE_OK)
		return bt_request_failed(g, h->easy, rc, e);
	return 0;
}

int bt_hijack_open(struct bt_hijack **out, const struct bt_engine *g, const char *path,
                   struct bt_str json, struct bt_err *e)
{
	BT_OWN(bt_hijack) h = bt_calloc(1, sizeof *h);
	const char *host = strstr(g->at.base, "://") + 3;

	h->request = BT_BUF(BT_MIB);
	h->input = BT_BUF(BT_LIM_ENGINE_ANSWER);
	h->refusal = BT_BUF(ERROR_TEXT);
	llhttp_settings_init(&h->settings);
	h->settings.on_headers_complete = on_headers;
	h->settings.on_body = on_body;
	h->settings.on_message_complete = on_complete;
	llhttp_init(&h->parser, HTTP_RESPONSE, &h->settings);
	h->parser.data = h;
	if (connect_to(h, g, e) < 0)
		return -1;
	if (bt_buf_addf(&h->request, e,
	                "POST /v%s%s HTTP/1.1\r\nHost: %s\r\nUser-Agent: bottle\r\n"
	                "Content-Type: application/json\r\nConnection: Upgrade\r\n"
	                "Upgrade: tcp\r\nContent-Length: %zu\r\n\r\n",
	                g->api, path, host, json.n) < 0 ||
	    bt_buf_add(&h->request, json.p, json.n, e) < 0)
		return -1;
	*out = BT_STEAL(h);
	return 0;
}

void bt_hijack_close(struct bt_hijack *h)
{
	if (!h)
		return;
	curl_easy_cleanup(h->easy);
	bt_buf_free(&h->request);
	bt_buf_wipe(&h->input);
	bt_buf_free(&h->refusal);
	free(h);
}

int bt_hijack_fd(const struct bt_hijack *h)
{
	return h->fd;
}

bool bt_hijack_wants_write(const struct bt_hijack *h)
{
	return h->request.len || (h->open && (h->input.len || (h->end_input && !h->shut)));
}

bool bt_hijack_open_for_input(const struct bt_hijack *h)
{
	return h->open && !h->end_input;
}

bool bt_hijack_ended(const struct bt_hijack *h)
{
	return h->ended;
}

size_t bt_hijack_queued(const struct bt_hijack *h)
{
	return h->input.len;
}

int bt_hijack_feed(struct bt_hijack *h, struct bt_str in, struct bt_err *e)
{
	return bt_buf_add(&h->input, in.p, in.n, e);
}

void bt_hijack_end_input(struct bt_hijack *h)
{
	h->end_input = true;
}

/* TLS has a half-close of its own; without it the socket's serves. */
static void half_close(struct bt_hijack *h)
{
	struct curl_tlssessioninfo *tls = NULL;

	h->shut = true;
	if (curl_easy_getinfo(h->easy, CURLINFO_TLS_SSL_PTR, &tls) == CURLE_OK && tls &&
	    tls->backend == CURLSSLBACKEND_OPENSSL && tls->internals)
		(void)SSL_shutdown(tls->internals);
	else
		(void)shutdown(h->fd, SHUT_WR);
}

/* 1: all of b is sent; 0: the socket is full; -1. */
static int send_some(struct bt_hijack *h, struct bt_buf *b, struct bt_err *e)
{
	while (b->len) {
		size_t n = 0;
		CURLcode rc = curl_easy_send(h->easy, b->p, b->len, &n);

		if (rc == CURLE_AGAIN)
			return 0;
		if (rc != CURLE_OK)
			return bt_fail(e, BT_IO, "the engine cut the connection");
		bt_buf_eat(b, n);
	}
	return 1;
}

static int send_all(struct bt_hijack *h, struct bt_err *e)
{
	int rc = send_some(h, &h->request, e);

	/* Input sent before the answer's head would be lost in the engine's own buffer. */
	if (rc <= 0 || !h->open || h->shut)
		return rc < 0 ? -1 : 0;
	rc = send_some(h, &h->input, e);
	if (rc < 0 && !h->ended) {
		/* The program no longer reads: what it says is still wanted. */
		bt_buf_clear(&h->input);
		h->end_input = h->shut = true;
		return 0;
	}
	if (rc == 1 && h->end_input)
		half_close(h);
	return 0;
}

/* Eat the head of the answer from *in. */
static int take_head(struct bt_hijack *h, struct bt_str *in, struct bt_err *e)
{
	llhttp_errno_t rc = llhttp_execute(&h->parser, in->p, in->n);

	if (h->refused && (h->complete || rc != HPE_OK))
		return bt_request_refused(h->parser.status_code, bt_buf_str(&h->refusal), e);
	if (rc == HPE_PAUSED_UPGRADE && h->open) {
		const char *rest = llhttp_get_error_pos(&h->parser);

		in->n -= (size_t)(rest - in->p);
		in->p = rest;
		return 0;
	}
	if (rc != HPE_OK)
		return bt_fail(e, BT_PROTO, "the engine's answer is not HTTP: %s",
		               llhttp_errno_name(rc));
	in->n = 0;
	return 0;
}

static int end_of_stream(struct bt_hijack *h, struct bt_err *e)
{
	h->ended = true;
	if (h->open)
		return 0;
	if (h->refused)
		return bt_request_refused(h->parser.status_code, bt_buf_str(&h->refusal), e);
	return bt_fail(e, BT_IO, "the engine cut the connection before it answered");
}

int bt_hijack_move(struct bt_hijack *h,
                   int (*take)(void *cookie, struct bt_str in, struct bt_err *e), void *cookie,
                   struct bt_err *e)
{
	while (!h->ended) {
		size_t n = 0;

		if (send_all(h, e) < 0)
			return -1;
		/* TLS may hold bytes that poll cannot see: read until there are none. */
		CURLcode rc = curl_easy_recv(h->easy, h->chunk, sizeof h->chunk, &n);
		struct bt_str in = { (const char *)h->chunk, n };

		if (rc == CURLE_AGAIN)
			return 0;
		if (rc != CURLE_OK && !h->open)
			return bt_fail(e, BT_IO, "the engine cut the connection");
		if (rc != CURLE_OK || n == 0)
			return end_of_stream(h, e);
		if (!h->open && take_head(h, &in, e) < 0)
			return -1;
		if (h->open && in.n && take(cookie, in, e) < 0)
			return -1;
	}
	return 0;
}
