#include "bottle/scratch.h"

#include <ftw.h>
#include <stdio.h>
#include <string.h>

#include "bottle/mem.h"

struct bt_scratch {
	char path[240];
};

int bt_scratch_open(struct bt_scratch **out, const char *parent, struct bt_err *e)
{
	BT_OWN_MEM struct bt_scratch *s = bt_calloc(1, sizeof *s);

	if (!parent && !(parent = getenv("TMPDIR")))
		parent = "/tmp";
	int n = snprintf(s->path, sizeof s->path, "%s/bottle-XXXXXX", parent);
	if (n < 0 || (size_t)n >= sizeof s->path)
		return bt_fail(e, BT_LIMIT, "scratch path too long under %s", parent);
	if (!mkdtemp(s->path))
		return bt_fail_sys(e, "mkdtemp %s", s->path);
	*out = BT_STEAL(s);
	return 0;
}

const char *bt_scratch_path(const struct bt_scratch *s)
{
	return s->path;
}

static int unlink_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	(void)st, (void)flag, (void)ftw;
	return remove(path);
}

void bt_scratch_close(struct bt_scratch *s)
{
	if (!s)
		return;
	(void)nftw(s->path, unlink_one, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
	free(s);
}
