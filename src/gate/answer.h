/* answer.h - what the gate itself says to an agent: denials and other short answers.
 * Floor: gate (private). */
#ifndef BOTTLE_GATE_ANSWER_H
#define BOTTLE_GATE_ANSWER_H
#include "bottle/http1.h"
#include "leg.h"
#include "policy.h"

struct bt_answer {
	const char *before;             /* "blocked: " */
	const char *text;               /* NULL: the denial's reason */
	const struct bt_denial *denial; /* NULL: neither X-Bottle-Reason nor JSON */
	const char *type;               /* NULL: text/plain */
	int status;                     /* 0: the denial's */
	bool json;                      /* the client accepts JSON: the same facts in that form */
	bool head;                      /* to HEAD: no body */
	bool close;                     /* say that the connection ends */
	bool hint;                      /* explain_blocks: say what would help */
	bool grpc; /* a call of gRPC: refused as such, whose libraries show no body */
};

/* Queue the answer. False: the leg does not take it any more. */
bool bt_answer_send(struct bt_leg *l, const struct bt_answer *a);
/* Does the request accept JSON by name? "*" does not count: people read text. */
bool bt_answer_wants_json(const struct bt_http_head *h);
/* Is the request a call of gRPC? Not gRPC-Web, whose answers end in a body. */
bool bt_answer_wants_grpc(const struct bt_http_head *h);
#endif
