/* h2.c - an HTTP/2 session over nghttp2: its streams, their news, and what a peer may not do.
 * Credit bounds work that a peer asks for and that moves nothing: a connection begins with
 * BT_LIM_H2_CREDIT, frames without payload cost 1, a stream that ends in an error RESET_COST; data
 * and streams that end well earn some of it back, and so does time. */
#include "h2_int.h"

#include <stdlib.h>
#include <string.h>

#include "bottle/mem.h"

#define RESET_COST 20
#define SENT_GAIN                                                                                  \
	4 /* a DATA frame of ours may be answered by a window update or two, and a ping            \
	   */
#define UNKNOWN_BYTES 64         /* that cost 1 */
#define OUT_ACKS 10000u          /* of the library: our own credit ends sooner */
#define HEAD_OUT (128u * BT_KIB) /* a compressed head: bt_h2_pull's largest piece */
#define CONN_WINDOW (1 << 20)
#define STEP (16u * BT_KIB) /* fed between two looks at the limits */

static void earn(struct bt_h2 *h, int64_t n)
{
	h->credit = h->credit + n < BT_LIM_H2_CREDIT ? h->credit + n : BT_LIM_H2_CREDIT;
}

static int on_begin_frame(nghttp2_session *session, const nghttp2_frame_hd *hd, void *user)
{
	struct bt_h2 *h = user;

	(void)session;
	h->lively = true;
	h->mid_head = h->mid_head && hd->type == NGHTTP2_CONTINUATION;
	if (hd->type == NGHTTP2_DATA && hd->length)
		earn(h, 1);
	else if (hd->type != NGHTTP2_HEADERS && !(hd->flags & NGHTTP2_FLAG_END_STREAM))
		h->credit--;
	return 0;
}

/* An answer that is complete before its request: the rest of that is not wanted. The stream is not
 * reset at once all the same: many clients drop what they have not read when a reset comes. They
 * may send on for a bounded while, into nothing (RFC 9113 §8.1). */
static int on_frame_send(nghttp2_session *session, const nghttp2_frame *frame, void *user)
{
	struct bt_h2 *h = user;
	bool body = frame->hd.type == NGHTTP2_DATA, head = frame->hd.type == NGHTTP2_HEADERS;
	struct bt_h2_stream *s;

	if (body)
		earn(h, SENT_GAIN);
	if (frame->hd.type == NGHTTP2_GOAWAY && frame->goaway.error_code != NGHTTP2_NO_ERROR)
		h->complaint = nghttp2_http2_strerror(frame->goaway.error_code);
	if (!h->spec.server || !(body || head) || !(frame->hd.flags & NGHTTP2_FLAG_END_STREAM))
		return 0;
	s = nghttp2_session_get_stream_user_data(session, frame->hd.stream_id);
	if (s && !s->whole)
		s->unwanted = true;
	return 0;
}

static int on_invalid_frame(nghttp2_session *session, const nghttp2_frame *frame, int code,
                            void *user)
{
	struct bt_h2 *h = user;

	(void)session;
	(void)frame;
	h->complaint = nghttp2_strerror(code);
	return 0;
}

static void closed(struct bt_h2_stream *s)
{
	s->closed = true;
	s->h2->nstreams--;
	if (s->dropped)
		bt_h2_stream_free(s);
	else
		bt_h2_poke(s);
}

static int on_stream_close(nghttp2_session *session, int32_t id, uint32_t code, void *user)
{
	struct bt_h2 *h = user;
	struct bt_h2_stream *s = nghttp2_session_get_stream_user_data(session, id);

	if (code == NGHTTP2_NO_ERROR)
		earn(h, RESET_COST);
	else if (!s || !s->dropped)
		h->credit -= RESET_COST;
	/* The library says so, too, of what is beyond a GOAWAY's last stream. */
	if (s && code == NGHTTP2_REFUSED_STREAM && !h->spec.server)
		s->refused = true;
	if (s)
		closed(s);
	return 0;
}

