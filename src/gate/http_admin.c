/* http_admin.c - what the operator asks on the unix socket that no agent reaches. */
#include "http.h"
#include "pool.h"
#include "splice.h"

#include <stdio.h>

static size_t metrics(const struct bt_gate *g, char *out, size_t cap)
{
	const struct bt_gate_stats *s = &g->stats;
	const struct {
		const char *name, *type;
		uint64_t value;
	} rows[] = {
		{ "connections_total", "counter", s->connections },
		{ "connections", "gauge", g->nconns },
		{ "connections_refused_total", "counter", s->refused },
		{ "tunnels_total", "counter", s->tunnels },
		{ "tunnels", "gauge", g->ntunnels },
		{ "requests_total", "counter", s->requests },
		{ "allowed_total", "counter", s->allowed },
		{ "blocked_total", "counter", s->blocked },
		{ "warned_total", "counter", s->warned },
		{ "left_total", "counter", s->left },
		{ "upstream_errors_total", "counter", s->errors },
		{ "injected_total", "counter", s->injected },
		{ "redacted_total", "counter", s->redacted },
		{ "upstream_dialed_total", "counter", s->dialed },
		{ "upstream_reused_total", "counter", s->reused },
		{ "reloads_total", "counter", s->reloads },
		{ "reload_failures_total", "counter", s->reload_failures },
		{ "events_dropped_total", "counter", bt_events_dropped(g->events) },
		{ "upstream_kept", "gauge", bt_pool_count(g->pool) },
		{ "body_bytes", "gauge", g->held },
		{ "sent_bytes_total", "counter", s->bytes_out },
		{ "received_bytes_total", "counter", s->bytes_in },
		{ "spliced_bytes_total", "counter", bt_pipes_moved(g->pipes) },
	};
	size_t n = 0;

	for (size_t i = 0; i < sizeof rows / sizeof *rows && n < cap; i++)
		n += (size_t)snprintf(out + n, cap - n,
		                      "# TYPE bottle_gate_%s %s\nbottle_gate_%s %llu\n",
		                      rows[i].name, rows[i].type, rows[i].name,
		                      (unsigned long long)rows[i].value);
	return n;
}

bool bt_http_admin(struct bt_conn *c)
{
	char text[3072];
	struct bt_exchange *x = &bt_http(c)->x;
	struct bt_answer a = { .status = 200,
		               .text = text,
		               .type = "text/plain; version=0.0.4; charset=utf-8" };

	if (!bt_str_eq(x->req->method, BT_STR_LIT("GET")) ||
	    !bt_str_eq(x->req->target, BT_STR_LIT("/metrics"))) {
		bt_http_bad(c, 404, "there is GET /health and GET /metrics");
		return true;
	}
	(void)metrics(c->gate, text, sizeof text);
	a.close = x->end_after = x->end_after || x->req->body != BT_BODY_NONE;
	if (bt_answer_send(&c->client, &a))
		bt_http_done(c);
	else
		bt_conn_close(c);
	return true;
}
