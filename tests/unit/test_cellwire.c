#include "unit.h"
#include "bottle/cellwire.h"
#include "bottle/own.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>

static struct bt_cell_msg in, out;

static void pair_open(int p[2])
{
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, p), 0);
}

static void a_message_arrives_whole_with_its_descriptors(void **state)
{
	struct bt_err e = { 0 };
	int p[2];

	(void)state;
	pair_open(p);
	out = (struct bt_cell_msg){ .op = BT_CELL_PUT, .id = 7, .a = -3, .b = 9, .nfds = 2 };
	(void)snprintf(out.text, sizeof out.text, "/home/agent/x");
	out.fds[0] = open("/dev/null", O_RDONLY | O_CLOEXEC);
	out.fds[1] = open("/dev/zero", O_RDONLY | O_CLOEXEC);
	assert_ok(bt_cell_send(p[0], &out, &e), &e);
	assert_ok(bt_cell_recv(p[1], &in, &e), &e);
	assert_int_equal(in.op, BT_CELL_PUT);
	assert_int_equal(in.id, 7);
	assert_int_equal(in.a, -3);
	assert_int_equal(in.b, 9);
	assert_string_equal(in.text, "/home/agent/x");
	assert_int_equal(in.nfds, 2);
	assert_true(fcntl(in.fds[1], F_GETFD) & FD_CLOEXEC);
	char byte = 1;

	assert_int_equal(read(in.fds[1], &byte, 1), 1);
	assert_int_equal(byte, 0);
	bt_cell_msg_close(&in);
	bt_cell_msg_close(&out);
	close(p[0]);
	close(p[1]);
}

static void the_end_of_the_other_side_is_told_from_rubbish(void **state)
{
	struct bt_err e = { 0 };
	int p[2];

	(void)state;
	pair_open(p);
	assert_int_equal(send(p[0], "hello", 5, 0), 5);
	assert_int_equal(bt_cell_recv(p[1], &in, &e), -1);
	assert_int_equal(e.code, BT_PROTO);
	close(p[0]);
	e = (struct bt_err){ 0 };
	assert_int_equal(bt_cell_recv(p[1], &in, &e), -1);
	assert_int_equal(e.code, BT_IO);
	assert_int_equal(bt_cell_send(p[1], &out, &e), -1);
	assert_int_equal(e.code, BT_IO);
	close(p[1]);
}

static void text_with_a_nul_or_of_a_false_length_is_no_message(void **state)
{
	struct {
		uint32_t magic, op, id;
		int32_t a, b;
		uint32_t text;
		char bytes[4];
	} raw = { 0x62744331u, BT_CELL_PUT, 1, 0, 0, 4, { 'a', 0, 'b', 'c' } };
	struct bt_err e = { 0 };
	int p[2];

	(void)state;
	pair_open(p);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(send(p[0], &raw, sizeof raw, 0), (ssize_t)sizeof raw);
		assert_int_equal(bt_cell_recv(p[1], &in, &e), -1);
		assert_int_equal(e.code, BT_PROTO);
		raw.bytes[1] = 'x';
		raw.text = 400;
	}
	close(p[0]);
	close(p[1]);
}

static void words_come_back_as_command_environment_and_folder(void **state)
{
	const char *argv[] = { "sh", "-c", "", NULL };
	const char *env[] = { "A=1", "B=two words", NULL };
	struct bt_cell_words w;
	struct bt_err e = { 0 };
	int fd = -1;

	(void)state;
	assert_ok(bt_cell_words_pack(argv, env, "/work", &fd, &e), &e);
	assert_ok(bt_cell_words_read(fd, 3, &w, &e), &e);
	assert_string_equal(w.argv[0], "sh");
	assert_string_equal(w.argv[2], "");
	assert_null(w.argv[3]);
	assert_string_equal(w.env[1], "B=two words");
	assert_null(w.env[2]);
	assert_string_equal(w.cwd, "/work");
	bt_cell_words_free(&w);
	assert_int_equal(bt_cell_words_read(fd, 6, &w, &e), -1); /* no folder is left */
	assert_int_equal(bt_cell_words_read(fd, 0, &w, &e), -1);
	assert_int_equal(bt_cell_words_read(fd, -1, &w, &e), -1);
	close(fd);
}

static void words_without_an_end_and_too_many_are_refused(void **state)
{
	struct bt_cell_words w;
	struct bt_err e = { 0 };
	int fd = memfd_create("test", MFD_CLOEXEC);

	(void)state;
	assert_int_equal(bt_cell_words_read(fd, 1, &w, &e), -1);
	assert_int_equal(write(fd, "abc", 3), 3);
	assert_int_equal(bt_cell_words_read(fd, 1, &w, &e), -1);
	assert_int_equal(ftruncate(fd, BT_CELL_WORDS + 1), 0);
	assert_int_equal(bt_cell_words_read(fd, 1, &w, &e), -1);
	close(fd);
	char *big = malloc(BT_CELL_WORDS + 1);

	memset(big, 'x', BT_CELL_WORDS);
	big[BT_CELL_WORDS] = '\0';
	const char *argv[] = { big, NULL };

	assert_int_equal(bt_cell_words_pack(argv, NULL, NULL, &fd, &e), -1);
	assert_int_equal(e.code, BT_LIMIT);
	free(big);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_message_arrives_whole_with_its_descriptors),
		cmocka_unit_test(the_end_of_the_other_side_is_told_from_rubbish),
		cmocka_unit_test(text_with_a_nul_or_of_a_false_length_is_no_message),
		cmocka_unit_test(words_come_back_as_command_environment_and_folder),
		cmocka_unit_test(words_without_an_end_and_too_many_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