/* A head that could not be sent: the peer said GOAWAY, or it was dropped first. */
static int on_not_sent(nghttp2_session *session, const nghttp2_frame *frame, int code, void *user)
{
	struct bt_h2 *h = user;
	struct bt_h2_stream *s = h->streams;

	(void)code;
	if (frame->hd.type != NGHTTP2_HEADERS)
		return 0;
	if (h->spec.server) /* an answer's head too long: there will be none */
		return nghttp2_submit_rst_stream(session, NGHTTP2_FLAG_NONE, frame->hd.stream_id,
		                                 NGHTTP2_INTERNAL_ERROR);
	while (s && s->id != frame->hd.stream_id)
		s = s->next;
	if (s && !s->closed) {
		s->refused = true;
		closed(s);
	}
	return 0;
}

static int new_session(struct bt_h2 *h, nghttp2_session_callbacks *cb, nghttp2_option *opt)
{
	nghttp2_session_callbacks_set_on_begin_frame_callback(cb, on_begin_frame);
	nghttp2_session_callbacks_set_on_frame_send_callback(cb, on_frame_send);
	nghttp2_session_callbacks_set_on_frame_not_send_callback(cb, on_not_sent);
	nghttp2_session_callbacks_set_on_invalid_frame_recv_callback(cb, on_invalid_frame);
	nghttp2_session_callbacks_set_on_stream_close_callback(cb, on_stream_close);
	bt_h2_callbacks(cb);
	nghttp2_option_set_no_auto_window_update(opt, 1);
	nghttp2_option_set_max_outbound_ack(opt, OUT_ACKS);
	nghttp2_option_set_no_closed_streams(opt, 1);
	nghttp2_option_set_max_send_header_block_length(opt, HEAD_OUT);
	return h->spec.server ? nghttp2_session_server_new2(&h->session, cb, h, opt)
	                      : nghttp2_session_client_new2(&h->session, cb, h, opt);
}

static int greet(struct bt_h2 *h)
{
	const struct bt_h2_spec *p = &h->spec;
	const nghttp2_settings_entry all[] = {
		{ NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, (uint32_t)p->window },
		{ NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, (uint32_t)p->header_bytes },
		{ p->server ? NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS
		            : NGHTTP2_SETTINGS_ENABLE_PUSH,
		  p->server ? p->streams : 0 },
		{ NGHTTP2_SETTINGS_ENABLE_CONNECT_PROTOCOL, 1 }, /* servers alone say it */
	};
	size_t n = sizeof all / sizeof *all - (p->server ? 0 : 1);

	if (nghttp2_submit_settings(h->session, NGHTTP2_FLAG_NONE, all, n) != 0)
		return -1;
	return nghttp2_session_set_local_window_size(h->session, NGHTTP2_FLAG_NONE, 0, CONN_WINDOW);
}

int bt_h2_open(struct bt_h2 **out, const struct bt_h2_spec *spec, struct bt_err *e)
{
	BT_OWN(bt_h2) h = bt_calloc(1, sizeof *h);
	nghttp2_session_callbacks *cb = NULL;
	nghttp2_option *opt = NULL;
	bool ok;

	h->spec = *spec;
	h->spec.streams = spec->streams ? spec->streams : BT_LIM_H2_STREAMS;
	h->spec.header_bytes = spec->header_bytes ? spec->header_bytes : BT_LIM_HTTP_HEAD;
	h->spec.window = spec->window ? spec->window : BT_LIM_H2_WINDOW;
	h->credit = BT_LIM_H2_CREDIT;
	h->last = &h->first;
	ok = nghttp2_session_callbacks_new(&cb) == 0 && nghttp2_option_new(&opt) == 0 &&
	     new_session(h, cb, opt) == 0 && greet(h) == 0;
	nghttp2_session_callbacks_del(cb);
	nghttp2_option_del(opt);
	if (!ok)
		return bt_fail(e, BT_SYS, "cannot set up HTTP/2");
	*out = BT_STEAL(h);
	return 0;
}

