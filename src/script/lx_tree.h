/* lx_tree.h - trees of the codecs to and from Lua values. Floor: script (private).
 * object <-> table with string keys; array <-> table with the array mark, so that an empty one
 * stays one; null <-> a value of its own, since a table cannot hold nil; integers up to 2^53 stay
 * integers. Going out, an unmarked table is an array when it has t[1], else an object. */
#ifndef BOTTLE_SCRIPT_LX_TREE_H
#define BOTTLE_SCRIPT_LX_TREE_H
#include <lua.h>
#include "bottle/buf.h"
#include "bottle/json.h"
#include "bottle/places.h"

/* What a codec call holds while Lua may raise: an anchor that the collector frees. */
struct lx_doc {
	cJSON *tree;
	struct bt_buf text;
	struct bt_places places;
};
/* Push a new, empty one. text is capped at BT_LIM_DOC_BYTES. */
struct lx_doc *lx_doc_new(lua_State *L);

/* Push the value of t; may raise, so t must be anchored. */
void lx_tree_push(lua_State *L, const cJSON *t);
/* The value at index as a tree, owned by the caller. Never raises. BT_USAGE: a value that no
 * document can hold (a function, mixed keys, a cycle): a bad call. BT_INVALID, BT_LIMIT: the data
 * (not UTF-8, NaN, too deep, too much). The message says where. */
BT_MUST int lx_tree_from(lua_State *L, int index, cJSON **out, struct bt_err *e);
void lx_tree_push_null(lua_State *L);
void lx_tree_mark_array(lua_State *L, int index);
bool lx_tree_is_array(lua_State *L, int index); /* marked, or with something at [1] */

/* The shared functions of the document modules. */
typedef int (*lx_decoder)(struct bt_str text, cJSON **out, struct bt_places *places,
                          struct bt_err *e);
int lx_tree_decode(lua_State *L, lx_decoder decode); /* (text, { positions = bool }?) */
#endif
