/* bind_docker.c - require "bottle.docker" */
#include "bottle/docker.h"

#include <lualib.h>
#include <stdio.h>
#include <string.h>

#include "bottle/limits.h"
#include "lx.h"
#include "lx_hold.h"
#include "lx_tar.h"
#include "lx_tree.h"
#include "modules.h"

#define ENGINE "bottle.docker.engine"
#define PENDING "bottle.docker.pending"

/* All that a call holds while Lua may raise. Its user value is the engine. */
struct pending {
	struct bt_call *call;
	struct bt_call_spec spec;
	struct bt_buf line;
};

static struct bt_engine *engine(lua_State *L, int index)
{
	struct bt_engine **a = luaL_checkudata(L, index, ENGINE);

	luaL_argcheck(L, *a, index, "engine is closed");
	return *a;
}

static int wait_ms(lua_State *L, int index)
{
	lua_Integer ms = luaL_optinteger(L, index, -1);

	luaL_argcheck(L, ms <= INT32_MAX, index, "too long");
	return ms < 0 ? -1 : (int)ms;
}

/* docker.connect({ host =, timeout = }?) -> engine | nil, msg, code */
static int l_connect(lua_State *L)
{
	static const char *const fields[] = { "host", "timeout", NULL };
	const char *host = NULL;
	lua_Integer timeout = 10000;
	struct bt_err e = { 0 };

	if (!lua_isnoneornil(L, 1)) {
		luaL_checktype(L, 1, LUA_TTABLE);
		lx_only_fields(L, 1, fields);
		host = lx_field_string(L, 1, "host", NULL);
		timeout = lx_field_integer(L, 1, "timeout", timeout);
	}
	struct bt_engine **a = lua_newuserdatauv(L, sizeof *a, 0);

	*a = NULL;
	luaL_setmetatable(L, ENGINE);
	if (bt_engine_open(a, host, (long)timeout, &e) < 0)
		return lx_fail(L, &e);
	return 1;
}

static int l_engine_close(lua_State *L)
{
	struct bt_engine **a = luaL_checkudata(L, 1, ENGINE);

	bt_engine_close(BT_STEAL(*a));
	return 0;
}

/* engine:endpoint() -> { url, source, api, server_api, tls } */
static int l_endpoint(lua_State *L)
{
	struct bt_engine_facts f = bt_engine_facts(engine(L, 1));

	lua_createtable(L, 0, 5);
	lua_pushstring(L, f.url);
	lua_setfield(L, -2, "url");
	lua_pushstring(L, f.source);
	lua_setfield(L, -2, "source");
	lua_pushstring(L, f.api);
	lua_setfield(L, -2, "api");
	lua_pushstring(L, f.server_api);
	lua_setfield(L, -2, "server_api");
	lua_pushboolean(L, f.tls);
	lua_setfield(L, -2, "tls");
	return 1;
}

/* engine:poll(ms) -> number of calls under way | nil, msg, code */
static int l_poll(lua_State *L)
{
	struct bt_engine *g = engine(L, 1);
	struct bt_err e = { 0 };

	if (bt_engine_poll(g, wait_ms(L, 2), &e) < 0)
		return lx_fail(L, &e);
	lua_pushinteger(L, bt_engine_running(g));
	return 1;
}

static struct pending *new_pending(lua_State *L)
{
	struct pending *p = lua_newuserdatauv(L, sizeof *p, 1);

	memset(p, 0, sizeof *p);
	p->spec.fd = -1;
	p->line = BT_BUF(BT_LIM_ENGINE_LINE);
	luaL_setmetatable(L, PENDING);
	lua_pushvalue(L, 1);
	lua_setiuservalue(L, -2, 1);
	return p;
}

/* Fields that are no JSON: bytes and archives. The rest is left in a copy on top of the stack. */
static int take_bytes(lua_State *L, const char *op, int spec, struct pending *p, struct bt_err *e)
{
	bool input = strcmp(op, "exec") == 0;
	bool archive = strcmp(op, "archive_put") == 0 || strcmp(op, "image_import") == 0;

	lua_newtable(L);
	int copy = lua_gettop(L);

	for (lua_pushnil(L); lua_next(L, spec); lua_pop(L, 1)) {
		lua_pushvalue(L, -2);
		lua_pushvalue(L, -2);
		lua_settable(L, copy);
	}
	if (input && lua_getfield(L, copy, "stdin") != LUA_TNIL) {
		/* The string stays alive in the caller's table. */
		p->spec.stdin_ = lx_check_str(L, -1);
		lua_pushnil(L);
		lua_setfield(L, copy, "stdin");
	}
	if (archive && lua_getfield(L, copy, "tar") != LUA_TNIL) {
		if (bt_tar_fd(lx_tar_check(L, -1), &p->spec.fd, e) < 0)
			return -1;
		lua_pushnil(L);
		lua_setfield(L, copy, "tar");
	}
	if (archive && lua_getfield(L, copy, "entries") != LUA_TNIL) {
		if (p->spec.fd >= 0)
			return luaL_error(L, "%s: only one of tar and entries", op);
		if (lx_tar_build(L, -1, e) < 0 ||
		    bt_tar_fd(lx_tar_check(L, -1), &p->spec.fd, e) < 0)
			return -1;
		lua_pushnil(L);
		lua_setfield(L, copy, "entries");
	}
	lua_settop(L, copy);
	return 0;
}

