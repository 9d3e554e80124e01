#include "modules.h"

#include "bottle/module.h"

#define ROW(name) { "bottle." #name, luaopen_bottle_##name, NULL, NULL },
#define SHARED_ROW(name, file) { "bottle." #name, NULL, file, "luaopen_bottle_" #name },

const struct bt_module bt_modules[] = { BT_MODULES(ROW) BT_SHARED_MODULES(SHARED_ROW){ 0 } };

int bt_module_open(lua_CFunction *out, const struct bt_module *m, struct bt_err *e)
{
	void (*at)(void);

	if (m->open) {
		*out = m->open;
		return 0;
	}
	if (bt_module_symbol(&at, m->shared, m->symbol, e) < 0)
		return -1;
	*out = (lua_CFunction)(uintptr_t)at;
	return 0;
}
