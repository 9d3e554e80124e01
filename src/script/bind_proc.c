/* bind_proc.c - require "bottle.proc" */
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "bottle/limits.h"
#include "bottle/proc.h"
#include "lx.h"
#include "modules.h"

#define CLASS "bottle.proc"

/* A child and what its start held: the collector closes it all. */
struct child {
	struct bt_proc *proc;
	struct bt_buf out, err;
	int files[2]; /* opened for stdout_file, stderr_file; -1 after the start */
};

extern char **environ;

static struct child *check(lua_State *L)
{
	return luaL_checkudata(L, 1, CLASS);
}

static struct bt_proc *live(lua_State *L)
{
	struct child *c = check(L);

	luaL_argcheck(L, c->proc, 1, "process is closed");
	return c->proc;
}

static void close_files(struct child *c)
{
	for (int i = 0; i < 2; i++) {
		if (c->files[i] >= 0)
			(void)close(c->files[i]);
		c->files[i] = -1;
	}
}

/* p:close(), __close and __gc: kills what still runs */
static int l_close(lua_State *L)
{
	struct child *c = check(L);

	bt_proc_close(BT_STEAL(c->proc));
	bt_buf_wipe(&c->out);
	bt_buf_wipe(&c->err);
	close_files(c);
	return 0;
}

/* The array at index as char*[], in memory of the collector; its strings are held by the table. */
static const char *const *check_argv(lua_State *L, int index)
{
	luaL_checktype(L, index, LUA_TTABLE);
	size_t n = lua_rawlen(L, index);

	luaL_argcheck(L, n > 0, index, "no program given");
	const char **v = lua_newuserdatauv(L, (n + 1) * sizeof *v, 0);

	for (size_t i = 0; i < n; i++) {
		if (lua_rawgeti(L, index, (lua_Integer)i + 1) != LUA_TSTRING)
			luaL_error(L, "argument %d: want string, got %s", (int)i + 1,
			           luaL_typename(L, -1));
		v[i] = lx_check_path(L, -1);
		lua_pop(L, 1);
	}
	v[n] = NULL;
	return v;
}

/* { NAME = value | false } in the table on top; env is the table of what is left of ours. */
static void merge_env(lua_State *L, int given, int merged)
{
	lua_pushnil(L);
	while (lua_next(L, given)) {
		if (lua_type(L, -2) != LUA_TSTRING || strpbrk(lua_tostring(L, -2), "="))
			luaL_error(L, "env: a name is wrong");
		if (lua_type(L, -1) == LUA_TSTRING)
			(void)lx_check_path(L, -1);
		else if (lua_type(L, -1) != LUA_TBOOLEAN || lua_toboolean(L, -1))
			luaL_error(L, "env.%s: want string or false", lua_tostring(L, -2));
		lua_pushvalue(L, -2);
		lua_insert(L, -2);
		if (lua_isboolean(L, -1)) {
			lua_pop(L, 1);
			lua_pushnil(L);
		}
		lua_rawset(L, merged);
	}
}

static void our_env(lua_State *L, int merged)
{
	for (char **v = environ; *v; v++) {
		const char *eq = strchr(*v, '=');

		if (!eq)
			continue;
		lua_pushlstring(L, *v, (size_t)(eq - *v));
		lua_pushstring(L, eq + 1);
		lua_rawset(L, merged);
	}
}

/* opts.env and opts.clear_env as "NAME=value"s; leaves what holds them on the stack. */
static const char *const *check_env(lua_State *L, int opts)
{
	bool clear = lx_field_bool(L, opts, "clear_env", false);

	if (lua_getfield(L, opts, "env") == LUA_TNIL && !clear)
		return NULL;
	if (!lua_isnil(L, -1) && !lua_istable(L, -1))
		luaL_error(L, "field 'env': want table");
	int given = lua_gettop(L);

	lua_newtable(L);
	if (!clear)
		our_env(L, given + 1);
	if (!lua_isnil(L, given))
		merge_env(L, given, given + 1);
	lua_newtable(L); /* the texts, so that the collector keeps them */
	lua_Integer n = 0;

	lua_pushnil(L);
	while (lua_next(L, given + 1)) {
		lua_pushfstring(L, "%s=%s", lua_tostring(L, -2), lua_tostring(L, -1));
		lua_rawseti(L, given + 2, ++n);
		lua_pop(L, 1);
	}
	static const char *const none[] = { NULL };

	return n ? check_argv(L, given + 2) : none;
}

