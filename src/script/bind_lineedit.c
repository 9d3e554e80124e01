/* bind_lineedit.c - require "bottle.lineedit" */
#include <stdlib.h>
#include <string.h>

#include "bottle/lineedit.h"
#include "lx.h"
#include "modules.h"

#define CLASS "bottle.lineedit"
#define HOOK_EVERY 1000 /* instructions between two looks at Ctrl-C */

struct anchor {
	struct bt_lineedit *le;
	lua_State *L; /* of the read in progress: where Tab asks */
	int complete; /* registry reference of the completion function */
};

static struct anchor *anchor(lua_State *L)
{
	return luaL_checkudata(L, 1, CLASS);
}

/* Called by the editor in the midst of a read: nothing may be raised through it. */
static char *complete(void *ctx, const char *before)
{
	struct anchor *a = ctx;
	struct bt_err e = { 0 };
	char *insert = NULL;

	if (!a->L || a->complete == LUA_NOREF)
		return NULL;
	lua_rawgeti(a->L, LUA_REGISTRYINDEX, a->complete);
	lua_pushstring(a->L, before);
	if (lx_pcall(a->L, 1, 1, &e) < 0)
		return NULL;
	if (lua_type(a->L, -1) == LUA_TSTRING)
		insert = strdup(lua_tostring(a->L, -1));
	lua_pop(a->L, 1);
	return insert;
}

/* lineedit.open{ history =, max =, complete = } -> LineEdit | nil, msg, code */
static int l_open(lua_State *L)
{
	static const char *const fields[] = { "history", "max", "complete", NULL };
	struct bt_err e = { 0 };

	luaL_checktype(L, 1, LUA_TTABLE);
	lx_only_fields(L, 1, fields);
	struct bt_lineedit_spec spec = {
		.history_path = lx_field_string(L, 1, "history", NULL),
		.history_max = (int)lx_field_integer(L, 1, "max", 0),
		.complete = complete,
	};
	struct anchor *a = lua_newuserdatauv(L, sizeof *a, 0);

	*a = (struct anchor){ .complete = LUA_NOREF };
	luaL_setmetatable(L, CLASS);
	spec.ctx = a;
	if (lua_getfield(L, 1, "complete") == LUA_TFUNCTION)
		a->complete = luaL_ref(L, LUA_REGISTRYINDEX);
	else
		lua_pop(L, 1);
	if (bt_lineedit_open(&a->le, &spec, &e) < 0)
		return lx_fail(L, &e);
	return 1;
}

/* le:read(prompt) -> line | nil at the end of input | nil, msg, code */
static int l_read(lua_State *L)
{
	struct anchor *a = anchor(L);
	const char *prompt = luaL_optstring(L, 2, "> ");
	struct bt_err e = { 0 };
	char *line = NULL;

	luaL_argcheck(L, a->le, 1, "line editor is closed");
	luaL_checkstack(L, 8, NULL);
	a->L = L;
	int rc = bt_lineedit_read(a->le, prompt, &line, &e);

	a->L = NULL;
	if (rc < 0)
		return lx_fail(L, &e);
	if (rc == 0)
		return 0;
	/* Running out of memory here would leak one line, and ends the process anyway. */
	lua_pushstring(L, line);
	free(line);
	return 1;
}

static int l_close(lua_State *L)
{
	struct anchor *a = anchor(L);

	bt_lineedit_close(BT_STEAL(a->le));
	luaL_unref(L, LUA_REGISTRYINDEX, a->complete);
	a->complete = LUA_NOREF;
	return 0;
}

static void on_count(lua_State *L, lua_Debug *ar)
{
	(void)ar;
	if (bt_lineedit_interrupted())
		luaL_error(L, "interrupted");
}

/* lineedit.interruptible(on): let Ctrl-C raise "interrupted" in the Lua code that runs. */
static int l_interruptible(lua_State *L)
{
	luaL_checktype(L, 1, LUA_TBOOLEAN);
	if (lua_toboolean(L, 1)) {
		(void)bt_lineedit_interrupted();
		lua_sethook(L, on_count, LUA_MASKCOUNT, HOOK_EVERY);
	} else {
		lua_sethook(L, NULL, 0, 0);
	}
	return 0;
}

static const luaL_Reg methods[] = { { "read", l_read }, { "close", l_close }, { NULL, NULL } };
static const luaL_Reg meta[] = { { "__gc", l_close }, { "__close", l_close }, { NULL, NULL } };
static const luaL_Reg module[] = { { "open", l_open },
	                           { "interruptible", l_interruptible },
	                           { NULL, NULL } };

int luaopen_bottle_lineedit(lua_State *L)
{
	lx_class(L, CLASS, methods, meta);
	luaL_newlib(L, module);
	return 1;
}
