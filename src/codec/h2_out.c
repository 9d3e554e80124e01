/* h2_out.c - HTTP/1.1 of our side, said in frames: fields in lower case, nothing of the hop, the
 * body without its framing, trailers where there are some. */
#include "h2_int.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bottle/mem.h"

#define FIELDS_MAX (BT_LIM_HTTP_FIELDS + 8)

struct fields {
	nghttp2_nv v[FIELDS_MAX];
	size_t n;
};

/* Whoever shares the connection's table must not learn it, nor should it stay there (RFC 7541
 * §7.1.3). names are in lower case. */
static bool is_secret(struct bt_str name)
{
	static const char *const parts[] = { "auth", "key", "token", "secret", "cookie" };

	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
		if (memmem(name.p, name.n, parts[i], strlen(parts[i])))
			return true;
	return false;
}

static void add(struct fields *f, struct bt_str name, struct bt_str value)
{
	if (f->n == FIELDS_MAX)
		return; /* a head has at most BT_LIM_HTTP_FIELDS */
	bool secret = is_secret(name);

	f->v[f->n++] =
	        (nghttp2_nv){ .name = (uint8_t *)(uintptr_t)name.p,
		              .value = (uint8_t *)(uintptr_t)(value.n ? value.p : ""),
		              .namelen = name.n,
		              .valuelen = value.n,
		              .flags = secret ? NGHTTP2_NV_FLAG_NO_INDEX : NGHTTP2_NV_FLAG_NONE };
}

/* RFC 9113 §8.2.2; Host is :authority, TE says only what we can do. */
static bool hop_field(struct bt_str name)
{
	static const char *const all[] = {
		"connection", "keep-alive",        "proxy-connection",
		"upgrade",    "transfer-encoding", "te",
		"host",       "http2-settings",    "sec-websocket-accept"
	};

	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		if (bt_str_ieq(name, bt_str(all[i])))
			return true;
	return false;
}

/* The names of a head in lower case, in place: copy is ours. */
static void add_fields(struct fields *f, const struct bt_http_head *head, const uint8_t *p,
                       char *copy)
{
	for (size_t i = 0; i < head->nfields; i++) {
		struct bt_str name = head->fields[i].name;
		char *at = copy + (name.p - (const char *)p);

		if (hop_field(name))
			continue;
		for (size_t k = 0; k < name.n; k++)
			at[k] = bt_ascii_lower(at[k]);
		add(f, (struct bt_str){ at, name.n }, head->fields[i].value);
	}
}

static void frame_body(struct bt_h2_stream *s, const struct bt_http_head *head)
{
	s->body = head->body;
	s->left = head->length;
	s->writing = W_BODY;
	if (head->body == BT_BODY_NONE || (head->body == BT_BODY_LENGTH && head->length == 0)) {
		s->writing = W_DONE;
		s->ended = true;
	}
}

/* Bytes, until the stream ends. */
static void open_up(struct bt_h2_stream *s)
{
	s->body = BT_BODY_EOF;
	s->writing = W_BODY;
}

static int refused(int code, struct bt_err *e)
{
	return bt_fail(e, BT_PROTO, "%s", nghttp2_strerror(code));
}

static int answer(struct bt_h2_stream *s, const uint8_t *p, size_t n, struct bt_err *e)
{
	nghttp2_data_provider body = { .source.ptr = s, .read_callback = bt_h2_read_out };
	nghttp2_vec m = s->pseudo[P_METHOD] ? nghttp2_rcbuf_get_buf(s->pseudo[P_METHOD])
	                                    : (nghttp2_vec){ NULL, 0 };
	BT_OWN_MEM char *copy = bt_strndup((const char *)p, n);
	struct fields f = { .n = 0 };
	struct bt_http_head head;
	char status[4];
	int r;

	if (bt_http_response(&head, p, n, (struct bt_str){ (char *)m.base, m.len }, e) < 0)
		return -1;
	r = bt_h2_ws_status(s, head.status, e);
	if (r < 0)
		return -1;
	(void)snprintf(status, sizeof status, "%03u", (unsigned)r % 1000);
	add(&f, BT_STR_LIT(":status"), bt_str(status));
	add_fields(&f, &head, p, copy);
	if (head.status < 200 && !s->open) {
		r = nghttp2_submit_headers(s->h2->session, NGHTTP2_FLAG_NONE, s->id, NULL, f.v, f.n,
		                           NULL);
		return r < 0 ? refused(r, e) : 0;
	}
	if (s->open)
		open_up(s);
	else
		frame_body(s, &head);
	r = nghttp2_submit_response(s->h2->session, s->id, f.v, f.n, s->ended ? NULL : &body);
	return r < 0 ? refused(r, e) : 0;
}

