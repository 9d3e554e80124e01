/* bind_log.c - require "bottle.log" */
#include "bottle/log.h"
#include "lx.h"
#include "modules.h"

/* (topic, fmt, ...): formatted by string.format, kept as the upvalue; only when it is wanted. */
static int write_log(lua_State *L, enum bt_log_level level)
{
	const char *topic = luaL_checkstring(L, 1);
	struct bt_err e = { 0 };

	(void)luaL_checkstring(L, 2);
	if (!bt_log_on(level))
		return 0;
	lua_pushvalue(L, lua_upvalueindex(1));
	lua_insert(L, 2);
	if (lx_pcall(L, lua_gettop(L) - 2, 1, &e) < 0)
		return luaL_error(L, "%s", e.msg);
	bt_log(level, topic, "%s", lua_tostring(L, -1));
	return 0;
}

static int l_debug(lua_State *L)
{
	return write_log(L, BT_LOG_DEBUG);
}

static int l_info(lua_State *L)
{
	return write_log(L, BT_LOG_INFO);
}

static int l_warn(lua_State *L)
{
	return write_log(L, BT_LOG_WARN);
}

static int l_error(lua_State *L)
{
	return write_log(L, BT_LOG_ERROR);
}

static const luaL_Reg module[] = { { "debug", l_debug },
	                           { "info", l_info },
	                           { "warn", l_warn },
	                           { "error", l_error },
	                           { NULL, NULL } };

int luaopen_bottle_log(lua_State *L)
{
	luaL_newlibtable(L, module);
	lua_getglobal(L, "string");
	lua_getfield(L, -1, "format");
	lua_remove(L, -2);
	luaL_setfuncs(L, module, 1);
	return 1;
}
