/* The client against an engine that misbehaves: error paths only; the rest is tests/it. */
#include "unit.h"
#include "bottle/docker.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bottle/mem.h"
#include "bottle/sig.h"

#define OK_HEAD "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"

static const struct {
	const char *path, *answer;
} answers[] = {
	{ "/containers/gone/json", "HTTP/1.1 404 Not Found\r\nContent-Length: "
	                           "37\r\n\r\n{\"message\":\"No such container: gone\"}" },
	{ "/containers/busy/json",
	  "HTTP/1.1 409 Conflict\r\nContent-Length: 20\r\n\r\n{\"message\":\"in use\"}" },
	{ "/containers/broken/json",
	  "HTTP/1.1 500 Oops\r\nContent-Length: 23\r\n\r\n{\"message\":\"disk full\"}" },
	{ "/containers/garbage/json", OK_HEAD "Content-Length: 5\r\n\r\n{oops" },
	{ "/containers/cut/json", OK_HEAD "Content-Length: 500\r\n\r\n{\"Id\":" },
	{ "/containers/early/exec",
	  "HTTP/1.1 201 Created\r\nContent-Length: 10\r\n\r\n{\"Id\":\"x\"}" },
	/* The stream's first bytes come in one piece with the head. */
	{ "/exec/x/start",
	  "HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n@early" },
	{ "/containers/held/attach", "HTTP/1.1 101 UPGRADED\r\nUpgrade: tcp\r\n\r\n" },
	{ "/containers/gone/attach", "HTTP/1.1 404 Not Found\r\nContent-Length: "
	                             "37\r\n\r\n{\"message\":\"No such container: gone\"}" },
	{ "/exec/x/json", OK_HEAD "Content-Length: 30\r\n\r\n{\"Running\":false,\"ExitCode\":3}" },
};

static void reply(int fd, const char *text)
{
	static const char early[] = "\1\0\0\0\0\0\0\5early";
	const char *at = strstr(text, "@early");

	if (!at) {
		(void)!write(fd, text, strlen(text));
		return;
	}
	char all[300];
	size_t n = (size_t)(at - text);

	memcpy(all, text, n);
	memcpy(all + n, early, sizeof early - 1);
	(void)!write(fd, all, n + sizeof early - 1);
}

static void serve(int fd, const char *version)
{
	char head[4096];
	ssize_t n = read(fd, head, sizeof head - 1);

	if (n <= 0)
		return;
	head[n] = '\0';
	if (strstr(head, "/_ping")) {
		dprintf(fd, "HTTP/1.1 200 OK\r\nApi-Version: %s\r\nContent-Length: 2\r\n\r\nOK",
		        version);
		return;
	}
	if (strstr(head, "/containers/slow/json"))
		(void)sleep(20);
	for (size_t i = 0; i < sizeof answers / sizeof *answers; i++)
		if (strstr(head, answers[i].path))
			reply(fd, answers[i].answer);
}

struct fake {
	char host[64];
	pid_t pid;
};

static void fake_start(struct fake *f, const char *version)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(a.sun_path, sizeof a.sun_path, "/tmp/bt-fake-%d", (int)getpid());
	snprintf(f->host, sizeof f->host, "unix:///tmp/bt-fake-%d", (int)getpid());
	(void)unlink(a.sun_path);
	assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof a), 0);
	assert_int_equal(listen(fd, 8), 0);
	f->pid = fork();
	if (f->pid == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL); /* a failed case leaves nothing behind */
		for (int c; (c = accept(fd, NULL, NULL)) >= 0; (void)close(c))
			serve(c, version); /* one request a connection, then it is closed */
		_exit(0);
	}
	(void)close(fd);
}

static void fake_stop(struct fake *f)
{
	(void)kill(f->pid, SIGKILL);
	(void)waitpid(f->pid, NULL, 0);
	(void)unlink(f->host + strlen("unix://"));
}

static int inspect(struct bt_engine *g, const char *id, int ms, struct bt_err *e)
{
	struct bt_call_spec spec = { .json = cJSON_CreateObject(), .fd = -1 };
	BT_OWN(bt_call) c = NULL;

	cJSON_AddStringToObject(spec.json, "id", id);
	if (bt_call_begin(&c, g, "container_inspect", &spec, e) < 0)
		return -1;
	return bt_call_wait(c, ms, e);
}

static void each_failure_has_its_code_and_the_engines_words(void **state)
{
	static const struct {
		const char *id, *text;
		enum bt_code code;
	} rows[] = {
		{ "gone", "No such container: gone", BT_NOTFOUND },
		{ "busy", "in use", BT_EXISTS },
		{ "broken", "disk full", BT_IO },
		{ "garbage", "not JSON", BT_PROTO },
		{ "cut", "cut the connection", BT_IO },
	};
	struct fake f;
	struct bt_err e = { 0 };
	BT_OWN(bt_engine) g = NULL;

	(void)state;
	fake_start(&f, "1.44");
	assert_ok(bt_engine_open(&g, f.host, 5000, &e), &e);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		assert_int_equal(inspect(g, rows[i].id, 5000, &e), -1);
		assert_int_equal(e.code, rows[i].code);
		assert_non_null(strstr(e.msg, rows[i].text));
	}
	fake_stop(&f);
}

