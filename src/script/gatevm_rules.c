/* gatevm_rules.c - what a policy file calls: policy.rule, remove, and what only the other VM does.
 */
#include "gatevm_rules.h"

#include <lauxlib.h>
#include <stdbool.h>
#include <string.h>

/* Push the list of rules of a point. */
static void push_list(lua_State *L, const char *point)
{
	lua_getfield(L, LUA_REGISTRYINDEX, BT_GATEVM_RULES);
	if (lua_getfield(L, -1, point) != LUA_TTABLE) {
		lua_pop(L, 1);
		lua_createtable(L, 1, 0);
		lua_pushvalue(L, -1);
		lua_setfield(L, -3, point);
	}
	lua_remove(L, -2);
}

/* Where the rule with this id stands in the list on top; 0: nowhere. */
static lua_Integer place(lua_State *L, const char *id)
{
	lua_Integer n = (lua_Integer)lua_rawlen(L, -1), at = 0;

	for (lua_Integer i = 1; i <= n && !at; i++) {
		(void)lua_rawgeti(L, -1, i);
		(void)lua_getfield(L, -1, "id");
		if (strcmp(lua_tostring(L, -1), id) == 0)
			at = i;
		lua_pop(L, 2);
	}
	return at;
}

/* A rule in a place that is not the one its author wrote could let through what another refuses:
 * what this VM does not sort is refused. */
static void check_order(lua_State *L, const char *point, const char *id)
{
	bool moved = lua_getfield(L, 2, "before") != LUA_TNIL;

	moved = lua_getfield(L, 2, "after") != LUA_TNIL || moved;
	lua_pop(L, 2);
	if (moved && (strcmp(point, "request") == 0 || strcmp(point, "response") == 0))
		luaL_error(L, "rule %s: %s rules run in the order in which they stand", id, point);
}

/* policy.rule(point, { id =, run =, replace = }) */
static int l_rule(lua_State *L)
{
	const char *point = luaL_checkstring(L, 1), *id;
	lua_Integer at;

	luaL_checktype(L, 2, LUA_TTABLE);
	if (lua_getfield(L, 2, "id") != LUA_TSTRING || lua_rawlen(L, -1) == 0)
		return luaL_error(L, "policy.rule: want id");
	id = lua_tostring(L, -1); /* stays on the stack */
	check_order(L, point, id);
	push_list(L, point);
	at = place(L, id);
	(void)lua_getfield(L, 2, "replace");
	if (at && !lua_toboolean(L, -1))
		return luaL_error(L, "rule %s exists already", id);
	lua_pop(L, 1);
	lua_createtable(L, 0, 2); /* a copy: the script cannot change it later */
	lua_getfield(L, 2, "id");
	lua_setfield(L, -2, "id");
	if (lua_getfield(L, 2, "run") != LUA_TFUNCTION)
		return luaL_error(L, "policy.rule: want run, a function");
	lua_setfield(L, -2, "run");
	lua_rawseti(L, -2, at ? at : (lua_Integer)lua_rawlen(L, -2) + 1);
	return 0;
}

/* policy.remove(point, id) */
static int l_remove(lua_State *L)
{
	push_list(L, luaL_checkstring(L, 1));
	lua_Integer n = (lua_Integer)lua_rawlen(L, -1), at = place(L, luaL_checkstring(L, 2));

	for (; at && at <= n; at++) {
		(void)lua_rawgeti(L, -1, at + 1);
		lua_rawseti(L, -2, at);
	}
	return 0;
}

/* policy.point, policy.include: of the control VM alone. */
static int l_elsewhere(lua_State *L)
{
	(void)L;
	return 0;
}

void bt_gatevm_policy(lua_State *L)
{
	static const luaL_Reg policy[] = { { "rule", l_rule },
		                           { "remove", l_remove },
		                           { "point", l_elsewhere },
		                           { "include", l_elsewhere },
		                           { NULL, NULL } };

	lua_newtable(L);
	lua_setfield(L, LUA_REGISTRYINDEX, BT_GATEVM_RULES);
	luaL_newlib(L, policy);
	lua_setglobal(L, "policy");
}
