/* config_parent.c - gate.parent_proxy: "http://[USER:PASSWORD@]HOST:PORT". No message holds any
 * part of the value: a slip of the pen must not show a password. */
#include <string.h>

#include "bottle/mem.h"
#include "config_int.h"

#define CREDENTIALS_MAX 512

static int hex(char c)
{
	static const char digits[] = "0123456789abcdef";
	const char *at = c ? strchr(digits, bt_ascii_lower(c)) : NULL;

	return at ? (int)(at - digits) : -1;
}

/* Percent-decoded into out[CREDENTIALS_MAX]; the length, or -1: malformed, too long, or with a
 * control byte, which could end the header that it will stand in. */
static int decode(struct bt_str in, uint8_t *out)
{
	int n = 0;

	for (size_t i = 0; i < in.n; i++) {
		int c = (unsigned char)in.p[i];

		if (c == '%') {
			if (i + 2 >= in.n || hex(in.p[i + 1]) < 0 || hex(in.p[i + 2]) < 0)
				return -1;
			c = hex(in.p[i + 1]) * 16 + hex(in.p[i + 2]);
			i += 2;
		}
		if (c < 0x20 || c == 0x7f || n == CREDENTIALS_MAX)
			return -1;
		out[n++] = (uint8_t)c;
	}
	return n;
}

static char *base64(const uint8_t *p, size_t n)
{
	static const char set[] =
	        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	char *out = bt_calloc(n / 3 + 2, 4), *to = out;

	for (size_t i = 0; i < n; i += 3) {
		size_t left = n - i;
		uint32_t v = (uint32_t)p[i] << 16 | (left > 1 ? (uint32_t)p[i + 1] << 8 : 0) |
		             (left > 2 ? p[i + 2] : 0);

		*to++ = set[v >> 18];
		*to++ = set[v >> 12 & 63];
		*to++ = left > 1 ? set[v >> 6 & 63] : '=';
		*to++ = left > 2 ? set[v & 63] : '=';
	}
	return out;
}

static bool set_auth(struct bt_gate_parent *p, struct bt_str userinfo)
{
	uint8_t plain[CREDENTIALS_MAX];
	int n = decode(userinfo, plain);

	if (n > 0)
		p->auth = base64(plain, (size_t)n);
	bt_wipe(plain, sizeof plain);
	return n > 0 && memchr(userinfo.p, ':', userinfo.n);
}

/* Where the last of this byte stands in s; NULL: nowhere. */
static const char *last(struct bt_str s, char c)
{
	for (size_t i = s.n; i > 0; i--)
		if (s.p[i - 1] == c)
			return s.p + i - 1;
	return NULL;
}

BT_SETTER(bt_set_parent)
{
	static const char scheme[] = "http://";
	struct bt_gate_parent *p = &r->c->parent;
	struct bt_str rest = bt_str(cJSON_IsString(v) ? v->valuestring : "");
	struct bt_err why = { 0 };
	const char *at;
	uint64_t port;

	if (!bt_str_istarts(rest, bt_str(scheme)))
		return bt_config_bad(r, k->path, "want http://[USER:PASSWORD@]HOST:PORT");
	rest = (struct bt_str){ rest.p + strlen(scheme), rest.n - strlen(scheme) };
	if (rest.n && rest.p[rest.n - 1] == '/')
		rest.n--;
	at = last(rest, '@');
	if (at && !set_auth(p, (struct bt_str){ rest.p, (size_t)(at - rest.p) }))
		return bt_config_bad(r, k->path,
		                     "want USER:PASSWORD, percent-encoded, no control bytes");
	if (at)
		rest = (struct bt_str){ at + 1, rest.n - (size_t)(at + 1 - rest.p) };
	at = last(rest, ':');
	if (!at ||
	    !bt_str_uint((struct bt_str){ at + 1, rest.n - (size_t)(at + 1 - rest.p) }, 65535,
	                 &port) ||
	    port == 0 ||
	    bt_host_parse(&p->host, (struct bt_str){ rest.p, (size_t)(at - rest.p) }, &why) < 0)
		return bt_config_bad(r, k->path, "want a host and a port after the credentials");
	p->port = (uint16_t)port;
	return 0;
}
