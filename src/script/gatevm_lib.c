#include "gatevm_lib.h"

#include <lauxlib.h>
#include <lualib.h>
#include <string.h>

#include "bottle/host.h"
#include "bottle/limits.h"
#include "bottle/log.h"

/* What a C function of Lua can do in one instruction is not counted by the budget, so its input is
 * bounded: matching is quadratic and worse in the subject, and a pattern can nest only as deep as
 * it is long. */
#define PATTERN_MAX 256
#define SUBJECT_MAX BT_LIM_GATE_VM_SUBJECT
#define STARS_MAX 4 /* repetitions in one pattern: n of them cost up to subject^n */

static void check_pattern(lua_State *L, int arg, size_t subject)
{
	size_t n, stars = 0;
	const char *p = luaL_checklstring(L, arg, &n);

	if (n > PATTERN_MAX)
		luaL_error(L, "pattern longer than %d bytes", PATTERN_MAX);
	for (size_t i = 0; i < n; i++)
		stars += strchr("*+-?", p[i]) != NULL && p[i] != '\0';
	if (stars > STARS_MAX)
		luaL_error(L, "pattern with more than %d repetitions", STARS_MAX);
	/* Two repetitions over the whole subject are 64 million steps at 8 KiB: with more of them
	 * only a short subject stays cheap. */
	if (stars >= 2 && subject > (stars == 2 ? 1024u : stars == 3 ? 256u : 64u))
		luaL_error(L, "text of %d bytes is too long for %d repetitions", (int)subject,
		           (int)stars);
}

/* string.find, match, gmatch, gsub: the library's own, behind a look at its arguments. */
static int l_bounded(lua_State *L)
{
	size_t n;

	(void)luaL_checklstring(L, 1, &n);
	if (n > SUBJECT_MAX)
		return luaL_error(L, "text longer than %d bytes for a pattern", (int)SUBJECT_MAX);
	check_pattern(L, 2, n);
	lua_pushvalue(L, lua_upvalueindex(1));
	lua_insert(L, 1);
	lua_call(L, lua_gettop(L) - 1, LUA_MULTRET);
	return lua_gettop(L);
}

static int l_rep(lua_State *L)
{
	size_t n, sep;
	lua_Integer times = luaL_checkinteger(L, 2);

	(void)luaL_checklstring(L, 1, &n);
	(void)luaL_optlstring(L, 3, "", &sep);
	if (times > 0 &&
	    (n + sep > SUBJECT_MAX || (lua_Unsigned)times > SUBJECT_MAX / (n + sep ? n + sep : 1)))
		return luaL_error(L, "string.rep: result longer than %d bytes", (int)SUBJECT_MAX);
	lua_pushvalue(L, lua_upvalueindex(1));
	lua_insert(L, 1);
	lua_call(L, lua_gettop(L) - 1, 1);
	return 1;
}

/* Widths and precisions have two digits at most in Lua; the arguments are bounded here. */
static int l_format(lua_State *L)
{
	size_t n;

	for (int i = 1; i <= lua_gettop(L); i++)
		if (lua_type(L, i) == LUA_TSTRING && (lua_tolstring(L, i, &n), n > SUBJECT_MAX))
			return luaL_error(L, "string.format: text longer than %d bytes",
			                  (int)SUBJECT_MAX);
	lua_pushvalue(L, lua_upvalueindex(1));
	lua_insert(L, 1);
	lua_call(L, lua_gettop(L) - 1, 1);
	return 1;
}

/* host.normal(text) -> text | nil: the normal form of a host */
static int l_normal(lua_State *L)
{
	struct bt_host h;
	struct bt_err e = { 0 };
	size_t n;
	const char *p = luaL_checklstring(L, 1, &n);

	if (bt_host_parse(&h, (struct bt_str){ p, n }, &e) < 0)
		lua_pushnil(L);
	else
		lua_pushstring(L, h.s);
	return 1;
}

/* host.match(pattern, host [, port]) -> boolean; raises on a pattern that is none */
static int l_match(lua_State *L)
{
	struct bt_host_pattern pat;
	struct bt_host h;
	struct bt_err e = { 0 };
	lua_Integer port = luaL_optinteger(L, 3, 443);

	if (bt_host_pattern_parse(&pat, bt_str(luaL_checkstring(L, 1)), &e) < 0)
		return luaL_error(L, "%s", e.msg);
	lua_pushboolean(L, port > 0 && port < 65536 &&
	                           bt_host_parse(&h, bt_str(luaL_checkstring(L, 2)), &e) == 0 &&
	                           bt_host_pattern_match(&pat, &h, (uint16_t)port));
	return 1;
}

