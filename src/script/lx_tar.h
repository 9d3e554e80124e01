/* lx_tar.h - archives in bindings: bottle.tar makes them, bottle.docker sends them. Floor: script
 * (private). */
#ifndef BOTTLE_SCRIPT_LX_TAR_H
#define BOTTLE_SCRIPT_LX_TAR_H
#include <lua.h>
#include "bottle/tar.h"

/* Push a new Tar userdata filled from the list of entries at index. Raises on a bad entry; -1 with
 * *e set for a bad world (the userdata is left on the stack). */
BT_MUST int lx_tar_build(lua_State *L, int index, struct bt_err *e);
/* The archive at index; raises if it is none, or closed. Borrowed. */
struct bt_tar *lx_tar_check(lua_State *L, int index);
#endif
