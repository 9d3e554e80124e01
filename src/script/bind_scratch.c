/* bind_scratch.c - require "bottle.scratch" */
#include "bottle/scratch.h"
#include "lx.h"
#include "modules.h"

#define CLASS "bottle.scratch"

/* Owns nothing itself: it is the anchor that the collector can see. */
static struct bt_scratch **anchor(lua_State *L)
{
	return luaL_checkudata(L, 1, CLASS);
}

static struct bt_scratch *live(lua_State *L)
{
	struct bt_scratch **a = anchor(L);

	luaL_argcheck(L, *a, 1, "scratch is closed"); /* a bad call: raise */
	return *a;
}

/* scratch.open([parent]) -> scratch | nil, msg, code */
static int l_open(lua_State *L)
{
	const char *parent = luaL_optstring(L, 1, NULL); /* may raise: nothing held yet */
	struct bt_err e = { 0 };
	struct bt_scratch **a = lua_newuserdatauv(L, sizeof *a, 0);

	*a = NULL; /* consistent before anything can fail */
	luaL_setmetatable(L, CLASS);
	if (bt_scratch_open(a, parent, &e) < 0)
		return lx_fail(L, &e); /* a bad world: nil, msg, code */
	return 1;
}

/* s:path() -> string */
static int l_path(lua_State *L)
{
	lua_pushstring(L, bt_scratch_path(live(L)));
	return 1;
}

/* s:close(), __close and __gc: idempotent, never raises on a closed one */
static int l_close(lua_State *L)
{
	struct bt_scratch **a = anchor(L);

	bt_scratch_close(BT_STEAL(*a));
	return 0;
}

static int l_tostring(lua_State *L)
{
	struct bt_scratch **a = anchor(L);

	lua_pushfstring(L, CLASS ": %s", *a ? bt_scratch_path(*a) : "closed");
	return 1;
}

static const luaL_Reg methods[] = { { "path", l_path }, { "close", l_close }, { NULL, NULL } };
static const luaL_Reg meta[] = {
	{ "__gc", l_close }, { "__close", l_close }, { "__tostring", l_tostring }, { NULL, NULL }
};
static const luaL_Reg module[] = { { "open", l_open }, { NULL, NULL } };

int luaopen_bottle_scratch(lua_State *L)
{
	lx_class(L, CLASS, methods, meta);
	luaL_newlib(L, module);
	return 1;
}
