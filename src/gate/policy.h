/* policy.h - the gate's policy in force, as one immutable, counted snapshot: configuration,
 * scanner, CA and upstream trust. A request holds the one it began with; a reload replaces the
 * gate's. Floor: gate (private). */
#ifndef BOTTLE_GATE_POLICY_H
#define BOTTLE_GATE_POLICY_H
#include "bottle/ca.h"
#include "bottle/gate.h"
#include "bottle/gate_config.h"
#include "bottle/host.h"
#include "bottle/http1.h"
#include "bottle/ip.h"
#include "bottle/scan.h"
#include "bottle/tls.h"

struct bt_routes; /* route.h */

struct bt_policy {
	unsigned refs;
	struct bt_gate_config *cfg;
	struct bt_ca *ca;             /* NULL: no interception */
	struct bt_leafs *leafs;       /* NULL: no interception */
	struct bt_tls_client *client; /* how we connect upstream */
	const struct bt_known *known; /* of the gate; NULL: none */
	uint64_t *own; /* of each own credential: the known secrets that are of its kind */
	struct bt_scanner *scanner;
	struct bt_scan_scratch *scratch;  /* one loop, one caller at a time */
	struct bt_cidr *allow, *internal; /* ssrf: exceptions, and what is refused besides */
	size_t nallow, ninternal;
	struct bt_rate *rate; /* begins anew with each snapshot */
	const struct bt_gate_ops *ops;
	struct bt_routes *routes; /* NULL: none */
	void *rules;              /* of ops; NULL: nobody to ask */
	unsigned points;          /* of rules: enum bt_gate_point */
};

/* Build one from the file, everything checked and opened, or nothing. *out has one reference.
 * known outlives it; NULL: none. */
BT_MUST int bt_policy_load(struct bt_policy **out, const char *path, const struct bt_gate_ops *ops,
                           const struct bt_known *known, struct bt_err *e);
/* The same, to look at the file alone: without the values of routes, which are not at hand. */
BT_MUST int bt_policy_check(struct bt_policy **out, const char *path, const struct bt_gate_ops *ops,
                            struct bt_err *e);
struct bt_policy *bt_policy_ref(struct bt_policy *p); /* p, counted once more */
void bt_policy_unref(struct bt_policy *p);            /* NULL is a no-op */

enum bt_ruling {
	BT_RULING_PASS,
	BT_RULING_WARN, /* found, but the policy says let it go: one warning, then forward */
	BT_RULING_DENY,
};

/* Why something is refused, in the words the agent gets. Never holds what was found. */
struct bt_denial {
	int status; /* of the answer */
	const char *scanner;
	char rule[192];    /* the key or the pattern that decided */
	char reason[384];  /* after "blocked: " or "CONNECT blocked: " */
	char pattern[192]; /* names of what was found; "" for none */
	bool redact;       /* the URL held a secret: it must not be written down */
};

void bt_deny(struct bt_denial *d, int status, const char *scanner, const char *rule,
             const char *fmt, ...) BT_PRINTF(5, 6);

struct bt_request_url {
	const struct bt_host *host;
	uint16_t port;
	bool https;
	struct bt_str path; /* path and query as received */
};

/* May this host and port be spoken to at all? Allowlist, then blocklist; no name is resolved. */
enum bt_ruling bt_policy_host(const struct bt_policy *p, const struct bt_host *h, uint16_t port,
                              struct bt_denial *d);
/* Credentials and entropy in host, path and query; then its length. */
enum bt_ruling bt_policy_url(const struct bt_policy *p, const struct bt_request_url *u,
                             struct bt_denial *d);
/* Whom it goes to: own credentials of gate.own_credentials may. NULL, or without a host: nobody's
 * may. */
struct bt_to {
	const struct bt_host *host;
	uint16_t port;
};
enum bt_ruling bt_policy_headers(const struct bt_policy *p, const struct bt_http_head *h,
                                 const struct bt_to *to, struct bt_denial *d);
enum bt_ruling bt_policy_body(const struct bt_policy *p, const struct bt_http_head *h,
                              struct bt_str body, const struct bt_to *to, struct bt_denial *d);
/* own.c: which known secrets are of a kind that has issuers. */
BT_MUST int bt_own_open(struct bt_policy *p, struct bt_err *e);
/* Take out what may go there. */
void bt_own_forget(const struct bt_policy *p, const struct bt_to *to, struct bt_findings *f);
/* May a body that is too large to be judged whole go on in pieces, and, when something was found in
 * it, may it go on? What may go to that host is taken out of f; nothing left: it passes. */
enum bt_ruling bt_policy_stream(const struct bt_policy *p, const struct bt_http_head *h,
                                struct bt_denial *d);
enum bt_ruling bt_policy_streamed(const struct bt_policy *p, struct bt_findings *f,
                                  const struct bt_to *to, struct bt_denial *d);
/* The coding of such a body, to be undone as it comes; empty: none, or bt_policy_stream refuses. */
struct bt_str bt_policy_stream_coding(const struct bt_http_head *h);
/* A message of a WebSocket, and the end of what went before it with its beginning. */
enum bt_ruling bt_policy_message(const struct bt_policy *p, struct bt_str text,
                                 const struct bt_to *to, struct bt_denial *d);
enum bt_ruling bt_policy_joined(const struct bt_policy *p, struct bt_str text,
                                const struct bt_to *to, struct bt_denial *d);
/* A credential was found in what was to be sent, as d says: the action decides, and enforce. */
enum bt_ruling bt_policy_content(const struct bt_policy *p, const struct bt_findings *f,
                                 struct bt_denial *d);
/* guard.c: is there one among them that nothing lets go? Then *d, which says where it was, says
 * which. */
bool bt_guard_denies(const struct bt_findings *f, struct bt_denial *d);
void bt_guard_only(struct bt_findings *f); /* forget all others */
/* grpc.c: does the body say that it is compressed message by message, or is it no row of messages?
 * Never true of what is not gRPC. */
bool bt_grpc_opaque(const struct bt_http_head *h, struct bt_str body);
bool bt_grpc_is(const struct bt_http_head *h);
/* Take the first message off, with the BT_GRPC_PREFIX bytes before it; empty: it is not whole, and
 * *too_long: it will have more than max bytes. */
#define BT_GRPC_PREFIX 5
struct bt_str bt_grpc_first(struct bt_str *rest, uint64_t max, bool *too_long);
/* One more request there in this minute? now_ms: of any steady clock. */
enum bt_ruling bt_policy_rate(const struct bt_policy *p, const struct bt_host *h, uint64_t now_ms,
                              struct bt_denial *d);
/* May the address be dialled for this host? Judged on the address alone. */
enum bt_ruling bt_policy_address(const struct bt_policy *p, const struct bt_host *h,
                                 const struct sockaddr *sa, struct bt_denial *d);
/* Would writing this text down tell a secret? A refused name or path may carry one that no check
 * has looked at, because an earlier one refused it. Also true where that cannot be told. */
bool bt_policy_tells(const struct bt_policy *p, const char *text);
/* Is the host's TLS left closed? */
bool bt_policy_passthrough(const struct bt_policy *p, const struct bt_host *h, uint16_t port);
#endif
