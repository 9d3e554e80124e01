/* bind_host.c - require "bottle.host" */
#include "bottle/host.h"
#include "bottle/hostset.h"
#include "lx.h"
#include "modules.h"

#define CLASS "bottle.hostset"

/* host.normalise(s) -> normal | nil, msg, code */
static int l_normalise(lua_State *L)
{
	struct bt_host h;
	struct bt_err e = { 0 };

	if (bt_host_parse(&h, lx_check_str(L, 1), &e) < 0)
		return lx_fail(L, &e);
	lua_pushlstring(L, h.s, h.n);
	return 1;
}

/* host.pattern(s) -> { host =, port =, wildcard =, text = } | nil, msg, code */
static int l_pattern(lua_State *L)
{
	struct bt_host_pattern p;
	struct bt_err e = { 0 };
	char text[BT_HOST_PATTERN_TEXT];

	if (bt_host_pattern_parse(&p, lx_check_str(L, 1), &e) < 0)
		return lx_fail(L, &e);
	lua_createtable(L, 0, 4);
	lua_pushlstring(L, p.host.s, p.host.n);
	lua_setfield(L, -2, "host");
	if (p.port)
		lua_pushinteger(L, p.port);
	else
		lua_pushnil(L);
	lua_setfield(L, -2, "port");
	lua_pushboolean(L, p.wildcard);
	lua_setfield(L, -2, "wildcard");
	lua_pushlstring(L, text, bt_host_pattern_text(&p, text));
	lua_setfield(L, -2, "text");
	return 1;
}

static uint16_t check_port(lua_State *L, int index)
{
	lua_Integer port = luaL_optinteger(L, index, 443);

	luaL_argcheck(L, port > 0 && port < 65536, index, "want a port from 1 to 65535");
	return (uint16_t)port;
}

/* host.match(pattern, host, port = 443) -> bool | nil, msg, code */
static int l_match(lua_State *L)
{
	struct bt_str pattern = lx_check_str(L, 1), name = lx_check_str(L, 2);
	uint16_t port = check_port(L, 3);
	struct bt_host_pattern p;
	struct bt_host h;
	struct bt_err e = { 0 };

	if (bt_host_pattern_parse(&p, pattern, &e) < 0 || bt_host_parse(&h, name, &e) < 0)
		return lx_fail(L, &e);
	lua_pushboolean(L, bt_host_pattern_match(&p, &h, port));
	return 1;
}

/* The set's user value: sources by number and number by source. */
static struct bt_hostset *set_of(lua_State *L)
{
	struct bt_hostset **a = luaL_checkudata(L, 1, CLASS);

	return *a;
}

static int l_set(lua_State *L)
{
	struct bt_hostset **a = lua_newuserdatauv(L, sizeof *a, 1);

	*a = NULL;
	luaL_setmetatable(L, CLASS);
	lua_newtable(L);
	lua_setiuservalue(L, -2, 1);
	*a = bt_hostset_new();
	return 1;
}

/* A number for the source string at index; the same string gives the same number. */
static int source_tag(lua_State *L, int index)
{
	const char *name = luaL_optstring(L, index, "");
	int tag;

	lua_getiuservalue(L, 1, 1);
	lua_getfield(L, -1, name);
	if (lua_isinteger(L, -1)) {
		tag = (int)lua_tointeger(L, -1);
		lua_pop(L, 2);
		return tag;
	}
	lua_pop(L, 1);
	tag = (int)lua_rawlen(L, -1) + 1;
	lua_pushinteger(L, tag);
	lua_setfield(L, -2, name);
	lua_pushstring(L, name);
	lua_rawseti(L, -2, tag);
	lua_pop(L, 1);
	return tag;
}

static void push_source(lua_State *L, int tag)
{
	lua_getiuservalue(L, 1, 1);
	lua_rawgeti(L, -1, tag);
	lua_remove(L, -2);
}

static int add_one(struct bt_hostset *s, struct bt_str text, int tag, struct bt_err *e)
{
	struct bt_host_pattern p;

	if (bt_host_pattern_parse(&p, text, e) < 0)
		return bt_wrap(e, "'%.*s'", (int)(text.n < 80 ? text.n : 80), text.p);
	return bt_hostset_add(s, &p, tag, e);
}

