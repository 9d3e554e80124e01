#include "bottle/places.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "bottle/limits.h"
#include "bottle/mem.h"

void bt_places_add(struct bt_places *p, const char *path, unsigned line, unsigned column)
{
	size_t len = strlen(path);

	if (len > BT_LIM_PLACES_BYTES - p->bytes)
		return;
	p->bytes += len;
	if (p->n == p->room) {
		p->room = p->room ? p->room * 2 : 32;
		p->v = bt_realloc(p->v, p->room * sizeof *p->v);
	}
	p->v[p->n++] = (struct bt_place){ bt_strdup(path), line, column };
}

void bt_places_free(struct bt_places *p)
{
	for (size_t i = 0; i < p->n; i++)
		free(p->v[i].path);
	free(p->v);
	*p = (struct bt_places){ 0 };
}

/* [A-Za-z_][A-Za-z0-9_-]*: a dash needs no quotes, since agents are named so. */
static bool identifier(const char *s)
{
	static const char first[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_";
	size_t n = strspn(s, first);

	while (s[n] && (strchr(first, s[n]) || strchr("0123456789-", s[n])))
		n++;
	return strspn(s, first) > 0 && s[n] == '\0';
}

int bt_path_step(struct bt_buf *path, const char *key, size_t index, struct bt_err *e)
{
	if (!key)
		return bt_buf_addf(path, e, "[%zu]", index);
	if (identifier(key))
		return bt_buf_addf(path, e, "%s%s", path->len ? "." : "", key);
	if (bt_buf_add(path, "[\"", 2, e) < 0)
		return -1;
	for (; *key; key++) {
		if ((*key == '"' || *key == '\\') && bt_buf_add(path, "\\", 1, e) < 0)
			return -1;
		if (bt_buf_add(path, key, 1, e) < 0)
			return -1;
	}
	return bt_buf_add(path, "\"]", 2, e);
}
