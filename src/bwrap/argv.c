#include "bottle/bwrap.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bottle/mem.h"

/* Four words a line of the view at most, and the fixed ones. */
#define ROOM(spec) (64 + 6 * (spec)->nview)

static void add(struct bt_argv *a, const char *word)
{
	a->v[a->n++] = bt_strdup(word);
}

static void add_int(struct bt_argv *a, int n)
{
	a->v[a->n++] = bt_asprintf("%d", n);
}

static bool path_ok(const char *path)
{
	if (!path || path[0] != '/')
		return false;
	for (const char *p = path; (p = strstr(p, "/..")); p += 3)
		if (p[3] == '/' || p[3] == '\0')
			return false;
	return true;
}

static const char *const flag[] = {
	[BT_VIEW_RO] = "--ro-bind",      [BT_VIEW_RW] = "--bind",
	[BT_VIEW_TMPFS] = "--tmpfs",     [BT_VIEW_DIR] = "--dir",
	[BT_VIEW_SYMLINK] = "--symlink", [BT_VIEW_DATA] = "--ro-bind-data",
	[BT_VIEW_FILE] = "--file",       [BT_VIEW_DEV] = "--dev",
	[BT_VIEW_PROC] = "--proc",       [BT_VIEW_FREEZE] = "--remount-ro",
};

static int add_view(struct bt_argv *a, const struct bt_view *m, struct bt_err *e)
{
	bool bind = m->kind == BT_VIEW_RO || m->kind == BT_VIEW_RW;
	bool data = m->kind == BT_VIEW_DATA || m->kind == BT_VIEW_FILE;
	bool moded = data || m->kind == BT_VIEW_TMPFS || m->kind == BT_VIEW_DIR;

	if ((size_t)m->kind >= sizeof flag / sizeof *flag)
		return bt_fail(e, BT_INVALID, "view: no kind %d", (int)m->kind);
	if (!path_ok(m->to))
		return bt_fail(e, BT_INVALID, "view: not an absolute path without '..': %s",
		               m->to ? m->to : "(none)");
	if (bind && !path_ok(m->from))
		return bt_fail(e, BT_INVALID, "view: %s: from where? '%s'", m->to,
		               m->from ? m->from : "");
	if (m->kind == BT_VIEW_SYMLINK && (!m->from || !*m->from))
		return bt_fail(e, BT_INVALID, "view: %s: a link to nothing", m->to);
	if (data && m->fd < 0)
		return bt_fail(e, BT_INVALID, "view: %s: a file without content", m->to);
	if (moded && m->mode) {
		add(a, "--perms");
		a->v[a->n++] = bt_asprintf("%04o", (unsigned)m->mode);
	}
	add(a, flag[m->kind]);
	if (data)
		add_int(a, m->fd);
	else if (bind || m->kind == BT_VIEW_SYMLINK)
		add(a, m->from);
	add(a, m->to);
	return 0;
}

/* --die-with-parent is not among them on purpose (docs/adr/0020): bwrap arms it after it made the
 * child, and who dies between the two leaves a child that waits for ever. */
static const char *const fixed[] = { "--unshare-all", "--cap-drop", "ALL", "--clearenv",
	                             "--as-pid-1",    "--chdir",    "/",   NULL };

int bt_bwrap_argv(const struct bt_bwrap_spec *spec, struct bt_argv *out, struct bt_err *e)
{
	struct bt_argv a = { 0 };
	size_t ninit = 0;

	while (spec->init && spec->init[ninit])
		ninit++;
	if (ninit == 0 || !path_ok(spec->init[0]))
		return bt_fail(e, BT_INVALID, "view: nothing to run as the first process");
	a.v = bt_calloc(ROOM(spec) + ninit, sizeof *a.v);
	add(&a, spec->bwrap);
	for (const char *const *f = fixed; *f; f++)
		add(&a, *f);
	if (spec->hostname) {
		add(&a, "--hostname");
		add(&a, spec->hostname);
	}
	if (spec->seccomp >= 0) {
		add(&a, "--seccomp");
		add_int(&a, spec->seccomp);
	}
	for (size_t i = 0; i < spec->nview; i++)
		if (add_view(&a, &spec->view[i], e) < 0) {
			bt_argv_free(&a);
			return -1;
		}
	add(&a, "--");
	for (size_t i = 0; i < ninit; i++)
		add(&a, spec->init[i]);
	*out = a;
	return 0;
}

void bt_argv_free(struct bt_argv *a)
{
	for (size_t i = 0; i < a->n; i++)
		free(a->v[i]);
	free(a->v);
	memset(a, 0, sizeof *a);
}
