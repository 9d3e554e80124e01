/* lx_hold.h - the class of what container_hold returns, made by bottle.docker. Floor: script
 * (private). */
#ifndef BOTTLE_SCRIPT_LX_HOLD_H
#define BOTTLE_SCRIPT_LX_HOLD_H
#include <lua.h>
#include "bottle/docker.h"

/* The one at this index, borrowed; NULL where there is nothing. Raises on anything else. */
struct bt_hold *lx_hold_opt(lua_State *L, int index);
void lx_hold_class(lua_State *L); /* register it; once a VM */
/* Push what the call (BT_RESULT_HELD, not taken yet) holds. */
void lx_hold_push(lua_State *L, struct bt_call *c);
#endif
