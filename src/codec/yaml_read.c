#include "bottle/yaml.h"

#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "bottle/limits.h"
#include "bottle/mem.h"
#include "bottle/own.h"
#include "yaml_scalar.h"

struct reader {
	yaml_parser_t parser;
	struct bt_places *places;
	struct bt_buf path; /* only kept where places are wanted */
	unsigned depth;
	unsigned nodes;
};

/* A key that was read, for finding one that comes twice. */
struct mark {
	const char *key; /* borrowed from the tree */
	yaml_mark_t at;
};

struct marks {
	struct mark *v;
	size_t n;
	size_t room;
};

#define OWN_EVENT __attribute__((cleanup(yaml_event_delete))) yaml_event_t

static int at_mark(const yaml_mark_t *m, struct bt_err *e)
{
	return bt_wrap(e, "line %zu column %zu", m->line + 1, m->column + 1);
}

#define refuse(mark, e, code, ...)                                                                 \
	(bt_err_set((e), (code), 0, BT_AT, __VA_ARGS__), at_mark((mark), (e)))

static int parser_error(const yaml_parser_t *p, struct bt_err *e)
{
	if (p->error == YAML_MEMORY_ERROR)
		return bt_fail(e, BT_LIMIT, "out of memory");
	const char *why = p->problem ? p->problem : "not YAML";

	/* The reader stops at a byte, before there are lines. */
	if (p->error == YAML_READER_ERROR)
		return bt_fail(e, BT_INVALID, "byte %zu: %s", p->problem_offset + 1, why);
	return refuse(&p->problem_mark, e, BT_INVALID, "%s%s%s", p->context ? p->context : "",
	              p->context ? ": " : "", why);
}

static int next(struct reader *r, yaml_event_t *ev, struct bt_err *e)
{
	return yaml_parser_parse(&r->parser, ev) ? 0 : parser_error(&r->parser, e);
}

/* Anchors and tags, on whatever kind of node. */
static int plain_node(const yaml_event_t *ev, struct bt_err *e)
{
	const yaml_char_t *anchor = NULL;
	const yaml_char_t *tag = NULL;

	switch (ev->type) {
	case YAML_ALIAS_EVENT:
		return refuse(&ev->start_mark, e, BT_INVALID, "aliases are not taken: *%.60s",
		              (const char *)ev->data.alias.anchor);
	case YAML_SCALAR_EVENT:
		anchor = ev->data.scalar.anchor;
		tag = ev->data.scalar.tag;
		break;
	case YAML_SEQUENCE_START_EVENT:
		anchor = ev->data.sequence_start.anchor;
		tag = ev->data.sequence_start.tag;
		break;
	case YAML_MAPPING_START_EVENT:
		anchor = ev->data.mapping_start.anchor;
		tag = ev->data.mapping_start.tag;
		break;
	default:
		return refuse(&ev->start_mark, e, BT_INVALID, "want a value");
	}
	if (anchor)
		return refuse(&ev->start_mark, e, BT_INVALID, "anchors are not taken: &%.60s",
		              (const char *)anchor);
	if (tag)
		return refuse(&ev->start_mark, e, BT_INVALID, "tags are not taken: %.60s",
		              (const char *)tag);
	return 0;
}

/* The text of a scalar, terminated and without a NUL of its own. */
static int scalar_text(const yaml_event_t *ev, const char **out, struct bt_err *e)
{
	const char *s = (const char *)ev->data.scalar.value;

	if (strlen(s) != ev->data.scalar.length)
		return refuse(&ev->start_mark, e, BT_INVALID, "a string holds U+0000");
	*out = s;
	return 0;
}

static int read_scalar(const yaml_event_t *ev, cJSON **out, struct bt_err *e)
{
	const char *s;

	if (scalar_text(ev, &s, e) < 0)
		return -1;
	if (ev->data.scalar.style == YAML_PLAIN_SCALAR_STYLE)
		*out = bt_yaml_resolve(s, e);
	else
		*out = cJSON_CreateString(s);
	return *out ? 0 : at_mark(&ev->start_mark, e);
}

static int read_node(struct reader *r, const yaml_event_t *ev, cJSON **out, struct bt_err *e);

/* One more node: count it and note its place. */
static int enter(struct reader *r, const yaml_event_t *ev, struct bt_err *e)
{
	if (++r->nodes > BT_LIM_DOC_NODES)
		return refuse(&ev->start_mark, e, BT_LIMIT, "more than %d values",
		              BT_LIM_DOC_NODES);
	if (!r->places)
		return 0;
	if (bt_buf_add(&r->path, "", 1, e) < 0) /* terminated, but not counted */
		return -1;
	r->path.len--;
	bt_places_add(r->places, (const char *)r->path.p, (unsigned)ev->start_mark.line + 1,
	              (unsigned)ev->start_mark.column + 1);
	return 0;
}

static int read_sequence(struct reader *r, cJSON *array, struct bt_err *e)
{
	for (size_t index = 1;; index++) {
		OWN_EVENT ev = { 0 };
		cJSON *item = NULL;
		size_t keep = r->path.len;

		if (next(r, &ev, e) < 0)
			return -1;
		if (ev.type == YAML_SEQUENCE_END_EVENT)
			return 0;
		if (r->places && bt_path_step(&r->path, NULL, index, e) < 0)
			return -1;
		if (read_node(r, &ev, &item, e) < 0)
			return -1;
		r->path.len = keep;
		(void)cJSON_AddItemToArray(array, item);
	}
}