/* Push a pending call of the operation with the spec at index; 0 or -1 with *e set. */
static int begin(lua_State *L, const char *op, int spec, struct bt_err *e)
{
	struct bt_engine *g = engine(L, 1);
	bool given = !lua_isnoneornil(L, spec);

	if (given)
		luaL_checktype(L, spec, LUA_TTABLE);
	struct pending *p = new_pending(L);
	int top = lua_gettop(L), rc = 0;

	if (given)
		rc = take_bytes(L, op, spec, p, e);
	if (given && rc == 0)
		rc = lx_tree_from(L, -1, &p->spec.json, e);
	lua_settop(L, top);
	if (rc == 0 && p->spec.json && !p->spec.json->child) {
		cJSON_Delete(p->spec.json); /* {}: no fields */
		p->spec.json = NULL;
	}
	if (rc == 0)
		rc = bt_call_begin(&p->call, g, op, &p->spec, e);
	if (rc < 0 && e->code == BT_USAGE)
		return luaL_error(L, "%s", e->msg);
	return rc;
}

static void push_output(lua_State *L, const struct bt_result *r)
{
	lua_createtable(L, 0, 3);
	lua_pushlstring(L, r->out[0].n ? r->out[0].p : "", r->out[0].n);
	lua_setfield(L, -2, "stdout");
	lua_pushlstring(L, r->out[1].n ? r->out[1].p : "", r->out[1].n);
	lua_setfield(L, -2, "stderr");
	if (r->code >= 0) {
		lua_pushinteger(L, r->code);
		lua_setfield(L, -2, "code");
	}
}

/* Wait for p and push what the operation returns. */
static int finish(lua_State *L, struct pending *p, int ms)
{
	struct bt_err e = { 0 };

	if (bt_call_wait(p->call, ms, &e) < 0) {
		if (bt_call_done(p->call))
			bt_call_close(BT_STEAL(p->call));
		return lx_fail(L, &e);
	}
	struct bt_result r = bt_call_result(p->call);

	switch (r.kind) {
	case BT_RESULT_NONE:
		lua_pushboolean(L, 1);
		break;
	case BT_RESULT_JSON:
		lx_tree_push(L, r.json);
		break;
	case BT_RESULT_BYTES:
		lua_pushlstring(L, r.out[0].n ? r.out[0].p : "", r.out[0].n);
		break;
	case BT_RESULT_OUTPUT:
		push_output(L, &r);
		break;
	case BT_RESULT_HELD:
		lx_hold_push(L, p->call);
		break;
	}
	bt_call_close(BT_STEAL(p->call));
	return 1;
}

/* engine:begin(op, spec?) -> pending | nil, msg, code */
static int l_begin(lua_State *L)
{
	const char *op = luaL_checkstring(L, 2);
	struct bt_err e = { 0 };

	lua_settop(L, 3);
	if (begin(L, op, 3, &e) < 0)
		return lx_fail(L, &e);
	return 1;
}

/* Every operation: engine:NAME(spec?) -> result | nil, msg, code */
static int l_op(lua_State *L)
{
	const char *op = lua_tostring(L, lua_upvalueindex(1));
	struct bt_err e = { 0 };

	lua_settop(L, 2);
	if (begin(L, op, 2, &e) < 0)
		return lx_fail(L, &e);
	return finish(L, lua_touserdata(L, -1), -1);
}

static struct pending *pending(lua_State *L)
{
	struct pending *p = luaL_checkudata(L, 1, PENDING);

	luaL_argcheck(L, p->call, 1, "call was taken or closed");
	return p;
}

/* p:wait(ms?) -> result | nil, msg, code */
static int l_wait(lua_State *L)
{
	return finish(L, pending(L), wait_ms(L, 2));
}

/* p:done() -> boolean */
static int l_done(lua_State *L)
{
	lua_pushboolean(L, bt_call_done(pending(L)->call));
	return 1;
}

