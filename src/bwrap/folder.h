/* folder.h - who uses a project folder now: placeholders stay as long as anybody does. Floor: bwrap
 * (private). Whoever uses it keeps a socket whose name, in the abstract namespace, begins with the
 * folder's device and inode: no file is left of it, it ends with its holder, no agent reaches it,
 * and nothing that an agent does to the folder itself (a lock on it, for one) has a part in it. */
#ifndef BOTTLE_BWRAP_FOLDER_H
#define BOTTLE_BWRAP_FOLDER_H
#include <stdbool.h>

#include "bottle/err.h"

struct bt_folder {
	unsigned long long dev, ino;
	int hold; /* owned; handed on, it counts until the last copy is closed */
};

/* Be one who uses it; returns when nobody is taking placeholders away any more. BT_TIMEOUT: that
 * did not come to an end. */
BT_MUST int bt_folder_enter(struct bt_folder *f, const char *root, struct bt_err *e);
/* A descriptor that only one process has at a time for a folder; its close is the end of the turn.
 * -1: somebody else has it. */
int bt_folder_turn(const struct bt_folder *f);
/* Anybody uses it; true also where that cannot be told. */
bool bt_folder_used(const struct bt_folder *f);
#endif
