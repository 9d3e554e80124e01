/* Whatever a peer sends: every head that comes out is one the strict parser of HTTP/1.1 frames the
 * same way, no stream holds more than its window, and the session ends in order. The first byte
 * says which side is attacked; a judge without opinions answers. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bottle/h2.h"
#include "bottle/http1.h"

#define PIECE 97u /* fed at once: frames arrive in pieces */

static void must(int fact)
{
	if (!fact)
		abort();
}

/* A request's head is parsed as the gate would; refused is fine, longer than itself is not. */
static void look(const struct bt_buf *b)
{
	static struct bt_http_head head;
	struct bt_err e = { 0 };
	size_t seen = 0, len = 0;

	if (bt_http_head_end(b->p, b->len, &seen, &len, &e) == 1 &&
	    bt_http_request(&head, b->p, len, &e) == 0) {
		must(len <= b->len);
		must(head.method.n && head.target.n);
	}
}

static void answer(struct bt_h2_stream *s)
{
	static const char yes[] = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
	                          "2\r\nok\r\n0\r\nX-T: 1\r\n\r\n";
	static const char open[] = "HTTP/1.1 101 S\r\nUpgrade: websocket\r\n\r\n\x81\x02hi";
	bool raw = bt_h2_raw(s);
	struct bt_err e = { 0 };
	size_t used = 0;

	bt_h2_set_user(s, s);
	if (bt_h2_write(s, raw ? open : yes, (raw ? sizeof open : sizeof yes) - 1, &used, &e) < 0)
		bt_h2_drop(s, false);
}

static void judge(struct bt_h2 *h, bool server)
{
	struct bt_h2_stream *s;

	while ((s = bt_h2_next(h))) {
		BT_OWN_BUF b = BT_BUF(BT_MIB);
		struct bt_err e = { 0 };
		bool end = false;

		must(bt_h2_read(s, &b, &end, &e) == 0);
		must(b.len <= 4 * BT_LIM_HTTP_HEAD + 2 * BT_LIM_H2_WINDOW + BT_KIB);
		if (server && !bt_h2_user(s) && b.len)
			look(&b);
		if (bt_h2_gone(s))
			bt_h2_drop(s, false);
		else if (server && (end || bt_h2_raw(s)) && !bt_h2_user(s))
			answer(s);
	}
}

static void ask(struct bt_h2 *h, const char *method)
{
	struct bt_h2_stream *s = bt_h2_start(h, true);
	struct bt_err e = { 0 };
	char text[80];
	size_t used = 0;

	must(s != NULL);
	(void)snprintf(text, sizeof text, "%s / HTTP/1.1\r\nHost: x.test\r\n\r\n", method);
	must(bt_h2_write(s, text, strlen(text), &used, &e) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *d, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *d, size_t n)
{
	struct bt_h2_spec spec = { .server = n && d[0] != 'c' };
	BT_OWN(bt_h2) h = NULL;
	struct bt_err e = { 0 };
	int r = 0;

	must(bt_h2_open(&h, &spec, &e) == 0);
	if (!spec.server) {
		ask(h, "GET");
		ask(h, "HEAD");
	}
	for (size_t at = n ? 1 : 0; r == 0 && at < n; at += PIECE) {
		BT_OWN_BUF out = BT_BUF(4 * BT_MIB);

		r = bt_h2_feed(h, d + at, n - at < PIECE ? n - at : PIECE, at, &e);
		judge(h, spec.server);
		must(bt_h2_pull(h, &out, 65536, &e) == 0 || r < 0 || e.code);
	}
	bt_h2_goaway(h);
	return 0;
}
