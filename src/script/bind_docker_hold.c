/* bind_docker_hold.c - the standard input of a container, held open: what container_hold returns */
#include <lauxlib.h>

#include "lx.h"
#include "lx_hold.h"

#define HOLD "bottle.docker.hold"

/* hold:say(text) -> true | nil, msg, code */
static int l_say(lua_State *L)
{
	struct bt_hold **a = luaL_checkudata(L, 1, HOLD);
	struct bt_err e = { 0 };

	luaL_argcheck(L, *a, 1, "hold is closed");
	if (bt_hold_say(*a, lx_check_str(L, 2), &e) < 0)
		return lx_fail(L, &e);
	lua_pushboolean(L, 1);
	return 1;
}

static int l_close(lua_State *L)
{
	struct bt_hold **a = luaL_checkudata(L, 1, HOLD);

	bt_hold_close(BT_STEAL(*a));
	return 0;
}

static const luaL_Reg methods[] = { { "say", l_say }, { "close", l_close }, { NULL, NULL } };
static const luaL_Reg meta[] = { { "__gc", l_close }, { "__close", l_close }, { NULL, NULL } };

struct bt_hold *lx_hold_opt(lua_State *L, int index)
{
	struct bt_hold **a = lua_isnoneornil(L, index) ? NULL : luaL_checkudata(L, index, HOLD);

	return a ? *a : NULL;
}

void lx_hold_class(lua_State *L)
{
	lx_class(L, HOLD, methods, meta);
}

void lx_hold_push(lua_State *L, struct bt_call *c)
{
	struct bt_hold **a = lua_newuserdatauv(L, sizeof *a, 0);

	*a = NULL; /* there before it owns anything */
	luaL_setmetatable(L, HOLD);
	*a = bt_call_hold(c);
}
