/* gatevm_lib.h - the poor world of the gate's VM. Floor: script (private). */
#ifndef BOTTLE_SCRIPT_GATEVM_LIB_H
#define BOTTLE_SCRIPT_GATEVM_LIB_H
#include <lua.h>

/* Open what is safe and bound what could blow up. Runs protected; raises on failure. */
int bt_gatevm_lib(lua_State *L);
#endif
