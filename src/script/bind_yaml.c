/* bind_yaml.c - require "bottle.yaml" */
#include "bottle/yaml.h"
#include "lx.h"
#include "lx_tree.h"
#include "modules.h"

/* yaml.decode(text, { positions = bool }?) -> value, lines? | nil, msg, code */
static int l_decode(lua_State *L)
{
	return lx_tree_decode(L, bt_yaml_decode);
}

/* yaml.encode(value) -> text | nil, msg, code */
static int l_encode(lua_State *L)
{
	struct bt_err e = { 0 };

	luaL_checkany(L, 1);
	struct lx_doc *d = lx_doc_new(L);

	if (lx_tree_from(L, 1, &d->tree, &e) < 0 || bt_yaml_encode(d->tree, &d->text, &e) < 0)
		return e.code == BT_USAGE ? luaL_error(L, "%s", e.msg) : lx_fail(L, &e);
	lua_pushlstring(L, (const char *)d->text.p, d->text.len);
	return 1;
}

static const luaL_Reg module[] = { { "decode", l_decode }, { "encode", l_encode }, { NULL, NULL } };

int luaopen_bottle_yaml(lua_State *L)
{
	luaL_newlib(L, module);
	lx_tree_push_null(L); /* the same value as json.null */
	lua_setfield(L, -2, "null");
	return 1;
}
