/* bind_term.c - require "bottle.term" */
#include <limits.h>
#include <unistd.h>

#include "bottle/limits.h"
#include "bottle/progress.h"
#include "bottle/term.h"
#include "lx.h"
#include "lx_tree.h"
#include "modules.h"

#define STEP "bottle.term.step"

static int check_fd(lua_State *L, int index, lua_Integer absent)
{
	lua_Integer fd = luaL_optinteger(L, index, absent);

	luaL_argcheck(L, fd >= 0 && fd <= INT_MAX, index, "not a descriptor");
	return (int)fd;
}

/* term.isatty(fd) -> boolean */
static int l_isatty(lua_State *L)
{
	lua_pushboolean(L, isatty(check_fd(L, 1, STDERR_FILENO)));
	return 1;
}

/* term.size(fd?) -> columns, rows | nil, msg, code */
static int l_size(lua_State *L)
{
	struct bt_err e = { 0 };
	unsigned columns;
	unsigned rows;

	if (bt_term_size(check_fd(L, 1, STDOUT_FILENO), &columns, &rows, &e) < 0)
		return lx_fail(L, &e);
	lua_pushinteger(L, columns);
	lua_pushinteger(L, rows);
	return 2;
}

/* term.color(fd?) -> boolean */
static int l_color(lua_State *L)
{
	lua_pushboolean(L, bt_term_color(check_fd(L, 1, STDERR_FILENO)));
	return 1;
}

/* term.confirm(question, default?) -> boolean | nil, msg, code */
static int l_confirm(lua_State *L)
{
	const char *question = luaL_checkstring(L, 1);
	bool preset = lua_toboolean(L, 2);
	struct bt_err e = { 0 };
	bool yes;

	if (bt_term_confirm(question, preset, &yes, &e) < 0)
		return lx_fail(L, &e);
	lua_pushboolean(L, yes);
	return 1;
}

/* term.prompt_secret(label) -> text | nil, msg, code */
static int l_prompt_secret(lua_State *L)
{
	const char *label = luaL_checkstring(L, 1);
	struct bt_err e = { 0 };
	struct lx_doc *d = lx_doc_new(L); /* wiped when collected */

	/* All at once: a buffer that grows leaves what it held behind. */
	d->text = BT_BUF(BT_LIM_SECRET_FILE);
	if (!bt_buf_reserve(&d->text, BT_LIM_SECRET_FILE, &e) ||
	    bt_term_secret(label, &d->text, &e) < 0)
		return lx_fail(L, &e);
	lua_pushlstring(L, (const char *)d->text.p, d->text.len);
	return 1;
}

/* term.step(what) -> step; shown on standard error when it takes long */
static int l_step(lua_State *L)
{
	const char *what = luaL_checkstring(L, 1);
	struct bt_progress *p = lua_newuserdatauv(L, sizeof *p, 0);

	*p = (struct bt_progress){ .fd = -1 };
	luaL_setmetatable(L, STEP);
	bt_progress_begin(p, STDERR_FILENO, what, bt_progress_pace(STDERR_FILENO));
	return 1;
}

/* step:close(), __close and __gc: idempotent */
static int l_step_close(lua_State *L)
{
	struct bt_progress *p = luaL_checkudata(L, 1, STEP);

	bt_progress_end(p);
	return 0;
}

static const luaL_Reg methods[] = { { "close", l_step_close }, { NULL, NULL } };
static const luaL_Reg meta[] = { { "__gc", l_step_close },
	                         { "__close", l_step_close },
	                         { NULL, NULL } };
static const luaL_Reg module[] = { { "isatty", l_isatty },
	                           { "size", l_size },
	                           { "color", l_color },
	                           { "confirm", l_confirm },
	                           { "prompt_secret", l_prompt_secret },
	                           { "step", l_step },
	                           { NULL, NULL } };

int luaopen_bottle_term(lua_State *L)
{
	lx_class(L, STEP, methods, meta);
	luaL_newlib(L, module);
	return 1;
}