void bt_h2_close(struct bt_h2 *h)
{
	if (!h)
		return;
	nghttp2_session_del(h->session);
	while (h->streams)
		bt_h2_stream_free(h->streams);
	free(h);
}

static void refill(struct bt_h2 *h, uint64_t now_ms)
{
	uint64_t since = h->refilled_ms ? now_ms - h->refilled_ms : 0;
	uint64_t gain = since / 1000 * BT_LIM_H2_CREDIT_RATE;

	if (gain)
		earn(h, gain < BT_LIM_H2_CREDIT ? (int64_t)gain : BT_LIM_H2_CREDIT);
	if (gain || !h->refilled_ms)
		h->refilled_ms = now_ms;
}

static int too_much(struct bt_h2 *h, const char *what, struct bt_err *e)
{
	(void)nghttp2_session_terminate_session(h->session, NGHTTP2_ENHANCE_YOUR_CALM);
	h->leaving = true;
	return bt_fail(e, BT_LIMIT, "%s", what);
}

static int check(struct bt_h2 *h, size_t n, struct bt_err *e)
{
	h->block = h->mid_head ? h->block + n : 0;
	if (h->block > 2 * h->spec.header_bytes + STEP)
		return too_much(h, "header block too long", e);
	if (h->credit < 0)
		return too_much(h, "too many resets or empty frames", e);
	return 0;
}

int bt_h2_feed(struct bt_h2 *h, const void *p, size_t n, uint64_t now_ms, struct bt_err *e)
{
	const uint8_t *at = p;

	refill(h, now_ms);
	while (n) {
		size_t some = n < STEP ? n : STEP;

		h->lively = false;
		ssize_t r = nghttp2_session_mem_recv(h->session, at, some);

		if (r < 0)
			return bt_fail(e, r == NGHTTP2_ERR_FLOODED ? BT_LIMIT : BT_PROTO, "%s",
			               nghttp2_strerror((int)r));
		/* Frames of no known kind are left out without a word. */
		if (!h->lively)
			h->credit -= 1 + (int64_t)some / UNKNOWN_BYTES;
		if (check(h, some, e) < 0)
			return -1;
		at += some;
		n -= some;
	}
	return 0;
}

int bt_h2_pull(struct bt_h2 *h, struct bt_buf *out, size_t enough, struct bt_err *e)
{
	while (out->len < enough) {
		const uint8_t *p;
		ssize_t n = nghttp2_session_mem_send(h->session, &p);

		if (n == 0)
			return 0;
		if (n < 0)
			return bt_fail(e, BT_PROTO, "%s", nghttp2_strerror((int)n));
		if (bt_buf_add(out, p, (size_t)n, e) < 0)
			return -1;
	}
	return 0;
}

void bt_h2_ping(struct bt_h2 *h)
{
	(void)nghttp2_submit_ping(h->session, NGHTTP2_FLAG_NONE, NULL);
}

void bt_h2_goaway(struct bt_h2 *h)
{
	if (!h->leaving)
		(void)nghttp2_submit_goaway(
		        h->session, NGHTTP2_FLAG_NONE,
		        h->spec.server ? nghttp2_session_get_last_proc_stream_id(h->session) : 0,
		        NGHTTP2_NO_ERROR, NULL, 0);
	h->leaving = true;
}

bool bt_h2_over(const struct bt_h2 *h)
{
	return !nghttp2_session_want_read(h->session) && !nghttp2_session_want_write(h->session);
}

size_t bt_h2_streams(const struct bt_h2 *h)
{
	return h->nstreams;
}

bool bt_h2_mid_head(const struct bt_h2 *h)
{
	return h->mid_head;
}

const char *bt_h2_complaint(struct bt_h2 *h)
{
	return BT_STEAL(h->complaint);
}

bool bt_h2_takes_more(const struct bt_h2 *h)
{
	uint32_t theirs = nghttp2_session_get_remote_settings(
	        h->session, NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS);

	return !h->leaving && !h->spec.server && h->nstreams < h->spec.streams &&
	       h->nstreams < theirs && nghttp2_session_check_request_allowed(h->session);
}
