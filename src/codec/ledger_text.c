#include "bottle/ledger_text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bottle/json.h"
#include "bottle/limits.h"
#include "bottle/mem.h"
#include "bottle/own.h"

#define VERSION 1
#define SLUG_MAX 63

static const char *const ops[] = { "intend", "done", "undone", "detach" };

static void entry_free(struct bt_ledger_entry *x)
{
	free(x->kind);
	free(x->name);
	free(x->extra);
}

void bt_ledger_view_free(struct bt_ledger_view *view)
{
	for (size_t i = 0; i < view->n; i++)
		entry_free(&view->v[i]);
	free(view->v);
	*view = (struct bt_ledger_view){ 0 };
}

static struct bt_ledger_entry *find(const struct bt_ledger_view *view, const char *kind,
                                    const char *name)
{
	for (size_t i = 0; i < view->n; i++)
		if (strcmp(view->v[i].kind, kind) == 0 && strcmp(view->v[i].name, name) == 0)
			return &view->v[i];
	return NULL;
}

static void forget(struct bt_ledger_view *view, struct bt_ledger_entry *x)
{
	size_t after = view->n - (size_t)(x - view->v) - 1;

	entry_free(x);
	memmove(x, x + 1, after * sizeof *x);
	view->n--;
}

int bt_ledger_apply(struct bt_ledger_view *view, enum bt_ledger_op op, const char *kind,
                    const char *name, const char *extra, struct bt_err *e)
{
	if (op == BT_LEDGER_DETACH) {
		view->detached = true;
		return 0;
	}
	struct bt_ledger_entry *x = find(view, kind, name);

	if (op == BT_LEDGER_DONE) {
		if (x)
			x->done = true;
		return 0;
	}
	if (!x && op == BT_LEDGER_UNDONE)
		return 0;
	/* Renewed it is the newest: it goes first when all is undone. */
	if (x)
		forget(view, x);
	if (op == BT_LEDGER_UNDONE)
		return 0;
	if (view->n == BT_LIM_LEDGER_ENTRIES)
		return bt_fail(e, BT_LIMIT, "more than %d things pending", BT_LIM_LEDGER_ENTRIES);
	view->v = bt_realloc(view->v, (view->n + 1) * sizeof *view->v);
	view->v[view->n++] = (struct bt_ledger_entry){ bt_strdup(kind), bt_strdup(name),
		                                       extra ? bt_strdup(extra) : NULL, false };
	return 0;
}

/* A string member, or NULL. */
static const char *text_of(const cJSON *o, const char *name)
{
	return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(o, name));
}

static bool whole_of(const cJSON *o, const char *name, uint64_t *out)
{
	const cJSON *n = cJSON_GetObjectItemCaseSensitive(o, name);
	double d = cJSON_IsNumber(n) ? n->valuedouble : -1;

	if (d < 0 || d > BT_JSON_INT_MAX || d != trunc(d))
		return false;
	*out = (uint64_t)d;
	return true;
}

static bool copy_text(const cJSON *o, const char *name, char *out, size_t cap)
{
	const char *s = text_of(o, name);

	if (!s || strlen(s) >= cap)
		return false;
	memcpy(out, s, strlen(s) + 1);
	return true;
}

static int read_owner(struct bt_ledger_view *view, struct bt_str line, struct bt_err *e)
{
	BT_OWN_JSON *o = NULL;
	struct bt_ledger_owner w = { 0 };
	uint64_t version;
	uint64_t pid;
	uint64_t created;

	if (bt_json_decode(line, &o, NULL, e) < 0)
		return -1;
	if (!whole_of(o, "ledger", &version) || version != VERSION)
		return bt_fail(e, BT_PROTO, "not a ledger of version %d", VERSION);
	if (!copy_text(o, "host", w.host, sizeof w.host) ||
	    !copy_text(o, "boot", w.boot, sizeof w.boot) || !whole_of(o, "pid", &pid) ||
	    !whole_of(o, "start", &w.start) || !whole_of(o, "created", &created))
		return bt_fail(e, BT_PROTO, "the owner is not complete");
	w.pid = (int64_t)pid;
	w.created = (int64_t)created;
	view->owner = w;
	return 0;
}

