#include "bottle/vm.h"

#include <lualib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bottle/mem.h"
#include "chunk.h"
#include "lx.h"
#include "modules.h"

#define GC_PAUSE 400       /* percent of what was alive before the next collection begins */
#define BALLAST (3u << 20) /* bytes that count as alive at the start, never touched */

#ifdef __SANITIZE_ADDRESS__
#define SANITIZED 1
#else
#define SANITIZED 0
#endif

struct bt_vm {
	lua_State *L;
};

/* A preloader of what lies in a shared module: the first require loads it. */
static int l_open_shared(lua_State *L)
{
	const struct bt_module *m = lua_touserdata(L, lua_upvalueindex(1));
	struct bt_err e = { 0 };
	lua_CFunction open;

	if (bt_module_open(&open, m, &e) < 0)
		return luaL_error(L, "%s: %s", m->name, e.msg);
	return open(L);
}

static void preload(lua_State *L, const struct bt_module *m)
{
	if (m->open) {
		lua_pushcfunction(L, m->open);
	} else {
		lua_pushlightuserdata(L, (void *)(uintptr_t)m);
		lua_pushcclosure(L, l_open_shared, 1);
	}
	lua_setfield(L, -2, m->name);
}

static bool later(struct timespec a, struct timespec b)
{
	return a.tv_sec > b.tv_sec || (a.tv_sec == b.tv_sec && a.tv_nsec > b.tv_nsec);
}

/* What the build made of the file, unless that was edited since. */
static bool is_current(const char *path, const struct bt_chunk *c)
{
	struct stat text, exe;

	return stat(path, &text) == 0 && (uint64_t)text.st_size == c->text &&
	       stat("/proc/self/exe", &exe) == 0 && !later(text.st_mtim, exe.st_mtim);
}

/* A searcher: require "bottle.plan" -> lua/bottle/plan.lua as it was compiled into this program. */
static int l_search_chunk(lua_State *L)
{
	const char *share = lua_tostring(L, lua_upvalueindex(1));
	const char *name = luaL_gsub(L, luaL_checkstring(L, 1), ".", "/");
	const char *path = lua_pushfstring(L, "lua/%s.lua", name);
	struct bt_chunk c;
	bool found = bt_chunk_find(path, &c) == 0;

	if (!found)
		found = bt_chunk_find(path = lua_pushfstring(L, "lua/%s/init.lua", name), &c) == 0;
	const char *file = lua_pushfstring(L, "%s/%s", share, path);

	if (!found || !is_current(file, &c))
		return 0;
	if (luaL_loadbufferx(L, c.code, c.n, path, "b") != LUA_OK)
		return lua_error(L);
	lua_pushvalue(L, -2); /* where it is from, as with a file */
	return 2;
}

/* Besides those only text chunks, only from the install: no cpath, no "all-in-one" loader, no
 * LUA_PATH. */
static int l_setup(lua_State *L)
{
	const char *share = luaL_checkstring(L, 1);

	luaL_openlibs(L);
	luaL_getsubtable(L, LUA_REGISTRYINDEX, LUA_PRELOAD_TABLE);
	for (const struct bt_module *m = bt_modules; m->name; m++)
		preload(L, m);
	lua_pop(L, 1);
	lua_getglobal(L, "package");
	lua_pushfstring(L,
	                "%s/lua/?.lua;%s/lua/?/init.lua;%s/policies/?.lua;%s/policies/?/init.lua",
	                share, share, share, share);
	lua_setfield(L, -2, "path");
	lua_pushliteral(L, "");
	lua_setfield(L, -2, "cpath");
	lua_getfield(L, -1, "searchers");
	lua_pushnil(L);
	lua_rawseti(L, -2, 4);
	lua_rawgeti(L, -1, 2); /* files */
	lua_rawseti(L, -2, 3);
	lua_pushstring(L, share);
	lua_pushcclosure(L, l_search_chunk, 1);
	lua_rawseti(L, -2, 2);
	lua_pop(L, 2);
	lua_pushstring(L, share);
	lua_setfield(L, LUA_REGISTRYINDEX, "bottle.share");
	return 0;
}

