#include "bottle/json.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bottle/limits.h"
#include "bottle/mem.h"
#include "bottle/own.h"
#include "json_scan.h"

static void *allocate(size_t n)
{
	return bt_realloc(NULL, n);
}

/* As everywhere, running out of memory ends the process: no half tree passes for a whole one. */
__attribute__((constructor)) static void use_our_memory(void)
{
	cJSON_InitHooks(&(cJSON_Hooks){ allocate, free });
}

int bt_json_text_ok(struct bt_str s, struct bt_err *e)
{
	for (size_t i = 0; i < s.n;) {
		size_t n = bt_utf8_len(s.p + i, s.n - i);

		if (n == 0)
			return bt_fail(e, BT_INVALID, "byte %zu is not UTF-8", i + 1);
		if (s.p[i] == '\0')
			return bt_fail(e, BT_INVALID, "byte %zu is NUL", i + 1);
		i += n;
	}
	return 0;
}

static int by_key(const void *a, const void *b)
{
	return strcmp((*(cJSON *const *)a)->string, (*(cJSON *const *)b)->string);
}

cJSON **bt_json_sorted(const cJSON *object, size_t *n)
{
	size_t count = 0;
	size_t i = 0;

	for (const cJSON *c = object->child; c; c = c->next)
		count++;
	*n = count;
	if (count == 0)
		return NULL;
	cJSON **v = bt_calloc(count, sizeof *v);

	for (cJSON *c = object->child; c; c = c->next)
		v[i++] = c;
	qsort(v, count, sizeof(cJSON *), by_key);
	return v;
}

/* What the grammar cannot see. *path is where, *nth the how manieth value of that path. */
static int check_tree(const cJSON *t, struct bt_buf *path, size_t *nth, struct bt_err *e);

static int check_keys(const cJSON *object, struct bt_buf *path, size_t *nth, struct bt_err *e)
{
	size_t n;
	BT_OWN_MEM cJSON **v = bt_json_sorted(object, &n);

	for (size_t i = 1; i < n; i++) {
		if (strcmp(v[i - 1]->string, v[i]->string) != 0)
			continue;
		*nth = 2;
		if (bt_path_step(path, v[i]->string, 0, e) < 0)
			return -1;
		return bt_fail(e, BT_INVALID, "duplicate key '%.100s'", v[i]->string);
	}
	return 0;
}

static int check_tree(const cJSON *t, struct bt_buf *path, size_t *nth, struct bt_err *e)
{
	size_t index = 1;

	if (cJSON_IsNumber(t) && !isfinite(t->valuedouble)) {
		*nth = 1;
		return bt_fail(e, BT_LIMIT, "a number too large");
	}
	if (cJSON_IsObject(t) && check_keys(t, path, nth, e) < 0)
		return -1;
	for (const cJSON *c = t->child; c; c = c->next, index++) {
		size_t keep = path->len;

		if (bt_path_step(path, c->string, index, e) < 0 || check_tree(c, path, nth, e) < 0)
			return -1;
		path->len = keep;
	}
	return 0;
}

/* The tree knows no lines: look the path up in a second scan, on failure only. */
static int locate(struct bt_str text, struct bt_str path, size_t nth, struct bt_err *e)
{
	struct bt_places places = { 0 };
	struct bt_err ignored = { 0 };

	(void)!bt_json_scan(text, &places, &ignored);
	for (size_t i = 0; i < places.n; i++) {
		if (!bt_str_eq(bt_str(places.v[i].path), path) || --nth > 0)
			continue;
		(void)bt_wrap(e, "line %u column %u", places.v[i].line, places.v[i].column);
		break;
	}
	bt_places_free(&places);
	return -1;
}

int bt_json_decode(struct bt_str text, cJSON **out, struct bt_places *places, struct bt_err *e)
{
	if (bt_json_scan(text, places, e) < 0)
		return -1;
	BT_OWN_JSON *t = cJSON_ParseWithLength(text.p, text.n);
	BT_OWN_BUF path = BT_BUF(BT_LIM_DOC_BYTES);
	size_t nth = 1;

	if (!t)
		return bt_fail(e, BT_INVALID, "not JSON");
	if (check_tree(t, &path, &nth, e) < 0)
		return locate(text, bt_buf_str(&path), nth, e);
	*out = BT_STEAL(t);
	return 0;
}
