/* bind_ca.c - require "bottle.ca" */
#include "bottle/ca.h"
#include "lx.h"
#include "modules.h"

#define CLASS "bottle.ca"

static struct bt_ca **anchor(lua_State *L)
{
	return luaL_checkudata(L, 1, CLASS);
}

static struct bt_ca *live(lua_State *L)
{
	struct bt_ca **a = anchor(L);

	luaL_argcheck(L, *a, 1, "ca is closed");
	return *a;
}

static struct bt_ca **push(lua_State *L)
{
	struct bt_ca **a = lua_newuserdatauv(L, sizeof *a, 0);

	*a = NULL;
	luaL_setmetatable(L, CLASS);
	return a;
}

/* ca.open(dir [, { slug =, days = }]) -> ca | nil, msg, code */
static int l_open(lua_State *L)
{
	static const char *const fields[] = { "slug", "days", NULL };
	const char *dir = luaL_checkstring(L, 1);
	const char *slug = "bottle";
	lua_Integer days = BT_CA_DAYS;
	struct bt_err e = { 0 };

	if (!lua_isnoneornil(L, 2)) {
		luaL_checktype(L, 2, LUA_TTABLE);
		lx_only_fields(L, 2, fields);
		slug = lx_field_string(L, 2, "slug", slug);
		days = lx_field_integer(L, 2, "days", days);
	}
	luaL_argcheck(L, days > 0 && days <= 3650, 2, "days: want 1 to 3650");
	if (bt_ca_create(push(L), dir, slug, (unsigned)days, &e) < 0)
		return lx_fail(L, &e);
	return 1;
}

/* ca.memory(slug) -> ca | nil, msg, code */
static int l_memory(lua_State *L)
{
	const char *slug = luaL_checkstring(L, 1);
	struct bt_err e = { 0 };

	if (bt_ca_create_memory(push(L), slug, BT_CA_DAYS, &e) < 0)
		return lx_fail(L, &e);
	return 1;
}

/* ca.load(dir) -> ca | nil, msg, code */
static int l_load(lua_State *L)
{
	const char *dir = luaL_checkstring(L, 1);
	const char *cert = lua_pushfstring(L, "%s/" BT_CA_CERT_FILE, dir);
	const char *key = lua_pushfstring(L, "%s/" BT_CA_KEY_FILE, dir);
	struct bt_err e = { 0 };

	if (bt_ca_load(push(L), cert, key, &e) < 0)
		return lx_fail(L, &e);
	return 1;
}

static int l_pem(lua_State *L)
{
	lua_pushstring(L, bt_ca_pem(live(L)));
	return 1;
}

static int l_fingerprint(lua_State *L)
{
	lua_pushstring(L, bt_ca_fingerprint(live(L)));
	return 1;
}

/* ca:subject_hash() -> 8 hexadecimal digits */
static int l_subject_hash(lua_State *L)
{
	char hash[BT_CA_HASH_N];

	bt_ca_subject_hash(live(L), hash);
	lua_pushstring(L, hash);
	return 1;
}

/* ca:paths() -> certificate file, key file: names, never the key's content */
static int l_paths(lua_State *L)
{
	struct bt_ca *ca = live(L);

	lua_pushstring(L, bt_ca_cert_path(ca));
	lua_pushstring(L, bt_ca_key_path(ca));
	return 2;
}

static int l_close(lua_State *L)
{
	bt_ca_free(BT_STEAL(*anchor(L)));
	return 0;
}

static int l_tostring(lua_State *L)
{
	struct bt_ca **a = anchor(L);

	lua_pushfstring(L, CLASS ": %s", *a ? bt_ca_fingerprint(*a) : "closed");
	return 1;
}

static const luaL_Reg methods[] = {
	{ "pem", l_pem },
	{ "fingerprint", l_fingerprint },
	{ "subject_hash", l_subject_hash },
	{ "paths", l_paths },
	{ "close", l_close },
	{ NULL, NULL },
};
static const luaL_Reg meta[] = {
	{ "__gc", l_close }, { "__close", l_close }, { "__tostring", l_tostring }, { NULL, NULL }
};
static const luaL_Reg module[] = {
	{ "open", l_open }, { "load", l_load }, { "memory", l_memory }, { NULL, NULL }
};

int luaopen_bottle_ca(lua_State *L)
{
	lx_class(L, CLASS, methods, meta);
	luaL_newlib(L, module);
	return 1;
}
