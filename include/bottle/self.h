/* self.h - what this very process is made of: its program and its shared libraries. Floor: sys. */
#ifndef BOTTLE_SELF_H
#define BOTTLE_SELF_H
#include "bottle/err.h"
#include "bottle/fs.h"

/* The program's own file; owned by the caller. */
BT_MUST int bt_self_path(char **out, struct bt_err *e);
/* The shared libraries that the program needs to start, with those of one module that is loaded
 * (NULL: none) and the dynamic loader; not what dlopen added besides. As the loader looked them up
 * (not resolved: these are the places where it will look again); sorted. Owned by the caller:
 * bt_fs_names_free. Empty for a static program. */
void bt_self_libraries(struct bt_fs_names *out, const char *module);
#endif
