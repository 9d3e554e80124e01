/* ws.h - WebSocket (RFC 6455): a request that passed every check may become one; from then on each
 * message of the client is judged whole before a byte of it leaves. Floor: gate (private).
 *   ws_shake.c  which requests ask for it, and is the upstream's answer a yes
 *   stage_ws.c  frames come in, messages go out, the server's bytes go back
 *   ws_send.c   what the gate itself says in frames, to either side
 *   ws_judge.c  what a message carries, alone and behind the ones before it */
#ifndef BOTTLE_GATE_WS_H
#define BOTTLE_GATE_WS_H
#include "bottle/wsframe.h"
#include "conn.h"
#include "echo.h"

/* Is this a handshake by the letter? Everything else that wants an upgrade is no WebSocket. */
bool bt_ws_asked(const struct bt_http_head *req);
/* Fields of the client's head that are not forwarded: extensions are not spoken (docs/adr). */
bool bt_ws_ends_here(struct bt_str name);
/* Add Connection and Upgrade to the head for the upstream. */
BT_MUST int bt_ws_ask(struct bt_buf *b, struct bt_err *e);
/* Is a (status 101) the yes to req? Then *to is the head for the client. Else -1, and *e says why
 * the upstream cannot be trusted with frames. */
BT_MUST int bt_ws_answer(struct bt_buf *to, const struct bt_http_head *req,
                         const struct bt_http_head *a, struct bt_err *e);

/* The end of what went before, so that a secret in two messages is seen whole. */
struct bt_ws_window {
	uint8_t p[BT_LIM_WS_WINDOW];
	size_t n;
	const char *scanner; /* in events; NULL: ws_dlp */
};

struct bt_ws {
	struct bt_ws_reader in;
	struct bt_ws_track down; /* the server's frames */
	struct bt_ws_window data, signals;
	struct bt_buf msg; /* the client's message, behind room for its head */
	size_t from, sent; /* while it goes out: where it begins, how much is gone */
	bool sending;      /* msg is judged and on its way */
	bool closing;      /* the client said close: what still comes from it is dropped */
	bool ending;       /* refused: `last` goes out when the server's frame is over */
	uint8_t last[BT_WS_CONTROL];
	size_t nlast;
	struct bt_echo *echo; /* owned; NULL: no credential is looked for in what the server says */
	uint64_t since_ms, messages;
};

static inline struct bt_ws *bt_ws(struct bt_conn *c)
{
	return c->state;
}

/* ws_judge.c */
enum bt_ruling bt_ws_judge(struct bt_conn *c, struct bt_ws_window *w, struct bt_str text,
                           struct bt_denial *d);

/* ws_send.c. A control frame to the upstream; false: it cannot be said. */
bool bt_ws_signal(struct bt_conn *c, unsigned op, struct bt_str payload);
/* The message that is whole and judged: give it its head, mask it anew. */
bool bt_ws_seal(struct bt_conn *c);
/* Send on what was sealed. True: all of it is out, and the next may be read. */
bool bt_ws_push(struct bt_conn *c);
/* Nothing more from this client: an event, a close to both sides with that code. */
void bt_ws_refuse(struct bt_conn *c, unsigned code, const struct bt_denial *d);
/* The server is between two frames, or is not going to be: say it and end. */
void bt_ws_end(struct bt_conn *c);
#endif
