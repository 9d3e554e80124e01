#include "unit.h"
#include "bottle/event.h"

#include <cjson/cJSON.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static char line[BT_EVENT_LINE];

static void fields_stand_in_one_order_and_only_those_set(void **state)
{
	struct bt_event ev = BT_EVENT("blocked");

	(void)state;
	ev.verdict = BT_BLOCK;
	ev.id = 7;
	ev.scanner = "allowlist";
	ev.rule = "default";
	ev.host = "evil.test";
	ev.port = 443;
	ev.method = "CONNECT";
	ev.status = 403;
	ev.bytes_out = 0;
	ev.ms = 0.25;
	ev.reason = "domain not in allowlist: evil.test";
	(void)bt_event_format(line, sizeof line, &ev, "impl-ab12c", 1700000000123);
	assert_string_equal(line,
	                    "{\"ts\":\"2023-11-14T22:13:20.123Z\",\"slug\":\"impl-ab12c\",\"id\":7,"
	                    "\"event\":\"blocked\",\"verdict\":\"block\",\"scanner\":\"allowlist\","
	                    "\"rule\":\"default\",\"host\":\"evil.test\",\"port\":443,"
	                    "\"method\":\"CONNECT\",\"status\":403,\"bytes_out\":0,\"ms\":0.250,"
	                    "\"reason\":\"domain not in allowlist: evil.test\"}\n");
	ev = BT_EVENT("ready");
	(void)bt_event_format(line, sizeof line, &ev, NULL, 0);
	assert_string_equal(line, "{\"ts\":\"1970-01-01T00:00:00.000Z\",\"event\":\"ready\"}\n");
}

/* Against the C library's own calendar, a step of a little more than 9 days for 3,000 years. */
static void every_date_is_the_right_one(void **state)
{
	struct bt_event ev = BT_EVENT("ready");

	(void)state;
	for (int64_t s = 0; s < 94670856000; s += 799999) {
		time_t t = (time_t)s;
		struct tm tm;
		char want[64];

		assert_non_null(gmtime_r(&t, &tm));
		assert_int_not_equal(strftime(want, sizeof want, "\"%Y-%m-%dT%H:%M:%S.007Z\"", &tm),
		                     0);
		(void)bt_event_format(line, sizeof line, &ev, NULL, s * 1000 + 7);
		if (!strstr(line, want))
			fail_msg("want %s in %s", want, line);
	}
}

static void numbers_are_written_whole(void **state)
{
	static const struct {
		double ms;
		const char *text;
	} all[] = { { 0, ":0.000}" },
		    { 0.0004, ":0.000}" },
		    { 0.0006, ":0.001}" },
		    { 9.9999, ":10.000}" },
		    { 123456789.25, ":123456789.250}" } };
	struct bt_event ev = BT_EVENT("request");

	(void)state;
	for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
		ev.ms = all[i].ms;
		(void)bt_event_format(line, sizeof line, &ev, NULL, 0);
		if (!strstr(line, all[i].text))
			fail_msg("want %s in %s", all[i].text, line);
	}
	ev.ms = -1;
	ev.bytes_in = INT64_MAX;
	ev.bytes_out = INT64_MIN;
	(void)bt_event_format(line, sizeof line, &ev, NULL, 0);
	assert_non_null(strstr(line, "\"bytes_out\":-9223372036854775808,"
	                             "\"bytes_in\":9223372036854775807}"));
}

static void text_of_strangers_cannot_leave_its_string(void **state)
{
	struct bt_event ev = BT_EVENT("blocked");

	(void)state;
	ev.path = "/\"\\\r\n\x1b[31m\x7f\xc2\x9b\xe2\x80\xae\xff\xc0\xaf\xed\xa0\x80z";
	(void)bt_event_format(line, sizeof line, &ev, NULL, 0);
	assert_non_null(strstr(line, "\"path\":\"/\\\"\\\\\\u000d\\u000a\\u001b[31m\\u007f\\u009b"
	                             "\\u202e\\ufffd\\ufffd\\ufffd\\ufffd\\ufffd\\ufffdz\"}\n"));
	assert_int_equal(strchr(line, '\n') - line, (long)strlen(line) - 1);
}

