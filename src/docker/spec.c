/* spec.c - what a caller asks of an operation: checked against its row, read by key. */
#include "impl.h"

#include <stdio.h>
#include <string.h>

#include "bottle/mem.h"

#define KEYS_MAX 16

struct key {
	char name[24];
	char type;
	bool must;
};

/* "id:s! force:b" */
static size_t parse_keys(const char *text, struct key *keys)
{
	size_t n = 0;
	struct bt_str rest = bt_str(text), word;

	while (rest.n && n < KEYS_MAX) {
		(void)bt_str_cut(&rest, ' ', &word);
		struct key *k = &keys[n];
		struct bt_str name;

		(void)bt_str_cut(&word, ':', &name);
		if (name.n == 0 || word.n == 0)
			continue;
		(void)snprintf(k->name, sizeof k->name, "%.*s", (int)name.n, name.p);
		k->type = word.p[0];
		k->must = word.n > 1 && word.p[1] == '!';
		n++;
	}
	return n;
}

static bool strings(const cJSON *v)
{
	const cJSON *item;

	cJSON_ArrayForEach(item, v) if (!cJSON_IsString(item)) return false;
	/* An empty Lua table is an object here: no strings are no strings. */
	return cJSON_IsArray(v) || (cJSON_IsObject(v) && !v->child);
}

static bool fits(const cJSON *v, char type)
{
	switch (type) {
	case 's':
		return cJSON_IsString(v);
	case 'b':
		return cJSON_IsBool(v);
	case 'i':
		return cJSON_IsNumber(v);
	case 'a':
		return strings(v);
	default:
		return cJSON_IsObject(v);
	}
}

static const char *type_name(char type)
{
	return type == 's'   ? "a string"
	       : type == 'b' ? "a boolean"
	       : type == 'i' ? "a number"
	       : type == 'a' ? "a list of strings"
	                     : "a table";
}

static const struct key *lookup(const struct key *keys, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(keys[i].name, name) == 0)
			return &keys[i];
	return NULL;
}

int bt_spec_check(const struct bt_op *op, const cJSON *spec, struct bt_err *e)
{
	struct key keys[KEYS_MAX];
	size_t n = parse_keys(op->keys, keys);
	const cJSON *v;

	if (cJSON_IsArray(spec))
		return bt_fail(e, BT_USAGE, "want a table with named fields");
	cJSON_ArrayForEach(v, spec)
	{
		const struct key *k = lookup(keys, n, v->string);

		if (!k)
			return bt_fail(e, BT_USAGE, "unknown field '%.40s'", v->string);
		if (!fits(v, k->type))
			return bt_fail(e, BT_USAGE, "field '%s': want %s", k->name,
			               type_name(k->type));
		if (k->must && cJSON_IsString(v) && !*v->valuestring)
			return bt_fail(e, BT_USAGE, "field '%s' is empty", k->name);
	}
	for (size_t i = 0; i < n; i++)
		if (keys[i].must && !cJSON_GetObjectItemCaseSensitive(spec, keys[i].name))
			return bt_fail(e, BT_USAGE, "field '%s' is missing", keys[i].name);
	return 0;
}

const cJSON *bt_spec(const struct bt_call *c, const char *key)
{
	return cJSON_GetObjectItemCaseSensitive(c->spec, key);
}

const char *bt_spec_str(const struct bt_call *c, const char *key)
{
	return cJSON_GetStringValue(bt_spec(c, key));
}

bool bt_spec_bool(const struct bt_call *c, const char *key, bool absent)
{
	const cJSON *v = bt_spec(c, key);

	return v ? cJSON_IsTrue(v) : absent;
}

double bt_spec_num(const struct bt_call *c, const char *key, double absent)
{
	const cJSON *v = bt_spec(c, key);

	return v ? v->valuedouble : absent;
}

cJSON *bt_spec_body(const struct bt_call *c)
{
	const cJSON *body = bt_spec(c, "body");

	return body ? cJSON_Duplicate(body, true) : cJSON_CreateObject();
}

void bt_request_filters(struct bt_call *c, const char *const *keys)
{
	cJSON *filters = cJSON_CreateObject();

	for (; *keys; keys++) {
		const char *v = bt_spec_str(c, *keys);

		if (v)
			cJSON_AddItemToArray(cJSON_AddArrayToObject(filters, *keys),
			                     cJSON_CreateString(v));
	}
	char *text = filters->child ? cJSON_PrintUnformatted(filters) : NULL;

	bt_request_query(c, "filters", text);
	free(text);
	cJSON_Delete(filters);
}

const char *bt_json_str(const cJSON *object, const char *key)
{
	const char *s = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, key));

	return s ? s : "";
}

/* A member that is null says no more than one that is not there. */
static void drop_nulls(cJSON *tree)
{
	cJSON *next;

	for (cJSON *v = tree->child; v; v = next) {
		next = v->next;
		if (cJSON_IsNull(v) && cJSON_IsObject(tree))
			cJSON_Delete(cJSON_DetachItemViaPointer(tree, v));
		else
			drop_nulls(v); /* as deep as cJSON's parser went: 1000 at most */
	}
}

int bt_answer_json(struct bt_call *c, struct bt_err *e)
{
	cJSON *json = cJSON_ParseWithLength((const char *)c->body.p, c->body.len);

	if (!json)
		return bt_fail(e, BT_PROTO, "the engine's answer is not JSON");
	drop_nulls(json);
	bt_answer(c, json);
	return 0;
}

void bt_answer(struct bt_call *c, cJSON *json)
{
	cJSON_Delete(c->json);
	c->json = json;
	c->result = (struct bt_result){ .kind = BT_RESULT_JSON, .json = json, .code = -1 };
}

void bt_answer_output(struct bt_call *c, int code)
{
	c->result = (struct bt_result){ .kind = BT_RESULT_OUTPUT,
		                        .out = { bt_buf_str(&c->out[0]), bt_buf_str(&c->out[1]) },
		                        .code = code };
}