/* opts[name]: "null", "inherit", "capture", "stdout" or a descriptor. */
static struct bt_proc_stream check_stream(lua_State *L, int opts, const char *name,
                                          enum bt_proc_io absent)
{
	static const char *const words[] = { "null", "inherit", "capture", "stdout", NULL };
	static const enum bt_proc_io ios[] = { BT_PROC_NULL, BT_PROC_INHERIT, BT_PROC_PIPE,
		                               BT_PROC_STDOUT };
	struct bt_proc_stream s = { absent, -1 };
	int type = lua_getfield(L, opts, name);

	if (type == LUA_TNUMBER) {
		s = (struct bt_proc_stream){ BT_PROC_FD, (int)luaL_checkinteger(L, -1) };
	} else if (type != LUA_TNIL) {
		const char *word = type == LUA_TSTRING ? lua_tostring(L, -1) : "";
		int i = 0;

		while (words[i] && strcmp(words[i], word) != 0)
			i++;
		if (!words[i] || (i == 3 && strcmp(name, "stderr") != 0))
			luaL_error(L, "field '%s': want null, inherit, capture or a descriptor",
			           name);
		s.io = ios[i];
	}
	lua_pop(L, 1);
	return s;
}

/* opts[name] is a path: append to that file. 0, or -1 with *e. */
static int open_file(lua_State *L, const char *name, int *fd, struct bt_proc_stream *s,
                     struct bt_err *e)
{
	const char *path = lx_field_string(L, 2, name, NULL);

	if (!path)
		return 0;
	*fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY, 0600);
	if (*fd < 0)
		return bt_fail_sys(e, "open %s", path);
	*s = (struct bt_proc_stream){ BT_PROC_FD, *fd };
	return 0;
}

static const char *const fields[] = { "env",         "clear_env", "cwd",    "input",
	                              "stdin",       "stdout",    "stderr", "stdout_file",
	                              "stderr_file", "timeout",   "max",    "group",
	                              NULL };

/* (argv, opts?) at 1 and 2: push a child that was started, or return -1 with *e. */
static int spawn(lua_State *L, enum bt_proc_io output, struct child **out, struct bt_err *e)
{
	lua_settop(L, 2);
	if (lua_isnil(L, 2)) {
		lua_newtable(L);
		lua_replace(L, 2);
	}
	luaL_checktype(L, 2, LUA_TTABLE);
	lx_only_fields(L, 2, fields);
	struct child *c = lua_newuserdatauv(L, sizeof *c, 0);
	lua_Integer max = lx_field_integer(L, 2, "max", (lua_Integer)BT_LIM_PROC_OUTPUT);

	luaL_argcheck(L, max >= 0 && max <= (lua_Integer)BT_LIM_FILE_READ, 2, "max out of range");
	*c = (struct child){ .out = BT_BUF((size_t)max),
		             .err = BT_BUF((size_t)max),
		             .files = { -1, -1 } };
	luaL_setmetatable(L, CLASS);
	bool input = lx_field_string(L, 2, "input", NULL) != NULL;
	struct bt_proc_spec spec = {
		.argv = check_argv(L, 1),
		.env = check_env(L, 2),
		.cwd = lx_field_string(L, 2, "cwd", NULL),
		.in = check_stream(L, 2, "stdin", input ? BT_PROC_PIPE : BT_PROC_NULL),
		.out = check_stream(L, 2, "stdout", output),
		.err = check_stream(L, 2, "stderr", output),
		.group = lx_field_bool(L, 2, "group", false),
	};

	if (open_file(L, "stdout_file", &c->files[0], &spec.out, e) < 0 ||
	    open_file(L, "stderr_file", &c->files[1], &spec.err, e) < 0 ||
	    bt_proc_spawn(&c->proc, &spec, e) < 0)
		return -1;
	close_files(c);
	lua_settop(L, 3); /* argv, opts, child */
	*out = c;
	return 0;
}

/* proc.spawn(argv, opts?) -> Proc | nil, msg, code */
static int l_spawn(lua_State *L)
{
	struct bt_err e = { 0 };
	struct child *c;

	return spawn(L, BT_PROC_INHERIT, &c, &e) < 0 ? lx_fail(L, &e) : 1;
}

static void push_status(lua_State *L, struct bt_proc_status st)
{
	lua_createtable(L, 0, 4);
	lx_set_integer(L, "code", st.code);
	if (st.signal)
		lx_set_integer(L, "signal", st.signal);
}

static int check_timeout(lua_State *L, lua_Integer ms, int arg)
{
	luaL_argcheck(L, ms >= -1 && ms <= INT_MAX, arg, "timeout out of range");
	return (int)ms;
}