static void a_url_that_held_a_secret_is_cut_to_its_host(void **state)
{
	struct bt_event ev = BT_EVENT("blocked");

	(void)state;
	ev.host = "api.good.test";
	ev.scheme = "http";
	ev.path = "/x?k=ghp_secret";
	ev.redact_path = true;
	(void)bt_event_format(line, sizeof line, &ev, NULL, 0);
	assert_null(strstr(line, "ghp_"));
	assert_non_null(strstr(line, "\"path\":\"http://api.good.test/[redacted]\""));
}

static void a_line_is_whole_json_whatever_is_in_it(void **state)
{
	static char big[10000];
	struct bt_event ev = BT_EVENT("blocked");
	static const char *const fill[] = { "a", "\x01", "\xff", "\"", "\xe2\x82\xac" };

	(void)state;
	for (size_t f = 0; f < 5; f++)
		for (size_t cap = 512; cap <= sizeof line; cap += 61) {
			big[0] = '\0';
			for (size_t n = 0; n + 4 < sizeof big; n += strlen(fill[f]))
				strcpy(big + n, fill[f]);
			ev.host = ev.path = ev.reason = ev.method = ev.rule = ev.pattern = big;
			size_t n = bt_event_format(line, cap, &ev, big, 1);

			assert_true(n < cap);
			assert_int_equal(line[n], '\0');
			assert_int_equal(line[n - 1], '\n');
			cJSON *j = cJSON_Parse(line);

			if (!j)
				fail_msg("cap %zu: not JSON: %s", cap, line);
			cJSON_Delete(j);
		}
}

static void a_reader_that_does_not_read_blocks_nobody(void **state)
{
	struct bt_event ev = BT_EVENT("request");
	int fd[2];
	unsigned written = 0;

	(void)state;
	assert_int_equal(pipe(fd), 0); /* both ends blocking */
	BT_OWN(bt_events) s = bt_events_open(fd[1], "x");

	while (bt_event_write(s, &ev))
		assert_true(++written < 1000000);
	assert_int_equal(bt_events_dropped(s), 1);
	assert_false(bt_events_flush(s));

	/* Once it reads, what waited comes out in order and whole. */
	static char in[1 << 16];
	char last = 0;

	assert_int_equal(fcntl(fd[0], F_SETFL, O_NONBLOCK), 0);
	while (!bt_events_flush(s) || last != 'E') {
		ssize_t n = read(fd[0], in, sizeof in);

		last = 'E';
		for (ssize_t i = 0; i < n; i++) {
			written -= in[i] == '\n';
			last = ' ';
		}
	}
	assert_int_equal(written, 0);
	assert_true(bt_event_write(s, &ev));
	(void)close(fd[0]);
	(void)close(fd[1]);
}

static void what_is_queued_goes_out_together_in_whole_lines(void **state)
{
	static char in[1 << 16];
	struct bt_event ev = BT_EVENT("request");
	int fd[2];
	ssize_t all = 0, n;

	(void)state;
	ev.path = "/a/path/that/makes/a/line/of/some/length";
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, fd), 0); /* shows each write */
	BT_OWN(bt_events) s = bt_events_open(fd[1], "x");

	for (int i = 0; i < 100; i++)
		assert_true(bt_event_queue(s, &ev));
	assert_int_equal(recv(fd[0], in, sizeof in, MSG_DONTWAIT), -1);
	ev.event = "blocked";
	assert_true(bt_event_write(s, &ev)); /* and what waits before it */
	assert_true(bt_events_flush(s));
	while ((n = recv(fd[0], in + all, sizeof in - (size_t)all, MSG_DONTWAIT)) > 0) {
		assert_true(n <= BT_EVENT_LINE);
		all += n;
		assert_int_equal(in[all - 1], '\n');
	}
	in[all] = '\0';
	n = 0;
	for (const char *p = in; (p = strchr(p, '\n')); p++)
		n++;
	assert_int_equal(n, 101);
	assert_non_null(strstr(in + all - 200, "\"blocked\""));
	(void)close(fd[0]);
	(void)close(fd[1]);
}

