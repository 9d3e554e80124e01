/* bind_sig.c - require "bottle.sig" */
#include "bottle/sig.h"
#include "lx.h"
#include "modules.h"

/* sig.install() -> true | nil, msg, code */
static int l_install(lua_State *L)
{
	struct bt_err e = { 0 };

	return lx_done(L, bt_sig_install(&e), &e);
}

static int push_signal(lua_State *L, int sig)
{
	if (sig)
		lua_pushinteger(L, sig);
	else
		lua_pushnil(L);
	return 1;
}

/* sig.pending() -> signal number | nil */
static int l_pending(lua_State *L)
{
	return push_signal(L, bt_sig_pending());
}

/* sig.noted() -> signal number | nil, also while held */
static int l_noted(lua_State *L)
{
	return push_signal(L, bt_sig_noted());
}

/* sig.take() -> signal number | nil, and forget it */
static int l_take(lua_State *L)
{
	return push_signal(L, bt_sig_take());
}

/* sig.hold(on) */
static int l_hold(lua_State *L)
{
	luaL_checktype(L, 1, LUA_TBOOLEAN);
	bt_sig_hold(lua_toboolean(L, 1));
	return 0;
}

/* sig.sleep(ms) -> true | nil, msg, code */
static int l_sleep(lua_State *L)
{
	lua_Integer ms = luaL_checkinteger(L, 1);
	struct bt_err e = { 0 };

	luaL_argcheck(L, ms >= 0 && ms <= 3600000, 1, "out of range");
	return lx_done(L, bt_sig_poll(NULL, 0, (int)ms, &e), &e);
}

static const luaL_Reg module[] = { { "install", l_install },
	                           { "pending", l_pending },
	                           { "noted", l_noted },
	                           { "take", l_take },
	                           { "hold", l_hold },
	                           { "sleep", l_sleep },
	                           { NULL, NULL } };

int luaopen_bottle_sig(lua_State *L)
{
	luaL_newlib(L, module);
	return 1;
}
