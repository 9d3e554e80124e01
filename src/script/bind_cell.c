/* bind_cell.c - require "bottle.cell" */
#include <fcntl.h>
#include <malloc.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bottle/cellctl.h"
#include "bottle/cellkeep.h"
#include "bottle/limits.h"
#include "cell_bind.h"
#include "lx.h"
#include "modules.h"

static struct bt_cell_box *check(lua_State *L)
{
	return luaL_checkudata(L, 1, BT_CELL_CLASS);
}

struct bt_cell_box *bt_cell_live(lua_State *L)
{
	struct bt_cell_box *c = check(L);

	luaL_argcheck(L, c->cell, 1, "cell is closed");
	return c;
}

static struct bt_cell_box *push(lua_State *L)
{
	struct bt_cell_box *c = lua_newuserdatauv(L, sizeof *c, 0);

	*c = (struct bt_cell_box){ .control = -1, .log = -1 };
	luaL_setmetatable(L, BT_CELL_CLASS);
	return c;
}

/* cell:let_go(): its end has begun; only finish and close after this */
static int l_let_go(lua_State *L)
{
	bt_cell_let_go(bt_cell_live(L)->cell);
	return 0;
}

/* cell:finish(): it is ended, its name stays until close */
static int l_finish(lua_State *L)
{
	struct bt_cell_box *c = check(L);

	bt_celltty_close(BT_STEAL(c->tty));
	bt_cellstdio_close(BT_STEAL(c->stdio));
	bt_cell_close(BT_STEAL(c->cell));
	return 0;
}

static int l_close(lua_State *L)
{
	struct bt_cell_box *c = check(L);

	(void)l_finish(L);
	bt_buf_wipe(&c->out);
	bt_buf_wipe(&c->err);
	if (c->control >= 0)
		(void)close(c->control);
	if (c->log >= 0)
		(void)close(c->log);
	c->control = c->log = -1;
	return 0;
}

/* cell.open{ bwrap, init, view, hostname?, before? } -> cell | nil, msg, code */
static int l_open(lua_State *L)
{
	static const char *const fields[] = { "bwrap", "init", "view", "hostname", "before", NULL };
	struct bt_cell_spec s = { 0 };
	struct bt_err e = { 0 };

	luaL_checktype(L, 1, LUA_TTABLE);
	lx_only_fields(L, 1, fields);
	s.bwrap = lx_field_string(L, 1, "bwrap", "");
	s.init = lx_field_string(L, 1, "init", "");
	s.hostname = lx_field_string(L, 1, "hostname", NULL);
	if (lua_getfield(L, 1, "before") == LUA_TTABLE)
		s.before = bt_words_check(L, -1);
	bt_view_read(L, 1, &s);
	struct bt_cell_box *c = push(L);

	if (bt_cell_open(&c->cell, &s, &e) < 0)
		return lx_fail(L, &e);
	return 1;
}

/* cell:ready(ms) -> true | nil, msg, code */
static int l_ready(lua_State *L)
{
	struct bt_cell_box *c = bt_cell_live(L);
	int ms = (int)luaL_checkinteger(L, 2);
	struct bt_err e = { 0 };
	int rc = bt_cell_ready(c->cell, ms, &e);

	return lx_done(L, rc, &e);
}

/* cell:limit{ memory?, pids?, guard? } -> true | nil, msg, code */
static int l_limit(lua_State *L)
{
	struct bt_cell_box *c = bt_cell_live(L);
	struct bt_cell_limits l = bt_limits_read(L);
	struct bt_err e = { 0 };
	int rc = bt_cell_limit(c->cell, &l, &e);

	return lx_done(L, rc, &e);
}

/* cell:settle(lines, gate) -> true | nil, msg, code */
static int l_settle(lua_State *L)
{
	return bt_settle(L, bt_cell_live(L)->cell);
}

