#include "bottle/gatevm.h"

#include <lauxlib.h>
#include <lua.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bottle/limits.h"
#include "bottle/mem.h"
#include "gatevm_lib.h"
#include "gatevm_rules.h"
#include "lx.h"

#define STEP 1000               /* instructions between two looks at the budget */
#define ONE_MAX (256u * BT_KIB) /* bytes of one text or table */
#define CHURN 16u               /* times the memory cap may be asked for in one verdict */
#define PCALLS 100u             /* how many times a verdict may pcall */

struct bt_gatevm {
	lua_State *L;
	size_t mem, mem_max;
	uint64_t churn; /* bytes asked for since arm() */
	uint64_t steps, left;
	bool spent;  /* sticky: everything raises until the call is over */
	bool broken; /* a file did not load: no verdict but a denial */
	char rule[128];
	bt_gatevm_edit *edit; /* NULL: rules may not */
	void *edit_ctx;
};

static void *alloc(void *ud, void *p, size_t old, size_t size)
{
	struct bt_gatevm *vm = ud;
	size_t had = p ? old : 0;

	if (size == 0) {
		vm->mem -= had;
		free(p);
		return NULL;
	}
	if (size > had) {
		/* One instruction may copy a whole text: the size of one thing and the sum of all
		 * that is asked for are bounded, as the number of instructions is. */
		vm->churn += size - had;
		vm->spent = vm->spent || vm->churn > CHURN * (uint64_t)vm->mem_max;
		if (size > ONE_MAX || vm->spent || size - had > vm->mem_max - vm->mem) {
			vm->churn += BT_MIB; /* Lua collects all garbage now, and tries again */
			return NULL;
		}
	}
	void *q = realloc(p, size);

	if (q)
		vm->mem += size - had;
	return q;
}

static struct bt_gatevm *of(lua_State *L)
{
	void *ud;

	(void)lua_getallocf(L, &ud);
	return ud;
}

static void spend(struct bt_gatevm *vm, uint64_t steps)
{
	vm->left = vm->left > steps ? vm->left - steps : 0;
	vm->spent = vm->spent || vm->left == 0;
}

/* Once spent, raise at every further instruction: a pcall catches the error and meets the next one
 * before it can do anything with it. */
static void on_count(lua_State *L, lua_Debug *ar)
{
	struct bt_gatevm *vm = of(L);

	(void)ar;
	spend(vm, STEP);
	if (!vm->spent)
		return;
	lua_sethook(L, on_count, LUA_MASKCOUNT | LUA_MASKCALL | LUA_MASKRET | LUA_MASKLINE, 1);
	luaL_error(L, "instruction budget spent");
}

static void arm(struct bt_gatevm *vm)
{
	vm->spent = false;
	vm->churn = 0;
	vm->left = vm->steps;
	lua_sethook(vm->L, on_count, LUA_MASKCOUNT, STEP);
}

/* pcall, at a price: unwinding a deep stack costs far more than the instructions that dug it. */
static int l_pcall(lua_State *L)
{
	struct bt_gatevm *vm = of(L);

	spend(vm, vm->steps / PCALLS);
	if (vm->spent)
		on_count(L, NULL);
	lua_pushvalue(L, lua_upvalueindex(1));
	lua_insert(L, 1);
	lua_call(L, lua_gettop(L) - 1, LUA_MULTRET);
	return lua_gettop(L);
}

static int l_open(lua_State *L)
{
	lua_pushcfunction(L, bt_gatevm_lib);
	lua_call(L, 0, 0);
	bt_gatevm_policy(L);
	lua_getglobal(L, "pcall");
	lua_pushcclosure(L, l_pcall, 1);
	lua_setglobal(L, "pcall");
	return 0;
}

int bt_gatevm_open(struct bt_gatevm **out, const struct bt_gatevm_opts *opts, struct bt_err *e)
{
	BT_OWN(bt_gatevm) vm = bt_calloc(1, sizeof *vm);

	vm->mem_max = opts && opts->mem ? opts->mem : BT_LIM_GATE_VM_MEM;
	vm->steps = opts && opts->steps ? opts->steps : BT_LIM_GATE_VM_STEPS;
	vm->L = lua_newstate(alloc, vm);
	if (!vm->L)
		return bt_fail(e, BT_LIMIT, "policy: no memory for the gate's VM");
	lua_pushcfunction(vm->L, l_open);
	if (lx_pcall(vm->L, 0, 0, e) < 0)
		return bt_wrap(e, "policy");
	*out = BT_STEAL(vm);
	return 0;
}

