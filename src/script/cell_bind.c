#include "cell_bind.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "bottle/cellctl.h"
#include "bottle/limits.h"

#include "lx.h"

const char *const *bt_words_check(lua_State *L, int index)
{
	index = lua_absindex(L, index);
	luaL_checktype(L, index, LUA_TTABLE);
	size_t n = lua_rawlen(L, index);
	const char **v = lua_newuserdatauv(L, (n + 1) * sizeof *v, 0);

	for (size_t i = 0; i < n; i++) {
		if (lua_rawgeti(L, index, (lua_Integer)i + 1) != LUA_TSTRING)
			luaL_error(L, "word %d: want string, got %s", (int)i + 1,
			           luaL_typename(L, -1));
		v[i] = lx_check_path(L, -1);
		lua_pop(L, 1);
	}
	v[n] = NULL;
	return v;
}

void bt_fdset_close(struct bt_fdset *set)
{
	while (set->n > 0)
		(void)close(set->fd[--set->n]);
}

static int l_fdset_close(lua_State *L)
{
	bt_fdset_close(lua_touserdata(L, 1));
	return 0;
}

struct bt_fdset *bt_fdset_new(lua_State *L, size_t cap)
{
	struct bt_fdset *set = lua_newuserdatauv(L, sizeof *set + cap * sizeof set->fd[0], 0);

	set->n = 0;
	set->cap = cap;
	lua_createtable(L, 0, 2);
	lua_pushcfunction(L, l_fdset_close);
	lua_setfield(L, -2, "__gc");
	lua_setmetatable(L, -2);
	return set;
}

int bt_fdset_add(lua_State *L, struct bt_fdset *set, struct bt_str bytes)
{
	int fd = set->n < set->cap ? memfd_create("bottle", MFD_CLOEXEC) : -1;

	if (fd < 0)
		luaL_error(L, "no memory file to be had");
	set->fd[set->n++] = fd;
	while (bytes.n > 0) {
		ssize_t n = write(fd, bytes.p, bytes.n);

		if (n <= 0)
			luaL_error(L, "write a memory file");
		bytes.p += n;
		bytes.n -= (size_t)n;
	}
	(void)lseek(fd, 0, SEEK_SET);
	return fd;
}

/* { kind, to, from?, data?, mode? } at the top of the stack, left there: it holds the strings. */
static void read_line(lua_State *L, struct bt_view *v, struct bt_fdset *set)
{
	static const char *const kinds[] = { "ro",   "rw",   "tmpfs", "dir",  "symlink",
		                             "data", "file", "dev",   "proc", "freeze" };
	static const char *const fields[] = { "kind", "to", "from", "data", "mode", NULL };
	int t = lua_gettop(L);
	size_t i = 0;

	luaL_checktype(L, t, LUA_TTABLE);
	lx_only_fields(L, t, fields);
	const char *kind = lx_field_string(L, t, "kind", "");

	while (i < sizeof kinds / sizeof *kinds && strcmp(kinds[i], kind) != 0)
		i++;
	*v = (struct bt_view){ .kind = (enum bt_view_kind)i, .fd = -1 };
	v->to = lx_field_string(L, t, "to", NULL);
	v->from = lx_field_string(L, t, "from", NULL);
	v->mode = (mode_t)lx_field_integer(L, t, "mode", 0);
	if (lua_getfield(L, t, "data") == LUA_TSTRING)
		v->fd = bt_fdset_add(L, set, lx_check_str(L, -1));
	lua_pop(L, 1);
}

void bt_view_read(lua_State *L, int opts, struct bt_cell_spec *s)
{
	if (lua_getfield(L, opts, "view") != LUA_TTABLE)
		luaL_error(L, "field 'view': want table");
	int t = lua_gettop(L);
	size_t n = lua_rawlen(L, t);

	luaL_argcheck(L, n <= 4096, 1, "view: too long");
	struct bt_view *v = lua_newuserdatauv(L, n * sizeof *v + 1, 0);
	struct bt_fdset *set = bt_fdset_new(L, n);

	for (size_t i = 0; i < n; i++) {
		lua_rawgeti(L, t, (lua_Integer)i + 1);
		read_line(L, &v[i], set);
		lua_pop(L, 1); /* still held by the view */
	}
	s->view = v;
	s->nview = n;
}

/* { kind, to, from?, data?, mode? } at the top of the stack. */
static void read_late(lua_State *L, struct bt_late *l, struct bt_fdset *set)
{
	static const char *const kinds[] = {
		"ro", "rw", "cover", "symlink", "file", "freeze", NULL
	};
	static const char *const fields[] = { "kind", "to", "from", "data", "mode", NULL };
	int t = lua_gettop(L);

	luaL_checktype(L, t, LUA_TTABLE);
	lx_only_fields(L, t, fields);
	(void)lua_getfield(L, t, "kind");
	*l = (struct bt_late){ .kind = (enum bt_late_kind)luaL_checkoption(L, -1, NULL, kinds),
		               .to = lx_field_string(L, t, "to", ""),
		               .from = lx_field_string(L, t, "from", NULL),
		               .mode = (mode_t)lx_field_integer(L, t, "mode", 0),
		               .fd = -1 };
	if (*l->to != '/' || (!l->from && (l->kind == BT_LATE_COVER || l->kind == BT_LATE_SYMLINK)))
		luaL_error(L, "view: %s: from what to where?", l->to);
	if (lua_getfield(L, t, "data") == LUA_TSTRING)
		l->fd = bt_fdset_add(L, set, lx_check_str(L, -1));
	else if (l->kind == BT_LATE_FILE)
		luaL_error(L, "view: %s: a file without content", l->to);
	lua_settop(L, t);
}

