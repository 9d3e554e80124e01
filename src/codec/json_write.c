#include "bottle/json.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bottle/limits.h"
#include "bottle/own.h"
#include "number.h"

struct writer {
	struct bt_buf *out;
	enum bt_json_form form;
	unsigned depth;
};

static int put(struct writer *w, const char *s, struct bt_err *e)
{
	return bt_buf_add(w->out, s, strlen(s), e);
}

static int newline(struct writer *w, struct bt_err *e)
{
	if (w->form != BT_JSON_PRETTY)
		return 0;
	if (put(w, "\n", e) < 0)
		return -1;
	for (unsigned i = 0; i < w->depth; i++)
		if (put(w, "  ", e) < 0)
			return -1;
	return 0;
}

static int put_escaped(struct writer *w, unsigned char ch, struct bt_err *e)
{
	static const char from[] = "\"\\\b\f\n\r\t";
	static const char to[] = "\"\\bfnrt";
	const char *at = strchr(from, ch);

	if (!at)
		return bt_buf_addf(w->out, e, "\\u%04x", ch);
	const char two[] = { '\\', to[at - from] };

	return bt_buf_add(w->out, two, sizeof two, e);
}

static int put_string(struct writer *w, const char *s, struct bt_err *e)
{
	if (bt_json_text_ok(bt_str(s), e) < 0 || put(w, "\"", e) < 0)
		return -1;
	while (*s) {
		size_t plain = 0;

		while ((unsigned char)s[plain] >= 0x20 && s[plain] != '"' && s[plain] != '\\')
			plain++;
		if (bt_buf_add(w->out, s, plain, e) < 0)
			return -1;
		s += plain;
		if (*s && put_escaped(w, (unsigned char)*s++, e) < 0)
			return -1;
	}
	return put(w, "\"", e);
}

static int put_number(struct writer *w, double d, struct bt_err *e)
{
	char text[BT_NUMBER_MAX];

	if (!isfinite(d))
		return bt_fail(e, BT_INVALID, "JSON has no infinity and no NaN");
	bt_number_text(text, d);
	return put(w, text, e);
}

static int put_value(struct writer *w, const cJSON *t, struct bt_err *e);

static int put_member(struct writer *w, const cJSON *c, bool keyed, bool first, struct bt_err *e)
{
	if ((!first && put(w, ",", e) < 0) || newline(w, e) < 0)
		return -1;
	if (keyed && (put_string(w, c->string, e) < 0 ||
	              put(w, w->form == BT_JSON_PRETTY ? ": " : ":", e) < 0))
		return -1;
	return put_value(w, c, e);
}

static int put_members(struct writer *w, const cJSON *t, struct bt_err *e)
{
	bool object = cJSON_IsObject(t);
	size_t n = 0;
	BT_OWN_MEM cJSON **v = object ? bt_json_sorted(t, &n) : NULL;

	if (w->depth >= BT_LIM_DOC_DEPTH)
		return bt_fail(e, BT_LIMIT, "nested deeper than %d", BT_LIM_DOC_DEPTH);
	if (!t->child)
		return put(w, object ? "{}" : "[]", e);
	if (put(w, object ? "{" : "[", e) < 0)
		return -1;
	w->depth++;
	for (size_t i = 0; i < n; i++)
		if (put_member(w, v[i], true, i == 0, e) < 0)
			return -1;
	for (const cJSON *c = object ? NULL : t->child; c; c = c->next)
		if (put_member(w, c, false, c == t->child, e) < 0)
			return -1;
	w->depth--;
	if (newline(w, e) < 0)
		return -1;
	return put(w, object ? "}" : "]", e);
}

static int put_value(struct writer *w, const cJSON *t, struct bt_err *e)
{
	switch (t->type & 0xff) { /* above: who owns what */
	case cJSON_NULL:
		return put(w, "null", e);
	case cJSON_True:
		return put(w, "true", e);
	case cJSON_False:
		return put(w, "false", e);
	case cJSON_Number:
		return put_number(w, t->valuedouble, e);
	case cJSON_Raw:
		return put(w, t->valuestring, e);
	case cJSON_String:
		return put_string(w, t->valuestring, e);
	case cJSON_Array:
	case cJSON_Object:
		return put_members(w, t, e);
	default:
		return bt_fail(e, BT_INVALID, "a value of no JSON type");
	}
}

int bt_json_encode(const cJSON *tree, enum bt_json_form form, struct bt_buf *out, struct bt_err *e)
{
	struct writer w = { .out = out, .form = form };

	if (put_value(&w, tree, e) < 0)
		return -1;
	return form == BT_JSON_PRETTY ? put(&w, "\n", e) : 0;
}
