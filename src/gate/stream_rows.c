/* stream_rows.c - a request of gRPC that does not end with its first message: each is judged as a
 * message of a WebSocket is, alone and behind the end of those before it. */
#include <stdlib.h>

#include "bottle/mem.h"
#include "http.h"
#include "ws.h"

struct bt_rows {
	struct bt_ws_window window;
};

struct bt_rows *bt_rows_new(void)
{
	struct bt_rows *r = bt_calloc(1, sizeof *r);

	r->window.scanner = "body_dlp";
	return r;
}

void bt_rows_free(struct bt_rows *r)
{
	if (!r)
		return;
	bt_wipe(r, sizeof *r);
	free(r);
}

/* Bytes that also read as messages may be something else to whoever undoes a coding first, or goes
 * by another type: such a body waits for its end and is judged whole. */
static bool one_meaning(const struct bt_http_head *h)
{
	size_t types = 0;

	for (size_t i = 0; i < h->nfields; i++)
		types += bt_str_ieq(h->fields[i].name, BT_STR_LIT("content-type"));
	return types == 1 && !bt_http_find(h, "content-encoding");
}

bool bt_rows_begun(struct bt_conn *c)
{
	struct bt_exchange *x = &bt_http(c)->x;
	struct bt_str rest = bt_buf_str(&x->body);
	bool too_long;

	return bt_grpc_is(x->req) && one_meaning(x->req) &&
	       bt_grpc_first(&rest, UINT64_MAX, &too_long).n != 0;
}

static bool unscannable(struct bt_denial *d)
{
	bt_deny(d, 403, "body_dlp", "unscannable",
	        "gRPC messages are compressed or malformed and cannot be scanned");
	return false;
}

bool bt_rows_look(struct bt_conn *c, struct bt_str text, bool last, size_t *used,
                  struct bt_denial *d)
{
	struct bt_exchange *x = &bt_http(c)->x;
	uint64_t max = c->policy->cfg->body.max_body_bytes;
	struct bt_str rest = text, one;
	bool too_long = false, look = c->policy->cfg->body.enabled;

	*used = 0;
	while ((one = bt_grpc_first(&rest, max, &too_long)).n && !too_long) {
		struct bt_str said = { one.p + BT_GRPC_PREFIX, one.n - BT_GRPC_PREFIX };

		if (look && bt_grpc_opaque(x->req, one))
			return unscannable(d);
		if (look && bt_ws_judge(c, &x->stream->rows->window, said, d) == BT_RULING_DENY)
			return false;
		*used += one.n;
	}
	if (too_long) {
		bt_deny(d, 403, "body_dlp", "request_body_scanning.max_body_bytes",
		        "message exceeds max_body_bytes (%llu)", (unsigned long long)max);
		return false;
	}
	return !last || !look || rest.n == 0 || unscannable(d);
}