static void a_reader_that_went_away_is_noticed(void **state)
{
	struct bt_event ev = BT_EVENT("request");
	int fd[2];

	(void)state;
	(void)signal(SIGPIPE, SIG_IGN);
	assert_int_equal(pipe(fd), 0);
	(void)close(fd[0]);
	BT_OWN(bt_events) s = bt_events_open(fd[1], NULL);

	assert_false(bt_event_write(s, &ev));
	assert_int_equal(bt_events_dropped(s), 1);
	(void)close(fd[1]);
}

static void some_room_is_kept_for_what_is_under_way(void **state)
{
	struct bt_event ev = BT_EVENT("request");
	int fd[2];
	unsigned still = 0;

	(void)state;
	assert_int_equal(pipe(fd), 0);
	BT_OWN(bt_events) s = bt_events_open(fd[1], "x");

	while (bt_events_ready(s))
		(void)bt_event_write(s, &ev);
	while (bt_event_write(s, &ev)) /* for what is under way */
		still++;
	assert_true(still > 100);
	(void)close(fd[0]);
	(void)close(fd[1]);
}

static void a_disk_that_was_full_loses_nothing(void **state)
{
	struct bt_event ev = BT_EVENT("request");
	int full = open("/dev/full", O_WRONLY), fd = memfd_create("events", MFD_CLOEXEC);
	struct bt_events *s = bt_events_open(full, "x");

	(void)state;
	assert_true(full >= 0 && fd >= 0);
	assert_true(bt_events_ready(s)); /* it cannot be told before the first try */
	assert_true(bt_event_queue(s, &ev));
	assert_false(bt_events_flush(s));
	assert_false(bt_events_ready(s));
	assert_int_equal(dup2(fd, full), full); /* somebody made room */
	assert_true(bt_events_flush(s));
	assert_true(bt_events_ready(s));
	assert_true(lseek(fd, 0, SEEK_END) > 0);
	bt_events_close(s);
	(void)close(full);
	(void)close(fd);
}

static void a_reader_that_went_away_is_known_before_anything_is_written(void **state)
{
	int fd[2];

	(void)state;
	assert_int_equal(pipe(fd), 0);
	BT_OWN(bt_events) s = bt_events_open(fd[1], NULL);

	assert_true(bt_events_ready(s));
	(void)close(fd[0]);
	assert_false(bt_events_ready(s));
	(void)close(fd[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fields_stand_in_one_order_and_only_those_set),
		cmocka_unit_test(every_date_is_the_right_one),
		cmocka_unit_test(numbers_are_written_whole),
		cmocka_unit_test(some_room_is_kept_for_what_is_under_way),
		cmocka_unit_test(a_disk_that_was_full_loses_nothing),
		cmocka_unit_test(a_reader_that_went_away_is_known_before_anything_is_written),
		cmocka_unit_test(what_is_queued_goes_out_together_in_whole_lines),
		cmocka_unit_test(text_of_strangers_cannot_leave_its_string),
		cmocka_unit_test(a_url_that_held_a_secret_is_cut_to_its_host),
		cmocka_unit_test(a_line_is_whole_json_whatever_is_in_it),
		cmocka_unit_test(a_reader_that_does_not_read_blocks_nobody),
		cmocka_unit_test(a_reader_that_went_away_is_noticed),
	};
	return cmocka_run_group_tests_name("event", tests, NULL, NULL);
}
