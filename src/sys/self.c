#include "bottle/self.h"

#include <limits.h>
#include <link.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bottle/mem.h"

int bt_self_path(char **out, struct bt_err *e)
{
	char exe[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", exe, sizeof exe - 1);

	if (n < 0)
		return bt_fail_sys(e, "readlink /proc/self/exe");
	exe[n] = '\0';
	*out = bt_strdup(exe);
	return 0;
}

/* The program itself has no name here, the kernel's vdso one without a slash. */
static int each(struct dl_phdr_info *info, size_t size, void *cookie)
{
	struct bt_fs_names *names = cookie;

	(void)size;
	if (!info->dlpi_name || info->dlpi_name[0] != '/')
		return 0;
	names->v = bt_realloc(names->v, (names->n + 1) * sizeof *names->v);
	names->v[names->n++] = bt_strdup(info->dlpi_name);
	return 0;
}

static int by_bytes(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

void bt_self_libraries(struct bt_fs_names *out)
{
	struct bt_fs_names names = { 0 };

	(void)dl_iterate_phdr(each, &names);
	if (names.n)
		qsort(names.v, names.n, sizeof *names.v, by_bytes);
	*out = names;
}
