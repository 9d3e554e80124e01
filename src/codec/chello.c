#include "bottle/chello.h"

#include <string.h>

#include "bottle/host.h"
#include "bottle/str.h"

enum { REC_HANDSHAKE = 22, HS_CLIENT_HELLO = 1, RECORD_MAX = 16384 };
enum {
	EXT_SERVER_NAME = 0,
	EXT_ALPN = 16,
	EXT_TICKET = 35,
	EXT_PSK = 41,
	EXT_VERSIONS = 43,
	EXT_ECH = 0xfe0d
};

/* A cursor over bytes that a length announced: reading past their end makes it bad for ever. */
struct cut {
	const uint8_t *p;
	size_t n;
	bool bad;
};

static unsigned get(struct cut *c, unsigned bytes)
{
	unsigned v = 0;

	if (c->bad || c->n < bytes) {
		c->bad = true;
		return 0;
	}
	c->n -= bytes;
	while (bytes--)
		v = v << 8 | *c->p++;
	return v;
}

static struct cut take(struct cut *c, size_t n)
{
	struct cut r = { c->p, n, false };

	if (c->bad || c->n < n) {
		c->bad = true;
		c->n = 0;
		return (struct cut){ .bad = true };
	}
	c->p += n;
	c->n -= n;
	return r;
}

/* A vector with its length in so many bytes before it. */
static struct cut vec(struct cut *c, unsigned length_bytes)
{
	unsigned n = get(c, length_bytes);

	return take(c, n);
}

/* RFC 6066 §3: a DNS name, no trailing dot, no address. */
static int copy_name(struct bt_chello *c, struct cut name, struct bt_err *e)
{
	struct bt_host h;
	struct bt_str s = { (const char *)name.p, name.n };

	if (name.n == 0 || s.p[s.n - 1] == '.')
		return bt_fail(e, BT_PROTO, "ClientHello: server name is empty or ends in a dot");
	if (bt_host_parse(&h, s, e) < 0)
		return bt_wrap(e, "ClientHello: server name");
	if (h.kind != BT_HOST_NAME)
		return bt_fail(e, BT_PROTO, "ClientHello: server name is an address");
	memcpy(c->sni, h.s, (size_t)h.n + 1);
	return 0;
}

static int read_sni(struct bt_chello *c, struct cut ext, struct bt_err *e)
{
	struct cut list = vec(&ext, 2);
	unsigned type = get(&list, 1);
	struct cut name = vec(&list, 2);

	if (ext.bad || ext.n || list.bad)
		return bt_fail(e, BT_PROTO, "ClientHello: malformed server_name");
	if (list.n)
		return bt_fail(e, BT_PROTO, "ClientHello: more than one server name");
	if (type != 0)
		return bt_fail(e, BT_PROTO, "ClientHello: server name of type %u", type);
	return copy_name(c, name, e);
}

/* Protocol names are bytes of a stranger: only printable ones are kept. */
static void note_proto(struct bt_chello *c, struct cut p)
{
	size_t at = strlen(c->alpn);

	if (p.n == 8 && memcmp(p.p, "http/1.1", 8) == 0)
		c->alpn_http1 = true;
	if (at + p.n + 2 > sizeof c->alpn)
		return;
	if (at)
		c->alpn[at++] = ',';
	for (size_t i = 0; i < p.n; i++)
		c->alpn[at++] = p.p[i] > ' ' && p.p[i] < 0x7f ? (char)p.p[i] : '?';
	c->alpn[at] = '\0';
}

static int read_alpn(struct bt_chello *c, struct cut ext, struct bt_err *e)
{
	struct cut list = vec(&ext, 2);

	c->alpn_http1 = false;
	if (ext.bad || ext.n || list.n == 0)
		return bt_fail(e, BT_PROTO, "ClientHello: malformed ALPN");
	while (list.n) {
		struct cut p = vec(&list, 1);

		if (list.bad || p.n == 0)
			return bt_fail(e, BT_PROTO, "ClientHello: malformed ALPN");
		note_proto(c, p);
	}
	return 0;
}

static int read_versions(struct bt_chello *c, struct cut ext, struct bt_err *e)
{
	struct cut list = vec(&ext, 1);

	if (ext.bad || ext.n || list.n == 0 || list.n % 2)
		return bt_fail(e, BT_PROTO, "ClientHello: malformed supported_versions");
	while (list.n)
		if (get(&list, 2) == 0x0304)
			c->tls13 = true;
	return 0;
}

static int read_extension(struct bt_chello *c, unsigned type, struct cut ext, struct bt_err *e)
{
	switch (type) {
	case EXT_SERVER_NAME:
		return read_sni(c, ext, e);
	case EXT_ALPN:
		return read_alpn(c, ext, e);
	case EXT_VERSIONS:
		return read_versions(c, ext, e);
	case EXT_TICKET:
		c->ticket = c->ticket || ext.n > 0;
		return 0;
	case EXT_PSK:
		c->ticket = true;
		return 0;
	case EXT_ECH:
		c->ech = true;
		return 0;
	default:
		return 0;
	}
}

