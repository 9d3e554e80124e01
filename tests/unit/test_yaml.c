#include "unit.h"
#include "bottle/yaml.h"

/* The JSON text of a YAML text. */
static void reads(const char *yaml, const char *json)
{
	BT_OWN_JSON *t = NULL;
	BT_OWN_BUF b = BT_BUF(4096);
	struct bt_err e = { 0 };

	assert_ok(bt_yaml_decode(bt_str(yaml), &t, NULL, &e), &e);
	assert_ok(bt_json_encode(t, BT_JSON_COMPACT, &b, &e), &e);
	assert_ok(bt_buf_add(&b, "", 1, &e), &e);
	assert_string_equal((const char *)b.p, json);
}

static void writes(const char *json, const char *yaml)
{
	BT_OWN_JSON *t = NULL;
	BT_OWN_BUF b = BT_BUF(4096);
	struct bt_err e = { 0 };

	assert_ok(bt_json_decode(bt_str(json), &t, NULL, &e), &e);
	assert_ok(bt_yaml_encode(t, &b, &e), &e);
	assert_ok(bt_buf_add(&b, "", 1, &e), &e);
	assert_string_equal((const char *)b.p, yaml);
}

static void refused(const char *yaml, const char *why)
{
	cJSON *t = NULL;
	struct bt_err e = { 0 };

	if (bt_yaml_decode(bt_str(yaml), &t, NULL, &e) == 0)
		fail_msg("taken: %s", yaml);
	assert_null(t);
	if (!strstr(e.msg, why))
		fail_msg("%s: got '%s', want '%s'", yaml, e.msg, why);
}

static void plain_scalars_follow_the_core_schema(void **state)
{
	(void)state;
	reads("[~, null, Null, true, FALSE, 12, -3, +4, 0x1f, 0o17, 1.5e3, .5, 1.]",
	      "[null,null,null,true,false,12,-3,4,31,15,1500,0.5,1]");
	reads("[yes, no, on, off, y, 1_000, 0b1, '1:30', 1.2.3.4, -0x1f, 12e, e3]",
	      "[\"yes\",\"no\",\"on\",\"off\",\"y\",\"1_000\",\"0b1\",\"1:30\",\"1.2.3.4\","
	      "\"-0x1f\",\"12e\",\"e3\"]");
	reads("a:\nb: ", "{\"a\":null,\"b\":null}");
	reads("", "null");
	reads("# nothing\n", "null");
}

static void quoted_scalars_and_keys_are_strings(void **state)
{
	(void)state;
	reads("['12', \"true\", '', \"~\"]", "[\"12\",\"true\",\"\",\"~\"]");
	reads("8080: a\ntrue: b\n", "{\"8080\":\"a\",\"true\":\"b\"}");
	reads("a: |\n  one\n   two\n", "{\"a\":\"one\\n two\\n\"}");
}

static void what_makes_yaml_dangerous_is_refused_with_its_place(void **state)
{
	(void)state;
	refused("a: 1\nb: &x 2\n", "line 2 column 4: anchors are not taken: &x");
	refused("a: *x\n", "aliases are not taken: *x");
	refused("a: !!str 1\n", "line 1 column 4: tags are not taken");
	refused("a: !x {}\n", "tags are not taken");
	refused("<<: {a: 1}\n", "merge keys are not taken");
	refused("a: 1\n---\nb: 2\n", "line 2 column 1: a second document");
	refused("a: 1\nb:\n  x: 1\n  y: 2\n  x: 3\n", "line 5 column 3: duplicate key 'x'");
	refused("? [a]\n: b\n", "a key must be a scalar");
	refused("?\n: b\n", "a key is missing");
	refused("\"\\0\": 1\n", "U+0000");
}

