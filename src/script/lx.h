/* lx.h - the few helpers every binding shares. Floor: script (private).
 * Only l_* and lx_* functions may raise; a function that may raise holds nothing that needs
 * freeing, except what the collector can see (an anchor userdata made before the resource). */
#ifndef BOTTLE_SCRIPT_LX_H
#define BOTTLE_SCRIPT_LX_H
#include <lauxlib.h>
#include <lua.h>
#include <stdbool.h>
#include "bottle/err.h"
#include "bottle/str.h"

/* A bad world: return nil, message, code to Lua. */
int lx_fail(lua_State *L, const struct bt_err *e);
/* Define a userdata class: methods (with __gc, __close, ...) under a hidden metatable. */
void lx_class(lua_State *L, const char *name, const luaL_Reg *methods, const luaL_Reg *meta);
/* The only places that enter Lua from C. An error becomes BT_SCRIPT with its message (and, when
 * lx_verbose, the traceback). */
BT_MUST int lx_pcall(lua_State *L, int nargs, int nresults, struct bt_err *e);
/* The same for a command: a raised { message =, status = } sets *status (else 125). */
BT_MUST int lx_pcall_status(lua_State *L, int nargs, int nresults, int *status, struct bt_err *e);
/* Let errors carry the traceback. Set once, by -v. */
void lx_set_verbose(bool on);

/* Fields of the table at index, for option tables: an absent field gives the default, a wrong type
 * raises "field 'name': want string". */
const char *lx_field_string(lua_State *L, int index, const char *name, const char *absent);
lua_Integer lx_field_integer(lua_State *L, int index, const char *name, lua_Integer absent);
bool lx_field_bool(lua_State *L, int index, const char *name, bool absent);
/* Raise on a key that is not in the NULL-terminated list: a typo must not be a default. */
void lx_only_fields(lua_State *L, int index, const char *const *names);
struct bt_str lx_check_str(lua_State *L, int index); /* borrowed while on the stack */
/* A string without NUL inside, for what the kernel sees; raises otherwise. Borrowed. */
const char *lx_check_path(lua_State *L, int index);
/* Push an anchor for one malloc'ed string, NULL at first; the collector frees it. */
char **lx_text_new(lua_State *L);
/* true, or nil, msg, code: for calls that give nothing else back. */
int lx_done(lua_State *L, int rc, const struct bt_err *e);
/* t[name] = v for the table on top. */
void lx_set_integer(lua_State *L, const char *name, lua_Integer v);
void lx_set_string(lua_State *L, const char *name, const char *v);
#endif
