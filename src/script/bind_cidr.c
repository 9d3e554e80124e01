/* bind_cidr.c - require "bottle.cidr" */
#include "bottle/ip.h"
#include "lx.h"
#include "modules.h"

#define ALLOW_MAX 256

/* cidr.parse(s) -> s in its usual spelling | nil, msg, code */
static int l_parse(lua_State *L)
{
	struct bt_str s = lx_check_str(L, 1);
	struct bt_err e = { 0 };
	struct bt_cidr c;
	char text[BT_CIDR_TEXT];

	if (bt_cidr_parse(&c, s, &e) < 0)
		return lx_fail(L, &e);
	lua_pushstring(L, bt_cidr_text(&c, text));
	return 1;
}

/* cidr.contains(cidr, ip) -> bool | nil, msg, code */
static int l_contains(lua_State *L)
{
	struct bt_str c = lx_check_str(L, 1), ip = lx_check_str(L, 2);
	struct bt_err e = { 0 };
	struct bt_cidr net;
	struct bt_ip v;

	if (bt_cidr_parse(&net, c, &e) < 0 || bt_ip_parse(&v, ip, &e) < 0)
		return lx_fail(L, &e);
	lua_pushboolean(L, bt_cidr_has(&net, &v));
	return 1;
}

static int read_allow(lua_State *L, struct bt_cidr *allow, size_t *n, struct bt_err *e)
{
	*n = 0;
	if (lua_isnoneornil(L, 2))
		return 0;
	luaL_checktype(L, 2, LUA_TTABLE);
	for (lua_Integer i = 1; lua_geti(L, 2, i) != LUA_TNIL; i++) {
		if (*n == ALLOW_MAX)
			return bt_fail(e, BT_LIMIT, "more than %d CIDRs", ALLOW_MAX);
		luaL_argcheck(L, lua_type(L, -1) == LUA_TSTRING, 2, "want a list of strings");
		if (bt_cidr_parse(&allow[*n], lx_check_str(L, -1), e) < 0)
			return -1;
		++*n;
		lua_pop(L, 1);
	}
	lua_pop(L, 1);
	return 0;
}

/* cidr.forbidden(ip, allow?) -> why | false | nil, msg, code */
static int l_forbidden(lua_State *L)
{
	struct bt_str s = lx_check_str(L, 1);
	struct bt_cidr allow[ALLOW_MAX];
	struct bt_err e = { 0 };
	struct bt_ip ip;
	size_t n;

	if (bt_ip_parse(&ip, s, &e) < 0 || read_allow(L, allow, &n, &e) < 0)
		return lx_fail(L, &e);
	const char *why = bt_ip_forbidden(&ip, allow, n);

	if (why)
		lua_pushstring(L, why);
	else
		lua_pushboolean(L, 0);
	return 1;
}

static const luaL_Reg module[] = { { "parse", l_parse },
	                           { "contains", l_contains },
	                           { "forbidden", l_forbidden },
	                           { NULL, NULL } };

int luaopen_bottle_cidr(lua_State *L)
{
	luaL_newlib(L, module);
	return 1;
}
