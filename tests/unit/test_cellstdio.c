#include "unit.h"
#include "bottle/cellstdio.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static int memory(const char *text)
{
	int fd = memfd_create("test", MFD_CLOEXEC);

	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	return fd;
}

static bool is_pipe(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISFIFO(st.st_mode);
}

/* Until nothing is to be done any more. */
static void serve(struct bt_cellstdio *s)
{
	struct pollfd p[BT_CELLSTDIO_POLL];
	struct bt_err e = { 0 };

	for (bt_cellstdio_before(s, p); poll(p, BT_CELLSTDIO_POLL, 0) > 0;
	     bt_cellstdio_before(s, p))
		assert_ok(bt_cellstdio_after(s, p, &e), &e);
}

static void pipes_and_devices_are_handed_on(void **state)
{
	struct bt_cellstdio *s = (void *)1;
	int fd[2], give[3], null = open("/dev/null", O_RDWR);
	struct bt_err e = { 0 };

	(void)state;
	assert_int_equal(pipe(fd), 0);
	assert_ok(bt_cellstdio_open(&s, (int[]){ fd[0], null, fd[1] }, give, &e), &e);
	assert_null(s);
	assert_int_equal(give[0], fd[0]);
	assert_int_equal(give[1], null);
	assert_int_equal(give[2], fd[1]);
	bt_cellstdio_given(NULL);
	bt_cellstdio_close(NULL);
	close(fd[0]);
	close(fd[1]);
	close(null);
}

static void what_is_not_read_goes_back_to_the_file(void **state)
{
	int in = memory("one two three"), null = open("/dev/null", O_RDWR), give[3];
	struct bt_cellstdio *s = NULL;
	struct bt_err e = { 0 };
	char four[5] = "";

	(void)state;
	assert_ok(bt_cellstdio_open(&s, (int[]){ in, null, null }, give, &e), &e);
	assert_true(is_pipe(give[0]));
	assert_int_equal(give[1], null);
	int theirs = dup(give[0]);

	bt_cellstdio_given(s);
	serve(s);
	assert_int_equal(lseek(in, 0, SEEK_CUR), 13);
	assert_int_equal(read(theirs, four, 4), 4);
	assert_string_equal(four, "one ");
	close(theirs);
	assert_ok(bt_cellstdio_finish(s, &e), &e);
	assert_int_equal(lseek(in, 0, SEEK_CUR), 4);
	bt_cellstdio_close(s);
	close(in);
	close(null);
}

static void one_file_on_two_streams_is_one_pipe(void **state)
{
	int log = memory(""), other = memory(""), null = open("/dev/null", O_RDWR), give[3];
	struct bt_cellstdio *s = NULL;
	struct bt_err e = { 0 };
	char text[8] = "";

	(void)state;
	assert_ok(bt_cellstdio_open(&s, (int[]){ null, log, log }, give, &e), &e);
	assert_true(is_pipe(give[1]));
	assert_int_equal(give[1], give[2]);
	int a = dup(give[1]), b = dup(give[2]);

	bt_cellstdio_given(s);
	assert_int_equal(write(a, "1", 1) + write(b, "2", 1) + write(a, "3", 1), 3);
	close(a);
	close(b);
	assert_ok(bt_cellstdio_finish(s, &e), &e);
	assert_int_equal(pread(log, text, 7, 0), 3);
	assert_string_equal(text, "123");
	bt_cellstdio_close(s);
	assert_ok(bt_cellstdio_open(&s, (int[]){ null, log, other }, give, &e), &e);
	assert_int_not_equal(give[1], give[2]);
	bt_cellstdio_close(s);
	close(log);
	close(other);
	close(null);
}

static void a_folder_is_refused_and_a_file_that_cannot_be_written_an_error(void **state)
{
	int folder = open("/", O_RDONLY | O_DIRECTORY), null = open("/dev/null", O_RDWR), give[3];
	struct bt_cellstdio *s = NULL;
	struct bt_err e = { 0 };

	(void)state;
	assert_int_equal(bt_cellstdio_open(&s, (int[]){ folder, null, null }, give, &e), -1);
	assert_int_equal(e.code, BT_DENIED);
	assert_null(s);
	int reader = open("/proc/self/exe", O_RDONLY);

	assert_ok(bt_cellstdio_open(&s, (int[]){ null, reader, null }, give, &e), &e);
	int theirs = dup(give[1]);

	bt_cellstdio_given(s);
	assert_int_equal(write(theirs, "x", 1), 1);
	assert_int_equal(bt_cellstdio_finish(s, &e), -1);
	assert_non_null(strstr(e.msg, "write standard output"));
	close(theirs);
	bt_cellstdio_close(s);
	close(reader);
	close(folder);
	close(null);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pipes_and_devices_are_handed_on),
		cmocka_unit_test(what_is_not_read_goes_back_to_the_file),
		cmocka_unit_test(one_file_on_two_streams_is_one_pipe),
		cmocka_unit_test(a_folder_is_refused_and_a_file_that_cannot_be_written_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
