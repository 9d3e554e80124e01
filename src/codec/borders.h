/* borders.h - the strings of a document, for a secret in two of them. Floor: codec (private). */
#ifndef BOTTLE_CODEC_BORDERS_H
#define BOTTLE_CODEC_BORDERS_H
#include "bottle/buf.h"
#include "docs.h"

struct bt_borders {
	struct bt_str strings; /* NUL behind each */
	const struct bt_kinds *kinds;
	/* What came of it. */
	struct bt_buf *pieces; /* struct bt_piece: what can be a part of a credential, once */
	struct bt_buf *joined; /* what of the values is beside another one, up to the next space */
	bool low;              /* no piece has a byte that is no ASCII */
	bool spaced;           /* something begins that may have a space before its end */
};
BT_MUST int bt_borders_run(struct bt_borders *b, struct bt_err *e);
/* Whether a pattern may begin in s that allows for a space inside: "secret", -----B, "ty. */
bool bt_borders_spaced(struct bt_str s);
#endif
