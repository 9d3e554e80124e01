/* echo.h - an answer to a host with credentials is looked through for them, and they are masked:
 * an agent that never holds one is not told it by whoever got it. Floor: gate (private).
 *   http_echo.c  answers of HTTP
 *   ws_echo.c    frames of a WebSocket's server */
#ifndef BOTTLE_GATE_ECHO_H
#define BOTTLE_GATE_ECHO_H
#include "bottle/wsframe.h"
#include "route.h"

struct bt_conn;

/* What is looked for in one answer, or what one WebSocket's server says. */
struct bt_echo {
	const struct bt_redact_set *set;
	struct bt_redact run;
	struct bt_buf out;      /* what was decided and is to be sent */
	struct bt_buf trailers; /* as they came */
	struct {                /* of a WebSocket's server */
		struct bt_ws_track at;
		uint8_t first;                /* byte of the frame in hand */
		struct bt_buf wire, kind;     /* what came and did not go, byte by byte */
		struct bt_buf plain, control; /* payload that is decided; one that is not whole */
	} ws;
	bool told;
};

struct bt_echo *bt_echo_new(const struct bt_redact_set *set);
void bt_echo_free(struct bt_echo *o); /* wipes; NULL is a no-op */

/* Take out of the head what would make a session of the credential's for the agent. */
void bt_echo_trim(const struct bt_route *r, struct bt_http_head *a);
/* Is the body coded, so that nothing can be seen in it? Then the answer is refused, and over. */
bool bt_echo_refuses(struct bt_conn *c, const struct bt_http_head *a);
/* A head as it will be sent to the client, in place. */
void bt_echo_head(struct bt_conn *c, struct bt_buf *head);
/* How much of n bytes may be taken, so that what comes of them fits in room. */
size_t bt_echo_share(const struct bt_echo *o, size_t n, size_t room);
/* Bytes of a body for the client; last: there are no more. False: gone. */
bool bt_echo_pass(struct bt_conn *c, struct bt_str data, bool last);
/* A body in chunks, of so much of c->up.in. 1: complete; 0: wait; -1: over. */
int bt_echo_chunks(struct bt_conn *c, size_t n);

/* n bytes of the server's frames, which c's stage has tracked. False: gone. */
bool bt_ws_echo(struct bt_conn *c, struct bt_echo *o, const uint8_t *p, size_t n);
/* Something was masked: told once, and counted. */
void bt_echo_tell(struct bt_conn *c, const struct bt_route *r, size_t n, bool *told);
#endif
