#include "edits.h"

#include <stdlib.h>
#include <string.h>

#include "bottle/limits.h"
#include "bottle/mem.h"
#include "field_ends.h"

struct edit {
	char *text; /* name, then value */
	size_t name_n, value_n;
	bool set;
};

struct bt_edits {
	size_t n, bytes;
	struct edit at[BT_LIM_EDITS];
};

/* No rule's to edit: what ends here anyway, and what the scanner went by. */
static bool ours(struct bt_str name)
{
	static const char *const scanned[] = { "content-encoding", "content-type",
		                               "content-range" };

	for (size_t i = 0; i < sizeof scanned / sizeof *scanned; i++)
		if (bt_str_ieq(name, bt_str(scanned[i])))
			return true;
	return bt_field_ends_here(name) || bt_str_istarts(name, BT_STR_LIT("sec-websocket-"));
}

static bool is_token(struct bt_str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!bt_http_tchar((uint8_t)s.p[i]))
			return false;
	return s.n > 0;
}

/* RFC 9110 §5.5: no control character but a tab, and no blank at either end. */
static bool is_value(struct bt_str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (((uint8_t)s.p[i] < 0x20 && s.p[i] != '\t') || s.p[i] == 0x7f)
			return false;
	return bt_str_trim(s).n == s.n;
}

static int check(struct bt_str name, const struct bt_str *value, struct bt_err *e)
{
	if (!is_token(name) || name.n > BT_LIM_EDIT_NAME)
		return bt_fail(e, BT_INVALID, "no name of a header");
	if (ours(name))
		return bt_fail(e, BT_INVALID, "header %.*s is not a rule's to change", (int)name.n,
		               name.p);
	if (value && !is_value(*value))
		return bt_fail(e, BT_INVALID,
		               "no value for header %.*s: it holds a control "
		               "character, or a blank at an end",
		               (int)name.n, name.p);
	return 0;
}

int bt_edits_add(struct bt_edits **list, struct bt_str name, const struct bt_str *value,
                 struct bt_err *e)
{
	size_t n = name.n + (value ? value->n : 0);

	if (check(name, value, e) < 0)
		return -1;
	if (!*list)
		*list = bt_calloc(1, sizeof **list);
	struct bt_edits *l = *list;

	if (l->n == BT_LIM_EDITS || n > BT_LIM_EDIT_BYTES - l->bytes)
		return bt_fail(e, BT_LIMIT, "too many changes of headers");
	struct edit *at = &l->at[l->n];

	*at = (struct edit){ .text = bt_calloc(1, n + 1), .name_n = name.n, .set = value != NULL };
	memcpy(at->text, name.p, name.n);
	if (value && value->n)
		memcpy(at->text + name.n, value->p, value->n);
	at->value_n = n - name.n;
	l->bytes += n;
	l->n++;
	return 0;
}

static struct bt_str name_of(const struct edit *at)
{
	return (struct bt_str){ at->text, at->name_n };
}

static void remove_all(struct bt_http_head *h, struct bt_str name)
{
	size_t kept = 0;

	for (size_t i = 0; i < h->nfields; i++)
		if (!bt_str_ieq(h->fields[i].name, name))
			h->fields[kept++] = h->fields[i];
	h->nfields = kept;
}

int bt_edits_make(const struct bt_edits *list, struct bt_http_head *h, struct bt_err *e)
{
	for (size_t i = 0; list && i < list->n; i++) {
		const struct edit *at = &list->at[i];

		remove_all(h, name_of(at));
		if (!at->set)
			continue;
		if (h->nfields == BT_LIM_HTTP_FIELDS)
			return bt_fail(e, BT_LIMIT, "too many headers");
		h->fields[h->nfields++] =
		        (struct bt_http_field){ name_of(at),
			                        { at->text + at->name_n, at->value_n } };
	}
	return 0;
}

bool bt_edits_set(const struct bt_edits *list, struct bt_str name)
{
	bool set = false;

	for (size_t i = 0; list && i < list->n; i++)
		if (bt_str_ieq(name_of(&list->at[i]), name))
			set = list->at[i].set;
	return set;
}

void bt_edits_free(struct bt_edits *list)
{
	for (size_t i = 0; list && i < list->n; i++) {
		bt_wipe(list->at[i].text, list->at[i].name_n + list->at[i].value_n);
		free(list->at[i].text);
	}
	free(list);
}
