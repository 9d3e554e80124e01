#include "unit.h"
#include "bottle/log.h"

#include <fcntl.h>
#include <unistd.h>

static int sink[2];

static int setup(void **state)
{
	(void)state;
	return pipe2(sink, O_NONBLOCK);
}

static int teardown(void **state)
{
	(void)state;
	bt_log_set(BT_LOG_WARN, 2);
	close(sink[0]);
	close(sink[1]);
	return 0;
}

static void written(const char *want)
{
	char got[4096] = "";
	ssize_t n = read(sink[0], got, sizeof got - 1);

	got[n > 0 ? n : 0] = '\0';
	assert_string_equal(got, want);
}

static void only_what_is_asked_for_is_written(void **state)
{
	(void)state;
	bt_log_set(BT_LOG_WARN, sink[1]);
	assert_true(bt_log_on(BT_LOG_ERROR));
	assert_false(bt_log_on(BT_LOG_INFO));
	log_info("gate", "quiet");
	log_warn("gate.tls", "loud %d", 7);
	written("bottle: warn: gate.tls: loud 7\n");
	bt_log_set(BT_LOG_DEBUG, sink[1]);
	log_debug("x", "y");
	written("bottle: debug: x: y\n");
}

static void one_call_is_one_line_whatever_it_holds(void **state)
{
	(void)state;
	bt_log_set(BT_LOG_WARN, sink[1]);
	log_error("x", "a\nb\x1b[2J\r\xff");
	written("bottle: error: x: a\\x0ab\\x1b[2J\\x0d\\xff\n");
}

static void a_failure_is_reported_with_its_place_only_when_verbose(void **state)
{
	struct bt_err e = { BT_DENIED, 0, "f.c:1", "no way" };

	(void)state;
	bt_log_set(BT_LOG_ERROR, sink[1]);
	bt_log_report(&e, false);
	written("bottle: no way\n");
	bt_log_report(&e, true);
	written("bottle: no way [denied, f.c:1]\n");
}

static void escapes(const char *in, const char *want)
{
	char out[64];
	size_t n = bt_log_escape(out, sizeof out, in, strlen(in));

	assert_string_equal(out, want);
	assert_int_equal(n, strlen(want));
}

static void what_deceives_a_reader_is_escaped(void **state)
{
	(void)state;
	escapes("plain \xc3\xa9", "plain \xc3\xa9");
	escapes("\xc2\x9b", "\\xc2\\x9b");            /* CSI as one C1 control */
	escapes("\xe2\x80\xae", "\\xe2\\x80\\xae");   /* right-to-left override */
	escapes("\xe2\x81\xa6x", "\\xe2\\x81\\xa6x"); /* isolate */
	escapes("\xe2\x80\x8b", "\\xe2\\x80\\x8b");   /* zero width space */
	escapes("\x7f", "\\x7f");
	escapes("\xc3", "\\xc3");
}

static void escaping_stops_before_the_end_of_the_room(void **state)
{
	char out[8];

	(void)state;
	memset(out, 'Z', sizeof out);
	assert_int_equal(bt_log_escape(out, 6, "abc\x01", 4), 3); /* no half escape */
	assert_string_equal(out, "abc");
	assert_int_equal(out[6], 'Z');
	assert_int_equal(bt_log_escape(out, 1, "abc", 3), 0);
	assert_string_equal(out, "");
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(only_what_is_asked_for_is_written),
		CASE(one_call_is_one_line_whatever_it_holds),
		CASE(a_failure_is_reported_with_its_place_only_when_verbose),
		CASE(what_deceives_a_reader_is_escaped),
		CASE(escaping_stops_before_the_end_of_the_room),
	};
	return cmocka_run_group_tests_name("log", tests, NULL, NULL);
}
