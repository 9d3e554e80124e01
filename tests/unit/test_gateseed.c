#include "unit.h"
#include "bottle/gateseed.h"

#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bottle/gatechild.h"

static bool warmed; /* in the child's memory */

static void warm(void)
{
	warmed = true;
}

static int authority(struct bt_gateseed_ca *out, int files[2], const char *slug, struct bt_err *e)
{
	BT_OWN(bt_ca) ca = NULL;

	if (bt_ca_create_memory(&ca, slug, 0, e) < 0)
		return -1;
	snprintf(out->pem, sizeof out->pem, "%s", bt_ca_pem(ca));
	snprintf(out->fingerprint, sizeof out->fingerprint, "%s", bt_ca_fingerprint(ca));
	bt_ca_subject_hash(ca, out->hash);
	files[0] = open(bt_ca_cert_path(ca), O_RDONLY);
	files[1] = open(bt_ca_key_path(ca), O_RDONLY);
	return 0;
}

static int no_authority(struct bt_gateseed_ca *out, int files[2], const char *slug,
                        struct bt_err *e)
{
	(void)out;
	(void)files;
	return bt_fail(e, BT_TLS, "none for %s", slug);
}

/* What the process that became the gate finds, on its standard output: the log. */
static int run(int argc, char **argv)
{
	char text[64] = "";
	ssize_t n = read(BT_GATECHILD_FILE, text, sizeof text - 1);

	dprintf(1, "%d %s %s warm=%d\n", argc, argv[0], argv[argc - 1], warmed);
	dprintf(1, "file=%.*s\n", (int)n, text);
	dprintf(1, "secret=%s path=%d sockets=%s\n", getenv("TEST_SECRET") ? "there" : "gone",
	        getenv("PATH") != NULL, getenv("BOTTLE_GATE_SOCKETS"));
	dprintf(1, "next=%d\n", fcntl(BT_GATECHILD_FILE + 1, F_GETFD));
	dprintf(1, "\"event\":\"ready\"\n");
	return 7;
}

static int memory_file(const char *text)
{
	int fd = memfd_create("t", 0);

	assert_true(write(fd, text, strlen(text)) == (ssize_t)strlen(text));
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	return fd;
}

static void a_prepared_process_becomes_the_gate_and_knows_nothing_else(void **state)
{
	static char words[] = "bottle\0run\0secret-on-the-command-line";
	char *as_main[] = { words, words + 7, words + 11, NULL };
	const struct bt_gateseed_ops ops = { warm, authority, run };
	const char *argv[] = { "bottle", "gate", "--x", NULL };
	int fd = memory_file("config"), log = memfd_create("log", 0);
	struct bt_gatechild *g = NULL;
	struct bt_err e = { 0 };
	char path[32], said[512] = "";
	const char *files[] = { path };

	(void)state;
	setenv("TEST_SECRET", "x", 1);
	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	assert_ok(bt_gateseed_plant(&ops, as_main, &e), &e);
	assert_ok(bt_gatechild_open(&g, argv, files, 1, log, &e), &e);
	struct pollfd p = { bt_gatechild_fd(g), POLLIN, 0 };

	assert_int_equal(poll(&p, 1, 20000), 1);
	assert_true(pread(log, said, sizeof said - 1, 0) > 0);
	assert_non_null(strstr(said, "3 bottle --x warm=1\n"));
	assert_non_null(strstr(said, "file=config\n"));
	assert_non_null(strstr(said, "secret=gone path=1 sockets=3\n"));
	assert_non_null(strstr(said, "next=-1\n"));
	assert_string_equal(words, "bottle"); /* it forgot its own copy, not ours */
	bt_gatechild_close(g);
	close(fd);
	close(log);
}

static void read_at(int fd, char *text, size_t room)
{
	ssize_t n = pread(fd, text, room - 1, 0);

	text[n > 0 ? n : 0] = '\0';
}

/* The files behind those that were handed over, and whether each is a certificate or a key. */
static int run_with_ca(int argc, char **argv)
{
	char cert[4096], key[4096];

	(void)argc;
	(void)argv;
	read_at(BT_GATECHILD_FILE + 1, cert, sizeof cert);
	read_at(BT_GATECHILD_FILE + 2, key, sizeof key);
	dprintf(1, "%skey=%d next=%d\n", cert, strstr(key, "BEGIN EC PRIVATE KEY") != NULL,
	        fcntl(BT_GATECHILD_FILE + 3, F_GETFD));
	return 0;
}

