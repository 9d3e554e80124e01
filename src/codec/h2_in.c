/* h2_in.c - what a peer's frames say, written as HTTP/1.1. The library has checked the form of a
 * head (RFC 9113 §8: pseudo fields, case, connection fields, lengths); what it may mean is decided
 * by whoever reads the text, with the parser that reads every other request. */
#include "h2_int.h"

#include <string.h>

/* Of a chunk, and of the last one with its trailers: kept free. */
#define FRAMING (BT_LIM_HTTP_CHUNK_EXTRA + BT_KIB)

static struct bt_str text_of(const struct bt_h2_stream *s, enum pseudo p)
{
	nghttp2_vec v;

	if (!s->pseudo[p])
		return (struct bt_str){ "", 0 };
	v = nghttp2_rcbuf_get_buf(s->pseudo[p]);
	return (struct bt_str){ (const char *)v.base, v.len };
}

static int put(struct bt_buf *b, struct bt_str s, struct bt_err *e)
{
	return bt_buf_add(b, s.p, s.n, e);
}

static int on_begin_headers(nghttp2_session *session, const nghttp2_frame *frame, void *user)
{
	struct bt_h2 *h = user;
	struct bt_h2_stream *s;

	h->mid_head = true;
	s = nghttp2_session_get_stream_user_data(session, frame->hd.stream_id);
	if (!s && h->spec.server && frame->headers.cat == NGHTTP2_HCAT_REQUEST) {
		s = bt_h2_stream_new(h, frame->hd.stream_id);
		(void)nghttp2_session_set_stream_user_data(session, s->id, s);
	}
	if (s)
		s->head_bytes = 0;
	return 0;
}

/* Which pseudo field, or Host; P_COUNT: an ordinary one. */
static enum pseudo kind(struct bt_str name)
{
	static const char *const names[P_COUNT] = { ":method", ":scheme", ":authority", ":path",
		                                    ":status", "host",    ":protocol" };

	for (unsigned i = 0; i < P_COUNT; i++)
		if (bt_str_eq(name, bt_str(names[i])))
			return (enum pseudo)i;
	return P_COUNT;
}

static int field(struct bt_h2_stream *s, struct bt_str name, struct bt_str value, struct bt_err *e)
{
	/* Several are one list, split so that it compresses (RFC 9113 §8.2.3): whoever looks for a
	 * secret has to see it whole. */
	if (bt_str_eq(name, BT_STR_LIT("cookie")))
		return bt_buf_add(&s->cookie, "; ", s->cookie.len ? 2 : 0, e) < 0
		               ? -1
		               : put(&s->cookie, value, e);
	if (bt_str_eq(name, BT_STR_LIT("content-length")))
		s->has_length = true;
	if (bt_str_eq(name, BT_STR_LIT("te")))
		s->te = true;
	if (s->pseudo[P_PROTOCOL] && bt_str_eq(name, BT_STR_LIT("sec-websocket-key")))
		return 0; /* RFC 8441 §5: not used; the one that is sent is ours */
	if (put(&s->fields, name, e) < 0 || bt_buf_add(&s->fields, ": ", 2, e) < 0 ||
	    put(&s->fields, value, e) < 0 || bt_buf_add(&s->fields, "\r\n", 2, e) < 0)
		return -1;
	return 0;
}

static int on_header(nghttp2_session *session, const nghttp2_frame *frame, nghttp2_rcbuf *name,
                     nghttp2_rcbuf *value, uint8_t flags, void *user)
{
	struct bt_h2 *h = user;
	struct bt_h2_stream *s = nghttp2_session_get_stream_user_data(session, frame->hd.stream_id);
	nghttp2_vec n = nghttp2_rcbuf_get_buf(name), v = nghttp2_rcbuf_get_buf(value);
	struct bt_str key = { (char *)n.base, n.len }, val = { (char *)v.base, v.len };
	enum pseudo p = kind(key);
	struct bt_err e = { 0 };

	(void)flags;
	h->lively = true;
	if (!s || s->dropped)
		return 0;
	s->head_bytes += n.len + v.len + 32; /* as SETTINGS_MAX_HEADER_LIST_SIZE counts */
	if (s->head_bytes > 4 * h->spec.header_bytes)
		return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
	if (s->head_bytes > h->spec.header_bytes)
		s->too_long = true;
	if (s->too_long)
		return 0;
	if (p != P_COUNT && !s->pseudo[p]) {
		s->pseudo[p] = value;
		nghttp2_rcbuf_incref(value);
		return 0;
	}
	if (field(s, key, val, &e) < 0)
		s->too_long = true;
	return 0;
}

