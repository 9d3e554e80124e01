/* verdict.h - the operator's request rules in Lua, for the gate to ask. Floor: script. */
#ifndef BOTTLE_VERDICT_H
#define BOTTLE_VERDICT_H
#include "bottle/gate.h"

/* Rules of policy files, each set in a VM of its own (gatevm.h). A file that does not load, or that
 * others could write, makes none of them; an error in a rule is a refusal that names it. */
extern const struct bt_gate_ops bt_verdict_ops;
#endif
