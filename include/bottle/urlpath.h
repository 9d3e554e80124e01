/* urlpath.h - what servers may make of the path of a URL (RFC 3986 §2.3, §3.3, §6.2.2). Floor:
 * codec. Who judges a path has to read it as whoever serves it will; where servers differ there is
 * no right reading, and that is said. Paths come without their query. */
#ifndef BOTTLE_URLPATH_H
#define BOTTLE_URLPATH_H
#include <stdbool.h>

#include "bottle/buf.h"
#include "bottle/err.h"
#include "bottle/str.h"

/* Has the path a segment ".." for anybody: however often percent-encoded, with parameters behind
 * it ("..;x"), between slashes or backslashes? Such a path is not about where it seems to be. */
bool bt_path_climbs(struct bt_str path);
/* Append the path with its escapes undone, once. -1, and out as it was, where it can be read in
 * more than one way: an escape that is none, or one of a separator, a percent sign or a control
 * character; a backslash, a semicolon, an empty segment before the last, a segment "." or "..".
 * e->msg says which; it has nothing of the path in it. */
BT_MUST int bt_path_read(struct bt_buf *out, struct bt_str path, struct bt_err *e);
#endif
