/* treecopy.h - what a folder holds, copied into another one. Floor: sys.
 * Files, folders and links with their modes and times; links as they are, none is followed; what is
 * neither (sockets, pipes, devices) is left out. */
#ifndef BOTTLE_TREECOPY_H
#define BOTTLE_TREECOPY_H
#include <stdint.h>
#include "bottle/err.h"

struct bt_treecopy {
	uint64_t max_bytes, max_files; /* more is BT_LIMIT */
	const char *skip;              /* a name at the top that is left out; NULL: none */
	uint64_t bytes, files;         /* what was copied */
};

/* from and to are descriptors of folders, borrowed. Ends at a noted signal with BT_INTR. After a
 * failure what was copied so far stays. */
BT_MUST int bt_treecopy_run(int from, int to, struct bt_treecopy *t, struct bt_err *e);
#endif