static int request(struct bt_h2_stream *s, const uint8_t *p, size_t n, struct bt_err *e)
{
	nghttp2_data_provider body = { .source.ptr = s, .read_callback = bt_h2_read_out };
	BT_OWN_MEM char *copy = bt_strndup((const char *)p, n);
	struct fields f = { .n = 0 };
	struct bt_http_head head;
	const struct bt_http_field *host;
	int32_t id;

	if (bt_http_request(&head, p, n, e) < 0)
		return -1;
	host = bt_http_find(&head, "host");
	add(&f, BT_STR_LIT(":method"), head.method);
	add(&f, BT_STR_LIT(":scheme"), BT_STR_LIT("https"));
	add(&f, BT_STR_LIT(":authority"), host ? host->value : (struct bt_str){ "", 0 });
	add(&f, BT_STR_LIT(":path"), head.target);
	add_fields(&f, &head, p, copy);
	if (s->wants_trailers)
		add(&f, BT_STR_LIT("te"), BT_STR_LIT("trailers"));
	frame_body(s, &head);
	id = nghttp2_submit_request(s->h2->session, NULL, f.v, f.n, s->ended ? NULL : &body, s);
	if (id < 0)
		return refused(id, e);
	s->id = id;
	s->to_head = bt_str_eq(head.method, BT_STR_LIT("HEAD"));
	return 0;
}

static int write_head(struct bt_h2_stream *s, const uint8_t *p, size_t n, size_t *used,
                      struct bt_err *e)
{
	size_t len = 0;
	int r = bt_http_head_end(p, n, &s->seen, &len, e);

	if (r < 0)
		return -1;
	if (r == 0 && n > 2 * BT_LIM_HTTP_HEAD + BT_KIB)
		return bt_fail(e, BT_LIMIT, "head too long");
	if (r == 0)
		return 0;
	s->seen = 0;
	if ((s->h2->spec.server ? answer(s, p, len, e) : request(s, p, len, e)) < 0)
		return -1;
	*used = len;
	return 0;
}

static int ended(struct bt_h2_stream *s)
{
	s->writing = W_DONE;
	s->ended = true;
	return 0;
}

static int write_plain(struct bt_h2_stream *s, const uint8_t *p, size_t n, size_t *used,
                       struct bt_err *e)
{
	size_t room = s->out.max - s->out.len;

	n = n < room ? n : room;
	if (s->body == BT_BODY_LENGTH && n > s->left)
		n = (size_t)s->left;
	if (bt_buf_add(&s->out, p, n, e) < 0)
		return -1;
	*used += n;
	if (s->body == BT_BODY_LENGTH)
		s->left -= n;
	return s->body == BT_BODY_LENGTH && s->left == 0 ? ended(s) : 0;
}

