/* bind_sys.c - require "bottle.sys": small facts about the host and this process */
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "bottle/mem.h"
#include "lx.h"
#include "modules.h"

#define RANDOM_MAX 256

/* sys.hostname() -> string | nil, msg, code */
static int l_hostname(lua_State *L)
{
	char name[256] = "";
	struct bt_err e = { 0 };

	if (gethostname(name, sizeof name - 1) < 0) {
		(void)bt_fail_sys(&e, "gethostname");
		return lx_fail(L, &e);
	}
	lua_pushstring(L, name);
	return 1;
}

/* sys.uid() -> integer */
static int l_uid(lua_State *L)
{
	lua_pushinteger(L, geteuid());
	return 1;
}

/* sys.gid() -> integer */
static int l_gid(lua_State *L)
{
	lua_pushinteger(L, getegid());
	return 1;
}

/* sys.clock() -> milliseconds, monotonic */
static int l_clock(lua_State *L)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	lua_pushinteger(L, (lua_Integer)ts.tv_sec * 1000 + ts.tv_nsec / 1000000);
	return 1;
}

/* sys.time() -> seconds since 1970 */
static int l_time(lua_State *L)
{
	lua_pushinteger(L, (lua_Integer)time(NULL));
	return 1;
}

/* sys.random(n) -> n characters of a-z 2-7 (RFC 4648 base 32, lower case) | nil, msg, code */
static int l_random(lua_State *L)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz234567";
	lua_Integer n = luaL_checkinteger(L, 1);
	unsigned char raw[RANDOM_MAX];
	char text[RANDOM_MAX];
	struct bt_err e = { 0 };

	luaL_argcheck(L, n >= 1 && n <= RANDOM_MAX, 1, "want 1 to 256");
	/* Up to 256 bytes come whole, whatever signals do (getrandom(2)). */
	if (getrandom(raw, sizeof raw, 0) != (ssize_t)sizeof raw) {
		(void)bt_fail_sys(&e, "getrandom");
		return lx_fail(L, &e);
	}
	for (lua_Integer i = 0; i < n; i++)
		text[i] = letters[raw[i] & 31]; /* 32 divides 256: no bias */
	lua_pushlstring(L, text, (size_t)n);
	return 1;
}

/* sys.forget(name): overwrites the variable where it lies, which is what /proc/PID/environ shows */
static int l_forget(lua_State *L)
{
	const char *name = lx_check_str(L, 1).p;
	char *value = getenv(name);

	if (value) {
		bt_wipe(value, strlen(value));
		(void)unsetenv(name);
	}
	return 0;
}

static const luaL_Reg module[] = { { "hostname", l_hostname }, { "uid", l_uid },
	                           { "gid", l_gid },           { "clock", l_clock },
	                           { "time", l_time },         { "random", l_random },
	                           { "forget", l_forget },     { NULL, NULL } };

int luaopen_bottle_sys(lua_State *L)
{
	luaL_newlib(L, module);
	return 1;
}
