/* hostpat.c - entries of host lists, as people write them. */
#include <idn2.h>
#include <libpsl.h>
#include <stdio.h>
#include <string.h>

#include "bottle/host.h"

static bool ascii(struct bt_str s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] >= 0x80)
			return false;
	return true;
}

/* The A-label form; the only place where a host changes its spelling. */
static int to_alabel(struct bt_host *out, struct bt_str in, struct bt_err *e)
{
	char text[4 * BT_LIM_HOST];
	uint8_t *a = NULL;

	if (in.n >= sizeof text || memchr(in.p, 0, in.n))
		return bt_fail(e, BT_INVALID, "host is over %d bytes", BT_LIM_HOST);
	memcpy(text, in.p, in.n);
	text[in.n] = 0;
	int rc = idn2_lookup_u8((const uint8_t *)text, &a, IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL);

	if (rc != IDN2_OK)
		return bt_fail(e, BT_INVALID, "host has no A-label: %s", idn2_strerror(rc));
	rc = bt_host_parse(out, bt_str((const char *)a), e);
	idn2_free(a);
	return rc;
}

static int refuse_url(struct bt_str in, struct bt_err *e)
{
	const char *slash = in.n ? memchr(in.p, '/', in.n) : NULL;

	if (in.n == 0)
		return bt_fail(e, BT_INVALID, "entry is empty");
	if (!slash)
		return 0;
	if (slash > in.p && slash[-1] == ':')
		return bt_fail(e, BT_INVALID, "entry is a URL: write the host alone");
	return bt_fail(e, BT_INVALID, "entry has a path: write the host alone");
}

static int check_wildcard(const struct bt_host *h, struct bt_err *e)
{
	if (h->kind != BT_HOST_NAME)
		return bt_fail(e, BT_INVALID, "a wildcard needs a name, not an address");
	if (!strchr(h->s, '.'))
		return bt_fail(e, BT_INVALID, "*.%s is too broad: it is a whole top-level domain",
		               h->s);
	/* Only the ICANN part of the list: *.github.io is broad too, but one owner's to give. */
	if (psl_is_public_suffix2(psl_builtin(), h->s, PSL_TYPE_ICANN | PSL_TYPE_NO_STAR_RULE))
		return bt_fail(e, BT_INVALID, "*.%s is too broad: it is a public suffix", h->s);
	return 0;
}

/* Cut "host:port". Two colons or more without brackets are an IPv6 address without a port. */
static bool cut_port(struct bt_str in, struct bt_str *host, struct bt_str *port)
{
	const char *colon = memchr(in.p, ':', in.n);

	*host = in;
	if (in.p[0] == '[') {
		const char *close = memchr(in.p, ']', in.n);

		colon = close && close + 1 < in.p + in.n && close[1] == ':' ? close + 1 : NULL;
	} else if (colon && memchr(colon + 1, ':', in.n - (size_t)(colon + 1 - in.p))) {
		colon = NULL;
	}
	if (!colon)
		return false;
	host->n = (size_t)(colon - in.p);
	*port = (struct bt_str){ colon + 1, in.n - host->n - 1 };
	return true;
}

static int refuse_star(struct bt_str in, struct bt_err *e)
{
	if (in.n == 0)
		return bt_fail(e, BT_INVALID, "entry is empty");
	if (in.p[0] != '*' || (in.n > 2 && in.p[1] == '.'))
		return 0;
	return bt_fail(e, BT_INVALID,
	               in.n == 1 || in.p[1] == ':'
	                       ? "a bare * would allow every host: write *.suffix"
	                       : "a wildcard is the whole first label: write *.suffix");
}

int bt_host_pattern_parse(struct bt_host_pattern *out, struct bt_str in, struct bt_err *e)
{
	struct bt_host_pattern p = { 0 };
	struct bt_str host, port;

	if (refuse_url(in, e) < 0 || refuse_star(in, e) < 0)
		return -1;
	if (in.p[0] == '*') {
		p.wildcard = true;
		in.p += 2;
		in.n -= 2;
	}
	if (cut_port(in, &host, &port) && bt_port_parse(&p.port, port, e) < 0)
		return -1;
	if ((ascii(host) ? bt_host_parse(&p.host, host, e) : to_alabel(&p.host, host, e)) < 0)
		return -1;
	if (p.wildcard && check_wildcard(&p.host, e) < 0)
		return -1;
	*out = p;
	return 0;
}

bool bt_host_pattern_match(const struct bt_host_pattern *p, const struct bt_host *h, uint16_t port)
{
	size_t n = p->host.n;

	if (p->port ? port != p->port : port != 80 && port != 443)
		return false;
	if (!p->wildcard)
		return h->kind == p->host.kind && h->n == n && memcmp(h->s, p->host.s, n) == 0;
	return h->kind == BT_HOST_NAME && h->n > n + 1 && h->s[h->n - n - 1] == '.' &&
	       memcmp(h->s + h->n - n, p->host.s, n) == 0;
}

size_t bt_host_pattern_text(const struct bt_host_pattern *p, char *out)
{
	bool bracket = p->host.kind == BT_HOST_V6;
	size_t n = 0;

	if (p->wildcard) {
		out[n++] = '*';
		out[n++] = '.';
	}
	if (bracket)
		out[n++] = '[';
	memcpy(out + n, p->host.s, p->host.n);
	n += p->host.n;
	if (bracket)
		out[n++] = ']';
	out[n] = 0;
	if (p->port)
		n += (size_t)snprintf(out + n, BT_HOST_PATTERN_TEXT - n, ":%u", p->port);
	return n;
}
