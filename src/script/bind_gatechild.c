/* bind_gatechild.c - require "bottle.gatechild" */
#include <unistd.h>

#include "bottle/gateseed.h"
#include "cell_bind.h"
#include "lx.h"
#include "modules.h"

static struct bt_gatechild_box *box(lua_State *L)
{
	return luaL_checkudata(L, 1, BT_GATECHILD_CLASS);
}

static struct bt_gatechild *live(lua_State *L)
{
	struct bt_gatechild_box *b = box(L);

	luaL_argcheck(L, b->gate, 1, "gate is closed");
	return b->gate;
}

/* gatechild.open(argv, texts, paths) -> gate | nil, msg, code. The gate finds texts, then paths, as
 * descriptors 4, 5, … */
static int l_open(lua_State *L)
{
	const char *const *argv = bt_words_check(L, 1);

	luaL_checktype(L, 2, LUA_TTABLE);
	luaL_checktype(L, 3, LUA_TTABLE);
	lua_settop(L, 4); /* argv's words stay */
	size_t ntexts = lua_rawlen(L, 2), npaths = lua_rawlen(L, 3);
	const char *files[BT_GATECHILD_FILES];
	struct bt_err e = { 0 };

	luaL_argcheck(L, ntexts + npaths <= BT_GATECHILD_FILES, 2, "too many files");
	struct bt_fdset *set = bt_fdset_new(L, ntexts);

	for (size_t i = 0; i < ntexts; i++) {
		lua_rawgeti(L, 2, (lua_Integer)i + 1);
		int fd = bt_fdset_add(L, set, lx_check_str(L, -1));

		files[i] = lua_pushfstring(L, "/proc/self/fd/%d", fd); /* stays on the stack */
	}
	for (size_t i = 0; i < npaths; i++) {
		lua_rawgeti(L, 3, (lua_Integer)i + 1);
		files[ntexts + i] = lx_check_path(L, -1);
	}
	struct bt_gatechild_box *b = lua_newuserdatauv(L, sizeof *b, 0);

	*b = (struct bt_gatechild_box){ .log = -1 };
	luaL_setmetatable(L, BT_GATECHILD_CLASS);
	if (bt_gatelog_open(&b->log, &e) < 0 ||
	    bt_gatechild_open(&b->gate, argv, files, ntexts + npaths, b->log, &e) < 0)
		return lx_fail(L, &e);
	bt_fdset_close(set); /* the gate has them; some hold secrets */
	return 1;
}

/* gatechild.prepared() -> boolean */
static int l_prepared(lua_State *L)
{
	lua_pushboolean(L, bt_gateseed_here());
	return 1;
}

/* gatechild.plant(exe) -> true | nil, msg, code */
static int l_plant(lua_State *L)
{
	const char *exe = lx_check_path(L, 1);
	struct bt_err e = { 0 };
	int rc = bt_gateseed_plant_anew(exe, &e);

	return lx_done(L, rc, &e);
}

/* gatechild.ask(slug) -> boolean: the prepared process makes the CA */
static int l_ask(lua_State *L)
{
	lua_pushboolean(L, bt_gateseed_ask(luaL_checkstring(L, 1)));
	return 1;
}

/* gatechild.answer() -> pem, fingerprint, subject_hash | nil, msg, code */
static int l_answer(lua_State *L)
{
	struct bt_gateseed_ca ca;
	struct bt_err e = { 0 };

	if (bt_gateseed_answer(&ca, &e) < 0)
		return lx_fail(L, &e);
	lua_pushstring(L, ca.pem);
	lua_pushstring(L, ca.fingerprint);
	lua_pushstring(L, ca.hash);
	return 3;
}

/* gate:ready(ms) -> true | nil, msg, code */
static int l_ready(lua_State *L)
{
	struct bt_gatechild *g = live(L);
	int ms = (int)luaL_checkinteger(L, 2);
	struct bt_err e = { 0 };
	int rc = bt_gatechild_ready(g, ms, &e);

	return lx_done(L, rc, &e);
}

static int l_pid(lua_State *L)
{
	lua_pushinteger(L, bt_gatechild_pid(live(L)));
	return 1;
}

/* gate:log() -> a path good in this process */
static int l_log(lua_State *L)
{
	struct bt_gatechild_box *b = box(L);

	luaL_argcheck(L, b->log >= 0, 1, "gate is closed");
	lua_pushfstring(L, "/proc/self/fd/%d", b->log);
	return 1;
}

/* gate:stop(): it is told to end */
static int l_stop(lua_State *L)
{
	bt_gatechild_stop(live(L));
	return 0;
}

static int l_close(lua_State *L)
{
	struct bt_gatechild_box *b = box(L);

	bt_gatechild_close(BT_STEAL(b->gate));
	if (b->log >= 0)
		(void)close(b->log);
	b->log = -1;
	return 0;
}

static const luaL_Reg methods[] = { { "ready", l_ready }, { "pid", l_pid },     { "log", l_log },
	                            { "stop", l_stop },   { "close", l_close }, { NULL, NULL } };
static const luaL_Reg meta[] = { { "__gc", l_close }, { "__close", l_close }, { NULL, NULL } };
static const luaL_Reg module[] = { { "open", l_open },     { "prepared", l_prepared },
	                           { "plant", l_plant },   { "ask", l_ask },
	                           { "answer", l_answer }, { NULL, NULL } };

int luaopen_bottle_gatechild(lua_State *L)
{
	lx_class(L, BT_GATECHILD_CLASS, methods, meta);
	luaL_newlib(L, module);
	return 1;
}
