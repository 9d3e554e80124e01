/* cell_files.c - of bottle.cell what is about files: into a sandbox, out of it, and which they are.
 */
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bottle/limits.h"
#include "cell_bind.h"
#include "lx.h"

/* cell:put(path, bytes, mode), cell:mkdir(path, mode) -> true | nil, msg, code */
int l_cell_put(lua_State *L)
{
	struct bt_cell_box *c = bt_cell_live(L);
	const char *path = lx_check_path(L, 2);
	struct bt_str bytes = lx_check_str(L, 3);
	lua_Integer mode = luaL_optinteger(L, 4, 0600);
	struct bt_fdset *set = bt_fdset_new(L, 1);
	int fd = bt_fdset_add(L, set, bytes);
	struct bt_err e = { 0 };
	int rc = bt_cell_put(c->cell, path, fd, (mode_t)mode, &e);

	return lx_done(L, rc, &e);
}

int l_cell_mkdir(lua_State *L)
{
	struct bt_cell_box *c = bt_cell_live(L);
	const char *path = lx_check_path(L, 2);
	struct bt_err e = { 0 };
	int rc = bt_cell_put(c->cell, path, -1, (mode_t)luaL_optinteger(L, 3, 0755), &e);

	return lx_done(L, rc, &e);
}

/* cell:get(path) -> bytes | nil, msg, code */
int l_cell_get(lua_State *L)
{
	struct bt_cell_box *c = bt_cell_live(L);
	const char *path = lx_check_path(L, 2);
	struct bt_err e = { 0 };
	int fd, rc;

	if (bt_cell_get(c->cell, path, false, &fd, &e) < 0)
		return lx_fail(L, &e);
	rc = bt_file_slurp(&c->out, fd, path, &e);
	(void)close(fd);
	if (rc < 0)
		return lx_fail(L, &e);
	lua_pushlstring(L, (const char *)c->out.p, c->out.len);
	return 1;
}

/* cell:look(path) -> true, dev, ino | nil, msg, code: something is there */
int l_cell_look(lua_State *L)
{
	struct bt_cell_box *c = bt_cell_live(L);
	const char *path = lx_check_path(L, 2);
	struct bt_err e = { 0 };
	struct stat st;

	if (bt_path_stat(c->cell, path, &st, &e) < 0)
		return lx_fail(L, &e);
	lua_pushboolean(L, 1);
	lua_pushinteger(L, (lua_Integer)st.st_dev);
	lua_pushinteger(L, (lua_Integer)st.st_ino);
	return 3;
}

/* cell:same(path, host?, "direct"?) -> true | nil, msg, code. Direct: no link on the way. */
int l_cell_same(lua_State *L)
{
	struct bt_cell_box *c = bt_cell_live(L);
	const char *path = lx_check_path(L, 2);
	const char *host = lua_isnoneornil(L, 3) ? path : lx_check_path(L, 3);
	struct bt_err e = { 0 };
	int fd = bt_path_open(host, !lua_isnoneornil(L, 4), &e);

	if (fd < 0)
		return lx_fail(L, &e);
	int rc = bt_cell_same(c->cell, path, fd, &e);

	(void)close(fd);
	return lx_done(L, rc, &e);
}

/* cell:copy(from, to, { dev, ino, skip? }) -> bytes, files | nil, msg, code */
int l_cell_copy(lua_State *L)
{
	static const char *const fields[] = { "dev", "ino", "skip", NULL };
	struct bt_cell_box *c = bt_cell_live(L);
	const char *from = lx_check_path(L, 2), *to = lx_check_path(L, 3);
	struct bt_treecopy t = { .max_bytes = BT_LIM_COPY_BYTES, .max_files = BT_LIM_COPY_FILES };
	struct bt_err e = { 0 };

	lx_only_fields(L, 4, fields);
	t.skip = lx_field_string(L, 4, "skip", NULL);
	dev_t dev = (dev_t)lx_field_integer(L, 4, "dev", 0);
	ino_t ino = (ino_t)lx_field_integer(L, 4, "ino", 0);
	int fd = bt_folder_open(from, dev, ino, &e);

	if (fd < 0)
		return lx_fail(L, &e);
	int rc = bt_cell_copy(c->cell, fd, to, &t, &e);

	(void)close(fd);
	if (rc < 0)
		return lx_fail(L, &e);
	lua_pushinteger(L, (lua_Integer)t.bytes);
	lua_pushinteger(L, (lua_Integer)t.files);
	return 2;
}
