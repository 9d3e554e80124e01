/* bind_jks.c - require "bottle.jks" */
#include "bottle/jks.h"
#include "bottle/limits.h"
#include "lx.h"
#include "lx_tree.h"
#include "modules.h"

/* jks.write(pem, roots?) -> bytes | nil, msg, code: the roots in a PEM text and one more, as
 * JKS */
static int l_write(lua_State *L)
{
	struct bt_str own = lx_check_str(L, 1);
	size_t n = 0;
	const char *roots = luaL_optlstring(L, 2, "", &n);
	struct lx_doc *pem = lx_doc_new(L), *store = lx_doc_new(L);
	struct bt_err e = { 0 };

	pem->text = BT_BUF(BT_LIM_FILE_READ);
	store->text = BT_BUF(BT_LIM_FILE_READ);
	if (bt_buf_add(&pem->text, roots, n, &e) < 0 || bt_buf_add(&pem->text, "\n", 1, &e) < 0 ||
	    bt_buf_add(&pem->text, own.p, own.n, &e) < 0 ||
	    !bt_buf_reserve(&store->text, pem->text.len, &e) || /* smaller than its text */
	    bt_jks_write(bt_buf_str(&pem->text), &store->text, &e) < 0)
		return lx_fail(L, &e);
	lua_pushlstring(L, (const char *)store->text.p, store->text.len);
	bt_buf_free(&pem->text); /* nothing secret: not wiped, and not later */
	bt_buf_free(&store->text);
	return 1;
}

static const luaL_Reg module[] = { { "write", l_write }, { NULL, NULL } };

int luaopen_bottle_jks(lua_State *L)
{
	luaL_newlib(L, module);
	return 1;
}
