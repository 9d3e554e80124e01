/* http_admin.c - what the operator asks on the unix socket that no agent reaches. */
#include "http.h"
#include "pool.h"
#include "splice.h"

#include <stdio.h>

#include "bottle/json.h"

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

static void add_words(cJSON *o, const char *name, const struct bt_strs *words)
{
	cJSON *list = cJSON_AddArrayToObject(o, name);

	for (size_t i = 0; i < words->n; i++)
		(void)cJSON_AddItemToArray(list, cJSON_CreateString(words->v[i]));
}

/* What the routes in force say, one line of JSON: of credentials their names alone. */
static int routes(const struct bt_gate_config *c, struct bt_buf *out, struct bt_err *e)
{
	BT_OWN_JSON *root = cJSON_CreateObject();
	cJSON *list = cJSON_AddArrayToObject(root, "routes");

	for (size_t i = 0; i < c->nroutes; i++) {
		const struct bt_gate_route *r = &c->routes[i];
		cJSON *o = cJSON_CreateObject();

		(void)cJSON_AddStringToObject(o, "host", r->host.s);
		(void)cJSON_AddNumberToObject(o, "port", r->port);
		add_words(o, "methods", &r->methods);
		add_words(o, "paths", &r->paths);
		if (r->header)
			(void)cJSON_AddStringToObject(o, "header", r->header);
		if (r->credential)
			(void)cJSON_AddStringToObject(o, "credential", r->credential);
		(void)cJSON_AddItemToArray(list, o);
	}
	if (bt_json_encode(root, BT_JSON_COMPACT, out, e) < 0)
		return -1;
	return bt_buf_add(out, "\n", 2, e); /* with the NUL that ends a text */
}

bool bt_http_admin(struct bt_conn *c)
{
	char text[3072];
	struct bt_exchange *x = &bt_http(c)->x;
	BT_OWN_BUF list = BT_BUF(16u * BT_MIB);
	struct bt_err e = { 0 };
	struct bt_answer a = { .status = 200, .text = text };
	bool get = bt_str_eq(x->req->method, BT_STR_LIT("GET"));

	if (get && bt_str_eq(x->req->target, BT_STR_LIT("/metrics"))) {
		(void)metrics(c->gate, text, sizeof text);
		a.type = "text/plain; version=0.0.4; charset=utf-8";
	} else if (get && bt_str_eq(x->req->target, BT_STR_LIT("/routes")) &&
	           routes(c->gate->policy->cfg, &list, &e) == 0) {
		a.text = (const char *)list.p;
		a.type = "application/json";
	} else {
		bt_http_bad(c, 404, "there is GET /health, GET /metrics and GET /routes");
		return true;
	}
	a.close = x->end_after = x->end_after || x->req->body != BT_BODY_NONE;
	if (bt_answer_send(&c->client, &a))
		bt_http_done(c);
	else
		bt_conn_close(c);
	return true;
}
