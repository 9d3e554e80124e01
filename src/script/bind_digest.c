/* bind_digest.c - require "bottle.digest" */
#include "bottle/digest.h"
#include "lx.h"
#include "modules.h"

/* digest.sha256(bytes) -> hex */
static int l_sha256(lua_State *L)
{
	struct bt_str data = lx_check_str(L, 1);
	char hex[BT_DIGEST_HEX];

	bt_digest_sha256(data, hex);
	lua_pushstring(L, hex);
	return 1;
}

static const luaL_Reg module[] = { { "sha256", l_sha256 }, { NULL, NULL } };

int luaopen_bottle_digest(lua_State *L)
{
	luaL_newlib(L, module);
	return 1;
}