static const struct bt_late *late_read(lua_State *L, int index, size_t *n)
{
	luaL_checktype(L, index, LUA_TTABLE);
	*n = lua_rawlen(L, index);
	luaL_argcheck(L, *n <= 4096, index, "view: too long");
	struct bt_late *l = lua_newuserdatauv(L, *n * sizeof *l + 1, 0);
	struct bt_fdset *set = bt_fdset_new(L, *n);

	for (size_t i = 0; i < *n; i++) {
		lua_rawgeti(L, index, (lua_Integer)i + 1);
		read_late(L, &l[i], set);
		lua_pop(L, 1); /* still held by the list */
	}
	return l;
}

int bt_settle(lua_State *L, struct bt_cell *c)
{
	struct bt_gatechild_box *g = luaL_checkudata(L, 3, BT_GATECHILD_CLASS);
	int fds[BT_PORT_COUNT], rc;
	struct bt_err e = { 0 };
	size_t n;

	luaL_argcheck(L, g->gate, 3, "gate is closed");
	const struct bt_late *late = late_read(L, 2, &n);

	if (bt_cell_settle(c, late, n, fds, &e) < 0)
		return lx_fail(L, &e);
	rc = bt_gatechild_hand(g->gate, fds, BT_PORT_COUNT, &e);
	for (int i = 0; i < BT_PORT_COUNT; i++)
		(void)close(fds[i]);
	return lx_done(L, rc, &e);
}

int bt_path_open(const char *path, bool direct, struct bt_err *e)
{
	struct open_how how = { .flags = O_PATH | O_CLOEXEC,
		                .resolve = direct ? RESOLVE_NO_SYMLINKS : 0 };
	int fd = (int)syscall(SYS_openat2, AT_FDCWD, path, &how, sizeof how);

	return fd < 0 ? bt_fail_sys(e, "%s", path) : fd;
}

int bt_folder_open(const char *path, dev_t dev, ino_t ino, struct bt_err *e)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct stat st;

	if (fd < 0)
		return bt_fail_sys(e, "%s", path);
	if (fstat(fd, &st) < 0 || st.st_dev != dev || st.st_ino != ino) {
		(void)close(fd);
		return bt_fail(e, BT_DENIED, "%s: something else was put in its place", path);
	}
	return fd;
}

int bt_path_stat(struct bt_cell *c, const char *path, struct stat *st, struct bt_err *e)
{
	int fd;

	if (bt_cell_get(c, path, true, &fd, e) < 0)
		return -1;
	int rc = fstat(fd, st) < 0 ? bt_fail_sys(e, "%s", path) : 0;

	(void)close(fd);
	return rc;
}

int bt_file_slurp(struct bt_buf *out, int fd, const char *path, struct bt_err *e)
{
	struct stat st;
	ssize_t n;

	bt_buf_wipe(out);
	*out = BT_BUF(BT_LIM_FILE_READ);
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return bt_fail(e, BT_INVALID, "%s: not a regular file", path);
	do {
		uint8_t *room = bt_buf_reserve(out, 65536, e);

		n = room ? read(fd, room, 65536) : -1;
		if (n > 0)
			bt_buf_commit(out, (size_t)n);
	} while (n > 0);
	return n < 0 ? bt_fail(e, BT_IO, "%s: cannot be read whole", path) : 0;
}

static int alive_of(lua_State *L, int opts)
{
	if (lua_getfield(L, opts, "guard") == LUA_TNIL) {
		lua_pop(L, 1);
		return -1;
	}
	struct bt_guard_box *b = luaL_checkudata(L, -1, BT_GUARD_CLASS);

	lua_pop(L, 1);
	return b->guard ? bt_guard_alive_fd(b->guard) : -1;
}

struct bt_cell_limits bt_limits_read(lua_State *L)
{
	static const char *const fields[] = { "memory", "pids", "guard", NULL };

	luaL_checktype(L, 2, LUA_TTABLE);
	lx_only_fields(L, 2, fields);
	return (struct bt_cell_limits){
		.memory = (uint64_t)lx_field_integer(L, 2, "memory", 0),
		.pids = (uint64_t)lx_field_integer(L, 2, "pids", 0),
		.alive = alive_of(L, 2),
	};
}

struct bt_cell_command bt_command_read(lua_State *L)
{
	struct bt_cell_command cmd = { .stdio = { 0, 1, 2 } };

	luaL_checktype(L, 2, LUA_TTABLE);
	if (lua_getfield(L, 2, "argv") != LUA_TTABLE || lua_rawlen(L, -1) == 0)
		luaL_error(L, "field 'argv': want a list of words");
	cmd.argv = bt_words_check(L, -1);
	if (lua_getfield(L, 2, "env") != LUA_TTABLE)
		luaL_error(L, "field 'env': want a list of NAME=value");
	cmd.env = bt_words_check(L, -1);
	cmd.cwd = lx_field_string(L, 2, "cwd", NULL);
	cmd.tty = lx_field_bool(L, 2, "tty", false);
	cmd.flags = (lx_field_bool(L, 2, "agent", false) ? BT_CELL_AGENT : 0) |
	            (lx_field_bool(L, 2, "as_agent", false) ? BT_CELL_AS_AGENT : 0);
	return cmd;
}

/* cell.names() -> { slug, … } | nil, msg, code */
int l_cell_names(lua_State *L)
{
	struct bt_cellctl_names names = { 0 };
	struct bt_err e = { 0 };

	lua_newtable(L);
	if (bt_cellctl_list(&names, &e) < 0)
		return lx_fail(L, &e);
	for (size_t i = 0; i < names.n && lua_checkstack(L, 2); i++) {
		lua_pushstring(L, names.v[i]);
		lua_rawseti(L, -2, (lua_Integer)i + 1);
	}
	bt_cellctl_names_free(&names);
	return 1;
}