/* Never repaired, never left out: what has bytes that no field has ends its stream. */
static int on_invalid_header(nghttp2_session *session, const nghttp2_frame *frame,
                             nghttp2_rcbuf *name, nghttp2_rcbuf *value, uint8_t flags, void *user)
{
	(void)session;
	(void)frame;
	(void)name;
	(void)value;
	(void)flags;
	((struct bt_h2 *)user)->complaint = "Invalid header field";
	return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
}

/* With the authority in the target, so that it is held against Host and against the tunnel. */
static int put_target(struct bt_h2_stream *s, struct bt_err *e)
{
	struct bt_str scheme = text_of(s, P_SCHEME), auth = text_of(s, P_AUTHORITY),
	              path = text_of(s, P_PATH);

	/* CONNECT, and for what protocol ever but the one we know. */
	if (!s->pseudo[P_PATH] || (s->pseudo[P_PROTOCOL] && !s->raw))
		return put(&s->text, auth, e);
	if (s->pseudo[P_AUTHORITY] && !bt_str_eq(path, BT_STR_LIT("*")) &&
	    (put(&s->text, scheme, e) < 0 || bt_buf_add(&s->text, "://", 3, e) < 0 ||
	     put(&s->text, auth, e) < 0))
		return -1;
	return put(&s->text, path, e);
}

static int put_fields(struct bt_h2_stream *s, struct bt_err *e)
{
	if (put(&s->text, bt_buf_str(&s->fields), e) < 0)
		return -1;
	if (s->cookie.len && (bt_buf_add(&s->text, "cookie: ", 8, e) < 0 ||
	                      put(&s->text, bt_buf_str(&s->cookie), e) < 0 ||
	                      bt_buf_add(&s->text, "\r\n", 2, e) < 0))
		return -1;
	if (s->chunked && bt_buf_addf(&s->text, e, "Transfer-Encoding: chunked\r\n") < 0)
		return -1;
	bt_buf_clear(&s->fields);
	bt_buf_clear(&s->cookie);
	return bt_buf_add(&s->text, "\r\n", 2, e);
}

static int request_head(struct bt_h2_stream *s, bool end, struct bt_err *e)
{
	enum pseudo host = s->pseudo[P_HOST] ? P_HOST : P_AUTHORITY;

	s->raw = bt_h2_asks_ws(s);
	s->chunked = !end && !s->has_length && !s->pseudo[P_PROTOCOL];
	if (put(&s->text, s->raw ? BT_STR_LIT("GET") : text_of(s, P_METHOD), e) < 0 ||
	    bt_buf_add(&s->text, " ", 1, e) < 0 || put_target(s, e) < 0 ||
	    bt_buf_addf(&s->text, e, " HTTP/1.1\r\nHost: ") < 0 ||
	    put(&s->text, text_of(s, host), e) < 0 || bt_buf_add(&s->text, "\r\n", 2, e) < 0 ||
	    (s->raw && bt_h2_put_ws(s, &s->text, e) < 0))
		return -1;
	return put_fields(s, e);
}

static bool is_status(struct bt_str status, const char *text)
{
	return bt_str_eq(status, bt_str(text));
}

static int answer_head(struct bt_h2_stream *s, bool end, struct bt_err *e)
{
	struct bt_str status = text_of(s, P_STATUS);
	bool none = s->to_head || is_status(status, "204") || is_status(status, "304");
	bool interim = status.n && status.p[0] == '1';

	if (interim)
		s->heads--;
	s->chunked = !interim && !none && !end && !s->has_length;
	if (bt_buf_addf(&s->text, e, "HTTP/1.1 ") < 0 || put(&s->text, status, e) < 0 ||
	    bt_buf_addf(&s->text, e, " \r\n") < 0 ||
	    (end && !none && !s->has_length &&
	     bt_buf_addf(&s->text, e, "Content-Length: 0\r\n") < 0))
		return -1;
	nghttp2_rcbuf_decref(s->pseudo[P_STATUS]);
	s->pseudo[P_STATUS] = NULL;
	return put_fields(s, e);
}

static void end(struct bt_h2_stream *s)
{
	s->whole = true;
	bt_h2_poke(s);
}