static void what_two_readers_would_read_differently_is_refused(void **state)
{
	(void)state;
	refused("mode: 0644\n", "line 1 column 7: 0644 is octal to YAML 1.1");
	refused("a: -.inf\n", "has no place here");
	refused("a: .NaN\n", "has no place here");
	refused("a: 1e999\n", "too large");
	reads("mode: '0644'\nzero: 0\n", "{\"mode\":\"0644\",\"zero\":0}");
}

static void syntax_errors_give_line_and_column(void **state)
{
	(void)state;
	refused("a: 1\n\tb: 2\n", "line 2 column 1");
	refused("a: [1, 2\n", "line 2 column 1");
	refused("a: \xff\n", "byte 4: ");
	refused("a: \x01\n", "byte ");
}

static void depth_is_bounded(void **state)
{
	char deep[200] = "";

	(void)state;
	memset(deep, '[', 65);
	memset(deep + 65, ']', 65);
	refused(deep, "nested deeper than 64");
	memset(deep, '-', sizeof deep - 1);
	for (size_t i = 1; i < sizeof deep - 1; i += 2)
		deep[i] = ' ';
	refused(deep, "nested deeper than 64");
}

static void strings_that_look_like_something_else_are_quoted(void **state)
{
	(void)state;
	writes("{\"b\":[\"yes\",\"No\",\"~\",\"12\",\"1.2.3.4:80\",\"0x1f\",\"2001-01-01\",\"\","
	       "\"a: b\",\"a #b\",\" a\",\"a \",\"- a\",\"*x\",\"<<\",\"=\",\"null\"],\"a\":\"api."
	       "x.test:443\"}",
	       "a: api.x.test:443\nb:\n- \"yes\"\n- \"No\"\n- \"~\"\n- \"12\"\n- \"1.2.3.4:80\"\n"
	       "- \"0x1f\"\n- \"2001-01-01\"\n- \"\"\n- \"a: b\"\n- \"a #b\"\n- \" a\"\n- \"a \"\n"
	       "- \"- a\"\n- \"*x\"\n- \"<<\"\n- \"=\"\n- \"null\"\n");
}

static void blocks_are_sorted_and_empty_ones_stay(void **state)
{
	(void)state;
	writes("{\"z\":{},\"a\":[],\"m\":{\"k\":[1,{\"x\":null}]}}",
	       "a: []\nm:\n  k:\n  - 1\n  - x: null\nz: {}\n");
	writes("{\"k\":\"one\\ntwo\\u0007\",\"true\":1}", "k: \"one\\ntwo\\a\"\n\"true\": 1\n");
}

static void places_name_every_value_by_path(void **state)
{
	BT_OWN_JSON *t = NULL;
	struct bt_places p = { 0 };
	struct bt_err e = { 0 };

	(void)state;
	assert_ok(bt_yaml_decode(BT_STR_LIT("agents:\n  impl-er:\n    skills:\n    - a\n    - b\n"),
	                         &t, &p, &e),
	          &e);
	assert_int_equal(p.n, 6);
	assert_string_equal(p.v[0].path, "");
	assert_string_equal(p.v[5].path, "agents.impl-er.skills[2]");
	assert_int_equal(p.v[5].line, 5);
	assert_int_equal(p.v[5].column, 7);
	bt_places_free(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plain_scalars_follow_the_core_schema),
		cmocka_unit_test(quoted_scalars_and_keys_are_strings),
		cmocka_unit_test(what_makes_yaml_dangerous_is_refused_with_its_place),
		cmocka_unit_test(what_two_readers_would_read_differently_is_refused),
		cmocka_unit_test(syntax_errors_give_line_and_column),
		cmocka_unit_test(depth_is_bounded),
		cmocka_unit_test(strings_that_look_like_something_else_are_quoted),
		cmocka_unit_test(blocks_are_sorted_and_empty_ones_stay),
		cmocka_unit_test(places_name_every_value_by_path),
	};
	return cmocka_run_group_tests_name("yaml", tests, NULL, NULL);
}
