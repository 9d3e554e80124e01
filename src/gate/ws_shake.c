/* ws_shake.c - the opening handshake (RFC 6455 §4), on both sides. */
#include <string.h>

#include "bottle/digest.h"
#include "ws.h"

#define GUID "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
#define KEY_LEN 24 /* base64 of 16 bytes */

/* The value of a field that must be there exactly once; else empty. */
static struct bt_str only(const struct bt_http_head *h, const char *name)
{
	struct bt_str v = { NULL, 0 };
	size_t n = 0;

	for (size_t i = 0; i < h->nfields; i++)
		if (bt_str_ieq(h->fields[i].name, bt_str(name))) {
			v = h->fields[i].value;
			n++;
		}
	return n == 1 ? v : (struct bt_str){ NULL, 0 };
}

static bool is_key(struct bt_str v)
{
	if (v.n != KEY_LEN || memcmp(v.p + KEY_LEN - 2, "==", 2) != 0)
		return false;
	for (size_t i = 0; i < KEY_LEN - 2; i++) {
		char c = bt_ascii_lower(v.p[i]);

		if ((c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '+' && c != '/')
			return false;
	}
	return true;
}

bool bt_ws_asked(const struct bt_http_head *req)
{
	const struct bt_http_field *f = bt_http_find(req, "connection");

	return f && bt_str_eq(req->method, BT_STR_LIT("GET")) && req->minor == 1 &&
	       req->body == BT_BODY_NONE &&
	       bt_str_ieq(only(req, "upgrade"), BT_STR_LIT("websocket")) &&
	       bt_http_list_has(only(req, "connection"), "upgrade") &&
	       bt_str_eq(only(req, "sec-websocket-version"), BT_STR_LIT("13")) &&
	       is_key(only(req, "sec-websocket-key"));
}

bool bt_ws_ends_here(struct bt_str name)
{
	return bt_str_ieq(name, BT_STR_LIT("sec-websocket-extensions"));
}

int bt_ws_ask(struct bt_buf *b, struct bt_err *e)
{
	return bt_buf_addf(b, e, "Connection: Upgrade\r\nUpgrade: websocket\r\n");
}

static int accepted(const struct bt_http_head *req, const struct bt_http_head *a, struct bt_err *e)
{
	struct bt_str key = only(req, "sec-websocket-key");
	char text[KEY_LEN + sizeof GUID], want[BT_DIGEST_SHA1];

	if (key.n != KEY_LEN) /* bt_ws_asked said otherwise */
		return bt_fail(e, BT_PROTO, "no Sec-WebSocket-Key");
	memcpy(text, key.p, KEY_LEN);
	memcpy(text + KEY_LEN, GUID, sizeof GUID);
	bt_digest_sha1_base64(bt_str(text), want);
	if (!bt_str_eq(only(a, "sec-websocket-accept"), bt_str(want)))
		return bt_fail(e, BT_PROTO, "Sec-WebSocket-Accept does not answer the key");
	return 0;
}

static int check(const struct bt_http_head *req, const struct bt_http_head *a, struct bt_err *e)
{
	if (!bt_str_ieq(only(a, "upgrade"), BT_STR_LIT("websocket")) ||
	    !bt_http_list_has(only(a, "connection"), "upgrade"))
		return bt_fail(e, BT_PROTO, "101 is no upgrade to WebSocket");
	if (bt_http_find(a, "sec-websocket-extensions"))
		return bt_fail(e, BT_PROTO, "WebSocket extension that was not offered");
	return accepted(req, a, e);
}

/* Written by ourselves, or without meaning after an upgrade. */
static bool left_out(struct bt_str name)
{
	static const char *const all[] = { "connection",        "upgrade",
		                           "keep-alive",        "proxy-connection",
		                           "content-length",    "transfer-encoding",
		                           "proxy-authenticate" };

	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		if (bt_str_ieq(name, bt_str(all[i])))
			return true;
	return false;
}

int bt_ws_answer(struct bt_buf *to, const struct bt_http_head *req, const struct bt_http_head *a,
                 struct bt_err *e)
{
	if (check(req, a, e) < 0 ||
	    bt_buf_addf(to, e, "HTTP/1.1 101 Switching Protocols\r\n") < 0 || bt_ws_ask(to, e) < 0)
		return -1;
	for (size_t i = 0; i < a->nfields; i++) {
		struct bt_str n = a->fields[i].name, v = a->fields[i].value;

		if (left_out(n))
			continue;
		if (bt_buf_add(to, n.p, n.n, e) < 0 || bt_buf_add(to, ": ", 2, e) < 0 ||
		    bt_buf_add(to, v.p, v.n, e) < 0 || bt_buf_add(to, "\r\n", 2, e) < 0)
			return -1;
	}
	return bt_buf_add(to, "\r\n", 2, e);
}
