/* bind_gatevm.c - require "bottle.gatevm": would the gate take these policy files? */
#include "bottle/gatevm.h"
#include "lx.h"
#include "modules.h"

#define FILES_MAX 64

struct file {
	const char *name;
	struct bt_str text;
};

static int check(const struct file *files, size_t n, struct bt_err *e)
{
	BT_OWN(bt_gatevm) vm = NULL;

	if (bt_gatevm_open(&vm, NULL, e) < 0)
		return -1;
	for (size_t i = 0; i < n; i++)
		if (bt_gatevm_load(vm, files[i].name, files[i].text, e) < 0)
			return -1;
	return 0;
}

/* gatevm.check{ { path =, text = }, … } -> true | nil, msg, code */
static int l_check(lua_State *L)
{
	struct file files[FILES_MAX];
	struct bt_err e = { 0 };

	luaL_checktype(L, 1, LUA_TTABLE);
	size_t n = lua_rawlen(L, 1);

	luaL_argcheck(L, n <= FILES_MAX, 1, "too many files");
	luaL_checkstack(L, (int)(3 * n) + 4, "too many files");
	for (size_t i = 0; i < n; i++) { /* the texts stay on the stack */
		lua_rawgeti(L, 1, (lua_Integer)i + 1);
		luaL_checktype(L, -1, LUA_TTABLE);
		int at = lua_gettop(L);

		lua_getfield(L, at, "path");
		lua_getfield(L, at, "text");
		files[i] = (struct file){ lx_check_path(L, at + 1), lx_check_str(L, at + 2) };
	}
	int rc = check(files, n, &e);

	return lx_done(L, rc, &e);
}

static const luaL_Reg module[] = { { "check", l_check }, { NULL, NULL } };

int luaopen_bottle_gatevm(lua_State *L)
{
	luaL_newlib(L, module);
	return 1;
}
