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

/* The name that others need it by: DT_SONAME, or the file's own. */
static const char *soname(const struct link_map *m)
{
	const char *strings = NULL, *slash = strrchr(m->l_name, '/');
	size_t at = 0;

	for (const ElfW(Dyn) *d = m->l_ld; d->d_tag != DT_NULL; d++) {
		if (d->d_tag == DT_STRTAB)
			strings = (const char *)d->d_un.d_ptr;
		else if (d->d_tag == DT_SONAME)
			at = d->d_un.d_val;
	}
	return at ? strings + at : slash ? slash + 1 : m->l_name;
}

static bool has(const struct bt_fs_names *names, const char *path)
{
	for (size_t i = 0; i < names->n; i++)
		if (strcmp(names->v[i], path) == 0)
			return true;
	return false;
}

/* The vdso has no file, thus no slash; its tables are not relocated either. */
static const struct link_map *find(const struct link_map *all, const char *need)
{
	for (const struct link_map *m = all; m; m = m->l_next)
		if (m->l_name[0] == '/' && strcmp(soname(m), need) == 0)
			return m;
	return NULL;
}

/* What m needs, and what that needs. Depth: the longest chain of libraries. */
static void collect(struct bt_fs_names *out, const struct link_map *all, const struct link_map *m)
{
	const char *strings = NULL;

	for (const ElfW(Dyn) *d = m->l_ld; d->d_tag != DT_NULL; d++)
		if (d->d_tag == DT_STRTAB)
			strings = (const char *)d->d_un.d_ptr;
	for (const ElfW(Dyn) *d = m->l_ld; strings && d->d_tag != DT_NULL; d++) {
		if (d->d_tag != DT_NEEDED)
			continue;
		const struct link_map *need = find(all, strings + d->d_un.d_val);

		if (!need || has(out, need->l_name))
			continue;
		out->v = bt_realloc(out->v, (out->n + 1) * sizeof *out->v);
		out->v[out->n++] = bt_strdup(need->l_name);
		collect(out, all, need);
	}
}

static int by_bytes(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* What was loaded later by dlopen is in the loader's list too, but it is not what the program
 * needs to start: so from DT_NEEDED, with the loader's paths. */
void bt_self_libraries(struct bt_fs_names *out, const char *module)
{
	struct bt_fs_names names = { 0 };
	const struct link_map *self = _r_debug.r_map; /* the program comes first */

	collect(&names, self, self);
	for (const struct link_map *m = self; module && m; m = m->l_next)
		if (strcmp(m->l_name, module) == 0)
			collect(&names, self, m);
	if (names.n)
		qsort(names.v, names.n, sizeof *names.v, by_bytes);
	*out = names;
}
