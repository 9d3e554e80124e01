/* gatevm_rules.h - the rules of the gate's VM: registered by policy files, kept in the registry.
 * Floor: script (private). */
#ifndef BOTTLE_SCRIPT_GATEVM_RULES_H
#define BOTTLE_SCRIPT_GATEVM_RULES_H
#include <lua.h>

#define BT_GATEVM_RULES "bottle.rules" /* registry: point -> list of { id, run } */

/* Set the global policy. Runs protected; raises on failure. */
void bt_gatevm_policy(lua_State *L);
#endif
