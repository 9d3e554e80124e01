/* bind_tar.c - require "bottle.tar" */
#include "lx.h"
#include "lx_tar.h"
#include "modules.h"

#define CLASS "bottle.tar"
#define SKIP_MAX 64

struct bt_tar *lx_tar_check(lua_State *L, int index)
{
	struct bt_tar **a = luaL_checkudata(L, index, CLASS);

	luaL_argcheck(L, *a, index, "tar is closed");
	return *a;
}

/* The strings stay in the table, so the pointers live as long as it does. */
static void read_skip(lua_State *L, int entry, const char **skip)
{
	if (lua_getfield(L, entry, "skip") != LUA_TNIL) {
		luaL_checktype(L, -1, LUA_TTABLE);
		lua_Integer n = luaL_len(L, -1);

		if (n >= SKIP_MAX)
			luaL_error(L, "field 'skip': more than %d names", SKIP_MAX - 1);
		for (lua_Integer i = 0; i < n; i++) {
			if (lua_rawgeti(L, -1, i + 1) != LUA_TSTRING)
				luaL_error(L, "field 'skip': want strings");
			skip[i] = lua_tostring(L, -1);
			lua_pop(L, 1);
		}
		skip[n] = NULL;
	}
	lua_pop(L, 1);
}

static struct bt_tar_entry read_entry(lua_State *L, int entry, const char **skip)
{
	static const char *const fields[] = { "path", "data", "file",  "dir",  "link", "mode",
		                              "uid",  "gid",  "mtime", "skip", NULL };
	struct bt_tar_entry x = { .skip = skip };

	luaL_checktype(L, entry, LUA_TTABLE);
	lx_only_fields(L, entry, fields);
	x.path = lx_field_string(L, entry, "path", NULL);
	if (!x.path)
		luaL_error(L, "an entry without a path");
	x.file = lx_field_string(L, entry, "file", NULL);
	x.dir = lx_field_string(L, entry, "dir", NULL);
	x.link = lx_field_string(L, entry, "link", NULL);
	if (lx_field_string(L, entry, "data", NULL)) {
		lua_getfield(L, entry, "data");
		x.data.p = lua_tolstring(L, -1, &x.data.n);
		lua_pop(L, 1);
	}
	if ((x.file != NULL) + (x.dir != NULL) + (x.link != NULL) + (x.data.p != NULL) > 1)
		luaL_error(L, "%s: only one of data, file, dir and link", x.path);
	x.mode = (int)lx_field_integer(L, entry, "mode", -1);
	x.uid = (uid_t)lx_field_integer(L, entry, "uid", 0);
	x.gid = (gid_t)lx_field_integer(L, entry, "gid", 0);
	x.mtime = lx_field_integer(L, entry, "mtime", -1);
	read_skip(L, entry, skip);
	return x;
}

int lx_tar_build(lua_State *L, int index, struct bt_err *e)
{
	const char *skip[SKIP_MAX];

	index = lua_absindex(L, index);
	luaL_checktype(L, index, LUA_TTABLE);
	lua_Integer n = luaL_len(L, index);
	struct bt_tar **a = lua_newuserdatauv(L, sizeof *a, 0);

	*a = NULL;
	luaL_setmetatable(L, CLASS);
	if (bt_tar_open(a, e) < 0)
		return -1;
	for (lua_Integer i = 1; i <= n; i++) {
		skip[0] = NULL;
		lua_rawgeti(L, index, i);
		struct bt_tar_entry x = read_entry(L, lua_gettop(L), skip);

		if (bt_tar_add(*a, &x, e) < 0)
			return -1;
		lua_pop(L, 1);
	}
	return bt_tar_finish(*a, e);
}

/* tar.build(entries) -> Tar | nil, msg, code */
static int l_build(lua_State *L)
{
	struct bt_err e = { 0 };

	luaL_checktype(L, 1, LUA_TTABLE);
	if (lx_tar_build(L, 1, &e) < 0)
		return lx_fail(L, &e);
	return 1;
}

/* t:size() -> bytes */
static int l_size(lua_State *L)
{
	lua_pushinteger(L, (lua_Integer)bt_tar_size(lx_tar_check(L, 1)));
	return 1;
}

/* t:sha256() -> hex */
static int l_sha256(lua_State *L)
{
	char hex[65];
	struct bt_err e = { 0 };

	if (bt_tar_sha256(lx_tar_check(L, 1), hex, &e) < 0)
		return lx_fail(L, &e);
	lua_pushstring(L, hex);
	return 1;
}

/* t:close(), __close and __gc */
static int l_close(lua_State *L)
{
	struct bt_tar **a = luaL_checkudata(L, 1, CLASS);

	bt_tar_close(BT_STEAL(*a));
	return 0;
}

static const luaL_Reg methods[] = {
	{ "size", l_size }, { "sha256", l_sha256 }, { "close", l_close }, { NULL, NULL }
};
static const luaL_Reg meta[] = { { "__gc", l_close }, { "__close", l_close }, { NULL, NULL } };
static const luaL_Reg module[] = { { "build", l_build }, { NULL, NULL } };

int luaopen_bottle_tar(lua_State *L)
{
	lx_class(L, CLASS, methods, meta);
	luaL_newlib(L, module);
	return 1;
}
