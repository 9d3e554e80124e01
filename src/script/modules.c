#include "modules.h"

#define ROW(name) { "bottle." #name, luaopen_bottle_##name },

const struct bt_module bt_modules[] = { BT_MODULES(ROW){ 0 } };
