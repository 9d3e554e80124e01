#include "unit.h"
#include "bottle/json.h"

#include <math.h>
#include <stdlib.h>

#include "bottle/limits.h"

static void refused(const char *text, enum bt_code code, const char *why)
{
	cJSON *t = NULL;
	struct bt_err e = { 0 };

	if (bt_json_decode(bt_str(text), &t, NULL, &e) == 0)
		fail_msg("taken: %s", text);
	assert_null(t);
	assert_int_equal(e.code, code);
	if (!strstr(e.msg, why))
		fail_msg("%s: got '%s', want '%s'", text, e.msg, why);
}

static void encodes(const char *text, const char *want, enum bt_json_form form)
{
	BT_OWN_JSON *t = NULL;
	BT_OWN_BUF b = BT_BUF(4096);
	struct bt_err e = { 0 };

	assert_ok(bt_json_decode(bt_str(text), &t, NULL, &e), &e);
	assert_ok(bt_json_encode(t, form, &b, &e), &e);
	assert_ok(bt_buf_add(&b, "", 1, &e), &e);
	assert_string_equal((const char *)b.p, want);
}

static void errors_give_line_and_column_in_characters(void **state)
{
	(void)state;
	refused("{\n  \"a\": 1,\n  \"b\" 2\n}", BT_INVALID, "line 3 column 7: want ':'");
	refused("[\"\xc3\xa9\xc3\xa9\" x]", BT_INVALID, "line 1 column 7: want ',' or ']'");
	refused("", BT_INVALID, "line 1 column 1: the document ends too early");
	refused("[1] 2", BT_INVALID, "line 1 column 5: something follows");
}

static void what_cjson_would_let_pass_is_refused(void **state)
{
	(void)state;
	refused("[01]", BT_INVALID, "not a number");
	refused("[1.]", BT_INVALID, "not a number");
	refused("[-]", BT_INVALID, "not a number");
	refused("[1,]", BT_INVALID, "a comma before ']'");
	refused("{\"a\":1,}", BT_INVALID, "a comma before '}'");
	refused("[\"a\tb\"]", BT_INVALID, "control character");
	refused("[\"\\x\"]", BT_INVALID, "unknown escape");
	refused("[\"\\ud800\"]", BT_INVALID, "surrogate");
	refused("[\"\\udc00\"]", BT_INVALID, "surrogate");
	refused("[\"\\u0000\"]", BT_INVALID, "U+0000");
	refused("[\"\xff\"]", BT_INVALID, "not UTF-8");
	refused("\xef\xbb\xbf[]", BT_INVALID, "want a value");
	refused("[1e999]", BT_LIMIT, "too large");
	refused("[nul]", BT_INVALID, "want a value");
	refused("[\"a", BT_INVALID, "does not end");
}

static void duplicate_keys_are_refused_where_the_second_stands(void **state)
{
	(void)state;
	refused("{\"a\":1,\n\"b\":{\"x\":1,\n\"x\":2}}", BT_INVALID,
	        "line 3 column 5: duplicate key 'x'");
	refused("{\"a\":1,\"\\u0061\":2}", BT_INVALID, "duplicate key 'a'");
}

static void depth_and_size_are_bounded(void **state)
{
	char deep[BT_LIM_DOC_DEPTH + 2];
	struct bt_err e = { 0 };
	cJSON *t = NULL;

	(void)state;
	memset(deep, '[', sizeof deep);
	deep[sizeof deep - 1] = '\0';
	refused(deep, BT_LIMIT, "nested deeper than 64");
	char *big = calloc(1, BT_LIM_DOC_BYTES + 1);

	memset(big, ' ', BT_LIM_DOC_BYTES + 1);
	assert_int_equal(bt_json_decode((struct bt_str){ big, BT_LIM_DOC_BYTES + 1 }, &t, NULL, &e),
	                 -1);
	assert_int_equal(e.code, BT_LIMIT);
	free(big);
}

