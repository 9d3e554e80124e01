/* gate.h - the way out of a bottle: one process, one loop, every byte judged. Floor: gate. */
#ifndef BOTTLE_GATE_H
#define BOTTLE_GATE_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bottle/err.h"
#include "bottle/http1.h"
#include "bottle/own.h"
#include "bottle/str.h"

struct bt_gate; /* opaque */

enum bt_gate_point { BT_GATE_REQUEST = 1, BT_GATE_RESPONSE = 2 };

/* What an operator's verdict rules are asked about. Borrowed for the call. */
struct bt_gate_subject {
	enum bt_gate_point point;
	struct bt_str method, scheme, host, path_sent, query;
	struct bt_str path;   /* with its escapes undone (bottle/urlpath.h); */
	const char *path_why; /* or why it cannot be read in one way; else NULL */
	uint16_t port;
	unsigned status;                    /* of a response */
	uint64_t bytes;                     /* of a request's body */
	const struct bt_http_field *fields; /* of the request or the response, as they came */
	size_t nfields;
	const char *findings; /* names of what was found and let go by policy: "A, B"; never NULL */
};

/* What they say. */
struct bt_gate_opinion {
	char reason[256], rule[160]; /* of a refusal */
	/* Called for each change of a header while rules are asked; value NULL: remove. -1 with *e:
	 * it cannot be made, and the rule has failed. */
	int (*edit)(void *ctx, struct bt_str name, const struct bt_str *value, struct bt_err *e);
	void *ctx;
};

/* Verdict rules live above this floor (script/): whoever opens the gate may bring them. */
struct bt_gate_ops {
	/* Make rules of the files of gate.policies (n > 0), at the start and at each reload: whole,
	 * or -1 and nothing changes. *rules is owned by the gate until close; *points: at which
	 * there is a rule to ask, a bit each. NULL: at none, and verdict is never called. */
	int (*open)(void **rules, unsigned *points, const char *const *files, size_t n,
	            struct bt_err *e);
	/* True: no objection. One caller at a time; bounded in time, for the loop waits. */
	bool (*verdict)(void *rules, const struct bt_gate_subject *s, struct bt_gate_opinion *o);
	void (*close)(void *rules); /* NULL is a no-op */
};

/* Counters since start; gauges where the comment says so. */
struct bt_gate_stats {
	uint64_t connections, requests, allowed, blocked, warned, errors, reloads, reload_failures;
	uint64_t refused; /* connections, because there are too many */
	uint64_t left;    /* requests that ended before their answer */
	uint64_t tunnels, bytes_out, bytes_in;
	uint64_t injected,
	        redacted;        /* credentials of routes: put in; found in answers and masked */
	uint64_t dialed, reused; /* upstream connections: opened; given once more */
};

struct bt_gate_spec {
	const char *config; /* path */
	const struct bt_gate_ops
	        *ops; /* NULL: gate.policies is refused; else it outlives the gate */
	int events;   /* where they are written: 1, stdout */
	/* Where values come from that must not leave: a length in decimal, a line feed, and so many
	 * bytes of NAME=VALUE and a NUL each (known.h). -1: nowhere. Borrowed; what follows is left
	 * unread. */
	int known;
};

/* Read the configuration, open listeners, take away every right that is not needed any more.
 * On success *out is owned by the caller; on failure nothing listens. BT_INVALID names file and
 * field. */
BT_MUST int bt_gate_open(struct bt_gate **out, const struct bt_gate_spec *s, struct bt_err *e);
/* Also end, at once and without grace, when fd ends: it is held by whoever started the gate. One
 * line read from fd lets go of it: the gate then outlives its starter. fd is borrowed. BT_INVALID:
 * a descriptor that cannot be waited for (a file). */
BT_MUST int bt_gate_lifeline(struct bt_gate *g, int fd, struct bt_err *e);
/* Serve until SIGTERM or SIGINT, then end what is open within the grace time. */
BT_MUST int bt_gate_run(struct bt_gate *g, struct bt_err *e);
void bt_gate_close(struct bt_gate *g); /* NULL is a no-op; key material is wiped */
BT_OWN_FN(bt_gate, bt_gate_close)
/* Everything that bt_gate_open checks before it listens. */
BT_MUST int bt_gate_check(const char *config, const struct bt_gate_ops *ops, struct bt_err *e);
#endif
