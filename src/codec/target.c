/* target.c - request targets in their four forms. */
#include "bottle/target.h"

#define PORT_HTTP 80
#define PORT_HTTPS 443

static int absolute(struct bt_target *t, struct bt_str s, struct bt_err *e)
{
	struct bt_str where = s;
	size_t n = 0;

	t->form = BT_TARGET_ABSOLUTE;
	if (bt_str_istarts(s, BT_STR_LIT("https://")))
		t->https = true;
	else if (!bt_str_istarts(s, BT_STR_LIT("http://")))
		return bt_fail(e, BT_PROTO, "scheme is neither http nor https");
	where.p += t->https ? 8 : 7;
	where.n -= t->https ? 8 : 7;
	while (n < where.n && where.p[n] != '/' && where.p[n] != '?')
		n++;
	t->path = (struct bt_str){ where.p + n, where.n - n };
	where.n = n;
	return bt_authority_parse(&t->host, &t->port, where, t->https ? PORT_HTTPS : PORT_HTTP, e);
}

int bt_target_parse(struct bt_target *t, struct bt_str method, struct bt_str target,
                    struct bt_err *e)
{
	*t = (struct bt_target){ .path = target };
	if (bt_str_eq(method, BT_STR_LIT("CONNECT"))) {
		t->form = BT_TARGET_AUTHORITY;
		t->path.n = 0;
		return bt_authority_parse(&t->host, &t->port, target, 0, e);
	}
	if (target.n && target.p[0] == '/')
		return 0; /* BT_TARGET_ORIGIN */
	if (bt_str_eq(target, BT_STR_LIT("*"))) {
		t->form = BT_TARGET_ASTERISK;
		if (!bt_str_eq(method, BT_STR_LIT("OPTIONS")))
			return bt_fail(e, BT_PROTO, "\"*\" is for OPTIONS only");
		return 0;
	}
	return absolute(t, target, e);
}