static void keys_are_sorted_and_pretty_is_two_spaces(void **state)
{
	(void)state;
	encodes("{\"b\":[1,{}],\"a\":{\"c\":[],\"B\":null}}",
	        "{\"a\":{\"B\":null,\"c\":[]},\"b\":[1,{}]}", BT_JSON_COMPACT);
	encodes("{\"b\":[1,true],\"a\":\"x\"}",
	        "{\n  \"a\": \"x\",\n  \"b\": [\n    1,\n    true\n  ]\n}\n", BT_JSON_PRETTY);
	encodes("\"\\u001f\\\"\\\\\\n/\\u00e9\"", "\"\\u001f\\\"\\\\\\n/\xc3\xa9\"",
	        BT_JSON_COMPACT);
}

static void whole_numbers_have_no_exponent_and_others_are_shortest(void **state)
{
	(void)state;
	encodes("[2000000000000000,9007199254740992,-5,-0,1.0]",
	        "[2000000000000000,9007199254740992,-5,0,1]", BT_JSON_COMPACT);
	encodes("[0.1,1e300,2.5e-3,1.7976931348623157e308]",
	        "[0.1,1.0e+300,0.0025,1.7976931348623157e+308]", BT_JSON_COMPACT);
}

static void what_json_cannot_say_is_not_written(void **state)
{
	BT_OWN_BUF b = BT_BUF(4096);
	BT_OWN_BUF tiny = BT_BUF(3);
	BT_OWN_JSON *nan = cJSON_CreateNumber((double)NAN);
	BT_OWN_JSON *bytes = cJSON_CreateString("\xff");
	BT_OWN_JSON *text = cJSON_CreateString("long");
	struct bt_err e = { 0 };

	(void)state;
	assert_int_equal(bt_json_encode(nan, BT_JSON_COMPACT, &b, &e), -1);
	assert_int_equal(e.code, BT_INVALID);
	assert_int_equal(bt_json_encode(bytes, BT_JSON_COMPACT, &b, &e), -1);
	assert_int_equal(e.code, BT_INVALID);
	assert_int_equal(bt_json_encode(text, BT_JSON_COMPACT, &tiny, &e), -1);
	assert_int_equal(e.code, BT_LIMIT);
}

static void places_name_every_value_by_path(void **state)
{
	static const struct bt_place want[] = { { (char *)"", 1, 1 },
		                                { (char *)"agents", 2, 11 },
		                                { (char *)"agents[\"a.b\"]", 2, 19 },
		                                { (char *)"agents[\"a.b\"].skills", 3, 11 },
		                                { (char *)"agents[\"a.b\"].skills[1]", 3, 12 },
		                                { (char *)"agents[\"a.b\"].skills[2]", 4, 1 } };
	BT_OWN_JSON *t = NULL;
	struct bt_places p = { 0 };
	struct bt_err e = { 0 };

	(void)state;
	assert_ok(bt_json_decode(BT_STR_LIT("{\n\"agents\":{\"a.b\":{\n\"skills\":[1,\n2]}}}"), &t,
	                         &p, &e),
	          &e);
	assert_int_equal(p.n, sizeof want / sizeof *want);
	for (size_t i = 0; i < p.n; i++) {
		assert_string_equal(p.v[i].path, want[i].path);
		assert_int_equal(p.v[i].line, want[i].line);
	}
	assert_int_equal(p.v[5].column, 1);
	bt_places_free(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(errors_give_line_and_column_in_characters),
		cmocka_unit_test(what_cjson_would_let_pass_is_refused),
		cmocka_unit_test(duplicate_keys_are_refused_where_the_second_stands),
		cmocka_unit_test(depth_and_size_are_bounded),
		cmocka_unit_test(keys_are_sorted_and_pretty_is_two_spaces),
		cmocka_unit_test(whole_numbers_have_no_exponent_and_others_are_shortest),
		cmocka_unit_test(what_json_cannot_say_is_not_written),
		cmocka_unit_test(places_name_every_value_by_path),
	};
	return cmocka_run_group_tests_name("json", tests, NULL, NULL);
}
