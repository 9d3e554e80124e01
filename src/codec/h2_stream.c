/* h2_stream.c - the streams of a connection: made, queued for their owner, let go. */
#include "h2_int.h"

#include <stdlib.h>

#include "bottle/mem.h"

#define OUT_MAX (64u * BT_KIB) /* of a body on its way to the peer */

struct bt_h2_stream *bt_h2_stream_new(struct bt_h2 *h, int32_t id)
{
	struct bt_h2_stream *s = bt_calloc(1, sizeof *s);

	s->h2 = h;
	s->id = id;
	s->fields = BT_BUF(h->spec.header_bytes);
	s->cookie = BT_BUF(h->spec.header_bytes);
	s->text = BT_BUF(4 * h->spec.header_bytes + BT_KIB);
	s->data = BT_BUF(2 * h->spec.window);
	s->out = BT_BUF(OUT_MAX);
	s->trailer = BT_BUF(BT_LIM_HTTP_CHUNK_EXTRA + BT_KIB);
	s->next = h->streams;
	if (s->next)
		s->next->link = &s->next;
	s->link = &h->streams;
	h->streams = s;
	h->nstreams++;
	return s;
}

static void leave_queue(struct bt_h2_stream *s)
{
	struct bt_h2 *h = s->h2;
	struct bt_h2_stream **at = &h->first;

	while (s->queued && *at != s)
		at = &(*at)->news;
	if (!s->queued)
		return;
	*at = s->news;
	if (h->last == &s->news)
		h->last = at;
	s->queued = false;
}

void bt_h2_stream_free(struct bt_h2_stream *s)
{
	leave_queue(s);
	*s->link = s->next;
	if (s->next)
		s->next->link = s->link;
	if (!s->closed)
		s->h2->nstreams--;
	for (size_t i = 0; i < P_COUNT; i++)
		if (s->pseudo[i])
			nghttp2_rcbuf_decref(s->pseudo[i]);
	bt_buf_wipe(&s->fields);
	bt_buf_wipe(&s->cookie);
	bt_buf_wipe(&s->text);
	bt_buf_wipe(&s->data);
	bt_buf_wipe(&s->out);
	bt_buf_wipe(&s->trailer);
	free(s);
}

void bt_h2_poke(struct bt_h2_stream *s)
{
	struct bt_h2 *h = s->h2;

	if (s->queued || s->dropped)
		return;
	s->queued = true;
	s->news = NULL;
	*h->last = s;
	h->last = &s->news;
}

struct bt_h2_stream *bt_h2_next(struct bt_h2 *h)
{
	struct bt_h2_stream *s = h->first;

	if (s)
		leave_queue(s);
	return s;
}

struct bt_h2_stream *bt_h2_start(struct bt_h2 *h, bool trailers)
{
	struct bt_h2_stream *s = bt_h2_takes_more(h) ? bt_h2_stream_new(h, 0) : NULL;

	if (s)
		s->wants_trailers = trailers;
	return s;
}

void *bt_h2_user(const struct bt_h2_stream *s)
{
	return s->user;
}

void bt_h2_set_user(struct bt_h2_stream *s, void *user)
{
	s->user = user;
}

bool bt_h2_gone(const struct bt_h2_stream *s)
{
	return s->closed;
}

bool bt_h2_refused(const struct bt_h2_stream *s)
{
	return s->refused;
}

bool bt_h2_whole(const struct bt_h2_stream *s)
{
	return s->whole;
}

bool bt_h2_begun(const struct bt_h2_stream *s)
{
	return s->begun;
}

bool bt_h2_too_long(const struct bt_h2_stream *s)
{
	return s->too_long;
}

bool bt_h2_trailers(const struct bt_h2_stream *s)
{
	return s->te;
}

void bt_h2_drop(struct bt_h2_stream *s, bool refused)
{
	if (s->closed || s->id == 0) { /* nobody else knows of it */
		bt_h2_stream_free(s);
		return;
	}
	leave_queue(s);
	s->dropped = true;
	s->user = NULL;
	if (nghttp2_submit_rst_stream(s->h2->session, NGHTTP2_FLAG_NONE, s->id,
	                              refused              ? NGHTTP2_REFUSED_STREAM
	                              : s->unwanted        ? NGHTTP2_NO_ERROR
	                              : s->h2->spec.server ? NGHTTP2_INTERNAL_ERROR
	                                                   : NGHTTP2_CANCEL) != 0)
		s->h2->complaint = "stream could not be reset";
}