int bt_vm_open(struct bt_vm **out, const char *share, struct bt_err *e)
{
	lua_State *L = luaL_newstate();

	if (!L)
		return bt_fail(e, BT_LIMIT, "out of memory");
	/* A short life: collecting while it loads its own code would find nothing to collect. The
	 * pause is counted from what a first collection sees. */
	(void)lua_gc(L, LUA_GCINC, GC_PAUSE, 0, 0);
	(void)lua_newuserdatauv(L, BALLAST, 0);
	(void)lua_gc(L, LUA_GCCOLLECT);
	lua_pop(L, 1);
	lua_pushcfunction(L, l_setup);
	lua_pushstring(L, share);
	if (lx_pcall(L, 1, 0, e) < 0) {
		lua_close(L);
		return -1;
	}
	struct bt_vm *vm = bt_calloc(1, sizeof *vm);

	vm->L = L;
	*out = vm;
	return 0;
}

void bt_vm_close(struct bt_vm *vm)
{
	if (!vm)
		return;
	lua_close(vm->L);
	free(vm);
}

static void *keep(void *ud, void *p, size_t old, size_t n)
{
	(void)ud;
	(void)old;
	return n ? realloc(p, n) : NULL;
}

void bt_vm_leave(struct bt_vm *vm)
{
	if (vm && !SANITIZED) /* a leak checker would take them for leaks */
		lua_setallocf(vm->L, keep, NULL);
	bt_vm_close(vm);
}

static void push_words(lua_State *L, const char *const *w, size_t n)
{
	lua_createtable(L, (int)n, 0);
	for (size_t i = 0; i < n; i++) {
		lua_pushstring(L, w[i]);
		lua_rawseti(L, -2, (lua_Integer)i + 1);
	}
}

static void push_args(lua_State *L, const struct bt_args *a)
{
	lua_createtable(L, 0, 4);
	lua_pushstring(L, a->command);
	lua_setfield(L, -2, "command");
	lua_createtable(L, 0, (int)a->nopts);
	for (size_t i = 0; i < a->nopts; i++) {
		if (a->opts[i].value)
			lua_pushstring(L, a->opts[i].value);
		else
			lua_pushboolean(L, 1);
		lua_setfield(L, -2, a->opts[i].opt->name);
	}
	lua_setfield(L, -2, "opts");
	push_words(L, a->words, a->nwords);
	lua_setfield(L, -2, "words");
	if (a->rest) {
		size_t n = 0;

		while (a->rest[n])
			n++;
		push_words(L, a->rest, n);
		lua_setfield(L, -2, "rest");
	}
}

/* main(module, args) under one pcall: loading the module may fail as well as running it. */
static int l_main(lua_State *L)
{
	const struct bt_args *args = lua_touserdata(L, 2);

	lua_getglobal(L, "require");
	lua_pushvalue(L, 1);
	lua_call(L, 1, 1);
	lua_getfield(L, -1, "main");
	push_args(L, args);
	lua_call(L, 1, 1);
	return 1;
}

int bt_vm_main(struct bt_vm *vm, const char *module, const struct bt_args *args, int *status,
               struct bt_err *e)
{
	lua_State *L = vm->L;

	lua_pushcfunction(L, l_main);
	lua_pushstring(L, module);
	lua_pushlightuserdata(L, (void *)(uintptr_t)args);
	if (lx_pcall_status(L, 2, 1, status, e) < 0)
		return -1;
	*status = lua_isinteger(L, -1) ? (int)lua_tointeger(L, -1) : 0;
	lua_pop(L, 1);
	return 0;
}

void bt_vm_verbose(bool on)
{
	lx_set_verbose(on);
}

int bt_share_find(char **out, struct bt_err *e)
{
	static const char *const places[] = { "/../share/bottle", "/../.." };
	char exe[1024];
	ssize_t n = readlink("/proc/self/exe", exe, sizeof exe - 1);

	if (n < 0)
		return bt_fail_sys(e, "readlink /proc/self/exe");
	exe[n] = '\0';
	char *slash = strrchr(exe, '/');

	if (slash)
		*slash = '\0';
	for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
		BT_OWN_MEM char *probe = bt_asprintf("%s%s/lua/bottle/test.lua", exe, places[i]);

		if (access(probe, R_OK) != 0)
			continue;
		*out = bt_asprintf("%s%s", exe, places[i]);
		return 0;
	}
	return bt_fail(e, BT_NOTFOUND, "no Lua files beside %s: run make install", exe);
}