static void a_slow_answer_times_out_and_a_signal_ends_the_wait(void **state)
{
	struct fake f;
	struct bt_err e = { 0 };
	BT_OWN(bt_engine) g = NULL;

	(void)state;
	fake_start(&f, "1.41");
	assert_ok(bt_engine_open(&g, f.host, 5000, &e), &e);
	assert_int_equal(inspect(g, "slow", 50, &e), -1);
	assert_int_equal(e.code, BT_TIMEOUT);
	assert_ok(bt_sig_install(&e), &e);
	(void)raise(SIGTERM);
	assert_int_equal(inspect(g, "slow", 5000, &e), -1);
	assert_int_equal(e.code, BT_INTR);
	(void)bt_sig_take();
	fake_stop(&f);
}

static void an_engine_too_old_or_none_is_told_apart(void **state)
{
	struct fake f;
	struct bt_err e = { 0 };
	struct bt_engine *g = NULL;

	(void)state;
	fake_start(&f, "1.40");
	assert_int_equal(bt_engine_open(&g, f.host, 5000, &e), -1);
	assert_non_null(strstr(e.msg, "1.40 is too old"));
	fake_stop(&f);
	assert_int_equal(bt_engine_open(&g, f.host, 5000, &e), -1);
	assert_int_equal(e.code, BT_IO);
	assert_non_null(strstr(e.msg, "No such file"));
	assert_int_equal(bt_engine_open(&g, "ssh://h", 5000, &e), -1);
	assert_non_null(strstr(e.msg, "ssh -L"));
	assert_null(g);
}

static void bytes_right_behind_the_head_are_not_lost(void **state)
{
	struct fake f;
	struct bt_err e = { 0 };
	BT_OWN(bt_engine) g = NULL;
	BT_OWN(bt_call) c = NULL;
	struct bt_call_spec spec = { .json = cJSON_Parse("{\"id\":\"early\",\"cmd\":[\"a\"]}"),
		                     .fd = -1 };

	(void)state;
	fake_start(&f, "1.47");
	assert_ok(bt_engine_open(&g, f.host, 5000, &e), &e);
	assert_ok(bt_call_begin(&c, g, "exec", &spec, &e), &e);
	assert_ok(bt_call_wait(c, 5000, &e), &e);
	struct bt_result r = bt_call_result(c);

	assert_int_equal(r.out[0].n, 5);
	assert_memory_equal(r.out[0].p, "early", 5);
	assert_int_equal(r.code, 3);
	fake_stop(&f);
	bt_call_close(BT_STEAL(c));
}

static int hold(struct bt_hold **out, struct bt_engine *g, const char *id, struct bt_err *e)
{
	struct bt_call_spec spec = { .json = cJSON_CreateObject(), .fd = -1 };
	BT_OWN(bt_call) c = NULL;

	cJSON_AddStringToObject(spec.json, "id", id);
	if (bt_call_begin(&c, g, "container_hold", &spec, e) < 0 || bt_call_wait(c, 5000, e) < 0)
		return -1;
	assert_int_equal(bt_call_result(c).kind, BT_RESULT_HELD);
	*out = bt_call_hold(c);
	return 0;
}

static void a_held_input_is_there_when_the_engine_agreed_and_not_before(void **state)
{
	struct fake f;
	struct bt_err e = { 0 };
	BT_OWN(bt_engine) g = NULL;
	BT_OWN(bt_hold) held = NULL;

	(void)state;
	fake_start(&f, "1.41");
	assert_ok(bt_engine_open(&g, f.host, 5000, &e), &e);
	assert_int_equal(hold(&held, g, "gone", &e), -1);
	assert_int_equal(e.code, BT_NOTFOUND);
	assert_int_equal(hold(&held, g, "a/../b", &e), -1);
	assert_int_equal(e.code, BT_INVALID);
	assert_null(held);
	assert_ok(hold(&held, g, "held", &e), &e);
	fake_stop(&f); /* the engine went away: nobody hears it */
	assert_true(bt_hold_ended(held));
	assert_int_equal(bt_hold_say(held, bt_str("stay\n"), &e), -1);
	assert_int_equal(e.code, BT_IO);
}

static void a_spec_with_a_typo_is_a_bad_call(void **state)
{
	static const char *const bad[] = { "{}", "{\"id\":1}", "{\"id\":\"\"}",
		                           "{\"id\":\"a\",\"idd\":\"b\"}" };
	struct fake f;
	struct bt_err e = { 0 };
	BT_OWN(bt_engine) g = NULL;

	(void)state;
	fake_start(&f, "1.41");
	assert_ok(bt_engine_open(&g, f.host, 5000, &e), &e);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct bt_call_spec spec = { .json = cJSON_Parse(bad[i]), .fd = -1 };
		struct bt_call *c = NULL;

		assert_int_equal(bt_call_begin(&c, g, "container_start", &spec, &e), -1);
		assert_int_equal(e.code, BT_USAGE);
	}
	fake_stop(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_failure_has_its_code_and_the_engines_words),
		cmocka_unit_test(a_slow_answer_times_out_and_a_signal_ends_the_wait),
		cmocka_unit_test(an_engine_too_old_or_none_is_told_apart),
		cmocka_unit_test(bytes_right_behind_the_head_are_not_lost),
		cmocka_unit_test(a_held_input_is_there_when_the_engine_agreed_and_not_before),
		cmocka_unit_test(a_spec_with_a_typo_is_a_bad_call),
	};
	return cmocka_run_group_tests_name("docker", tests, NULL, NULL);
}
