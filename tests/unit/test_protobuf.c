#include "unit.h"
#include "../../src/codec/protobuf.h"

static char got[256];

static const char *strings(const char *type, const char *p, size_t n)
{
	BT_OWN_BUF out = BT_BUF(4096);
	struct bt_err e = { 0 };

	assert_ok(bt_protobuf_strings(&out, (struct bt_str){ p, n }, bt_str(type), &e), &e);
	assert_true(out.len < sizeof got);
	for (size_t i = 0; i < out.len; i++)
		got[i] = (char)(out.p[i] ? out.p[i] : '|');
	got[out.len] = '\0';
	return got;
}

#define GRPC(text) strings("application/grpc+proto", text, sizeof text - 1)
#define PROTO(text) strings("application/x-protobuf", text, sizeof text - 1)

static void each_string_stands_by_itself(void **state)
{
	(void)state;
	assert_string_equal(PROTO("\x0a\x05"
	                          "hello\x10\x96\x01\x1a\x03one"),
	                    "hello|one|");
	assert_string_equal(PROTO("\x09"
	                          "12345678\x0a\x02hi\x15"
	                          "1234"),
	                    "hi|");
	assert_string_equal(PROTO("\x0a\x04"
	                          "a\0b\0"),
	                    "ab|");
}

static void a_message_inside_is_gone_into(void **state)
{
	(void)state;
	assert_string_equal(PROTO("\x0a\x06\x12\x04"
	                          "deep\x12\x01x"),
	                    "deep|x|");
	/* What can be a text as well is both. */
	assert_string_equal(
	        PROTO("\x0a\x24\"\"0123456789012345678901234567890123"),
	        "\"\"0123456789012345678901234567890123|0123456789012345678901234567890123|");
}

static void the_messages_of_grpc_stand_in_a_row(void **state)
{
	(void)state;
	assert_string_equal(GRPC("\0\0\0\0\x04\x0a\x02hi\0\0\0\0\x05\x0a\x03you"), "hi|you|");
	assert_string_equal(GRPC("\0\0\0\0\xff\x0a\x02hi"), "hi|"); /* cut short */
	assert_string_equal(GRPC("\0\0\0"), "");
}

static void what_is_no_message_has_no_strings(void **state)
{
	(void)state;
	assert_string_equal(PROTO("plain text"), "");
	assert_string_equal(PROTO("\x0a\x7fshort"), "");
	assert_string_equal(PROTO("\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01x"), "");
	assert_string_equal(PROTO(""), "");
	assert_string_equal(PROTO("\x0a\x02hi\xff"), "hi|"); /* up to there it was one */
}

static void types_are_told(void **state)
{
	(void)state;
	assert_true(bt_protobuf_is(bt_str("application/grpc")));
	assert_true(bt_protobuf_is(bt_str("Application/gRPC-web+proto")));
	assert_true(bt_protobuf_is(bt_str("application/x-protobuf")));
	assert_false(bt_protobuf_is(bt_str("application/grpc-web-text")));
	assert_false(bt_protobuf_is(bt_str("text/plain")));
}

static void nesting_ends_somewhere(void **state)
{
	char deep[200];
	size_t n = 0;

	(void)state;
	for (int left = 60; left > 0; left -= 2) {
		deep[n++] = 0x0a;
		deep[n++] = (char)(left - 2);
	}
	(void)strings("application/protobuf", deep, n);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_string_stands_by_itself),
		cmocka_unit_test(a_message_inside_is_gone_into),
		cmocka_unit_test(the_messages_of_grpc_stand_in_a_row),
		cmocka_unit_test(what_is_no_message_has_no_strings),
		cmocka_unit_test(types_are_told),
		cmocka_unit_test(nesting_ends_somewhere),
	};
	return cmocka_run_group_tests_name("protobuf", tests, NULL, NULL);
}
