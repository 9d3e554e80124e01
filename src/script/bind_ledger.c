/* bind_ledger.c - require "bottle.ledger" */
#include "bottle/ledger.h"
#include "lx.h"
#include "lx_tree.h"
#include "modules.h"

#define CLASS "bottle.ledger"
#define LIST "bottle.ledger.list"

static struct bt_ledger **anchor(lua_State *L)
{
	return luaL_checkudata(L, 1, CLASS);
}

static struct bt_ledger *live(lua_State *L)
{
	struct bt_ledger **a = anchor(L);

	luaL_argcheck(L, *a, 1, "ledger is closed");
	return *a;
}

static int take(lua_State *L,
                int (*get)(struct bt_ledger **, const char *, const char *, struct bt_err *))
{
	const char *dir = lx_check_path(L, 1);
	const char *slug = lx_check_path(L, 2);
	struct bt_err e = { 0 };
	struct bt_ledger **a = lua_newuserdatauv(L, sizeof *a, 0);

	*a = NULL;
	luaL_setmetatable(L, CLASS);
	return get(a, dir, slug, &e) < 0 ? lx_fail(L, &e) : 1;
}

/* ledger.open(dir, slug) -> Ledger | nil, msg, code */
static int l_open(lua_State *L)
{
	return take(L, bt_ledger_open);
}

/* ledger.adopt(dir, slug) -> Ledger | nil, msg, code */
static int l_adopt(lua_State *L)
{
	return take(L, bt_ledger_adopt);
}

static int note(lua_State *L, enum bt_ledger_op op)
{
	struct bt_ledger *l = live(L);
	const char *kind = luaL_checkstring(L, 2);
	const char *name = luaL_checkstring(L, 3);
	struct bt_err e = { 0 };

	return lx_done(L, bt_ledger_note(l, op, kind, name, NULL, &e), &e);
}

/* l:intend(kind, name, extra?) -> true | nil, msg, code */
static int l_intend(lua_State *L)
{
	struct bt_ledger *l = live(L);
	const char *kind = luaL_checkstring(L, 2);
	const char *name = luaL_checkstring(L, 3);
	struct bt_err e = { 0 };

	if (lua_isnoneornil(L, 4))
		return note(L, BT_LEDGER_INTEND);
	struct lx_doc *d = lx_doc_new(L);

	if (lx_tree_from(L, 4, &d->tree, &e) < 0 ||
	    bt_json_encode(d->tree, BT_JSON_COMPACT, &d->text, &e) < 0 ||
	    bt_buf_add(&d->text, "", 1, &e) < 0)
		return e.code == BT_USAGE ? luaL_error(L, "extra: %s", e.msg) : lx_fail(L, &e);
	const char *extra = (const char *)d->text.p;

	return lx_done(L, bt_ledger_note(l, BT_LEDGER_INTEND, kind, name, extra, &e), &e);
}

/* l:done(kind, name) -> true | nil, msg, code */
static int l_done(lua_State *L)
{
	return note(L, BT_LEDGER_DONE);
}

/* l:undone(kind, name) -> true | nil, msg, code */
static int l_undone(lua_State *L)
{
	return note(L, BT_LEDGER_UNDONE);
}

/* l:detach() -> true | nil, msg, code */
static int l_detach(lua_State *L)
{
	struct bt_err e = { 0 };

	return lx_done(L, bt_ledger_note(live(L), BT_LEDGER_DETACH, NULL, NULL, NULL, &e), &e);
}

static void push_extra(lua_State *L, const char *text)
{
	struct bt_err e = { 0 };
	struct lx_doc *d = lx_doc_new(L);

	if (bt_json_decode(bt_str(text), &d->tree, NULL, &e) < 0)
		luaL_error(L, "ledger: %s", e.msg);
	lx_tree_push(L, d->tree);
	lua_remove(L, -2);
}

