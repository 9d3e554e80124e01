/* conn.h - one connection of an agent: two legs and the stage it is in. Floor: gate (private).
 * A stage is one protocol concern with private state: http, dial, peek, shake, tunnel, ws. It hands
 * the connection on with bt_conn_become and returns at once; what the next one must know is pinned
 * in the aim, never in another stage's state. Nothing is freed while a callback may still hold it:
 * bt_conn_close stops everything and the loop frees later (docs/adr). */
#ifndef BOTTLE_GATE_CONN_H
#define BOTTLE_GATE_CONN_H
#include "bottle/host.h"
#include "clients.h"
#include "dial.h"
#include "gate_int.h"
#include "leg.h"
#include "h2_up.h"
#include "pool.h"

struct bt_conn;
struct bt_route;

struct bt_stage_ops {
	const char *name;
	size_t state_size; /* private, zeroed */
	void (*enter)(struct bt_conn *c);
	void (*client)(struct bt_conn *c, enum bt_leg_event ev);
	void (*upstream)(struct bt_conn *c, enum bt_leg_event ev);
	void (*dialed)(struct bt_conn *c, const struct bt_dialed *d);
	void (*timeout)(struct bt_conn *c);
	bool (*busy)(const struct bt_conn *c); /* an answer is under way; NULL: never */
	/* Whom the request in hand is for, where the aim does not say it; NULL: nobody. */
	const struct bt_host *(*whom)(const struct bt_conn *c, uint16_t *port);
	/* Add what the stage knows to an event: method, path… Borrowed until it is written. */
	void (*describe)(struct bt_conn *c, struct bt_event *ev);
	void (*fini)(struct bt_conn *c); /* exactly once; the legs may be closed already */
};

extern const struct bt_stage_ops bt_stage_http, bt_stage_dial, bt_stage_peek, bt_stage_shake,
        bt_stage_tunnel, bt_stage_ws, bt_stage_linger, bt_stage_h2;

enum bt_entry { BT_ENTRY_PROXY, BT_ENTRY_TLS, BT_ENTRY_HTTP, BT_ENTRY_FORWARD, BT_ENTRY_ADMIN };

/* Where the connection is bound for. */
struct bt_aim {
	struct bt_host host;
	uint16_t port;                /* 0: each request says so itself (the explicit proxy) */
	bool https;                   /* requests read here came through TLS */
	bool tunnelled;               /* the host is settled: by CONNECT, SNI or a forward */
	bool raw;                     /* no protocol is looked for (gate.forwards) */
	bool counted;                 /* among the tunnels */
	const struct bt_route *route; /* that a WebSocket came by; NULL: its host has none */
	bool audible;                 /* CONNECT awaits its answer in clear */
};

struct bt_conn {
	struct bt_gate *gate;
	struct bt_policy *policy; /* one reference; that of the request or tunnel in hand */
	struct bt_conn *next, **link;
	uint64_t id, born_ms;
	struct bt_client *from; /* counted there; NULL: nowhere */
	enum bt_entry entry;
	struct bt_leg client, up;
	struct bt_peer up_to; /* whom up, when open, speaks to */
	bool up_free;         /* it answered all it was asked, and nothing is under way */
	bool up_bound;        /* who asked is known to it by the connection: nobody else's */
	struct bt_h2_seat h2;
	struct bt_aim aim;
	struct bt_dial *dial; /* while one is under way */
	const struct bt_stage_ops *stage;
	void *state;
	uint64_t deadline_ms; /* 0: none */
	struct event timer;
	bool told; /* how the request in hand ended stands in an event */
	bool closed;
};

/* Take over an accepted, non-blocking fd, and from, which may be NULL. aim: for BT_ENTRY_FORWARD,
 * else NULL. */
void bt_conn_accept(struct bt_gate *g, int fd, struct bt_client *from, enum bt_entry entry,
                    const struct bt_aim *aim);
/* A connection of its own for each stream of parent's: the same way in, the same aim, a pipe for a
 * client. It stands before its parent in the list of the living, so that whoever walks that and
 * closes the parent has passed it. It takes over the upstream leg that parent may have. */
struct bt_conn *bt_conn_spawn(struct bt_conn *parent, void (*changed)(void *), void *end);
void bt_conn_become(struct bt_conn *c, const struct bt_stage_ops *stage);
void bt_conn_close(struct bt_conn *c); /* idempotent; *c stays readable until the loop is back */
void bt_conn_repin(struct bt_conn *c); /* the policy in force now, for what begins now */
void bt_conn_deadline(struct bt_conn *c, uint64_t ms); /* from now; 0: none */
void bt_conn_close_idle(struct bt_gate *g);            /* all but those with an answer under way */
void bt_conn_free_dead(struct bt_gate *g);
/* The upstream leg was opened: its events come to the stage. */
void bt_conn_up_ready(struct bt_conn *c);
/* Let go of the upstream leg: close it, or keep it for whoever asks next where that may be. */
void bt_conn_drop_up(struct bt_conn *c);
void bt_conn_release_up(struct bt_conn *c);
/* fd, connected to the aim of what is in hand, is the upstream leg now. */
void bt_conn_take_up(struct bt_conn *c, int fd, const struct bt_peer *to);
bool bt_conn_count_tunnel(struct bt_conn *c); /* false: too many already */
uint64_t bt_now_ms(void);                     /* monotonic */

/* An event of this connection with its id and, where they are settled, host and port. */
struct bt_event bt_conn_event(const struct bt_conn *c, const char *name, enum bt_verdict v);
/* "blocked" with the facts of the denial; "anomaly", a warning, where ruled so. */
void bt_conn_denied(struct bt_conn *c, enum bt_ruling r, const struct bt_denial *d);
#endif
