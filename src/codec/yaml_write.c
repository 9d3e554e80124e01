#include "bottle/yaml.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "bottle/limits.h"
#include "bottle/own.h"
#include "number.h"
#include "yaml_scalar.h"

struct writer {
	yaml_emitter_t emitter;
	struct bt_buf *out;
	struct bt_err *e; /* of the sink, which libyaml calls */
	unsigned depth;
};

static int sink(void *data, unsigned char *p, size_t n)
{
	struct writer *w = data;

	return bt_buf_add(w->out, p, n, w->e) == 0;
}

/* The event is consumed, whatever comes of it. */
static int emit(struct writer *w, int made, yaml_event_t *ev, struct bt_err *e)
{
	if (!made)
		return bt_fail(e, BT_INVALID, "not UTF-8");
	if (yaml_emitter_emit(&w->emitter, ev))
		return 0;
	if (w->emitter.error == YAML_WRITER_ERROR)
		return -1; /* the sink has said why */
	return bt_fail(e, BT_INVALID, "yaml: %s",
	               w->emitter.problem ? w->emitter.problem : "cannot write");
}

static int put_scalar(struct writer *w, const char *s, bool text, struct bt_err *e)
{
	yaml_event_t ev;
	yaml_scalar_style_t style = YAML_PLAIN_SCALAR_STYLE;

	if (text && bt_json_text_ok(bt_str(s), e) < 0)
		return -1;
	if (text && !bt_yaml_plain(s))
		style = YAML_DOUBLE_QUOTED_SCALAR_STYLE;
	int made = yaml_scalar_event_initialize(&ev, NULL, NULL, (const yaml_char_t *)s,
	                                        (int)strlen(s), 1, 1, style);

	return emit(w, made, &ev, e);
}

static int put_number(struct writer *w, double d, struct bt_err *e)
{
	char text[BT_NUMBER_MAX];

	if (!isfinite(d))
		return bt_fail(e, BT_INVALID, "no infinity and no NaN is written");
	bt_number_text(text, d);
	return put_scalar(w, text, false, e);
}

static int put_value(struct writer *w, const cJSON *t, struct bt_err *e);

static int put_array(struct writer *w, const cJSON *t, struct bt_err *e)
{
	yaml_event_t ev;
	int made =
	        yaml_sequence_start_event_initialize(&ev, NULL, NULL, 1, YAML_BLOCK_SEQUENCE_STYLE);

	if (emit(w, made, &ev, e) < 0)
		return -1;
	for (const cJSON *c = t->child; c; c = c->next)
		if (put_value(w, c, e) < 0)
			return -1;
	return emit(w, yaml_sequence_end_event_initialize(&ev), &ev, e);
}

static int put_object(struct writer *w, const cJSON *t, struct bt_err *e)
{
	yaml_event_t ev;
	size_t n;
	BT_OWN_MEM cJSON **v = bt_json_sorted(t, &n);
	int made =
	        yaml_mapping_start_event_initialize(&ev, NULL, NULL, 1, YAML_BLOCK_MAPPING_STYLE);

	if (emit(w, made, &ev, e) < 0)
		return -1;
	for (size_t i = 0; i < n; i++)
		if (put_scalar(w, v[i]->string, true, e) < 0 || put_value(w, v[i], e) < 0)
			return -1;
	return emit(w, yaml_mapping_end_event_initialize(&ev), &ev, e);
}

static int put_value(struct writer *w, const cJSON *t, struct bt_err *e)
{
	bool nested = cJSON_IsArray(t) || cJSON_IsObject(t);
	int rc;

	if (nested && w->depth >= BT_LIM_DOC_DEPTH)
		return bt_fail(e, BT_LIMIT, "nested deeper than %d", BT_LIM_DOC_DEPTH);
	w->depth += nested;
	switch (t->type & 0xff) { /* above: who owns what */
	case cJSON_NULL:
		rc = put_scalar(w, "null", false, e);
		break;
	case cJSON_True:
		rc = put_scalar(w, "true", false, e);
		break;
	case cJSON_False:
		rc = put_scalar(w, "false", false, e);
		break;
	case cJSON_Number:
		rc = put_number(w, t->valuedouble, e);
		break;
	case cJSON_Raw:
		rc = put_scalar(w, t->valuestring, false, e);
		break;
	case cJSON_String:
		rc = put_scalar(w, t->valuestring, true, e);
		break;
	case cJSON_Array:
		rc = put_array(w, t, e);
		break;
	case cJSON_Object:
		rc = put_object(w, t, e);
		break;
	default:
		rc = bt_fail(e, BT_INVALID, "a value of no type");
	}
	w->depth -= nested;
	return rc;
}

static int put_stream(struct writer *w, const cJSON *tree, struct bt_err *e)
{
	yaml_event_t ev;

	if (emit(w, yaml_stream_start_event_initialize(&ev, YAML_UTF8_ENCODING), &ev, e) < 0 ||
	    emit(w, yaml_document_start_event_initialize(&ev, NULL, NULL, NULL, 1), &ev, e) < 0 ||
	    put_value(w, tree, e) < 0 ||
	    emit(w, yaml_document_end_event_initialize(&ev, 1), &ev, e) < 0)
		return -1;
	return emit(w, yaml_stream_end_event_initialize(&ev), &ev, e);
}

int bt_yaml_encode(const cJSON *tree, struct bt_buf *out, struct bt_err *e)
{
	struct writer w = { .out = out, .e = e };

	if (!yaml_emitter_initialize(&w.emitter))
		return bt_fail(e, BT_LIMIT, "out of memory");
	yaml_emitter_set_output(&w.emitter, sink, &w);
	yaml_emitter_set_width(&w.emitter, -1); /* no folding */
	yaml_emitter_set_unicode(&w.emitter, 1);
	int rc = put_stream(&w, tree, e);

	yaml_emitter_delete(&w.emitter);
	return rc;
}
