/* gate_int.h - the gate process as its own parts see it. Floor: gate (private). */
#ifndef BOTTLE_GATE_INT_H
#define BOTTLE_GATE_INT_H
#include <event2/dns.h>
#include <event2/event.h>
#include <event2/event_struct.h>

#include "bottle/event.h"
#include "bottle/gate.h"
#include "policy.h"

struct bt_conn;
struct bt_listener;
struct bt_reload;
struct bt_dnsguard;
struct bt_h2_ups;
struct bt_pipes;
struct bt_pool;
struct bt_watched;

struct bt_gate {
	struct event_base *base;
	struct evdns_base *dns;
	struct bt_events *events;
	struct bt_policy *policy;      /* in force for what begins now; one reference */
	const struct bt_gate_ops *ops; /* NULL: no rules can be asked */
	struct bt_watched *watched;    /* known secrets; NULL: none */
	char *config;                  /* path */
	struct bt_listener *listeners; /* list */
	struct bt_reload *reload;
	struct bt_dnsguard *dnsguard; /* NULL: not configured */
	struct bt_clients *clients;   /* of whom they are */
	uint64_t crowded_told_ms;     /* when it was last said that there are too many */
	struct bt_conn *conns;        /* list of the living */
	struct bt_conn *dead;         /* closed, to be freed when the loop is back */
	struct bt_pool *pool;         /* upstream connections between two requests */
	struct bt_h2_ups *h2_ups;     /* upstream connections of several requests */
	struct bt_pipes *pipes;       /* what tunnels move bytes through */
	struct event reaper;
	struct event term, intr, grace;
	struct event lifeline; /* zero: none */
	struct event turn;     /* the end of this turn of the loop: events are written */
	struct event flush;    /* events that the reader did not take at once */
	struct {               /* tidy.c */
		struct event tick;
		bool waits;           /* for the next tick */
		uint64_t seen, since; /* requests and more: by then, since the last time */
	} tidy;
	uint64_t next_id;
	unsigned nconns, ntunnels;
	uint64_t held; /* bytes of request bodies in memory, of all connections */
	bool stopping;
	bool records; /* events could be written when it was asked last */
	uint64_t records_asked_ms;
	struct bt_gate_stats stats;
};

/* listen.c: open all sockets of the configuration; nothing is accepted before the loop runs. */
BT_MUST int bt_listen_open(struct bt_gate *g, struct bt_err *e);
void bt_listen_close(struct bt_gate *g);
/* Is this address one of our own listeners? A proxy that dials itself never ends. */
bool bt_listen_is_ours(const struct bt_gate *g, const struct sockaddr *sa);

/* reload.c: SIGHUP and changes of the configuration file. */
BT_MUST int bt_reload_open(struct bt_gate *g, struct bt_err *e);
void bt_reload_close(struct bt_gate *g);

/* beside.c: the DNS listener, where the configuration has one. */
BT_MUST int bt_beside_open(struct bt_gate *g, struct bt_err *e);
void bt_beside_close(struct bt_gate *g);
void bt_gate_policy_changed(struct bt_gate *g); /* g->policy is a new one; the old still lives */

/* tidy.c: give memory back when a load has passed. */
void bt_tidy_open(struct bt_gate *g);
void bt_tidy_close(struct bt_gate *g);
void bt_tidy_later(struct bt_gate *g); /* a connection or a request has come */

/* known.c: what --known brings. On success *out is the caller's; fd is borrowed. */
BT_MUST int bt_watched_read(struct bt_watched **out, int fd, struct bt_err *e);
const struct bt_known *bt_watched_set(const struct bt_watched *w); /* of NULL: NULL */
void bt_watched_free(struct bt_watched *w);                        /* wipes */
BT_OWN_FN(bt_watched, bt_watched_free)

/* harden.c: before the first byte of a stranger is read. */
BT_MUST int bt_harden(struct bt_err *e);
/* After the last low port is bound: another user, where the configuration names one, and no
 * capability is left. */
BT_MUST int bt_harden_bound(const struct bt_gate_config *c, struct bt_err *e);
/* seccomp.c: before the loop runs. Where the kernel takes no filter, that is said and all. */
void bt_harden_calls(void);

/* The same of something refused: host, path and reason are looked at first, and left out where
 * they would tell a secret. */
void bt_gate_event_refused(struct bt_gate *g, const struct bt_policy *p, struct bt_event *ev);
/* Nothing new is let through that could not be written down: true, with the refusal, when it is so
 * now. */
bool bt_gate_unrecorded(struct bt_gate *g, const struct bt_policy *p, struct bt_denial *d);
/* Write one event, and see to it that what the reader did not take goes out later. */
void bt_gate_event(struct bt_gate *g, const struct bt_event *ev);
#endif
