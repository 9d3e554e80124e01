/* modules.h - the C modules that require() finds in the control VM. Floor: script (private). */
#ifndef BOTTLE_SCRIPT_MODULES_H
#define BOTTLE_SCRIPT_MODULES_H
#include <lua.h>

#include "bottle/err.h"
#include "bottle/module.h"

/* One row a bind_*.c: X(name) stands for require "bottle.name" and luaopen_bottle_name(). */
/* clang-format off */
#define BT_MODULES(X) \
	X(bwrap) \
	X(cell) \
	X(cidr) \
	X(digest) \
	X(fs) \
	X(gatechild) \
	X(gatevm) \
	X(host) \
	X(jks) \
	X(json) \
	X(ledger) \
	X(lineedit) \
	X(log) \
	X(proc) \
	X(scratch) \
	X(self) \
	X(sig) \
	X(sys) \
	X(term) \
	X(yaml)

/* Kept out of the program, because few commands need them and they pull in half a system:
 * X(name, file), the module that has them (the Makefile's DOCKER_SRC and GATE_SRC). */
#define BT_SHARED_MODULES(X) \
	X(ca, BT_MODULE_GATE) \
	X(docker, BT_MODULE_DOCKER) \
	X(tar, BT_MODULE_DOCKER)
/* clang-format on */

#define BT_MODULE_DECL(name) int luaopen_bottle_##name(lua_State *L);
#define BT_SHARED_DECL(name, file) BT_MODULE_DECL(name)
BT_MODULES(BT_MODULE_DECL)
BT_SHARED_MODULES(BT_SHARED_DECL)
#undef BT_MODULE_DECL
#undef BT_SHARED_DECL

struct bt_module {
	const char *name;   /* "bottle.scratch" */
	lua_CFunction open; /* NULL: in the shared module */
	const char *shared, *symbol;
};

extern const struct bt_module bt_modules[]; /* ends in a row without a name */

/* The row's function, from its shared module where it has one. */
BT_MUST int bt_module_open(lua_CFunction *out, const struct bt_module *m, struct bt_err *e);
#endif
