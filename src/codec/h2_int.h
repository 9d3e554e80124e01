/* h2_int.h - what the parts of h2 share. Floor: codec (private).
 *   h2.c        the session and its limits
 *   h2_stream.c its streams
 *   h2_in.c     from frames to HTTP/1.1
 *   h2_out.c    from HTTP/1.1 to frames
 *   h2_ws.c     what is special about a WebSocket */
#ifndef BOTTLE_H2_INT_H
#define BOTTLE_H2_INT_H
#include <nghttp2/nghttp2.h>

#include "bottle/h2.h"
#include "bottle/http1.h"

enum pseudo { P_METHOD, P_SCHEME, P_AUTHORITY, P_PATH, P_STATUS, P_HOST, P_PROTOCOL, P_COUNT };

enum writing { W_HEAD, W_BODY, W_DONE };

struct bt_h2_stream {
	struct bt_h2 *h2;
	int32_t id; /* 0: not sent yet */
	void *user;
	struct bt_h2_stream *next, **link; /* all of the connection */
	struct bt_h2_stream *news;         /* queue */
	bool queued, closed, dropped;
	bool refused; /* by the peer, which did nothing about it */

	/* from the peer */
	nghttp2_rcbuf *pseudo[P_COUNT];
	struct bt_buf fields, cookie; /* of the head that is arriving, then of the trailers */
	struct bt_buf text;           /* heads as HTTP/1.1, not read yet */
	struct bt_buf data;           /* body, not read yet */
	size_t head_bytes;
	unsigned heads;          /* that were final: the second is trailers */
	bool has_length, te;     /* of the head */
	bool chunked;            /* how the body is framed for the reader */
	bool too_long, to_head;  /* to_head: the answer to HEAD has no body */
	bool begun, whole, told; /* told: the end was read */
	bool raw, open;          /* a WebSocket; its handshake was answered */
	bool unwanted;           /* what still comes: the answer is complete */
	size_t drained;          /* of that, thrown away */

	/* to the peer */
	enum writing writing;
	size_t seen; /* of the head: searched so far */
	enum bt_http_body body;
	uint64_t left;
	struct bt_chunked chunk;
	struct bt_buf out, trailer;
	bool wants_trailers, ended, deferred;
};

struct bt_h2 {
	nghttp2_session *session;
	struct bt_h2_spec spec;
	struct bt_h2_stream *streams, *first, **last; /* all; those with news */
	size_t nstreams;
	const char *complaint;
	int64_t credit; /* what the peer may still do for nothing */
	uint64_t refilled_ms;
	size_t block;                   /* bytes since a head began that has not ended */
	bool mid_head, leaving, lively; /* lively: something was recognised in what was fed */
};

struct bt_h2_stream *bt_h2_stream_new(struct bt_h2 *h, int32_t id);
void bt_h2_stream_free(struct bt_h2_stream *s);

/* h2_ws.c. Is the head that has arrived an extended CONNECT for a WebSocket? */
bool bt_h2_asks_ws(const struct bt_h2_stream *s);
/* Add the fields that HTTP/1.1 has for it. */
BT_MUST int bt_h2_put_ws(struct bt_h2_stream *s, struct bt_buf *b, struct bt_err *e);
/* The answer, as read: which status to say; -1: none that such a stream can have. */
BT_MUST int bt_h2_ws_status(struct bt_h2_stream *s, unsigned status, struct bt_err *e);

/* h2_in.c */
void bt_h2_callbacks(nghttp2_session_callbacks *cb);
/* h2_out.c */
ssize_t bt_h2_read_out(nghttp2_session *session, int32_t id, uint8_t *p, size_t n, uint32_t *flags,
                       nghttp2_data_source *source, void *user);
#endif