static int read_op(struct bt_ledger_view *view, struct bt_str line, struct bt_err *e)
{
	BT_OWN_JSON *o = NULL;
	BT_OWN_BUF extra = BT_BUF(BT_LIM_LEDGER_BYTES);
	size_t op = 0;

	if (bt_json_decode(line, &o, NULL, e) < 0)
		return -1;
	const char *name = text_of(o, "op");
	const cJSON *x = cJSON_GetObjectItemCaseSensitive(o, "extra");

	while (name && op < sizeof ops / sizeof *ops && strcmp(ops[op], name) != 0)
		op++;
	if (!name || op == sizeof ops / sizeof *ops)
		return bt_fail(e, BT_PROTO, "no known op");
	if (op != BT_LEDGER_DETACH && (!text_of(o, "kind") || !text_of(o, "name")))
		return bt_fail(e, BT_PROTO, "no kind or no name");
	if (x &&
	    (bt_json_encode(x, BT_JSON_COMPACT, &extra, e) < 0 || bt_buf_add(&extra, "", 1, e) < 0))
		return -1;
	return bt_ledger_apply(view, (enum bt_ledger_op)op, text_of(o, "kind"), text_of(o, "name"),
	                       x ? (const char *)extra.p : NULL, e);
}

static int parse(struct bt_str text, struct bt_ledger_view *view, struct bt_err *e)
{
	struct bt_str rest = text;
	struct bt_str line;
	struct bt_err bad = { 0 };
	unsigned bad_line = 0;

	for (unsigned n = 1; bt_str_cut(&rest, '\n', &line); n++) {
		struct bt_err why = { 0 };
		int rc = n == 1 ? read_owner(view, line, &why) : read_op(view, line, &why);

		if (rc < 0 && (n == 1 || why.code == BT_LIMIT)) {
			*e = why;
			return bt_wrap(e, "line %u", n);
		}
		if (rc < 0 && !bad_line) {
			bad = why;
			bad_line = n;
		}
		if (rc == 0 && bad_line) {
			*e = bad;
			e->code = BT_PROTO;
			return bt_wrap(e, "line %u", bad_line);
		}
		if (rc == 0)
			view->good = (size_t)(rest.p - text.p);
	}
	return view->good ? 0 : bt_fail(e, BT_PROTO, "no owner line");
}

int bt_ledger_parse(struct bt_str text, struct bt_ledger_view *out, struct bt_err *e)
{
	struct bt_ledger_view view = { 0 };

	if (text.n > BT_LIM_LEDGER_BYTES)
		return bt_fail(e, BT_LIMIT, "more than %u bytes", BT_LIM_LEDGER_BYTES);
	if (parse(text, &view, e) < 0) {
		bt_ledger_view_free(&view);
		return -1;
	}
	*out = view;
	return 0;
}

static int put_line(const cJSON *o, struct bt_buf *out, struct bt_err *e)
{
	if (bt_json_encode(o, BT_JSON_COMPACT, out, e) < 0)
		return -1;
	return bt_buf_add(out, "\n", 1, e);
}

int bt_ledger_owner_line(const struct bt_ledger_owner *w, struct bt_buf *out, struct bt_err *e)
{
	BT_OWN_JSON *o = cJSON_CreateObject();

	(void)cJSON_AddNumberToObject(o, "ledger", VERSION);
	(void)cJSON_AddStringToObject(o, "host", w->host);
	(void)cJSON_AddStringToObject(o, "boot", w->boot);
	(void)cJSON_AddNumberToObject(o, "pid", (double)w->pid);
	(void)cJSON_AddNumberToObject(o, "start", (double)w->start);
	(void)cJSON_AddNumberToObject(o, "created", (double)w->created);
	return put_line(o, out, e);
}

int bt_ledger_op_line(enum bt_ledger_op op, const char *kind, const char *name, const char *extra,
                      struct bt_buf *out, struct bt_err *e)
{
	BT_OWN_JSON *o = cJSON_CreateObject();
	cJSON *x = NULL;

	(void)cJSON_AddStringToObject(o, "op", ops[op]);
	if (op != BT_LEDGER_DETACH) {
		(void)cJSON_AddStringToObject(o, "kind", kind);
		(void)cJSON_AddStringToObject(o, "name", name);
	}
	if (extra && bt_json_decode(bt_str(extra), &x, NULL, e) < 0)
		return bt_wrap(e, "extra");
	if (x)
		(void)cJSON_AddItemToObject(o, "extra", x);
	return put_line(o, out, e);
}

int bt_slug_check(const char *slug, struct bt_err *e)
{
	size_t n = strlen(slug);

	if (n == 0 || n > SLUG_MAX || slug[0] == '-' || slug[n - 1] == '-' ||
	    slug[strspn(slug, "abcdefghijklmnopqrstuvwxyz0123456789-")])
		return bt_fail(e, BT_INVALID,
		               "slug '%.70s': want 1 to %d of a-z, 0-9 and -, no - at the ends",
		               slug, SLUG_MAX);
	return 0;
}
