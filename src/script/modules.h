/* modules.h - the C modules that require() finds in the control VM. Floor: script (private). */
#ifndef BOTTLE_SCRIPT_MODULES_H
#define BOTTLE_SCRIPT_MODULES_H
#include <lua.h>

/* One row a bind_*.c: X(name) stands for require "bottle.name" and luaopen_bottle_name(). */
/* clang-format off */
#define BT_MODULES(X) \
	X(bwrap) \
	X(ca) \
	X(cell) \
	X(cidr) \
	X(digest) \
	X(docker) \
	X(fs) \
	X(gatechild) \
	X(host) \
	X(json) \
	X(ledger) \
	X(lineedit) \
	X(log) \
	X(proc) \
	X(scratch) \
	X(self) \
	X(sig) \
	X(sys) \
	X(tar) \
	X(term) \
	X(yaml)
/* clang-format on */

#define BT_MODULE_DECL(name) int luaopen_bottle_##name(lua_State *L);
BT_MODULES(BT_MODULE_DECL)
#undef BT_MODULE_DECL

struct bt_module {
	const char *name; /* "bottle.scratch" */
	lua_CFunction open;
};

extern const struct bt_module bt_modules[]; /* ends in a row without a name */
#endif
