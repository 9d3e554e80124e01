/* bind_fs.c - require "bottle.fs" */
#include "bottle/fs.h"
#include "bottle/limits.h"
#include "lx.h"
#include "lx_tree.h"
#include "modules.h"

#define NAMES "bottle.fs.names"

/* fs.read(path, max?) -> text | nil, msg, code */
static int l_read(lua_State *L)
{
	const char *path = lx_check_path(L, 1);
	lua_Integer max = luaL_optinteger(L, 2, BT_LIM_FILE_READ);
	struct bt_err e = { 0 };

	luaL_argcheck(L, max >= 0 && max <= (lua_Integer)BT_LIM_FILE_READ, 2, "out of range");
	struct lx_doc *d = lx_doc_new(L);

	d->text = BT_BUF((size_t)max);
	if (bt_fs_read(path, (size_t)max, &d->text, &e) < 0)
		return lx_fail(L, &e);
	lua_pushlstring(L, d->text.p ? (const char *)d->text.p : "", d->text.len);
	bt_buf_wipe(&d->text);
	return 1;
}

static mode_t check_mode(lua_State *L, int index, lua_Integer absent)
{
	lua_Integer mode = luaL_optinteger(L, index, absent);

	luaL_argcheck(L, mode >= 0 && mode <= 07777, index, "not permission bits");
	return (mode_t)mode;
}

/* fs.write(path, text, mode?) -> true | nil, msg, code */
static int l_write(lua_State *L)
{
	const char *path = lx_check_path(L, 1);
	struct bt_str data = lx_check_str(L, 2);
	mode_t mode = check_mode(L, 3, 0600);
	struct bt_err e = { 0 };

	return lx_done(L, bt_fs_write(path, data, mode, &e), &e);
}

/* fs.create(path, text, mode?) -> true | nil, msg, code */
static int l_create(lua_State *L)
{
	const char *path = lx_check_path(L, 1);
	struct bt_str data = lx_check_str(L, 2);
	mode_t mode = check_mode(L, 3, 0600);
	struct bt_err e = { 0 };

	return lx_done(L, bt_fs_create(path, data, mode, &e), &e);
}

/* fs.append(path, text, mode?) -> true | nil, msg, code */
static int l_append(lua_State *L)
{
	const char *path = lx_check_path(L, 1);
	struct bt_str data = lx_check_str(L, 2);
	mode_t mode = check_mode(L, 3, 0600);
	struct bt_err e = { 0 };

	return lx_done(L, bt_fs_append(path, data, mode, &e), &e);
}

/* fs.mkdir_p(path, mode?) -> true | nil, msg, code */
static int l_mkdir_p(lua_State *L)
{
	const char *path = lx_check_path(L, 1);
	mode_t mode = check_mode(L, 2, 0700);
	struct bt_err e = { 0 };

	return lx_done(L, bt_fs_mkdirs(path, mode, &e), &e);
}

static int l_names_gc(lua_State *L)
{
	bt_fs_names_free(luaL_checkudata(L, 1, NAMES));
	return 0;
}

/* fs.list(path) -> names | nil, msg, code */
static int l_list(lua_State *L)
{
	const char *path = lx_check_path(L, 1);
	struct bt_err e = { 0 };
	struct bt_fs_names *names = lua_newuserdatauv(L, sizeof *names, 0);

	*names = (struct bt_fs_names){ 0 };
	luaL_setmetatable(L, NAMES);
	if (bt_fs_list(path, names, &e) < 0)
		return lx_fail(L, &e);
	lua_createtable(L, (int)names->n, 0);
	for (size_t i = 0; i < names->n; i++) {
		lua_pushstring(L, names->v[i]);
		lua_rawseti(L, -2, (lua_Integer)i + 1);
	}
	return 1;
}

static int push_stat(lua_State *L, bool follow)
{
	const char *path = lx_check_path(L, 1);
	struct bt_err e = { 0 };
	struct bt_fs_stat st;

	if (bt_fs_stat(path, follow, &st, &e) < 0)
		return lx_fail(L, &e);
	lua_createtable(L, 0, 8);
	lx_set_string(L, "type", st.type);
	lx_set_integer(L, "size", (lua_Integer)st.size);
	lx_set_integer(L, "mode", st.mode);
	lx_set_integer(L, "uid", st.uid);
	lx_set_integer(L, "gid", st.gid);
	lx_set_integer(L, "mtime", st.mtime);
	lx_set_integer(L, "ino", (lua_Integer)st.ino);
	lx_set_integer(L, "dev", (lua_Integer)st.dev);
	return 1;
}

/* fs.stat(path) -> { type, size, mode, uid, gid, mtime, ino, dev } | nil, msg, code */
static int l_stat(lua_State *L)
{
	return push_stat(L, true);
}

/* fs.lstat(path): the link itself */
static int l_lstat(lua_State *L)
{
	return push_stat(L, false);
}

/* fs.writable(path) -> boolean */
static int l_writable(lua_State *L)
{
	lua_pushboolean(L, bt_fs_writable(lx_check_path(L, 1)));
	return 1;
}

/* fs.exists(path) -> boolean */
static int l_exists(lua_State *L)
{
	lua_pushboolean(L, bt_fs_exists(lx_check_path(L, 1)));
	return 1;
}

/* fs.realpath(path) -> path | nil, msg, code */
static int l_realpath(lua_State *L)
{
	const char *path = lx_check_path(L, 1);
	struct bt_err e = { 0 };
	char **real = lx_text_new(L);

	if (bt_fs_realpath(path, real, &e) < 0)
		return lx_fail(L, &e);
	lua_pushstring(L, *real);
	return 1;
}

/* fs.remove(path) -> true | nil, msg, code */
static int l_remove(lua_State *L)
{
	struct bt_err e = { 0 };

	return lx_done(L, bt_fs_remove(lx_check_path(L, 1), &e), &e);
}

/* fs.remove_tree(path) -> true | nil, msg, code */
static int l_remove_tree(lua_State *L)
{
	struct bt_err e = { 0 };

	return lx_done(L, bt_fs_remove_tree(lx_check_path(L, 1), &e), &e);
}

static const luaL_Reg module[] = {
	{ "read", l_read },
	{ "write", l_write },
	{ "create", l_create },
	{ "append", l_append },
	{ "mkdir_p", l_mkdir_p },
	{ "list", l_list },
	{ "stat", l_stat },
	{ "lstat", l_lstat },
	{ "exists", l_exists },
	{ "realpath", l_realpath },
	{ "writable", l_writable },
	{ "remove", l_remove },
	{ "remove_tree", l_remove_tree },
	{ NULL, NULL },
};

int luaopen_bottle_fs(lua_State *L)
{
	static const luaL_Reg meta[] = { { "__gc", l_names_gc }, { NULL, NULL } };
	static const luaL_Reg none[] = { { NULL, NULL } };

	lx_class(L, NAMES, none, meta);
	luaL_newlib(L, module);
	return 1;
}
