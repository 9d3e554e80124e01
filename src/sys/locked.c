#include "bottle/locked.h"

#include <sys/mman.h>

#include "bottle/mem.h"

int bt_locked_alloc(void **out, size_t n, bool *locked, struct bt_err *e)
{
	void *p = mmap(NULL, n, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		return bt_fail_sys(e, "map memory");
	*locked = mlock(p, n) == 0;
	(void)madvise(p, n, MADV_DONTDUMP);
	(void)madvise(p, n, MADV_WIPEONFORK);
	*out = p;
	return 0;
}

void bt_locked_free(void *p, size_t n)
{
	if (!p)
		return;
	bt_wipe(p, n);
	(void)munmap(p, n);
}