/* The bytes of the trailer section go one by one, so that they can be kept. */
static int write_chunks(struct bt_h2_stream *s, const uint8_t *p, size_t n, size_t *used,
                        struct bt_err *e)
{
	while (*used < n) {
		bool trailer = bt_chunked_in_trailers(&s->chunk), one = !s->chunk.left;
		size_t room = s->out.max - s->out.len, rest = n - *used, took = 0;
		struct bt_str in = { (const char *)p + *used, one ? 1 : rest < room ? rest : room };
		struct bt_str data = { NULL, 0 };
		int r;

		if (room == 0)
			return 0;
		r = bt_chunked_step(&s->chunk, in, &took, &data, e);
		if (r < 0 || (trailer && bt_buf_add(&s->trailer, in.p, took, e) < 0) ||
		    (r == BT_CHUNK_DATA && bt_buf_add(&s->out, data.p, data.n, e) < 0))
			return -1;
		*used += took;
		if (r == BT_CHUNK_END)
			return ended(s);
	}
	return 0;
}

static void wake(struct bt_h2_stream *s)
{
	if (!s->deferred || (s->out.len == 0 && !s->ended))
		return;
	s->deferred = false;
	(void)nghttp2_session_resume_data(s->h2->session, s->id);
}

int bt_h2_write(struct bt_h2_stream *s, const void *p, size_t n, size_t *used, struct bt_err *e)
{
	const uint8_t *at = p;
	int r = 0;

	*used = 0;
	while (r == 0 && s->writing == W_HEAD && *used < n) {
		size_t head = 0;

		r = write_head(s, at + *used, n - *used, &head, e);
		*used += head;
		if (head == 0)
			return r;
	}
	if (r < 0 || *used == n)
		return r;
	if (s->writing == W_DONE)
		return bt_fail(e, BT_PROTO, "bytes after the end of a message");
	r = s->body == BT_BODY_CHUNKED ? write_chunks(s, at, n, used, e)
	                               : write_plain(s, at + *used, n - *used, used, e);
	wake(s);
	return r;
}

int bt_h2_write_end(struct bt_h2_stream *s, struct bt_err *e)
{
	if (s->writing == W_DONE)
		return 0;
	if (s->writing == W_HEAD || s->body != BT_BODY_EOF)
		return bt_fail(e, BT_PROTO, "message ended before it was complete");
	(void)ended(s);
	wake(s);
	return 0;
}

/* The trailer section as fields. Returns how many were handed over. */
static size_t send_trailers(struct bt_h2_stream *s)
{
	struct bt_str rest = bt_buf_str(&s->trailer), line;
	struct fields f = { .n = 0 };

	for (uint8_t *p = s->trailer.p; p < s->trailer.p + s->trailer.len; p++) {
		while (p < s->trailer.p + s->trailer.len && *p != ':' && *p != '\r') {
			*p = (uint8_t)bt_ascii_lower((char)*p);
			p++;
		}
		while (p < s->trailer.p + s->trailer.len && *p != '\n')
			p++;
	}
	while (rest.n && bt_str_cut(&rest, '\n', &line) && line.n > 1) {
		struct bt_str value = { line.p, line.n - 1 }, name; /* without CR */

		if (bt_str_cut(&value, ':', &name) && !hop_field(name))
			add(&f, name, bt_str_trim(value));
	}
	if (f.n && nghttp2_submit_trailer(s->h2->session, s->id, f.v, f.n) != 0)
		return 0;
	return f.n;
}

/* NOLINTNEXTLINE(readability-function-size): the library's signature */
ssize_t bt_h2_read_out(nghttp2_session *session, int32_t id, uint8_t *p, size_t n, uint32_t *flags,
                       nghttp2_data_source *source, void *user)
{
	struct bt_h2_stream *s = source->ptr;
	size_t some = n < s->out.len ? n : s->out.len;

	(void)session;
	(void)id;
	(void)user;
	if (some == 0 && !s->ended) {
		s->deferred = true;
		return NGHTTP2_ERR_DEFERRED;
	}
	if (some)
		memcpy(p, s->out.p, some);
	bt_buf_eat(&s->out, some);
	if (s->ended && s->out.len == 0) {
		*flags |= NGHTTP2_DATA_FLAG_EOF;
		if (s->trailer.len > 2 && send_trailers(s))
			*flags |= NGHTTP2_DATA_FLAG_NO_END_STREAM;
	}
	bt_h2_poke(s);
	return (ssize_t)some;
}
