/* bind_json.c - require "bottle.json" */
#include "bottle/json.h"
#include "bottle/limits.h"
#include "lx.h"
#include "lx_tree.h"
#include "modules.h"

/* json.decode(text, { positions = bool }?) -> value, lines? | nil, msg, code */
static int l_decode(lua_State *L)
{
	return lx_tree_decode(L, bt_json_decode);
}

/* json.encode(value, { pretty = bool }?) -> text | nil, msg, code */
static int l_encode(lua_State *L)
{
	static const char *const fields[] = { "pretty", NULL };
	bool pretty = false;
	struct bt_err e = { 0 };

	luaL_checkany(L, 1);
	if (!lua_isnoneornil(L, 2)) {
		luaL_checktype(L, 2, LUA_TTABLE);
		lx_only_fields(L, 2, fields);
		pretty = lx_field_bool(L, 2, "pretty", false);
	}
	struct lx_doc *d = lx_doc_new(L);

	if (lx_tree_from(L, 1, &d->tree, &e) < 0 ||
	    bt_json_encode(d->tree, pretty ? BT_JSON_PRETTY : BT_JSON_COMPACT, &d->text, &e) < 0)
		return e.code == BT_USAGE ? luaL_error(L, "%s", e.msg) : lx_fail(L, &e);
	lua_pushlstring(L, (const char *)d->text.p, d->text.len);
	return 1;
}

/* json.array(t?) -> t, marked as an array also when it is empty */
static int l_array(lua_State *L)
{
	if (lua_isnoneornil(L, 1))
		lua_newtable(L);
	else
		luaL_checktype(L, 1, LUA_TTABLE);
	lx_tree_mark_array(L, -1);
	return 1;
}

/* json.is_array(value) -> boolean */
static int l_is_array(lua_State *L)
{
	luaL_checkany(L, 1);
	lua_pushboolean(L, lx_tree_is_array(L, 1));
	return 1;
}

/* json.path(parent, key or index) -> path, as the positions name it */
static int l_path(lua_State *L)
{
	struct bt_str parent = lx_check_str(L, 1);
	const char *key = lua_type(L, 2) == LUA_TNUMBER ? NULL : luaL_checkstring(L, 2);
	lua_Integer index = key ? 0 : luaL_checkinteger(L, 2);
	struct bt_err e = { 0 };
	struct lx_doc *d = lx_doc_new(L);

	if (bt_buf_add(&d->text, parent.p, parent.n, &e) < 0 ||
	    bt_path_step(&d->text, key, (size_t)index, &e) < 0)
		return lx_fail(L, &e);
	lua_pushlstring(L, (const char *)d->text.p, d->text.len);
	return 1;
}

static const luaL_Reg module[] = { { "decode", l_decode }, { "encode", l_encode },
	                           { "array", l_array },   { "is_array", l_is_array },
	                           { "path", l_path },     { NULL, NULL } };

int luaopen_bottle_json(lua_State *L)
{
	luaL_newlib(L, module);
	lx_tree_push_null(L);
	lua_setfield(L, -2, "null");
	return 1;
}
