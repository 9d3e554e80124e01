/* bind_self.c - require "bottle.self" */
#include "bottle/self.h"
#include "bottle/mem.h"
#include "bottle/module.h"
#include "lx.h"
#include "modules.h"

#define NAMES "bottle.self.names"

static int l_names_gc(lua_State *L)
{
	bt_fs_names_free(luaL_checkudata(L, 1, NAMES));
	return 0;
}

/* Strings that the collector frees, also when Lua raises meanwhile. */
static struct bt_fs_names *push_names(lua_State *L)
{
	struct bt_fs_names *names = lua_newuserdatauv(L, sizeof *names, 0);

	*names = (struct bt_fs_names){ 0 };
	luaL_setmetatable(L, NAMES);
	return names;
}

/* self.path() -> path | nil, msg, code */
static int l_path(lua_State *L)
{
	struct bt_err e = { 0 };
	struct bt_fs_names *one = push_names(L);

	one->v = bt_calloc(1, sizeof *one->v);
	one->n = 1;
	if (bt_self_path(one->v, &e) < 0)
		return lx_fail(L, &e);
	lua_pushstring(L, one->v[0]);
	return 1;
}

/* self.engine() -> path | nil, msg, code: the engine's module, which is then loaded */
static int l_engine(lua_State *L)
{
	struct bt_err e = { 0 };
	struct bt_fs_names *one = push_names(L);
	void (*entry)(void);

	one->v = bt_calloc(1, sizeof *one->v);
	one->n = 1;
	if (bt_module_path(one->v, BT_MODULE_GATE, &e) < 0 ||
	    bt_module_symbol(&entry, BT_MODULE_GATE, "bt_cmd_gate", &e) < 0)
		return lx_fail(L, &e);
	lua_pushstring(L, one->v[0]);
	return 1;
}

/* self.libraries([module]) -> { path, … } */
static int l_libraries(lua_State *L)
{
	const char *module = luaL_optstring(L, 1, NULL);
	struct bt_fs_names *names = push_names(L);

	bt_self_libraries(names, module);
	lua_createtable(L, (int)names->n, 0);
	for (size_t i = 0; i < names->n; i++) {
		lua_pushstring(L, names->v[i]);
		lua_rawseti(L, -2, (lua_Integer)i + 1);
	}
	return 1;
}

/* self.share() -> the folder with lua/ and policies/ */
static int l_share(lua_State *L)
{
	lua_getfield(L, LUA_REGISTRYINDEX, "bottle.share");
	return 1;
}

static const luaL_Reg names_meta[] = { { "__gc", l_names_gc }, { NULL, NULL } };
static const luaL_Reg none[] = { { NULL, NULL } };
static const luaL_Reg module[] = { { "path", l_path },
	                           { "engine", l_engine },
	                           { "libraries", l_libraries },
	                           { "share", l_share },
	                           { NULL, NULL } };

int luaopen_bottle_self(lua_State *L)
{
	lx_class(L, NAMES, none, names_meta);
	luaL_newlib(L, module);
	return 1;
}
