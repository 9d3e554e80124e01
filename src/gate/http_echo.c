#include "echo.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bottle/mem.h"
#include "http.h"

#define FRAMING 64 /* bytes that a chunk's length and ends may take */

struct bt_echo *bt_echo_new(const struct bt_redact_set *set)
{
	struct bt_echo *o = bt_calloc(1, sizeof *o);

	o->set = set;
	o->out = BT_BUF(2 * BT_LEG_OUT);
	o->trailers = BT_BUF(2 * BT_LIM_HTTP_CHUNK_EXTRA + BT_KIB);
	o->ws.wire = o->ws.kind = o->ws.plain = o->ws.control = o->out;
	return o;
}

void bt_echo_free(struct bt_echo *o)
{
	if (!o)
		return;
	bt_redact_free(&o->run);
	bt_buf_wipe(&o->out);
	bt_buf_wipe(&o->trailers);
	bt_buf_wipe(&o->ws.wire);
	bt_buf_wipe(&o->ws.plain);
	bt_buf_wipe(&o->ws.control);
	bt_buf_free(&o->ws.kind);
	free(o);
}

void bt_echo_tell(struct bt_conn *c, const struct bt_route *r, size_t n, bool *told)
{
	struct bt_event ev = bt_conn_event(c, "redacted", BT_WARN);
	char rule[32];

	if (!n)
		return;
	c->gate->stats.redacted += n;
	if (*told)
		return;
	*told = true;
	(void)snprintf(rule, sizeof rule, "gate.routes[%u]", r->n);
	if (c->stage->describe)
		c->stage->describe(c, &ev);
	ev.scanner = "route";
	ev.rule = rule;
	ev.route = r->n;
	ev.reason = "the answer held a credential of its route: it is masked";
	if (c->policy->cfg->log.blocked)
		bt_gate_event(c->gate, &ev);
}

void bt_echo_trim(const struct bt_route *r, struct bt_http_head *a)
{
	size_t kept = 0;

	if (!r || !r->is->scheme)
		return;
	for (size_t i = 0; i < a->nfields; i++)
		if (!bt_str_ieq(a->fields[i].name, BT_STR_LIT("set-cookie")) &&
		    !bt_str_ieq(a->fields[i].name, BT_STR_LIT("set-cookie2")))
			a->fields[kept++] = a->fields[i];
	a->nfields = kept;
}

/* In these ASCII is ASCII; a server may be asked for others by what the client accepts. */
static bool is_readable(struct bt_str charset)
{
	static const char *const all[] = { "utf-8",    "utf8",      "us-ascii", "ascii",
		                           "iso-8859", "iso8859",   "latin",    "windows-125",
		                           "cp125",    "koi8",      "gb",       "big5",
		                           "euc-",     "shift_jis", "binary" };

	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		if (bt_str_istarts(charset, bt_str(all[i])))
			return true;
	return false;
}

/* A charset in which the credential would not be seen, of any parameter that could be one. */
static bool is_foreign(struct bt_str type)
{
	static const char name[] = "charset";
	size_t n = sizeof name - 1;

	for (size_t i = 0; i + n < type.n; i++) {
		struct bt_str rest = { type.p + i, type.n - i };

		if (!bt_str_istarts(rest, bt_str(name)))
			continue;
		rest = (struct bt_str){ rest.p + n, rest.n - n };
		while (rest.n && strchr("* \t='\"", *rest.p))
			rest = (struct bt_str){ rest.p + 1, rest.n - 1 };
		if (!is_readable(rest))
			return true;
	}
	return false;
}

/* Of the body, or of each message in it: of gRPC and of Connect. */
static bool names_coding(struct bt_str name)
{
	static const char *const all[] = { "content-encoding", "grpc-encoding",
		                           "connect-content-encoding" };

	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		if (bt_str_ieq(name, bt_str(all[i])))
			return true;
	return false;
}

/* A slice of bytes, though none was asked for: there are more ways to ask than we know. */
static bool is_slice(const struct bt_http_head *a, struct bt_str name, struct bt_str value)
{
	if (bt_str_ieq(name, BT_STR_LIT("content-range")))
		return a->status == 206 && bt_str_istarts(value, BT_STR_LIT("bytes"));
	return bt_str_ieq(name, BT_STR_LIT("content-type")) &&
	       bt_str_istarts(value, BT_STR_LIT("multipart/byteranges"));
}

static bool is_coded(const struct bt_http_head *a)
{
	for (size_t i = 0; i < a->nfields; i++) {
		struct bt_str name = a->fields[i].name, value = a->fields[i].value;

		if (names_coding(name) && !bt_str_ieq(value, BT_STR_LIT("identity")))
			return true;
		if (bt_str_ieq(name, BT_STR_LIT("content-type")) && is_foreign(value))
			return true;
		if (is_slice(a, name, value))
			return true;
	}
	return false;
}

