#include "lx_tree.h"

#include <lauxlib.h>
#include <math.h>

#include "bottle/limits.h"
#include "bottle/own.h"
#include "lx.h"

#define ARRAY "bottle.array"
#define NULL_ "bottle.null"
#define DOC "bottle.doc"

static int l_doc_gc(lua_State *L)
{
	struct lx_doc *d = luaL_checkudata(L, 1, DOC);

	cJSON_Delete(BT_STEAL(d->tree));
	bt_buf_wipe(&d->text); /* a document may be an agent's environment */
	bt_places_free(&d->places);
	return 0;
}

struct lx_doc *lx_doc_new(lua_State *L)
{
	static const luaL_Reg meta[] = { { "__gc", l_doc_gc }, { NULL, NULL } };
	static const luaL_Reg none[] = { { NULL, NULL } };
	struct lx_doc *d = lua_newuserdatauv(L, sizeof *d, 0);

	*d = (struct lx_doc){ .text = BT_BUF(BT_LIM_DOC_BYTES) };
	lx_class(L, DOC, none, meta);
	luaL_setmetatable(L, DOC);
	return d;
}

static int l_null_tostring(lua_State *L)
{
	lua_pushliteral(L, "null");
	return 1;
}

void lx_tree_push_null(lua_State *L)
{
	static const luaL_Reg meta[] = { { "__tostring", l_null_tostring }, { NULL, NULL } };
	static const luaL_Reg none[] = { { NULL, NULL } };

	if (lua_getfield(L, LUA_REGISTRYINDEX, NULL_ " value") == LUA_TUSERDATA)
		return;
	lua_pop(L, 1);
	lx_class(L, NULL_, none, meta);
	(void)lua_newuserdatauv(L, 0, 0);
	luaL_setmetatable(L, NULL_);
	lua_pushvalue(L, -1);
	lua_setfield(L, LUA_REGISTRYINDEX, NULL_ " value");
}

void lx_tree_mark_array(lua_State *L, int index)
{
	index = lua_absindex(L, index);
	if (luaL_newmetatable(L, ARRAY)) {
		lua_pushliteral(L, ARRAY);
		lua_setfield(L, -2, "__metatable");
	}
	lua_setmetatable(L, index);
}

/* Raises nothing: also used while building a tree. */
static bool marked(lua_State *L, int index)
{
	if (!lua_getmetatable(L, index))
		return false;
	(void)luaL_getmetatable(L, ARRAY);
	bool is = lua_rawequal(L, -1, -2);

	lua_pop(L, 2);
	return is;
}

bool lx_tree_is_array(lua_State *L, int index)
{
	return lua_istable(L, index) && (marked(L, index) || lua_rawlen(L, index) > 0);
}

void lx_tree_push(lua_State *L, const cJSON *t)
{
	double d = t->valuedouble;
	lua_Integer i = 1;

	luaL_checkstack(L, 4, "document too deep");
	switch (t->type & 0xff) { /* above: who owns what */
	case cJSON_True:
	case cJSON_False:
		lua_pushboolean(L, cJSON_IsTrue(t));
		return;
	case cJSON_Number:
		if (d == trunc(d) && fabs(d) <= BT_JSON_INT_MAX)
			lua_pushinteger(L, (lua_Integer)d);
		else
			lua_pushnumber(L, d);
		return;
	case cJSON_String:
	case cJSON_Raw:
		lua_pushstring(L, t->valuestring);
		return;
	case cJSON_Array:
		lua_newtable(L);
		lx_tree_mark_array(L, -1);
		for (const cJSON *c = t->child; c; c = c->next) {
			lx_tree_push(L, c);
			lua_rawseti(L, -2, i++);
		}
		return;
	case cJSON_Object:
		lua_newtable(L);
		for (const cJSON *c = t->child; c; c = c->next) {
			lua_pushstring(L, c->string);
			lx_tree_push(L, c);
			lua_rawset(L, -3);
		}
		return;
	default:
		lx_tree_push_null(L);
	}
}

struct builder {
	lua_State *L;
	struct bt_buf path;
	unsigned depth;
	unsigned nodes;
};

static int build(struct builder *b, cJSON **out, struct bt_err *e);

static int build_number(lua_State *L, cJSON **out, struct bt_err *e)
{
	double d = lua_tonumber(L, -1);

	if (lua_isinteger(L, -1) && fabs(d) > BT_JSON_INT_MAX) {
		char digits[32];

		(void)snprintf(digits, sizeof digits, LUA_INTEGER_FMT, lua_tointeger(L, -1));
		*out = cJSON_CreateRaw(digits);
		return 0;
	}
	if (!isfinite(d))
		return bt_fail(e, BT_INVALID, "no document holds infinity or NaN");
	*out = cJSON_CreateNumber(d);
	return 0;
}

static int build_string(lua_State *L, cJSON **out, struct bt_err *e)
{
	struct bt_str s;

	s.p = lua_tolstring(L, -1, &s.n); /* is a string: converts nothing, raises nothing */
	if (bt_json_text_ok(s, e) < 0)
		return -1;
	*out = cJSON_CreateString(s.p);
	return 0;
}

/* One member is on top of the stack, its key below; takes the member off. */
static int build_member(struct builder *b, cJSON *parent, const char *key, size_t index,
                        struct bt_err *e)
{
	cJSON *item = NULL;
	size_t keep = b->path.len;

