/* h2_ws.c - a WebSocket by a stream (RFC 8441): an extended CONNECT reads as the handshake that it
 * stands for, with a key of ours, so that whoever judges handshakes has one form of them. 101 is
 * said as 200. Anything else that means yes would leave client and server with two opinions. */
#include "h2_int.h"

#define KEY_BYTES 16

static struct bt_str pseudo(const struct bt_h2_stream *s, enum pseudo p)
{
	nghttp2_vec v = { NULL, 0 };

	if (s->pseudo[p])
		v = nghttp2_rcbuf_get_buf(s->pseudo[p]);
	return (struct bt_str){ (const char *)v.base, v.len };
}

bool bt_h2_asks_ws(const struct bt_h2_stream *s)
{
	return bt_str_eq(pseudo(s, P_PROTOCOL), BT_STR_LIT("websocket")) &&
	       bt_str_eq(pseudo(s, P_METHOD), BT_STR_LIT("CONNECT")) && s->pseudo[P_PATH];
}

/* Base64 of the seed with the stream's number in it: no secret, but not always the same. */
static void make_key(const struct bt_h2_stream *s, char out[25])
{
	static const char set[] =
	        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	uint8_t raw[KEY_BYTES + 2] = { 0 };
	size_t n = 0;

	for (size_t i = 0; i < KEY_BYTES; i++)
		raw[i] = s->h2->spec.seed[i] ^ (i < 4 ? (uint8_t)((uint32_t)s->id >> (8 * i)) : 0);
	for (size_t i = 0; i < KEY_BYTES; i += 3) {
		unsigned v = (unsigned)raw[i] << 16 | (unsigned)raw[i + 1] << 8 | raw[i + 2];

		for (int shift = 18; shift >= 0; shift -= 6)
			out[n++] = set[v >> shift & 63];
	}
	out[22] = out[23] = '=';
	out[24] = 0;
}

int bt_h2_put_ws(struct bt_h2_stream *s, struct bt_buf *b, struct bt_err *e)
{
	char key[25];

	make_key(s, key);
	return bt_buf_addf(b, e,
	                   "Upgrade: websocket\r\nConnection: Upgrade\r\n"
	                   "Sec-WebSocket-Key: %s\r\n",
	                   key);
}

int bt_h2_ws_status(struct bt_h2_stream *s, unsigned status, struct bt_err *e)
{
	if (status == 101 && s->raw) {
		s->open = true;
		bt_h2_poke(s); /* what came before is bytes now */
		return 200;
	}
	if (status == 101)
		return bt_fail(e, BT_PROTO, "an upgrade that HTTP/2 does not have");
	if (s->raw && status >= 200 && status < 300)
		return bt_fail(e, BT_PROTO, "the answer to a handshake is neither yes nor no");
	return (int)(status % 1000);
}

bool bt_h2_raw(const struct bt_h2_stream *s)
{
	return s->raw;
}
