/* ws_judge.c - what a message carries: alone, and behind the end of what went before it. */
#include <string.h>

#include "bottle/mem.h"
#include "ws.h"

/* The last bytes of what was there and of text. */
static void slide(struct bt_ws_window *w, struct bt_str text)
{
	size_t keep, room;

	if (text.n >= sizeof w->p) {
		memcpy(w->p, text.p + text.n - sizeof w->p, sizeof w->p);
		w->n = sizeof w->p;
		return;
	}
	room = sizeof w->p - text.n;
	keep = w->n < room ? w->n : room;
	memmove(w->p, w->p + w->n - keep, keep);
	if (text.n)
		memcpy(w->p + keep, text.p, text.n);
	w->n = keep + text.n;
}

static struct bt_to issuer(const struct bt_conn *c)
{
	return (struct bt_to){ c->aim.https ? &c->aim.host : NULL, c->aim.port };
}

static enum bt_ruling joined(struct bt_conn *c, const struct bt_ws_window *w, struct bt_str text,
                             struct bt_denial *d)
{
	const struct bt_to to = issuer(c);
	char both[2 * sizeof w->p];
	size_t n = text.n < sizeof w->p ? text.n : sizeof w->p;
	enum bt_ruling r;

	if (w->n == 0 || n == 0)
		return BT_RULING_PASS;
	memcpy(both, w->p, w->n);
	memcpy(both + w->n, text.p, n);
	r = bt_policy_joined(c->policy, (struct bt_str){ both, w->n + n }, &to, d);
	bt_wipe(both, sizeof both);
	return r;
}

enum bt_ruling bt_ws_judge(struct bt_conn *c, struct bt_ws_window *w, struct bt_str text,
                           struct bt_denial *d)
{
	const struct bt_to to = issuer(c);
	enum bt_ruling r;

	if (text.n == 0)
		return BT_RULING_PASS;
	r = bt_policy_message(c->policy, text, &to, d);
	if (r == BT_RULING_PASS)
		r = joined(c, w, text, d);
	if (r == BT_RULING_PASS) {
		slide(w, text);
		return r;
	}
	if (w->scanner)
		d->scanner = w->scanner;
	bt_wipe(w->p, sizeof w->p); /* what was found is told once */
	w->n = 0;
	if (r == BT_RULING_WARN) {
		bt_conn_denied(c, r, d);
		r = BT_RULING_PASS;
	}
	return r;
}
