/* bind_bwrap.c - require "bottle.bwrap" */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/uio.h>
#include <unistd.h>

#include "bottle/bwrap.h"
#include "bottle/guard.h"
#include "bottle/sig.h"
#include "cell_bind.h"
#include "lx.h"
#include "modules.h"

static int push_text(lua_State *L, char **text, int rc, const struct bt_err *e)
{
	if (rc < 0)
		return lx_fail(L, e);
	lua_pushstring(L, *text);
	return 1;
}

/* bwrap.find() -> path | nil, msg, code */
static int l_find(lua_State *L)
{
	struct bt_err e = { 0 };
	char **path = lx_text_new(L);

	return push_text(L, path, bt_bwrap_find(path, &e), &e);
}

/* bwrap.init() -> path | nil, msg, code */
static int l_init(lua_State *L)
{
	struct bt_err e = { 0 };
	char **path = lx_text_new(L);

	return push_text(L, path, bt_init_find(path, &e), &e);
}

/* bwrap.version(path) -> "0.8.0" | nil, msg, code */
static int l_version(lua_State *L)
{
	const char *path = lx_check_path(L, 1);
	struct bt_bwrap_version v;
	struct bt_err e = { 0 };

	if (bt_bwrap_check(path, &v, &e) < 0)
		return lx_fail(L, &e);
	lua_pushfstring(L, "%d.%d.%d", (int)v.major, (int)v.minor, (int)v.patch);
	return 1;
}

static struct bt_guard_box *guard_box(lua_State *L)
{
	return luaL_checkudata(L, 1, BT_GUARD_CLASS);
}

static struct bt_guard *guard(lua_State *L)
{
	struct bt_guard_box *b = guard_box(L);

	luaL_argcheck(L, b->guard, 1, "guard is closed");
	return b->guard;
}

/* bwrap.guard(root, paths) -> guard | nil, msg, code */
static int l_guard(lua_State *L)
{
	const char *root = lx_check_path(L, 1);
	const char *const *paths = bt_words_check(L, 2);
	struct bt_guard_box *b = lua_newuserdatauv(L, sizeof *b, 0);
	struct bt_err e = { 0 };

	b->guard = NULL;
	luaL_setmetatable(L, BT_GUARD_CLASS);
	if (bt_guard_open(&b->guard, root, paths, lua_rawlen(L, 2), &e) < 0)
		return lx_fail(L, &e);
	return 1;
}

static int push_words(lua_State *L, const char *const *words)
{
	lua_newtable(L);
	for (lua_Integer i = 1; *words; words++, i++) {
		lua_pushstring(L, *words);
		lua_rawseti(L, -2, i);
	}
	return 1;
}

static int l_paths(lua_State *L)
{
	return push_words(L, bt_guard_paths(guard(L)));
}

static int l_parents(lua_State *L)
{
	return push_words(L, bt_guard_parents(guard(L)));
}

static int l_close(lua_State *L)
{
	struct bt_guard_box *b = guard_box(L);

	bt_guard_close(BT_STEAL(b->guard));
	return 0;
}

/* What a detached run is told, and its first shell with it: what to print where, how it ended. */
static _Noreturn void wait_for_word(int fd)
{
	char said[4096];
	size_t n = 0;
	ssize_t got;

	while (n < sizeof said && (got = read(fd, said + n, sizeof said - n)) != 0)
		if (got > 0)
			n += (size_t)got;
		else if (errno != EINTR || bt_sig_pending())
			break;
	if (n == 0) /* it ended, or we were told to stop: then it sees our end of the pipe gone */
		_exit(bt_sig_pending() ? 128 + bt_sig_pending() : 125);
	(void)!write(said[0] ? STDERR_FILENO : STDOUT_FILENO, said + 1, n - 1);
	_exit((unsigned char)said[0]);
}

/* bwrap.detach() -> fd | nil, msg, code: from here on in a process of its own session; the one that
 * called waits for bwrap.detached and ends. */
static int l_detach(lua_State *L)
{
	struct bt_err e = { 0 };
	int p[2];

	if (pipe2(p, O_CLOEXEC) < 0) {
		(void)bt_fail_sys(&e, "pipe");
		return lx_fail(L, &e);
	}
	pid_t pid = fork();

	if (pid > 0) {
		(void)close(p[1]);
		wait_for_word(p[0]);
	}
	(void)close(p[0]);
	if (pid < 0) {
		(void)bt_fail_sys(&e, "fork");
		(void)close(p[1]);
		return lx_fail(L, &e);
	}
	(void)setsid();
	lua_pushinteger(L, p[1]);
	return 1;
}

/* bwrap.detached(fd, status, text): let the waiting process print text and end; ours is from now on
 * without a terminal. */
static int l_detached(lua_State *L)
{
	int fd = (int)luaL_checkinteger(L, 1);
	char status = (char)luaL_checkinteger(L, 2);
	struct bt_str text = lx_check_str(L, 3);
	struct iovec iov[2] = { { &status, 1 }, { (void *)(uintptr_t)text.p, text.n } };
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	(void)!writev(fd, iov, 2);
	(void)close(fd);
	for (int i = 0; null >= 0 && i < 3; i++)
		(void)dup2(null, i);
	if (null > 2)
		(void)close(null);
	return 0;
}

static const luaL_Reg methods[] = {
	{ "paths", l_paths }, { "parents", l_parents }, { "close", l_close }, { NULL, NULL }
};
static const luaL_Reg meta[] = { { "__gc", l_close }, { "__close", l_close }, { NULL, NULL } };
static const luaL_Reg module[] = {
	{ "find", l_find },   { "init", l_init },     { "version", l_version },
	{ "guard", l_guard }, { "detach", l_detach }, { "detached", l_detached },
	{ NULL, NULL }
};

int luaopen_bottle_bwrap(lua_State *L)
{
	lx_class(L, BT_GUARD_CLASS, methods, meta);
	luaL_newlib(L, module);
	return 1;
}