	if (bt_path_step(&b->path, key, index, e) < 0 || build(b, &item, e) < 0)
		return -1;
	b->path.len = keep;
	if (key)
		(void)cJSON_AddItemToObject(parent, key, item);
	else
		(void)cJSON_AddItemToArray(parent, item);
	lua_pop(b->L, 1);
	return 0;
}

static int build_array(struct builder *b, cJSON *array, struct bt_err *e)
{
	lua_Unsigned n = lua_rawlen(b->L, -1);
	lua_Unsigned count = 0;

	lua_pushnil(b->L);
	while (lua_next(b->L, -2)) {
		lua_pop(b->L, 1);
		lua_Integer i = lua_isinteger(b->L, -1) ? lua_tointeger(b->L, -1) : 0;

		if (i < 1 || (lua_Unsigned)i > n)
			return bt_fail(e, BT_USAGE, "an array has a key that is not 1 to %llu",
			               (unsigned long long)n);
		count++;
	}
	if (count != n)
		return bt_fail(e, BT_USAGE, "an array has holes");
	for (lua_Unsigned i = 1; i <= n; i++) {
		lua_rawgeti(b->L, -1, (lua_Integer)i);
		if (build_member(b, array, NULL, (size_t)i, e) < 0)
			return -1;
	}
	return 0;
}

static int build_object(struct builder *b, cJSON *object, struct bt_err *e)
{
	lua_pushnil(b->L);
	while (lua_next(b->L, -2)) {
		struct bt_str key;

		if (lua_type(b->L, -2) != LUA_TSTRING)
			return bt_fail(e, BT_USAGE, "a key is a %s: want a string",
			               luaL_typename(b->L, -2));
		key.p = lua_tolstring(b->L, -2, &key.n);
		if (bt_json_text_ok(key, e) < 0)
			return bt_wrap(e, "a key");
		if (build_member(b, object, key.p, 0, e) < 0)
			return -1;
	}
	return 0;
}

static int build_table(struct builder *b, cJSON **out, struct bt_err *e)
{
	bool array = lx_tree_is_array(b->L, -1);
	cJSON *t = array ? cJSON_CreateArray() : cJSON_CreateObject();

	if (++b->depth > BT_LIM_DOC_DEPTH || !lua_checkstack(b->L, 6)) {
		cJSON_Delete(t);
		return bt_fail(e, BT_LIMIT, "nested deeper than %d", BT_LIM_DOC_DEPTH);
	}
	if ((array ? build_array(b, t, e) : build_object(b, t, e)) < 0) {
		cJSON_Delete(t);
		return -1;
	}
	b->depth--;
	*out = t;
	return 0;
}

/* The value on top of the stack, which stays there. */
static int build(struct builder *b, cJSON **out, struct bt_err *e)
{
	if (++b->nodes > BT_LIM_DOC_NODES)
		return bt_fail(e, BT_LIMIT, "more than %d values", BT_LIM_DOC_NODES);
	switch (lua_type(b->L, -1)) {
	case LUA_TBOOLEAN:
		*out = cJSON_CreateBool(lua_toboolean(b->L, -1));
		return 0;
	case LUA_TNUMBER:
		return build_number(b->L, out, e);
	case LUA_TSTRING:
		return build_string(b->L, out, e);
	case LUA_TTABLE:
		return build_table(b, out, e);
	case LUA_TUSERDATA:
		lua_getfield(b->L, LUA_REGISTRYINDEX, NULL_ " value");
		if (lua_rawequal(b->L, -1, -2)) {
			lua_pop(b->L, 1);
			*out = cJSON_CreateNull();
			return 0;
		}
		lua_pop(b->L, 1);
		/* fall through */
	default:
		return bt_fail(e, BT_USAGE, "no document holds a %s", luaL_typename(b->L, -1));
	}
}

int lx_tree_from(lua_State *L, int index, cJSON **out, struct bt_err *e)
{
	struct builder b = { .L = L, .path = BT_BUF(BT_LIM_DOC_BYTES) };
	int top = lua_gettop(L);
	int rc = -1;

	if (!lua_checkstack(L, 6))
		return bt_fail(e, BT_LIMIT, "out of memory");
	lua_pushvalue(L, index);
	rc = build(&b, out, e);
	if (rc < 0 && b.path.len)
		(void)bt_wrap(e, "%.*s", (int)b.path.len, (const char *)b.path.p);
	bt_buf_free(&b.path);
	lua_settop(L, top);
	return rc;
}

static void push_places(lua_State *L, const struct bt_places *p)
{
	lua_createtable(L, 0, (int)p->n);
	for (size_t i = 0; i < p->n; i++) {
		lua_pushstring(L, p->v[i].path);
		lua_pushinteger(L, (lua_Integer)p->v[i].line);
		lua_rawset(L, -3);
	}
}

int lx_tree_decode(lua_State *L, lx_decoder decode)
{
	static const char *const fields[] = { "positions", NULL };
	struct bt_str text = lx_check_str(L, 1);
	struct bt_err e = { 0 };
	bool places = false;

	if (!lua_isnoneornil(L, 2)) {
		luaL_checktype(L, 2, LUA_TTABLE);
		lx_only_fields(L, 2, fields);
		places = lx_field_bool(L, 2, "positions", false);
	}
	struct lx_doc *d = lx_doc_new(L);

	if (decode(text, &d->tree, places ? &d->places : NULL, &e) < 0)
		return lx_fail(L, &e);
	lx_tree_push(L, d->tree);
	if (!places)
		return 1;
	push_places(L, &d->places);
	return 2;
}