void bt_gatevm_close(struct bt_gatevm *vm)
{
	if (!vm)
		return;
	if (vm->L)
		lua_close(vm->L);
	free(vm);
}

struct chunk {
	const char *name;
	struct bt_str text;
};

/* Only text: a binary chunk is not verified by Lua and could do anything. */
static int l_load(lua_State *L)
{
	const struct chunk *c = lua_touserdata(L, 1);
	const char *name = lua_pushfstring(L, "@%s", c->name);

	if (luaL_loadbufferx(L, c->text.p, c->text.n, name, "t") != LUA_OK)
		return lua_error(L);
	lua_call(L, 0, 0);
	return 0;
}

int bt_gatevm_load(struct bt_gatevm *vm, const char *name, struct bt_str text, struct bt_err *e)
{
	struct chunk c = { name, text };

	arm(vm);
	lua_pushcfunction(vm->L, l_load);
	lua_pushlightuserdata(vm->L, &c);
	if (lx_pcall(vm->L, 1, 0, e) == 0 && !vm->spent)
		return 0;
	vm->broken = true;
	if (vm->spent)
		return bt_fail(e, BT_SCRIPT, "%s: instruction budget spent", name);
	return -1;
}

struct ask {
	const char *point;
	const struct bt_gatevm_field *subject;
	size_t n;
	struct bt_gatevm *vm;
	enum bt_gatevm_verdict verdict;
	char *reason;
	size_t cap;
};

static void push_lower(lua_State *L, struct bt_str s)
{
	luaL_Buffer b;

	luaL_buffinit(L, &b);
	for (size_t i = 0; i < s.n; i++)
		luaL_addchar(&b, bt_ascii_lower(s.p[i]));
	luaL_pushresult(&b);
}

static void push_fields(lua_State *L, const struct bt_gatevm_field *f)
{
	lua_createtable(L, 0, (int)f->nfields);
	for (size_t i = 0; i < f->nfields; i++) {
		struct bt_str v = f->fields[i].value;

		push_lower(L, f->fields[i].name);
		lua_pushvalue(L, -1);
		if (lua_rawget(L, -3) == LUA_TSTRING) {
			lua_pushliteral(L, ", ");
			lua_pushlstring(L, v.n ? v.p : "", v.n);
			lua_concat(L, 3);
		} else {
			lua_pop(L, 1);
			lua_pushlstring(L, v.n ? v.p : "", v.n);
		}
		lua_rawset(L, -3);
	}
}

/* __index of a subject with a field that is withheld; upvalues: its name, and why. */
static int l_withheld(lua_State *L)
{
	if (lua_rawequal(L, 2, lua_upvalueindex(1)))
		return luaL_error(L, "%s: %s", lua_tostring(L, lua_upvalueindex(1)),
		                  lua_tostring(L, lua_upvalueindex(2)));
	lua_pushnil(L);
	return 1;
}

static void withhold(lua_State *L, const struct bt_gatevm_field *f)
{
	lua_createtable(L, 0, 1);
	lua_pushstring(L, f->name);
	lua_pushstring(L, f->withheld);
	lua_pushcclosure(L, l_withheld, 2);
	lua_setfield(L, -2, "__index");
	lua_setmetatable(L, -2);
}

static void push_subject(lua_State *L, const struct ask *a)
{
	lua_createtable(L, 0, (int)a->n);
	for (size_t i = 0; i < a->n; i++) {
		if (a->subject[i].withheld) {
			withhold(L, &a->subject[i]);
			continue;
		}
		if (a->subject[i].fields)
			push_fields(L, &a->subject[i]);
		else if (a->subject[i].text.p)
			lua_pushlstring(L, a->subject[i].text.p, a->subject[i].text.n);
		else
			lua_pushinteger(L, (lua_Integer)a->subject[i].number);
		lua_setfield(L, -2, a->subject[i].name);
	}
}

static struct bt_str text_at(lua_State *L, int i)
{
	struct bt_str s;

	s.p = lua_tolstring(L, i, &s.n);
	return s;
}

/* A change of a header; the next rule is asked all the same. */
static void edit(lua_State *L, struct ask *a, bool set)
{
	struct bt_err e = { 0 };

	if (!a->vm->edit)
		luaL_error(L, "rule %s: no header can be changed here", a->vm->rule);
	if (lua_type(L, -2) != LUA_TSTRING || lua_type(L, -1) != (set ? LUA_TSTRING : LUA_TNIL))
		luaL_error(L, "rule %s: want \"set\", name, value or \"remove\", name",
		           a->vm->rule);
	struct bt_str name = text_at(L, -2), value = { NULL, 0 };

	if (set)
		value = text_at(L, -1);
	if (a->vm->edit(a->vm->edit_ctx, name, set ? &value : NULL, &e) < 0)
		luaL_error(L, "rule %s: %s", a->vm->rule, e.msg);
}