/* RFC 8446 §4.2: no type twice. A linear search: a hello has about 20. */
static bool again(uint16_t *seen, size_t *n, size_t cap, unsigned type)
{
	for (size_t i = 0; i < *n; i++)
		if (seen[i] == type)
			return true;
	if (*n == cap)
		return true;
	seen[(*n)++] = (uint16_t)type;
	return false;
}

static int read_extensions(struct bt_chello *c, struct cut all, struct bt_err *e)
{
	uint16_t seen[128];
	size_t n = 0;

	while (all.n) {
		unsigned type = get(&all, 2);
		struct cut ext = vec(&all, 2);

		if (all.bad)
			return bt_fail(e, BT_PROTO, "ClientHello: malformed extensions");
		if (again(seen, &n, sizeof seen / sizeof *seen, type))
			return bt_fail(e, BT_PROTO, "ClientHello: extension %u twice, or too many",
			               type);
		if (read_extension(c, type, ext, e) < 0)
			return -1;
	}
	return 0;
}

static int read_hello(struct bt_chello *c, struct cut m, struct bt_err *e)
{
	c->legacy_version = (uint16_t)get(&m, 2);
	(void)take(&m, 32); /* random */
	struct cut session = vec(&m, 1), suites = vec(&m, 2), compression = vec(&m, 1);

	if (m.bad || session.n > 32 || suites.n < 2 || suites.n % 2 || compression.n < 1)
		return bt_fail(e, BT_PROTO, "malformed ClientHello");
	c->alpn_http1 = true; /* until an ALPN extension says otherwise */
	if (m.n == 0)
		return 0;
	struct cut ext = vec(&m, 2);

	if (m.bad || m.n)
		return bt_fail(e, BT_PROTO, "malformed ClientHello");
	return read_extensions(c, ext, e);
}

void bt_chello_init(struct bt_chello *c)
{
	memset(c, 0, sizeof *c);
	c->state = BT_CHELLO_MORE;
	c->msg = BT_BUF(BT_LIM_CHELLO);
}

void bt_chello_free(struct bt_chello *c)
{
	bt_buf_free(&c->msg);
}

static int record_head(struct bt_chello *c, struct bt_err *e)
{
	if (c->head[0] != REC_HANDSHAKE || c->head[1] != 3)
		return bt_fail(e, BT_PROTO, "ClientHello: record of type %u, version %u.%u",
		               c->head[0], c->head[1], c->head[2]);
	c->left = (unsigned)c->head[3] << 8 | c->head[4];
	if (c->left == 0 || c->left > RECORD_MAX)
		return bt_fail(e, BT_PROTO, "ClientHello: record of %u bytes", c->left);
	c->nhead = 0;
	return 0;
}

/* 1: the message is whole; 0: more must come; -1: no ClientHello, or too long. */
static int message_ready(const struct bt_chello *c, struct bt_err *e)
{
	const uint8_t *p = c->msg.p;

	if (p[0] != HS_CLIENT_HELLO)
		return bt_fail(e, BT_PROTO, "handshake message %u where a ClientHello belongs",
		               p[0]);
	if (c->msg.len < 4)
		return 0;
	size_t want = 4 + ((size_t)p[1] << 16 | (size_t)p[2] << 8 | p[3]);

	if (want > BT_LIM_CHELLO)
		return bt_fail(e, BT_LIMIT, "ClientHello of %zu bytes", want);
	if (c->msg.len < want)
		return 0;
	/* Nothing may follow it in its last record: nobody has answered yet. */
	if (c->msg.len > want || c->left)
		return bt_fail(e, BT_PROTO, "bytes after the ClientHello in its record");
	return 1;
}

/* One byte of a record's header, or as much of its payload as there is. As message_ready. */
static int step(struct bt_chello *c, const uint8_t **p, size_t *n, struct bt_err *e)
{
	size_t got = 1;
	int rc = 0;

	if (c->wire >= BT_LIM_CHELLO_WIRE)
		return bt_fail(e, BT_LIMIT, "ClientHello: too many bytes");
	if (c->left == 0) {
		c->head[c->nhead++] = **p;
		if (c->nhead == sizeof c->head)
			rc = record_head(c, e);
	} else {
		got = *n < c->left ? *n : c->left;
		if (bt_buf_add(&c->msg, *p, got, e) < 0)
			return bt_wrap(e, "ClientHello");
		c->left -= (unsigned)got;
		rc = message_ready(c, e);
	}
	*p += got;
	*n -= got;
	c->wire += got;
	return rc;
}

enum bt_chello_state bt_chello_feed(struct bt_chello *c, const void *bytes, size_t n,
                                    struct bt_err *e)
{
	const uint8_t *p = bytes;
	int rc = 0;

	if (c->state != BT_CHELLO_MORE || n == 0)
		return c->state;
	if (c->wire == 0 && *p != REC_HANDSHAKE)
		return c->state = BT_CHELLO_NOTTLS;
	while (n && rc == 0)
		rc = step(c, &p, &n, e);
	if (rc == 0)
		return BT_CHELLO_MORE;
	if (rc > 0)
		rc = read_hello(c, (struct cut){ c->msg.p + 4, c->msg.len - 4, false }, e);
	bt_buf_free(&c->msg);
	return c->state = rc < 0 ? BT_CHELLO_BAD : BT_CHELLO_DONE;
}