/* set:add(entry | list, source?) -> number added | nil, msg, code */
static int l_add(lua_State *L)
{
	struct bt_hostset *s = set_of(L);
	int tag = source_tag(L, 3), rc = 0;
	struct bt_err e = { 0 };
	lua_Integer added = 0;

	if (lua_type(L, 2) == LUA_TSTRING) {
		rc = add_one(s, lx_check_str(L, 2), tag, &e);
		added = rc;
	} else {
		luaL_checktype(L, 2, LUA_TTABLE);
		bt_hostset_reserve(s, lua_rawlen(L, 2));
		for (lua_Integer i = 1; rc >= 0 && lua_rawgeti(L, 2, i) != LUA_TNIL; i++) {
			luaL_argcheck(L, lua_type(L, -1) == LUA_TSTRING, 2, "want strings");
			rc = add_one(s, lx_check_str(L, -1), tag, &e);
			added += rc;
			lua_pop(L, 1);
		}
	}
	if (rc < 0)
		return lx_fail(L, &e);
	lua_pushinteger(L, added);
	return 1;
}

/* set:remove(entry) -> bool | nil, msg, code */
static int l_remove(lua_State *L)
{
	struct bt_hostset *s = set_of(L);
	struct bt_host_pattern p;
	struct bt_err e = { 0 };

	if (bt_host_pattern_parse(&p, lx_check_str(L, 2), &e) < 0)
		return lx_fail(L, &e);
	lua_pushboolean(L, bt_hostset_remove(s, &p));
	return 1;
}

/* set:has(host, port = 443) -> bool, source? | nil, msg, code */
static int l_has(lua_State *L)
{
	struct bt_hostset *s = set_of(L);
	struct bt_str name = lx_check_str(L, 2);
	uint16_t port = check_port(L, 3);
	struct bt_host h;
	struct bt_err e;
	int tag = 0;

	if (bt_host_parse(&h, name, &e) < 0)
		return lx_fail(L, &e);
	bool yes = bt_hostset_has(s, &h, port, &tag);

	lua_pushboolean(L, yes);
	if (!yes)
		return 1;
	push_source(L, tag);
	return 2;
}

/* set:source(entry) -> source | nil */
static int l_source(lua_State *L)
{
	struct bt_hostset *s = set_of(L);
	struct bt_host_pattern p;
	struct bt_err e = { 0 };

	if (bt_host_pattern_parse(&p, lx_check_str(L, 2), &e) < 0)
		return lx_fail(L, &e);
	push_source(L, bt_hostset_source(s, &p));
	return 1;
}

/* set:list() -> sorted entries, their sources */
static int l_list(lua_State *L)
{
	struct bt_hostset *s = set_of(L);
	size_t n = bt_hostset_count(s);

	bt_hostset_sort(s);
	lua_getiuservalue(L, 1, 1);
	lua_createtable(L, (int)n, 0);
	lua_createtable(L, (int)n, 0);
	for (size_t i = 0; i < n; i++) {
		int tag;
		struct bt_str t = bt_hostset_at(s, i, &tag);

		lua_pushlstring(L, t.p, t.n);
		lua_rawseti(L, -3, (lua_Integer)i + 1);
		lua_rawgeti(L, -3, tag);
		lua_rawseti(L, -2, (lua_Integer)i + 1);
	}
	return 2;
}

/* set:items() -> { { host =, source = } ... }, sorted: what list() gives, in one */
static int l_items(lua_State *L)
{
	struct bt_hostset *s = set_of(L);
	size_t n = bt_hostset_count(s);

	bt_hostset_sort(s);
	lua_getiuservalue(L, 1, 1);
	lua_createtable(L, (int)n, 0);
	for (size_t i = 0; i < n; i++) {
		int tag;
		struct bt_str t = bt_hostset_at(s, i, &tag);

		lua_createtable(L, 0, 2);
		lua_pushlstring(L, t.p, t.n);
		lua_setfield(L, -2, "host");
		lua_rawgeti(L, -3, tag);
		lua_setfield(L, -2, "source");
		lua_rawseti(L, -2, (lua_Integer)i + 1);
	}
	return 1;
}

static int l_len(lua_State *L)
{
	lua_pushinteger(L, (lua_Integer)bt_hostset_count(set_of(L)));
	return 1;
}

static int l_gc(lua_State *L)
{
	struct bt_hostset **a = luaL_checkudata(L, 1, CLASS);

	bt_hostset_close(*a);
	*a = NULL;
	return 0;
}

static const luaL_Reg methods[] = {
	{ "add", l_add },   { "remove", l_remove }, { "has", l_has }, { "source", l_source },
	{ "list", l_list }, { "items", l_items },   { NULL, NULL },
};
static const luaL_Reg meta[] = { { "__gc", l_gc }, { "__len", l_len }, { NULL, NULL } };
static const luaL_Reg module[] = {
	{ "normalise", l_normalise },
	{ "pattern", l_pattern },
	{ "match", l_match },
	{ "set", l_set },
	{ NULL, NULL },
};

int luaopen_bottle_host(lua_State *L)
{
	lx_class(L, CLASS, methods, meta);
	luaL_newlib(L, module);
	return 1;
}