static void it_makes_the_ca_and_keeps_the_key(void **state)
{
	static char word[] = "bottle";
	char *as_main[] = { word, NULL };
	const struct bt_gateseed_ops ops = { warm, authority, run_with_ca };
	const char *argv[] = { "bottle", NULL };
	int fd = memory_file("config"), log = memfd_create("log", 0);
	struct bt_gatechild *g = NULL;
	struct bt_gateseed_ca ca;
	struct bt_err e = { 0 };
	char path[32], said[8192] = "";
	const char *files[] = { path };

	(void)state;
	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	assert_false(bt_gateseed_ask("early"));
	assert_ok(bt_gateseed_plant(&ops, as_main, &e), &e);
	assert_true(bt_gateseed_ask("impl-ab12c"));
	assert_ok(bt_gateseed_answer(&ca, &e), &e);
	assert_int_equal(strlen(ca.fingerprint), 64);
	assert_int_equal(strlen(ca.hash), 8);
	assert_ok(bt_gatechild_open(&g, argv, files, 1, log, &e), &e);
	struct pollfd p = { bt_gatechild_fd(g), POLLIN, 0 };

	assert_int_equal(poll(&p, 1, 20000), 1);
	read_at(log, said, sizeof said);
	assert_memory_equal(said, ca.pem, strlen(ca.pem));
	assert_non_null(strstr(said, "key=1 next=-1\n"));
	bt_gatechild_close(g);
	close(fd);
	close(log);
}

static void one_that_has_the_ca_is_not_replaced(void **state)
{
	static char word[] = "bottle";
	char *as_main[] = { word, NULL };
	const struct bt_gateseed_ops ops = { warm, authority, run };
	const char *argv[] = { "/bin/true", NULL };
	struct bt_gatechild *g = NULL;
	struct bt_gateseed_ca ca;
	struct bt_err e = { 0 };
	int log = memfd_create("log", 0);

	(void)state;
	assert_ok(bt_gateseed_plant(&ops, as_main, &e), &e);
	assert_true(bt_gateseed_ask("x"));
	assert_ok(bt_gateseed_answer(&ca, &e), &e);
	bt_gateseed_drop();
	assert_int_equal(bt_gatechild_open(&g, argv, NULL, 0, log, &e), -1);
	close(log);
}

static void one_that_can_make_no_ca_says_so(void **state)
{
	static char word[] = "bottle";
	char *as_main[] = { word, NULL };
	const struct bt_gateseed_ops ops = { warm, no_authority, run };
	struct bt_gateseed_ca ca;
	struct bt_err e = { 0 };

	(void)state;
	assert_ok(bt_gateseed_plant(&ops, as_main, &e), &e);
	assert_true(bt_gateseed_ask("x"));
	assert_int_equal(bt_gateseed_answer(&ca, &e), -1);
	assert_int_equal(e.code, BT_IO);
	bt_gateseed_drop();
}

static void one_that_nobody_used_is_gone_when_it_is_dropped(void **state)
{
	static char word[] = "bottle";
	char *as_main[] = { word, NULL };
	const struct bt_gateseed_ops ops = { warm, authority, run };
	struct bt_err e = { 0 };

	(void)state;
	assert_ok(bt_gateseed_plant(&ops, as_main, &e), &e);
	bt_gateseed_drop();
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
	bt_gateseed_drop(); /* nothing is there: nothing is done */
}

static void without_one_the_program_is_run(void **state)
{
	const char *argv[] = { "/bin/sh", "-c", "echo plain; cat <&4", NULL };
	int fd = memory_file("config"), log = memfd_create("log", 0);
	struct bt_gatechild *g = NULL;
	struct bt_err e = { 0 };
	char path[32], said[512] = "";
	const char *files[] = { path };

	(void)state;
	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	assert_ok(bt_gatechild_open(&g, argv, files, 1, log, &e), &e);
	struct pollfd p = { bt_gatechild_fd(g), POLLIN, 0 };

	assert_int_equal(poll(&p, 1, 20000), 1);
	assert_true(pread(log, said, sizeof said - 1, 0) > 0);
	assert_non_null(strstr(said, "plain\nconfig"));
	bt_gatechild_close(g);
	close(fd);
	close(log);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_prepared_process_becomes_the_gate_and_knows_nothing_else),
		cmocka_unit_test(it_makes_the_ca_and_keeps_the_key),
		cmocka_unit_test(one_that_has_the_ca_is_not_replaced),
		cmocka_unit_test(one_that_can_make_no_ca_says_so),
		cmocka_unit_test(one_that_nobody_used_is_gone_when_it_is_dropped),
		cmocka_unit_test(without_one_the_program_is_run),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
