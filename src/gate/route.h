/* route.h - what of a host may be asked, and as whom: a host with routes is governed by them, and a
 * request to it that matches none is refused. A route with auth has a credential that the agent
 * never holds: it is put into the request after everything was looked at (inject.c), and taken out
 * of the answer (echo.h). Floor: gate (private).
 *   route.c    which route it is
 *   inject.c   the agent's own credentials out, the route's in */
#ifndef BOTTLE_GATE_ROUTE_H
#define BOTTLE_GATE_ROUTE_H
#include "bottle/redact.h"
#include "policy.h"

struct bt_route {
	const struct bt_gate_route *is;
	unsigned n;         /* its place in gate.routes, from 1 */
	struct bt_str line; /* the field with its line end, in locked memory; empty: none */
	/* Credentials of any route of its host, looked for in answers; NULL: none. */
	const struct bt_redact_set *echo;
};

/* Make them of c and of the values that were handed over; values false: without any, to look at the
 * configuration alone. No routes: *out is NULL. BT_INVALID names a credential that is missing, or
 * that cannot stand in a header. c and known outlive it. */
BT_MUST int bt_routes_open(struct bt_routes **out, const struct bt_gate_config *c,
                           const struct bt_known *known, bool values, struct bt_err *e);
void bt_routes_close(struct bt_routes *r); /* wipes; NULL is a no-op */
/* Is the host governed by routes, on whatever port? r may be NULL. */
bool bt_routes_govern(const struct bt_routes *r, const struct bt_host *h);
/* Has r a route that says the very same? */
bool bt_routes_have(const struct bt_routes *r, const struct bt_gate_route *is);

struct bt_route_ask {
	const struct bt_host *host;
	uint16_t port;
	bool https;
	struct bt_str method;
	struct bt_str path; /* and query, as they were sent */
};
/* Deny, or pass with the route in *out; NULL: the host has none. */
enum bt_ruling bt_policy_route(const struct bt_policy *p, const struct bt_route_ask *a,
                               const struct bt_route **out, struct bt_denial *d);

/* Take out of the head what the route says instead, and what would speak for somebody else: other
 * credentials and cookies. Deny: one of them held the credential, or a placeholder of another one.
 */
enum bt_ruling bt_inject_strip(const struct bt_policy *p, const struct bt_route *r,
                               struct bt_http_head *h, struct bt_denial *d);
/* Is that no field of anybody else's, on this route? */
bool bt_inject_ends_here(const struct bt_route *r, struct bt_str name);
/* The route's own fields: the last of the head, so that it is not copied again. */
BT_MUST int bt_inject_write(const struct bt_route *r, struct bt_buf *b, struct bt_err *e);
/* Does the credential speak for the connection, and not for the request alone? */
bool bt_inject_binds(const struct bt_route *r);
#endif
