/* http.h - the http stage: requests of HTTP/1 one after another, each judged whole before a byte
 * of it leaves. Floor: gate (private).
 *   http.c        the phases, and what events mean in each
 *   http_read.c   head and body come in
 *   http_route.c  where is it aimed, and may it go there
 *   http_admin.c  the unix socket
 *   http_judge.c  what it carries
 *   http_rules.c  what the operator's rules say
 *   stream_rows.c messages of gRPC, one by one
 *   stream_body.c, stream_send.c
 *                 what is too large to wait for its end (stream.h)
 *   http_send.c   an upstream, the rewritten head, the body
 *   http_relay.c  the answer goes back
 *   http_ws.c     or it is the beginning of a WebSocket (ws.h) */
#ifndef BOTTLE_GATE_HTTP_H
#define BOTTLE_GATE_HTTP_H
#include "answer.h"
#include "bottle/target.h"
#include "conn.h"
#include "echo.h"
#include "edits.h"
#include "route.h"
#include "stream.h"

enum bt_phase {
	BT_PH_HEAD,   /* a request is awaited or arriving */
	BT_PH_BODY,   /* its body is arriving */
	BT_PH_REACH,  /* an upstream is dialled or shaking hands */
	BT_PH_RELAY,  /* request goes out, answer comes back */
	BT_PH_LINGER, /* the last answer is given; what still comes is thrown away */
};

/* One request and its answer. */
struct bt_exchange {
	char *raw; /* the head, owned; req points into it */
	size_t nraw;
	struct bt_http_head *req; /* owned, kept from one exchange to the next */
	struct bt_target target;
	struct bt_host host;
	uint16_t port;
	bool https;
	const struct bt_route *route; /* of the policy; NULL: the host has none */
	struct bt_str path;           /* as it will be sent; may lack the "/" (target.h) */
	struct bt_buf body;           /* without its transfer coding */
	struct bt_stream *stream;     /* owned; NULL: the body is judged whole */
	struct bt_chunked in_chunk;
	uint64_t in_left;
	struct bt_buf head; /* as it will be sent */
	size_t head_sent, body_sent;
	uint64_t up_mark;   /* what the upstream had got before it */
	bool reused;        /* the upstream had served before */
	bool retried;       /* once is enough */
	bool ws;            /* asks to become a WebSocket */
	bool redact;        /* the URL held a secret, let through by policy */
	char findings[256]; /* names of what else was, for the operator's rules */
	struct bt_edits *edits, *answer_edits; /* owned; NULL: none */
	struct bt_echo *echo; /* owned; NULL: no credential is looked for in the answer's body */
	bool redacted;        /* one was found, and that is told */
	char method[BT_LIM_HTTP_METHOD + 1], *url; /* for events; url is owned */
	/* the answer */
	bool answered; /* its head is on the way to the client */
	bool got;      /* at least one byte of it came */
	unsigned status, interims;
	enum bt_http_body out_body;
	uint64_t out_left;
	struct bt_chunked out_chunk;
	bool relayed;   /* all of it, while the body still goes out */
	bool unchunk;   /* to a client of HTTP/1.0 */
	bool up_keeps;  /* the upstream will take another request */
	bool end_after; /* the client will not */
	uint64_t began_ms, in_bytes;
};

struct bt_http {
	enum bt_phase phase;
	size_t seen; /* of the head: searched so far */
	bool busy;   /* bt_http_pump is running */
	struct bt_exchange x;
	size_t seen_up; /* of the answer's head */
};

static inline struct bt_http *bt_http(struct bt_conn *c)
{
	return c->state;
}

/* Has the upstream all of the request? */
static inline bool bt_http_sent(const struct bt_exchange *x)
{
	return x->stream ? x->stream->done : x->body_sent == x->body.len;
}

/* How much of the body the upstream has got, or will. */
static inline uint64_t bt_http_bytes(const struct bt_exchange *x)
{
	return x->stream ? x->stream->sent : x->body.len;
}

/* Whom the request in hand is for. */
static inline struct bt_peer bt_http_peer(const struct bt_http *h)
{
	return (struct bt_peer){ .host = h->x.host, .port = h->x.port, .https = h->x.https };
}

/* Whose own credentials may be in it: in clear it would be everybody's on the way. */
static inline struct bt_to bt_http_to(const struct bt_exchange *x)
{
	return (struct bt_to){ x->https ? &x->host : NULL, x->port };
}

/* http.c */
void bt_http_pump(struct bt_conn *c); /* make whatever progress the bytes at hand allow */
void bt_http_refuse(struct bt_conn *c, const char *before, const struct bt_denial *d);
void bt_http_bad(struct bt_conn *c, int status, const char *why); /* and close */
void bt_http_done(struct bt_conn *c); /* the answer is complete: next request, or the end */
void bt_http_linger(struct bt_conn *c);

/* Each step returns true where the pump should go on at once, false to wait (or when over). */
bool bt_http_read_head(struct bt_conn *c);
bool bt_http_read_body(struct bt_conn *c);
bool bt_http_route(struct bt_conn *c); /* the head is there */
bool bt_http_admin(struct bt_conn *c); /* it is the operator's */
bool bt_http_judge(struct bt_conn *c); /* the body is there */
/* Something was found and is let go: rules may ask for its name. */
void bt_http_found(struct bt_conn *c, const struct bt_denial *d);
bool bt_http_rules_refuse(struct bt_conn *c); /* true: refused and answered */
/* The answer's head: true: refused, answered and over; a is as the client gets it otherwise. */
bool bt_http_rules_hold(struct bt_conn *c, struct bt_http_head *a);
bool bt_http_reach(struct bt_conn *c); /* everything passed: to an upstream */
void bt_http_send(struct bt_conn *c);  /* the upstream is ready, or has room again */
void bt_http_relay(struct bt_conn *c); /* the upstream said something */
/* 101, and it was asked for: become a WebSocket, or refuse it. len: of the head in c->up.in. */
void bt_http_switch(struct bt_conn *c, const struct bt_http_head *a, size_t len);
void bt_http_up_failed(struct bt_conn *c, const char *why);
#endif
