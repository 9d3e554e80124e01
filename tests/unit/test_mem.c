#include "unit.h"
#include "bottle/mem.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static void memory_comes_zeroed_and_copies_are_exact(void **state)
{
	unsigned char *p = bt_calloc(100, 3);
	char *s = bt_strndup("hello", 3);
	char *t = bt_strndup("hi", 10);
	char *f = bt_asprintf("%s-%d", "a", 7);
	void *none = bt_calloc(0, 0);

	(void)state;
	for (size_t i = 0; i < 300; i++)
		assert_int_equal(p[i], 0);
	assert_string_equal(s, "hel");
	assert_string_equal(t, "hi");
	assert_string_equal(f, "a-7");
	assert_non_null(none);
	p = bt_realloc(p, 1000);
	free(p);
	free(s);
	free(t);
	free(f);
	free(none);
}

static void wipe_overwrites(void **state)
{
	char secret[] = "hunter2";
	static const char zeros[sizeof secret];

	(void)state;
	bt_wipe(secret, sizeof secret);
	assert_memory_equal(secret, zeros, sizeof secret);
}

#ifndef __SANITIZE_ADDRESS__ /* which ends the process itself */
static void running_out_ends_the_process(void **state)
{
	int status;
	pid_t pid = fork();

	(void)state;
	if (pid == 0) {
		const struct rlimit none = { 0, 0 };
		volatile size_t huge = (size_t)1 << 60;

		(void)setrlimit(RLIMIT_CORE, &none);
		(void)close(2);
		free(bt_calloc(huge, 1));
		_exit(0);
	}
	waitpid(pid, &status, 0);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
}
#endif

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(memory_comes_zeroed_and_copies_are_exact),
		cmocka_unit_test(wipe_overwrites),
#ifndef __SANITIZE_ADDRESS__
		cmocka_unit_test(running_out_ends_the_process),
#endif
	};
	return cmocka_run_group_tests_name("mem", tests, NULL, NULL);
}
