/* What an upstream may be sent: requests by the letter for the one host that is allowed, masked
 * frames after a handshake of WebSocket, frames of HTTP/2 that say the same; and no secret. */
#ifndef FUZZ_CONN_JUDGE_H
#define FUZZ_CONN_JUDGE_H
#include <stdlib.h>
#include <string.h>

#include "bottle/h2.h"
#include "bottle/http1.h"
#include "bottle/wsframe.h"

#define SECRET "ghp_a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"
#define JUDGED 64 /* streams of one connection */

static void must(int fact)
{
	if (!fact)
		abort();
}

static void no_secret(const uint8_t *p, size_t n)
{
	must(n < sizeof SECRET - 1 || !memmem(p, n, SECRET, sizeof SECRET - 1));
}

/* Frames after a handshake: masked, and their messages clean. */
static void judge_frames(uint8_t *p, size_t n)
{
	struct bt_ws_reader r = { 0 };
	struct bt_err e = { 0 };

	for (;;) {
		struct bt_str out;
		size_t used;
		int step = bt_ws_read(&r, p, n, &used, &out, &e);

		must(step >= 0);
		no_secret((const uint8_t *)out.p, out.n);
		must(step != BT_WS_DATA || r.frame.fin);
		p += used;
		n -= used;
		if (step == BT_WS_MORE)
			return;
	}
}

/* Where the body that begins at p ends; n: it is cut short. */
static size_t body_end(const struct bt_http_head *h, const uint8_t *p, size_t n)
{
	struct bt_chunked c = { 0 };
	struct bt_err e = { 0 };
	size_t at = 0;

	if (h->body == BT_BODY_LENGTH)
		return h->length < n ? (size_t)h->length : n;
	while (h->body == BT_BODY_CHUNKED) {
		struct bt_str data;
		size_t used = 0;
		int s = bt_chunked_step(&c, (struct bt_str){ (const char *)p + at, n - at }, &used,
		                        &data, &e);

		must(s >= 0);
		at += used;
		if (s != BT_CHUNK_DATA)
			return at;
	}
	return at;
}

/* Their targets: paths, or (as HTTP/2 is read here) whole URLs. */
static void judge_http1(uint8_t *p, size_t n, const char *before)
{
	static struct bt_http_head h;
	bool ws = false;

	no_secret(p, n);
	while (n) {
		size_t seen = 0, len = 0;
		struct bt_err e = { 0 };
		int whole;

		/* A WebSocket it may be from here on: no request begins with such a byte. */
		if (ws && (p[0] & 0x80)) {
			judge_frames(p, n);
			return;
		}
		whole = bt_http_head_end(p, n, &seen, &len, &e);
		must(whole >= 0);
		if (!whole)
			return;
		must(bt_http_request(&h, p, len, &e) == 0);
		must(bt_str_eq(bt_http_find(&h, "host")->value, BT_STR_LIT("up.test")));
		must(bt_str_istarts(h.target, bt_str(before)) &&
		     !bt_str_eq(h.method, BT_STR_LIT("CONNECT")));
		ws = bt_http_find(&h, "upgrade") != NULL;
		must(!ws || !bt_http_find(&h, "sec-websocket-extensions"));
		len += body_end(&h, p + len, n - len);
		p += len;
		n -= len;
	}
}

static void judge_streams(struct bt_h2 *h, struct bt_buf *texts, size_t *n)
{
	struct bt_h2_stream *s;

	while ((s = bt_h2_next(h))) {
		struct bt_buf *b = bt_h2_user(s);
		struct bt_err e = { 0 };
		bool end;

		if (!b && *n < JUDGED) {
			b = &texts[(*n)++];
			*b = BT_BUF(8u * BT_MIB);
			bt_h2_set_user(s, b);
		}
		if (b)
			must(bt_h2_read(s, b, &end, &e) == 0);
		if (!b || bt_h2_gone(s))
			bt_h2_drop(s, false);
	}
}

/* An upstream may have allowed more than a server of ours does: where that ends, so does this. */
static void judge_http2(const uint8_t *p, size_t n)
{
	struct bt_h2_spec spec = { .server = true };
	struct bt_buf texts[JUDGED];
	BT_OWN(bt_h2) h = NULL;
	struct bt_err e = { 0 };
	size_t count = 0, step;

	no_secret(p, n);
	must(bt_h2_open(&h, &spec, &e) == 0);
	for (; n; p += step, n -= step) {
		step = n < 4096 ? n : 4096;
		if (bt_h2_feed(h, p, step, 0, &e) < 0)
			break;
		judge_streams(h, texts, &count);
	}
	for (size_t i = 0; i < count; i++) {
		judge_http1(texts[i].p, texts[i].len, "https://up.test/");
		bt_buf_free(&texts[i]);
	}
}
#endif