/* Newest first: the order in which things are undone. */
static void push_pending(lua_State *L, const struct bt_ledger_view *view)
{
	lua_createtable(L, (int)view->n, 0);
	lx_tree_mark_array(L, -1);
	for (size_t i = view->n; i > 0; i--) {
		const struct bt_ledger_entry *x = &view->v[i - 1];

		lua_createtable(L, 0, 4);
		lx_set_string(L, "kind", x->kind);
		lx_set_string(L, "name", x->name);
		lua_pushboolean(L, x->done);
		lua_setfield(L, -2, "done");
		if (x->extra) {
			push_extra(L, x->extra);
			lua_setfield(L, -2, "extra");
		}
		lua_rawseti(L, -2, (lua_Integer)view->n - (lua_Integer)i + 1);
	}
}

static void push_owner(lua_State *L, const struct bt_ledger_owner *w)
{
	lua_createtable(L, 0, 5);
	lx_set_string(L, "host", w->host);
	lx_set_string(L, "boot", w->boot);
	lx_set_integer(L, "pid", w->pid);
	lx_set_integer(L, "start", (lua_Integer)w->start);
	lx_set_integer(L, "created", w->created);
}

/* l:pending() -> { { kind, name, done, extra? } }, newest first */
static int l_pending(lua_State *L)
{
	push_pending(L, bt_ledger_view(live(L)));
	return 1;
}

/* l:owner() -> { host, boot, pid, start, created } */
static int l_owner(lua_State *L)
{
	push_owner(L, &bt_ledger_view(live(L))->owner);
	return 1;
}

/* l:close(), __close and __gc */
static int l_close(lua_State *L)
{
	struct bt_ledger **a = anchor(L);

	bt_ledger_close(BT_STEAL(*a));
	return 0;
}

static int l_list_gc(lua_State *L)
{
	bt_ledger_list_free(luaL_checkudata(L, 1, LIST));
	return 0;
}

static void push_found(lua_State *L, const struct bt_ledger_found *f)
{
	lua_createtable(L, 0, 6);
	lx_set_string(L, "slug", f->slug);
	lua_pushboolean(L, f->alive);
	lua_setfield(L, -2, "alive");
	if (f->err.code != BT_OK) {
		lx_set_string(L, "error", f->err.msg);
		return;
	}
	lua_pushboolean(L, f->view.detached);
	lua_setfield(L, -2, "detached");
	push_owner(L, &f->view.owner);
	lua_setfield(L, -2, "owner");
	push_pending(L, &f->view);
	lua_setfield(L, -2, "pending");
}

/* ledger.scan(dir) -> { { slug, alive, detached, owner, pending } | { slug, alive, error } } */
static int l_scan(lua_State *L)
{
	const char *dir = lx_check_path(L, 1);
	struct bt_err e = { 0 };
	struct bt_ledger_list *list = lua_newuserdatauv(L, sizeof *list, 0);

	*list = (struct bt_ledger_list){ 0 };
	luaL_setmetatable(L, LIST);
	if (bt_ledger_scan(dir, list, &e) < 0)
		return lx_fail(L, &e);
	lua_createtable(L, (int)list->n, 0);
	for (size_t i = 0; i < list->n; i++) {
		push_found(L, &list->v[i]);
		lua_rawseti(L, -2, (lua_Integer)i + 1);
	}
	return 1;
}

static const luaL_Reg methods[] = { { "intend", l_intend },   { "done", l_done },
	                            { "undone", l_undone },   { "detach", l_detach },
	                            { "pending", l_pending }, { "owner", l_owner },
	                            { "close", l_close },     { NULL, NULL } };
static const luaL_Reg meta[] = { { "__gc", l_close }, { "__close", l_close }, { NULL, NULL } };
static const luaL_Reg module[] = {
	{ "open", l_open }, { "adopt", l_adopt }, { "scan", l_scan }, { NULL, NULL }
};

int luaopen_bottle_ledger(lua_State *L)
{
	static const luaL_Reg list_meta[] = { { "__gc", l_list_gc }, { NULL, NULL } };
	static const luaL_Reg none[] = { { NULL, NULL } };

	lx_class(L, CLASS, methods, meta);
	lx_class(L, LIST, none, list_meta);
	luaL_newlib(L, module);
	return 1;
}