static void head_done(struct bt_h2_stream *s, bool last)
{
	struct bt_err e = { 0 };
	int r = 0;

	s->begun = true;
	if (s->too_long)
		bt_buf_clear(&s->fields);
	else if (s->heads++ == 0)
		r = s->h2->spec.server ? request_head(s, last, &e) : answer_head(s, last, &e);
	if (last)
		end(s);
	bt_h2_poke(s);
	if (r < 0) /* more 1xx than anybody reads */
		(void)nghttp2_submit_rst_stream(s->h2->session, NGHTTP2_FLAG_NONE, s->id,
		                                NGHTTP2_ENHANCE_YOUR_CALM);
}

static int on_frame_recv(nghttp2_session *session, const nghttp2_frame *frame, void *user)
{
	struct bt_h2 *h = user;
	bool last = frame->hd.flags & NGHTTP2_FLAG_END_STREAM;
	struct bt_h2_stream *s;

	if (frame->hd.type != NGHTTP2_HEADERS && frame->hd.type != NGHTTP2_DATA)
		return 0;
	s = nghttp2_session_get_stream_user_data(session, frame->hd.stream_id);
	if (frame->hd.type == NGHTTP2_HEADERS)
		h->mid_head = false;
	if (!s || s->dropped)
		return 0;
	if (frame->hd.type == NGHTTP2_HEADERS)
		head_done(s, last);
	else if (last)
		end(s);
	return 0;
}

static int on_data(nghttp2_session *session, uint8_t flags, int32_t id, const uint8_t *p, size_t n,
                   void *user)
{
	struct bt_h2_stream *s = nghttp2_session_get_stream_user_data(session, id);
	struct bt_err e = { 0 };

	(void)flags;
	((struct bt_h2 *)user)->lively = true;
	/* One stream that nobody reads must not hold up the others: each has its own window. */
	(void)nghttp2_session_consume_connection(session, n);
	if (s && s->unwanted) /* beyond the bound the window stays shut */
		s->drained += n;
	if (!s || s->dropped || s->too_long || s->unwanted) {
		if (!s || s->drained <= BT_LIM_H2_DRAIN)
			(void)nghttp2_session_consume_stream(session, id, n);
		return 0;
	}
	if (bt_buf_add(&s->data, p, n, &e) < 0) /* beyond its window: the library looks first */
		return NGHTTP2_ERR_CALLBACK_FAILURE;
	bt_h2_poke(s);
	return 0;
}

void bt_h2_callbacks(nghttp2_session_callbacks *cb)
{
	nghttp2_session_callbacks_set_on_begin_headers_callback(cb, on_begin_headers);
	nghttp2_session_callbacks_set_on_header_callback2(cb, on_header);
	nghttp2_session_callbacks_set_on_invalid_header_callback2(cb, on_invalid_header);
	nghttp2_session_callbacks_set_on_frame_recv_callback(cb, on_frame_recv);
	nghttp2_session_callbacks_set_on_data_chunk_recv_callback(cb, on_data);
}

/* As much as there is room for. */
static int read_data(struct bt_h2_stream *s, struct bt_buf *to, struct bt_err *e)
{
	size_t room = to->max - to->len, n = s->data.len;

	room = room > FRAMING ? room - FRAMING : 0;
	n = n < room ? n : room;
	if (n == 0)
		return 0;
	if ((s->chunked && bt_buf_addf(to, e, "%zx\r\n", n) < 0) ||
	    bt_buf_add(to, s->data.p, n, e) < 0 || (s->chunked && bt_buf_add(to, "\r\n", 2, e) < 0))
		return -1;
	bt_buf_eat(&s->data, n);
	if (!s->closed)
		(void)nghttp2_session_consume_stream(s->h2->session, s->id, n);
	return 0;
}

/* Trailers of a request are not passed on (docs/adr/0024), so they need not be read either. */
static int read_end(struct bt_h2_stream *s, struct bt_buf *to, struct bt_err *e)
{
	s->told = true;
	if (!s->chunked)
		return 0;
	if (bt_buf_add(to, "0\r\n", 3, e) < 0 ||
	    (!s->h2->spec.server && put(to, bt_buf_str(&s->fields), e) < 0))
		return -1;
	return bt_buf_add(to, "\r\n", 2, e);
}

int bt_h2_read(struct bt_h2_stream *s, struct bt_buf *to, bool *done, struct bt_err *e)
{
	bool shut = s->raw && !s->open;

	if (put(to, bt_buf_str(&s->text), e) < 0 || (!shut && read_data(s, to, e) < 0) ||
	    (!shut && s->whole && !s->told && !s->data.len && read_end(s, to, e) < 0))
		return -1;
	bt_buf_clear(&s->text);
	*done = s->told;
	return 0;
}