static int check_key(const yaml_event_t *ev, const char **key, struct bt_err *e)
{
	if (ev->type != YAML_SCALAR_EVENT && ev->type != YAML_ALIAS_EVENT)
		return refuse(&ev->start_mark, e, BT_INVALID, "a key must be a scalar");
	if (plain_node(ev, e) < 0 || scalar_text(ev, key, e) < 0)
		return -1;
	if (ev->data.scalar.style == YAML_PLAIN_SCALAR_STYLE && strcmp(*key, "<<") == 0)
		return refuse(&ev->start_mark, e, BT_INVALID, "merge keys are not taken");
	if (ev->data.scalar.style == YAML_PLAIN_SCALAR_STYLE && !**key)
		return refuse(&ev->start_mark, e, BT_INVALID, "a key is missing");
	return 0;
}

static void mark_add(struct marks *m, const char *key, yaml_mark_t at)
{
	if (m->n == m->room) {
		m->room = m->room ? m->room * 2 : 16;
		m->v = bt_realloc(m->v, m->room * sizeof *m->v);
	}
	m->v[m->n++] = (struct mark){ key, at };
}

static int by_key_then_place(const void *a, const void *b)
{
	const struct mark *x = a;
	const struct mark *y = b;
	int order = strcmp(x->key, y->key);

	if (order)
		return order;
	return x->at.index < y->at.index ? -1 : x->at.index > y->at.index;
}

static int check_unique(const struct marks *m, struct bt_err *e)
{
	if (m->n)
		qsort(m->v, m->n, sizeof *m->v, by_key_then_place);
	for (size_t i = 1; i < m->n; i++)
		if (strcmp(m->v[i - 1].key, m->v[i].key) == 0)
			return refuse(&m->v[i].at, e, BT_INVALID, "duplicate key '%.100s'",
			              m->v[i].key);
	return 0;
}

/* One key and its value; *end at the end of the mapping. */
static int read_pair(struct reader *r, cJSON *object, struct marks *marks, bool *end,
                     struct bt_err *e)
{
	OWN_EVENT key_ev = { 0 };
	OWN_EVENT value_ev = { 0 };
	cJSON *item = NULL;
	size_t keep = r->path.len;
	const char *key;

	if (next(r, &key_ev, e) < 0)
		return -1;
	*end = key_ev.type == YAML_MAPPING_END_EVENT;
	if (*end)
		return 0;
	if (check_key(&key_ev, &key, e) < 0)
		return -1;
	if (r->places && bt_path_step(&r->path, key, 0, e) < 0)
		return -1;
	if (next(r, &value_ev, e) < 0 || read_node(r, &value_ev, &item, e) < 0)
		return -1;
	r->path.len = keep;
	(void)cJSON_AddItemToObject(object, key, item);
	mark_add(marks, item->string, key_ev.start_mark);
	return 0;
}

static int read_mapping(struct reader *r, cJSON *object, struct bt_err *e)
{
	struct marks marks = { 0 };
	bool end = false;
	int rc = 0;

	while (rc == 0 && !end)
		rc = read_pair(r, object, &marks, &end, e);
	if (rc == 0)
		rc = check_unique(&marks, e);
	free(marks.v);
	return rc;
}

static int read_node(struct reader *r, const yaml_event_t *ev, cJSON **out, struct bt_err *e)
{
	if (plain_node(ev, e) < 0 || enter(r, ev, e) < 0)
		return -1;
	if (ev->type == YAML_SCALAR_EVENT)
		return read_scalar(ev, out, e);
	if (++r->depth > BT_LIM_DOC_DEPTH)
		return refuse(&ev->start_mark, e, BT_LIMIT, "nested deeper than %d",
		              BT_LIM_DOC_DEPTH);
	bool mapping = ev->type == YAML_MAPPING_START_EVENT;
	BT_OWN_JSON *t = mapping ? cJSON_CreateObject() : cJSON_CreateArray();

	if (!t)
		return bt_fail(e, BT_LIMIT, "out of memory");
	if ((mapping ? read_mapping(r, t, e) : read_sequence(r, t, e)) < 0)
		return -1;
	r->depth--;
	*out = BT_STEAL(t);
	return 0;
}

static int read_document(struct reader *r, cJSON **out, struct bt_err *e)
{
	OWN_EVENT start = { 0 };
	OWN_EVENT root = { 0 };
	OWN_EVENT end = { 0 };
	OWN_EVENT more = { 0 };
	BT_OWN_JSON *t = NULL;

	if (next(r, &start, e) < 0)
		return -1;
	if (start.type == YAML_STREAM_END_EVENT) {
		*out = cJSON_CreateNull();
		return 0;
	}
	if (next(r, &root, e) < 0 || read_node(r, &root, &t, e) < 0)
		return -1;
	if (next(r, &end, e) < 0 || next(r, &more, e) < 0)
		return -1;
	if (more.type != YAML_STREAM_END_EVENT)
		return refuse(&more.start_mark, e, BT_INVALID, "a second document");
	*out = BT_STEAL(t);
	return 0;
}

int bt_yaml_decode(struct bt_str text, cJSON **out, struct bt_places *places, struct bt_err *e)
{
	struct reader r = { .places = places, .path = BT_BUF(BT_LIM_DOC_BYTES) };
	OWN_EVENT stream = { 0 };

	if (text.n > BT_LIM_DOC_BYTES)
		return bt_fail(e, BT_LIMIT, "more than %u bytes", BT_LIM_DOC_BYTES);
	if (!yaml_parser_initialize(&r.parser))
		return bt_fail(e, BT_LIMIT, "out of memory");
	/* UTF-8 alone: a UTF-16 twin of a manifest would read differently elsewhere. */
	yaml_parser_set_encoding(&r.parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&r.parser, (const unsigned char *)(text.n ? text.p : ""),
	                             text.n);
	int rc = next(&r, &stream, e);

	if (rc == 0)
		rc = read_document(&r, out, e);
	yaml_parser_delete(&r.parser);
	bt_buf_free(&r.path);
	return rc;
}