bool bt_echo_refuses(struct bt_conn *c, const struct bt_http_head *a)
{
	const struct bt_route *r = bt_http(c)->x.route;
	char rule[32];
	struct bt_denial d;

	if (!r || !r->echo || a->body == BT_BODY_NONE || !is_coded(a))
		return false;
	(void)snprintf(rule, sizeof rule, "gate.routes[%u]", r->n);
	bt_deny(&d, 502, "route", rule,
	        "the answer of %s is coded, or a slice, though neither was asked for: a credential "
	        "in it would not be seen",
	        r->is->host.s);
	bt_conn_drop_up(c);
	bt_http_refuse(c, "", &d);
	return true;
}

void bt_echo_head(struct bt_conn *c, struct bt_buf *head)
{
	struct bt_exchange *x = &bt_http(c)->x;
	bool *told = &x->redacted;

	if (x->route && x->route->echo)
		bt_echo_tell(c, x->route,
		             bt_redact_text(x->route->echo, (char *)head->p, head->len), told);
}

size_t bt_echo_share(const struct bt_echo *o, size_t n, size_t room)
{
	size_t taken = bt_redact_holds(&o->run) + o->ws.wire.len + FRAMING;

	room = room > taken ? room - taken : 0;
	return n < room ? n : room;
}

/* Send what is in o->out; framed: as a chunk. */
static bool send_out(struct bt_conn *c, bool framed)
{
	struct bt_exchange *x = &bt_http(c)->x;
	struct bt_echo *o = x->echo;
	char size[24];
	int n = framed ? snprintf(size, sizeof size, "%zx\r\n", o->out.len) : 0;

	bt_echo_tell(c, x->route, (size_t)o->run.found, &x->redacted);
	o->run.found = 0;
	if (!o->out.len)
		return true;
	if ((framed && bt_leg_send(&c->client, size, (size_t)n) < 0) ||
	    bt_leg_send(&c->client, o->out.p, o->out.len) < 0 ||
	    (framed && bt_leg_send(&c->client, "\r\n", 2) < 0)) {
		bt_conn_close(c);
		return false;
	}
	x->in_bytes += o->out.len;
	bt_buf_clear(&o->out);
	return true;
}

static bool take(struct bt_conn *c, struct bt_str data, bool last)
{
	struct bt_echo *o = bt_http(c)->x.echo;
	struct bt_err e = { 0 };

	if (bt_redact_feed(o->set, &o->run, data, &o->out, &e) == 0 &&
	    (!last || bt_redact_end(o->set, &o->run, &o->out, &e) == 0))
		return true;
	bt_http_up_failed(c, e.msg);
	return false;
}

bool bt_echo_pass(struct bt_conn *c, struct bt_str data, bool last)
{
	return take(c, data, last) && send_out(c, false);
}

/* Framing came: what of it is trailers is kept. was: the reader before it. */
static bool keep_trailers(struct bt_conn *c, struct bt_chunked was, struct bt_str in)
{
	struct bt_echo *o = bt_http(c)->x.echo;
	struct bt_err e = { 0 };

	for (size_t i = 0; i < in.n; i++) {
		struct bt_str one = { in.p + i, 1 }, none;
		size_t used;

		if ((bt_chunked_in_trailers(&was) && bt_buf_add(&o->trailers, one.p, 1, &e) < 0) ||
		    bt_chunked_step(&was, one, &used, &none, &e) < 0) {
			bt_http_up_failed(c, e.msg);
			return false;
		}
	}
	return true;
}

static bool end_chunks(struct bt_conn *c)
{
	struct bt_exchange *x = &bt_http(c)->x;
	struct bt_buf *t = &x->echo->trailers;

	if (!take(c, (struct bt_str){ "", 0 }, true) || !send_out(c, !x->unchunk))
		return false;
	if (x->unchunk)
		return true;
	x->echo->run.found += bt_redact_text(x->echo->set, (char *)t->p, t->len);
	if (!send_out(c, false))
		return false;
	if (bt_leg_send(&c->client, "0\r\n", 3) < 0 || bt_leg_send(&c->client, t->p, t->len) < 0) {
		bt_conn_close(c);
		return false;
	}
	return true;
}

int bt_echo_chunks(struct bt_conn *c, size_t n)
{
	struct bt_exchange *x = &bt_http(c)->x;

	for (;;) {
		struct bt_chunked was = x->out_chunk;
		struct bt_str in = { (char *)c->up.in.p, n }, data = { "", 0 };
		struct bt_err e = { 0 };
		size_t used = 0;
		int s = bt_chunked_step(&x->out_chunk, in, &used, &data, &e);

		if (s < 0) {
			bt_http_up_failed(c, e.msg);
			return -1;
		}
		in.n = used;
		if (s != BT_CHUNK_DATA && !keep_trailers(c, was, in))
			return -1;
		if (s == BT_CHUNK_DATA && (!take(c, data, false) || !send_out(c, !x->unchunk)))
			return -1;
		if (s == BT_CHUNK_END && !end_chunks(c))
			return -1;
		bt_buf_eat(&c->up.in, used);
		n -= used;
		if (s != BT_CHUNK_DATA)
			return s == BT_CHUNK_END;
	}
}