/* log(text): a debug line; a rule that shouts costs its own budget */
static int l_log(lua_State *L)
{
	log_debug("policy", "%.200s", luaL_checkstring(L, 1));
	return 0;
}

/* log.LEVEL(topic, text): the same; what it would be formatted with is left out. */
static int l_log_topic(lua_State *L)
{
	log_debug("policy", "%.60s: %.200s", luaL_checkstring(L, 1), luaL_checkstring(L, 2));
	return 0;
}

static int l_absent(lua_State *L)
{
	return luaL_error(L, "%s: not in the gate", lua_tostring(L, lua_upvalueindex(1)));
}

/* require(name): what is here; else a table that says what it is when it is used, since the same
 * file is loaded where that module is. */
static int l_require(lua_State *L)
{
	const char *name = luaL_checkstring(L, 1);

	if (strncmp(name, "bottle.", 7) == 0)
		name += 7;
	if (strcmp(name, "policy") == 0 || strcmp(name, "host") == 0) {
		lua_getglobal(L, name);
		return 1;
	}
	lua_newtable(L);
	if (strcmp(name, "log") == 0) {
		static const char *const levels[] = { "debug", "info", "warn", "error" };

		for (size_t i = 0; i < sizeof levels / sizeof *levels; i++) {
			lua_pushcfunction(L, l_log_topic);
			lua_setfield(L, -2, levels[i]);
		}
		return 1;
	}
	lua_newtable(L);
	lua_pushvalue(L, 1);
	lua_pushcclosure(L, l_absent, 1);
	lua_setfield(L, -2, "__index");
	lua_setmetatable(L, -2);
	return 1;
}

static void bound(lua_State *L, const char *name, lua_CFunction f)
{
	lua_getfield(L, -1, name);
	lua_pushcclosure(L, f, 1);
	lua_setfield(L, -2, name);
}

static void forget(lua_State *L, const char *const *names)
{
	for (; *names; names++) {
		lua_pushnil(L);
		lua_setfield(L, -2, *names);
	}
}

/* No setmetatable: it makes __gc, and finalizers run where no budget counts. No coroutines: each
 * has a hook of its own, unset. */
int bt_gatevm_lib(lua_State *L)
{
	static const luaL_Reg libs[] = {
		{ LUA_GNAME, luaopen_base },       { LUA_STRLIBNAME, luaopen_string },
		{ LUA_TABLIBNAME, luaopen_table }, { LUA_MATHLIBNAME, luaopen_math },
		{ LUA_UTF8LIBNAME, luaopen_utf8 }, { NULL, NULL }
	};
	static const char *const base[] = { "load",           "loadfile", "dofile",
		                            "collectgarbage", "print",    "setmetatable",
		                            "getmetatable",   "rawset",   "require",
		                            "warn",           "xpcall",   NULL };
	static const char *const string[] = { "dump", "pack", "unpack", "packsize", NULL };
	static const char *const table[] = { "move", "sort", "unpack", NULL };
	static const luaL_Reg host[] = { { "normal", l_normal },
		                         { "normalise", l_normal },
		                         { "match", l_match },
		                         { NULL, NULL } };

	for (const luaL_Reg *l = libs; l->name; l++) {
		luaL_requiref(L, l->name, l->func, 1);
		lua_pop(L, 1);
	}
	lua_pushglobaltable(L);
	forget(L, base);
	lua_getfield(L, -1, LUA_TABLIBNAME);
	forget(L, table); /* move and unpack copy, sort calls back, in one instruction */
	lua_pop(L, 1);
	lua_getfield(L, -1, LUA_STRLIBNAME);
	forget(L, string);
	bound(L, "find", l_bounded);
	bound(L, "match", l_bounded);
	bound(L, "gmatch", l_bounded);
	bound(L, "gsub", l_bounded);
	bound(L, "rep", l_rep);
	bound(L, "format", l_format);
	lua_pop(L, 1);
	luaL_newlib(L, host);
	lua_setfield(L, -2, "host");
	lua_pushcfunction(L, l_require);
	lua_setfield(L, -2, "require");
	lua_pushcfunction(L, l_log);
	lua_setfield(L, -2, "log");
	lua_pushliteral(L, ""); /* the metatable that all strings share */
	lua_getmetatable(L, -1);
	lua_pushliteral(L, "string");
	lua_setfield(L, -2, "__metatable");
	return 0;
}
