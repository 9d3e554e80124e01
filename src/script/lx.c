#include "lx.h"

#include <stdlib.h>
#include <string.h>

static bool verbose;

void lx_set_verbose(bool on)
{
	verbose = on;
}

int lx_fail(lua_State *L, const struct bt_err *e)
{
	luaL_pushfail(L);
	lua_pushstring(L, e->msg);
	lua_pushstring(L, bt_code_name(e->code));
	return 3;
}

void lx_class(lua_State *L, const char *name, const luaL_Reg *methods, const luaL_Reg *meta)
{
	if (!luaL_newmetatable(L, name)) {
		lua_pop(L, 1);
		return;
	}
	luaL_setfuncs(L, meta, 0);
	lua_newtable(L);
	luaL_setfuncs(L, methods, 0);
	lua_setfield(L, -2, "__index");
	lua_pushstring(L, name);
	lua_setfield(L, -2, "__metatable"); /* scripts cannot fetch or swap it */
	lua_pop(L, 1);
}

/* Error objects that are tables pass through: they carry a status for the command line. */
static int traceback(lua_State *L)
{
	if (lua_istable(L, 1))
		return 1;
	const char *msg = luaL_tolstring(L, 1, NULL);

	if (!verbose)
		return 1;
	luaL_traceback(L, L, msg, 1);
	return 1;
}

static int pcall(lua_State *L, int nargs, int nresults)
{
	int base = lua_gettop(L) - nargs;

	lua_pushcfunction(L, traceback);
	lua_insert(L, base);
	int rc = lua_pcall(L, nargs, nresults, base);

	lua_remove(L, base);
	return rc;
}

int lx_pcall_status(lua_State *L, int nargs, int nresults, int *status, struct bt_err *e)
{
	if (pcall(L, nargs, nresults) == LUA_OK)
		return 0;
	*status = 125;
	if (lua_istable(L, -1)) {
		lua_pushliteral(L, "status"); /* rawget: no metamethod may raise here */
		if (lua_rawget(L, -2) == LUA_TNUMBER)
			*status = (int)lua_tointeger(L, -1);
		lua_pop(L, 1);
		lua_pushliteral(L, "message");
		lua_rawget(L, -2);
		lua_remove(L, -2);
	}
	const char *msg = lua_type(L, -1) == LUA_TSTRING ? lua_tostring(L, -1) : NULL;
	int ret = bt_fail(e, BT_SCRIPT, "%s", msg ? msg : "(error object)");

	lua_pop(L, 1);
	return ret;
}

int lx_pcall(lua_State *L, int nargs, int nresults, struct bt_err *e)
{
	int status;

	return lx_pcall_status(L, nargs, nresults, &status, e);
}

const char *lx_field_string(lua_State *L, int index, const char *name, const char *absent)
{
	int type = lua_getfield(L, index, name);

	if (type == LUA_TNIL) {
		lua_pop(L, 1);
		return absent;
	}
	if (type != LUA_TSTRING)
		luaL_error(L, "field '%s': want string, got %s", name, lua_typename(L, type));
	const char *s = lua_tostring(L, -1);

	lua_pop(L, 1); /* still held by the table */
	return s;
}

lua_Integer lx_field_integer(lua_State *L, int index, const char *name, lua_Integer absent)
{
	int isint = 0;
	int type = lua_getfield(L, index, name);
	lua_Integer v = type == LUA_TNIL ? absent : lua_tointegerx(L, -1, &isint);

	lua_pop(L, 1);
	if (type != LUA_TNIL && (type != LUA_TNUMBER || !isint))
		luaL_error(L, "field '%s': want integer, got %s", name, lua_typename(L, type));
	return v;
}

bool lx_field_bool(lua_State *L, int index, const char *name, bool absent)
{
	int type = lua_getfield(L, index, name);
	bool v = type == LUA_TNIL ? absent : lua_toboolean(L, -1);

	lua_pop(L, 1);
	if (type != LUA_TNIL && type != LUA_TBOOLEAN)
		luaL_error(L, "field '%s': want boolean, got %s", name, lua_typename(L, type));
	return v;
}

static bool listed(const char *const *names, const char *key)
{
	for (; *names; names++)
		if (strcmp(*names, key) == 0)
			return true;
	return false;
}

void lx_only_fields(lua_State *L, int index, const char *const *names)
{
	index = lua_absindex(L, index);
	lua_pushnil(L);
	while (lua_next(L, index)) {
		lua_pop(L, 1);
		if (lua_type(L, -1) != LUA_TSTRING || !listed(names, lua_tostring(L, -1)))
			luaL_error(L, "unknown field '%s'", luaL_tolstring(L, -1, NULL));
	}
}

struct bt_str lx_check_str(lua_State *L, int index)
{
	size_t n;
	const char *p = luaL_checklstring(L, index, &n);

	return (struct bt_str){ p, n };
}

const char *lx_check_path(lua_State *L, int index)
{
	struct bt_str s = lx_check_str(L, index);

	luaL_argcheck(L, memchr(s.p, '\0', s.n) == NULL, index, "NUL in a path");
	return s.p;
}

#define TEXT "bottle.text"

static int l_text_gc(lua_State *L)
{
	char **text = luaL_checkudata(L, 1, TEXT);

	free(*text);
	*text = NULL;
	return 0;
}

char **lx_text_new(lua_State *L)
{
	static const luaL_Reg meta[] = { { "__gc", l_text_gc }, { NULL, NULL } };
	static const luaL_Reg none[] = { { NULL, NULL } };
	char **text = lua_newuserdatauv(L, sizeof *text, 0);

	*text = NULL;
	lx_class(L, TEXT, none, meta);
	luaL_setmetatable(L, TEXT);
	return text;
}

int lx_done(lua_State *L, int rc, const struct bt_err *e)
{
	if (rc < 0)
		return lx_fail(L, e);
	lua_pushboolean(L, 1);
	return 1;
}

void lx_set_integer(lua_State *L, const char *name, lua_Integer v)
{
	lua_pushinteger(L, v);
	lua_setfield(L, -2, name);
}

void lx_set_string(lua_State *L, const char *name, const char *v)
{
	lua_pushstring(L, v);
	lua_setfield(L, -2, name);
}