/* p:read(ms?) -> line, "stdout"|"stderr" | nil at the end | nil, msg, code */
static int l_read(lua_State *L)
{
	struct pending *p = pending(L);
	struct bt_err e = { 0 };
	int stream = 0;

	bt_buf_clear(&p->line);
	int rc = bt_call_line(p->call, wait_ms(L, 2), &p->line, &stream, &e);

	if (rc < 0)
		return e.code == BT_USAGE ? luaL_error(L, "%s", e.msg) : lx_fail(L, &e);
	if (rc == 0)
		return 0;
	lua_pushlstring(L, p->line.len ? (char *)p->line.p : "", p->line.len);
	lua_pushstring(L, stream == 2 ? "stderr" : "stdout");
	return 2;
}

static int l_pending_close(lua_State *L)
{
	struct pending *p = luaL_checkudata(L, 1, PENDING);

	bt_call_close(BT_STEAL(p->call));
	cJSON_Delete(BT_STEAL(p->spec.json));
	if (p->spec.fd >= 0)
		(void)close(p->spec.fd);
	p->spec.fd = -1;
	bt_buf_free(&p->line);
	return 0;
}

/* engine:attach(spec, hold?) -> status | nil, msg, code */
static int l_attach(lua_State *L)
{
	struct bt_engine *g = engine(L, 1);
	struct bt_err e = { 0 };
	int status = 0;

	luaL_checktype(L, 2, LUA_TTABLE);
	struct bt_hold *with = lx_hold_opt(L, 3);
	struct lx_doc *d = lx_doc_new(L);
	int rc = lx_tree_from(L, 2, &d->tree, &e);

	if (rc == 0) {
		struct bt_attach_spec spec = {
			.json = d->tree, .in = 0, .out = 1, .err = 2, .with = with
		};

		(void)fflush(NULL); /* what was printed before comes before */
		rc = bt_engine_attach(g, &spec, &status, &e);
	}
	if (rc < 0)
		return e.code == BT_USAGE ? luaL_error(L, "%s", e.msg) : lx_fail(L, &e);
	lua_pushinteger(L, status);
	return 1;
}

static const luaL_Reg operations[] = {
	{ "ping", l_op },
	{ "version", l_op },
	{ "info", l_op },
	{ "facts", l_op },
	{ "image_list", l_op },
	{ "image_inspect", l_op },
	{ "image_import", l_op },
	{ "image_tag", l_op },
	{ "image_remove", l_op },
	{ "image_pull", l_op },
	{ "network_create", l_op },
	{ "network_inspect", l_op },
	{ "network_list", l_op },
	{ "network_connect", l_op },
	{ "network_disconnect", l_op },
	{ "network_remove", l_op },
	{ "container_create", l_op },
	{ "container_start", l_op },
	{ "container_inspect", l_op },
	{ "container_list", l_op },
	{ "container_wait", l_op },
	{ "container_stop", l_op },
	{ "container_kill", l_op },
	{ "container_remove", l_op },
	{ "container_hold", l_op },
	{ "archive_put", l_op },
	{ "archive_get", l_op },
	{ "archive_stat", l_op },
	{ "logs", l_op },
	{ "events", l_op },
	{ "exec", l_op },
	{ NULL, NULL },
};
static const luaL_Reg methods[] = {
	{ "close", l_engine_close }, { "endpoint", l_endpoint }, { "poll", l_poll },
	{ "begin", l_begin },        { "attach", l_attach },     { NULL, NULL },
};
static const luaL_Reg meta[] = { { "__gc", l_engine_close },
	                         { "__close", l_engine_close },
	                         { NULL, NULL } };
static const luaL_Reg call_methods[] = { { "wait", l_wait },
	                                 { "done", l_done },
	                                 { "read", l_read },
	                                 { "close", l_pending_close },
	                                 { NULL, NULL } };
static const luaL_Reg call_meta[] = { { "__gc", l_pending_close },
	                              { "__close", l_pending_close },
	                              { NULL, NULL } };
static const luaL_Reg module[] = { { "connect", l_connect }, { NULL, NULL } };

int luaopen_bottle_docker(lua_State *L)
{
	luaL_requiref(L, "bottle.tar", luaopen_bottle_tar, 0); /* the class Tar */
	lx_class(L, PENDING, call_methods, call_meta);
	lx_hold_class(L);
	lx_class(L, ENGINE, methods, meta);
	luaL_getmetatable(L, ENGINE);
	lua_getfield(L, -1, "__index");
	for (const luaL_Reg *r = operations; r->name; r++) {
		lua_pushstring(L, r->name);
		lua_pushcclosure(L, r->func, 1);
		lua_setfield(L, -2, r->name);
	}
	luaL_newlib(L, module);
	return 1;
}