/* The answer of one rule, three values on top: true when it had an opinion. */
static bool opinion(lua_State *L, struct ask *a)
{
	const char *word = lua_type(L, -3) == LUA_TSTRING ? lua_tostring(L, -3) : NULL;

	if (lua_isnil(L, -3))
		return false;
	if (word && (strcmp(word, "set") == 0 || strcmp(word, "remove") == 0)) {
		edit(L, a, *word == 's');
		return false;
	}
	if (word && strcmp(word, "allow") == 0) {
		a->verdict = BT_GATEVM_ALLOW;
		return true;
	}
	if (!word || strcmp(word, "block") != 0)
		luaL_error(L, "rule %s: want \"allow\", \"block\", \"set\", \"remove\" or nil",
		           a->vm->rule);
	a->verdict = BT_GATEVM_BLOCK;
	(void)snprintf(a->reason, a->cap, "%s",
	               lua_type(L, -2) == LUA_TSTRING ? lua_tostring(L, -2) : "refused by policy");
	return true;
}

static int l_ask(lua_State *L)
{
	struct ask *a = lua_touserdata(L, 1);

	lua_getfield(L, LUA_REGISTRYINDEX, BT_GATEVM_RULES);
	if (lua_getfield(L, -1, a->point) != LUA_TTABLE)
		return 0;
	for (lua_Integer i = 1; lua_rawgeti(L, 3, i) == LUA_TTABLE; i++) {
		lua_getfield(L, 4, "id");
		(void)snprintf(a->vm->rule, sizeof a->vm->rule, "%s", lua_tostring(L, -1));
		lua_pop(L, 1);
		lua_getfield(L, 4, "run");
		push_subject(L, a); /* a new one each: a rule cannot edit what the next one sees */
		lua_call(L, 1, 3);
		if (opinion(L, a))
			return 0;
		lua_settop(L, 3);
	}
	a->vm->rule[0] = '\0';
	return 0;
}

enum bt_gatevm_verdict bt_gatevm_verdict(struct bt_gatevm *vm, const char *point,
                                         const struct bt_gatevm_field *subject, size_t n,
                                         char *reason, size_t cap)
{
	struct ask a = { point, subject, n, vm, BT_GATEVM_NONE, reason, cap };
	struct bt_err e = { 0 };

	vm->rule[0] = reason[0] = '\0';
	if (vm->broken) {
		(void)snprintf(reason, cap, "policy did not load");
		return BT_GATEVM_BLOCK;
	}
	arm(vm);
	lua_pushcfunction(vm->L, l_ask);
	lua_pushlightuserdata(vm->L, &a);
	int rc = lx_pcall(vm->L, 1, 0, &e);

	lua_settop(vm->L, 0);
	if (rc == 0 && !vm->spent)
		return a.verdict;
	(void)snprintf(reason, cap, "policy: %s", vm->spent ? "instruction budget spent" : e.msg);
	return BT_GATEVM_BLOCK;
}

void bt_gatevm_on_edit(struct bt_gatevm *vm, bt_gatevm_edit *fn, void *ctx)
{
	vm->edit = fn;
	vm->edit_ctx = ctx;
}

const char *bt_gatevm_rule(const struct bt_gatevm *vm)
{
	return vm->rule;
}

static int l_count(lua_State *L)
{
	lua_getfield(L, LUA_REGISTRYINDEX, BT_GATEVM_RULES);
	if (lua_getfield(L, -1, lua_tostring(L, 1)) == LUA_TTABLE)
		lua_pushinteger(L, (lua_Integer)lua_rawlen(L, -1));
	else
		lua_pushinteger(L, 0);
	return 1;
}

size_t bt_gatevm_rules(const struct bt_gatevm *vm, const char *point)
{
	struct bt_err e = { 0 };
	size_t n = 1; /* where it cannot be told, ask */

	lua_sethook(vm->L, NULL, 0, 0);
	if (!lua_checkstack(vm->L, 4))
		return n;
	lua_pushcfunction(vm->L, l_count);
	lua_pushstring(vm->L, point);
	if (lx_pcall(vm->L, 1, 1, &e) < 0)
		return n;
	n = (size_t)lua_tointeger(vm->L, -1);
	lua_pop(vm->L, 1);
	return n;
}
