/* places.h - where in a document each value stands: path -> line and column. Floor: codec.
 * A path reads like code: agents.implementer.skills[1], bottles["a.b"].env; indices count from 1,
 * the document itself is the empty path. */
#ifndef BOTTLE_PLACES_H
#define BOTTLE_PLACES_H
#include <stddef.h>
#include "bottle/buf.h"

struct bt_place {
	char *path;    /* owned */
	unsigned line; /* both from 1 */
	unsigned column;
};

/* Collected by the decoders in document order. Start with { 0 }, end with bt_places_free. */
struct bt_places {
	struct bt_place *v;
	size_t n;
	size_t room;
	size_t bytes; /* of all paths: beyond BT_LIM_PLACES_BYTES no more are collected */
};

void bt_places_add(struct bt_places *p, const char *path, unsigned line, unsigned column);
void bt_places_free(struct bt_places *p); /* {0} is a no-op; may be used again */
/* Append a member's step to a path: ".name", or ["name"] where the name is not an identifier; with
 * key NULL "[index]". BT_LIMIT when the buffer's cap is reached. */
BT_MUST int bt_path_step(struct bt_buf *path, const char *key, size_t index, struct bt_err *e);
#endif