/* Feed and gather to the end; pushes what run gives back. */
static int collect(lua_State *L, struct child *c, struct bt_proc_talk *talk)
{
	struct bt_proc_status st;
	struct bt_err e = { 0 };

	talk->out = &c->out;
	talk->err = &c->err;
	if (bt_proc_collect(c->proc, talk, &st, &e) < 0)
		return lx_fail(L, &e);
	push_status(L, st);
	lua_pushlstring(L, c->out.p ? (const char *)c->out.p : "", c->out.len);
	lua_setfield(L, -2, "stdout");
	lua_pushlstring(L, c->err.p ? (const char *)c->err.p : "", c->err.len);
	lua_setfield(L, -2, "stderr");
	return 1;
}

/* proc.run(argv, opts?) -> { code, signal?, stdout, stderr } | nil, msg, code */
static int l_run(lua_State *L)
{
	struct bt_err e = { 0 };
	struct bt_proc_talk talk = { 0 };
	struct child *c;

	if (spawn(L, BT_PROC_PIPE, &c, &e) < 0)
		return lx_fail(L, &e);
	talk.timeout_ms = check_timeout(L, lx_field_integer(L, 2, "timeout", -1), 2);
	if (lua_getfield(L, 2, "input") == LUA_TSTRING)
		talk.input = lx_check_str(L, -1);
	return collect(L, c, &talk);
}

/* p:collect(ms?) -> { code, signal?, stdout, stderr } | nil, msg, code */
static int l_collect(lua_State *L)
{
	struct bt_proc_talk talk = { 0 };

	(void)live(L);
	talk.timeout_ms = check_timeout(L, luaL_optinteger(L, 2, -1), 2);
	return collect(L, luaL_checkudata(L, 1, CLASS), &talk);
}
/* p:wait(ms?) -> { code, signal? } | nil, msg, code */
static int l_wait(lua_State *L)
{
	struct bt_proc *p = live(L);
	int timeout = check_timeout(L, luaL_optinteger(L, 2, -1), 2);
	struct bt_proc_status st;
	struct bt_err e = { 0 };

	if (bt_proc_wait(p, timeout, &st, &e) < 0)
		return lx_fail(L, &e);
	push_status(L, st);
	return 1;
}

/* p:kill(signal?) -> true | nil, msg, code */
static int l_kill(lua_State *L)
{
	struct bt_proc *p = live(L);
	lua_Integer sig = luaL_optinteger(L, 2, SIGTERM);
	struct bt_err e = { 0 };

	luaL_argcheck(L, sig >= 0 && sig <= 64, 2, "no such signal");
	return lx_done(L, bt_proc_kill(p, (int)sig, &e), &e);
}

/* p:pid() -> integer */
static int l_pid(lua_State *L)
{
	lua_pushinteger(L, bt_proc_pid(live(L)));
	return 1;
}

/* proc.self() -> { pid, start } | nil, msg, code */
static int l_self(lua_State *L)
{
	struct bt_err e = { 0 };
	uint64_t start;

	if (bt_proc_start_time(getpid(), &start, &e) < 0)
		return lx_fail(L, &e);
	lua_createtable(L, 0, 2);
	lx_set_integer(L, "pid", getpid());
	lx_set_integer(L, "start", (lua_Integer)start);
	return 1;
}

/* proc.alive(pid, start) -> boolean */
static int l_alive(lua_State *L)
{
	lua_Integer pid = luaL_checkinteger(L, 1);
	lua_Integer start = luaL_checkinteger(L, 2);

	lua_pushboolean(L, pid > 0 && pid <= INT_MAX && bt_proc_alive((pid_t)pid, (uint64_t)start));
	return 1;
}

/* proc.which(name) -> path | nil, msg, code */
static int l_which(lua_State *L)
{
	const char *name = lx_check_path(L, 1);
	struct bt_err e = { 0 };
	char **anchor = lx_text_new(L);

	if (bt_proc_which(name, anchor, &e) < 0)
		return lx_fail(L, &e);
	lua_pushstring(L, *anchor);
	return 1;
}

static const luaL_Reg methods[] = { { "wait", l_wait },   { "collect", l_collect },
	                            { "kill", l_kill },   { "pid", l_pid },
	                            { "close", l_close }, { NULL, NULL } };
static const luaL_Reg meta[] = { { "__gc", l_close }, { "__close", l_close }, { NULL, NULL } };
static const luaL_Reg module[] = { { "spawn", l_spawn }, { "run", l_run },     { "self", l_self },
	                           { "alive", l_alive }, { "which", l_which }, { NULL, NULL } };

int luaopen_bottle_proc(lua_State *L)
{
	lx_class(L, CLASS, methods, meta);
	luaL_newlib(L, module);
	return 1;
}