static lua_Integer code_of(int status)
{
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* cell:run{ argv, env, cwd?, input?, timeout?, max? } -> stdout, stderr, code | nil, msg, code */
static int l_run(lua_State *L)
{
	struct bt_cell_box *c = bt_cell_live(L);
	struct bt_cell_command cmd = bt_command_read(L);
	struct bt_str input = bt_str(NULL);
	struct bt_err e = { 0 };
	int timeout = (int)lx_field_integer(L, 2, "timeout", -1);
	lua_Integer max = lx_field_integer(L, 2, "max", 16 * 1024 * 1024);

	if (lua_getfield(L, 2, "input") == LUA_TSTRING)
		input = lx_check_str(L, -1);
	bt_buf_wipe(&c->out);
	bt_buf_wipe(&c->err);
	c->out = BT_BUF((size_t)max);
	c->err = BT_BUF((size_t)max);
	struct bt_cell_result res = { .out = &c->out, .err = &c->err };

	if (bt_cell_run(c->cell, &cmd, input, timeout, &res, &e) < 0)
		return lx_fail(L, &e);
	lua_pushlstring(L, (const char *)c->out.p, c->out.len);
	lua_pushlstring(L, (const char *)c->err.p, c->err.len);
	lua_pushinteger(L, code_of(res.status));
	return 3;
}

/* What a command has for its standard streams: ours, files among them by way of pipes, or nothing.
 */
static int streams(lua_State *L, struct bt_cell_box *c, struct bt_cell_command *cmd,
                   struct bt_err *e)
{
	static const int ours[3] = { 0, 1, 2 };

	if (cmd->tty || !lx_field_bool(L, 2, "quiet", false))
		return cmd->tty ? 0 : bt_cellstdio_open(&c->stdio, ours, cmd->stdio, e);
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (null < 0)
		return bt_fail_sys(e, "/dev/null");
	for (int i = 0; i < 3; i++)
		cmd->stdio[i] = null;
	return 0;
}

/* cell:spawn{ argv, env, cwd?, tty?, quiet? } -> id | nil, msg, code. Without tty it has our own
 * standard streams, or none. */
static int l_spawn(lua_State *L)
{
	struct bt_cell_box *c = bt_cell_live(L);
	struct bt_cell_command cmd = bt_command_read(L);
	struct bt_err e = { 0 };
	uint32_t id = 0;
	int master = -1;

	luaL_argcheck(L, !cmd.tty || !c->tty, 2, "the terminal is in use");
	luaL_argcheck(L, cmd.tty || !c->stdio, 2, "the standard streams are in use");
	bool quiet = !cmd.tty && lx_field_bool(L, 2, "quiet", false);
	int rc = streams(L, c, &cmd, &e);

	if (rc == 0)
		rc = bt_cell_spawn(c->cell, &cmd, &id, &master, &e);
	if (quiet && cmd.stdio[0] > 2)
		(void)close(cmd.stdio[0]);
	bt_cellstdio_given(c->stdio);
	if (rc < 0 || (cmd.tty && bt_celltty_open(&c->tty, master, &e) < 0))
		return lx_fail(L, &e);
	lua_pushinteger(L, id);
	return 1;
}

/* cell:wait(id, ms) -> code | nil, msg, code */
static int l_wait(lua_State *L)
{
	struct bt_cell_box *c = bt_cell_live(L);
	uint32_t id = (uint32_t)luaL_checkinteger(L, 2);
	int ms = (int)luaL_optinteger(L, 3, -1), status;
	struct bt_err e = { 0 };

	if (bt_cell_wait(c->cell, id, ms, &status, &e) < 0)
		return lx_fail(L, &e);
	lua_pushinteger(L, code_of(status));
	return 1;
}

static int l_signal(lua_State *L)
{
	struct bt_cell_box *c = bt_cell_live(L);

	bt_cell_signal(c->cell, (uint32_t)luaL_checkinteger(L, 2), (int)luaL_checkinteger(L, 3));
	return 0;
}

static const char *const kept[] = { "exit", "stopped", "gate" };

/* cell:keep{ agent, gate?, info?, trim? } -> how, code | nil, msg, code */
static int l_keep(lua_State *L)
{
	struct bt_cell_box *c = bt_cell_live(L);
	struct bt_cellkeep k = { .cell = c->cell, .control = c->control, .gate = -1, .log = -1 };
	enum bt_kept how;
	int status = 0;
	struct bt_err e = { 0 };

	luaL_checktype(L, 2, LUA_TTABLE);
	k.agent = (uint32_t)lx_field_integer(L, 2, "agent", 0);
	k.info = lx_field_string(L, 2, "info", "");
	k.tty = c->tty;
	k.stdio = c->stdio;
	if (lx_field_bool(L, 2, "trim", false))
		(void)malloc_trim(0);
	if (lua_getfield(L, 2, "gate") != LUA_TNIL) {
		struct bt_gatechild_box *g = luaL_checkudata(L, -1, BT_GATECHILD_CLASS);

		luaL_argcheck(L, g->gate, 2, "gate is closed");
		k.gate = bt_gatechild_fd(g->gate);
		k.log = g->log;
	}
	int rc = bt_cellkeep_run(&k, &how, &status, &e);

	bt_celltty_close(BT_STEAL(c->tty));
	bt_cellstdio_close(BT_STEAL(c->stdio));
	if (rc < 0)
		return lx_fail(L, &e);
	lua_pushstring(L, kept[how]);
	lua_pushinteger(L, code_of(status));
	return 2;
}

/* cell:name(slug) -> true | nil, msg, code: answer to that name from now on */
static int l_name(lua_State *L)
{
	struct bt_cell_box *c = bt_cell_live(L);
	const char *slug = lx_check_path(L, 2);
	struct bt_err e = { 0 };
	int rc = c->control >= 0 ? 0 : bt_cellctl_listen(slug, &c->control, &e);

	return lx_done(L, rc, &e);
}

/* cell.connect(slug) -> cell | nil, msg, code */
static int l_connect(lua_State *L)
{
	const char *slug = lx_check_path(L, 1);
	struct bt_cell_box *c = push(L);
	struct bt_err e = { 0 };

	if (bt_cellctl_connect(&c->cell, slug, &e) < 0)
		return lx_fail(L, &e);
	return 1;
}

/* cell:info() -> text; cell:stop() -> true; of a connection */
static int l_info(lua_State *L)
{
	struct bt_cell_box *c = bt_cell_live(L);
	char text[BT_CELL_TEXT];
	struct bt_err e = { 0 };

	if (bt_cellctl_ask(c->cell, BT_CTL_INFO, text, NULL, &e) < 0)
		return lx_fail(L, &e);
	lua_pushstring(L, text);
	return 1;
}

static int l_stop(lua_State *L)
{
	struct bt_cell_box *c = bt_cell_live(L);
	struct bt_err e = { 0 };
	int rc = bt_cellctl_ask(c->cell, BT_CTL_STOP, NULL, NULL, &e);

	return lx_done(L, rc, &e);
}

/* cell:log() -> a path good in this process | nil, msg, code */
static int l_log(lua_State *L)
{
	struct bt_cell_box *c = bt_cell_live(L);
	struct bt_err e = { 0 };

	if (c->log < 0 && bt_cellctl_ask(c->cell, BT_CTL_LOG, NULL, &c->log, &e) < 0)
		return lx_fail(L, &e);
	lua_pushfstring(L, "/proc/self/fd/%d", c->log);
	return 1;
}

/* cell.terminal() -> boolean */
static int l_terminal(lua_State *L)
{
	lua_pushboolean(L, bt_celltty_wanted());
	return 1;
}

static const luaL_Reg methods[] = {
	{ "limit", l_limit },    { "ready", l_ready },    { "settle", l_settle },
	{ "run", l_run },        { "spawn", l_spawn },    { "wait", l_wait },
	{ "signal", l_signal },  { "keep", l_keep },      { "name", l_name },
	{ "copy", l_cell_copy }, { "put", l_cell_put },   { "mkdir", l_cell_mkdir },
	{ "get", l_cell_get },   { "same", l_cell_same }, { "look", l_cell_look },
	{ "let_go", l_let_go },  { "finish", l_finish },  { "info", l_info },
	{ "stop", l_stop },      { "log", l_log },        { "close", l_close },
	{ NULL, NULL }
};
static const luaL_Reg meta[] = { { "__gc", l_close }, { "__close", l_close }, { NULL, NULL } };
static const luaL_Reg module[] = { { "open", l_open },
	                           { "connect", l_connect },
	                           { "names", l_cell_names },
	                           { "terminal", l_terminal },
	                           { NULL, NULL } };

int luaopen_bottle_cell(lua_State *L)
{
	lx_class(L, BT_CELL_CLASS, methods, meta);
	luaL_newlib(L, module);
	return 1;
}
