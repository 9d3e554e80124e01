/* fs_error.h - one mapping from errno to codes for everything that takes a path. Floor: sys
 * (private). */
#ifndef BOTTLE_SYS_FS_ERROR_H
#define BOTTLE_SYS_FS_ERROR_H
#include "bottle/err.h"

static inline enum bt_code bt_fs_code(int err)
{
	return err == ENOENT || err == ENOTDIR ? BT_NOTFOUND : err == EEXIST ? BT_EXISTS : BT_SYS;
}

/* errno becomes the code; -1 */
#define fs_fail(e, ...)                                                                            \
	__extension__({                                                                            \
		int err_ = errno;                                                                  \
		bt_err_set((e), bt_fs_code(err_), err_, BT_AT, __VA_ARGS__);                       \
		-1;                                                                                \
	})
#endif
