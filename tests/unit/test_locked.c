#include "unit.h"
#include "bottle/locked.h"

#include <stdbool.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

/* The flags of the mapping that holds p (proc(5), VmFlags). */
static void flags_of(const void *p, char *out, size_t cap)
{
	FILE *f = fopen("/proc/self/smaps", "r");
	unsigned long from, to, at = (unsigned long)(uintptr_t)p;
	bool here = false;
	char line[512];

	out[0] = '\0';
	assert_non_null(f);
	while (fgets(line, sizeof line, f)) {
		if (sscanf(line, "%lx-%lx", &from, &to) == 2)
			here = at >= from && at < to;
		if (here && strncmp(line, "VmFlags:", 8) == 0)
			(void)snprintf(out, cap, "%s", line);
	}
	(void)fclose(f);
}

/* AddressSanitizer makes mlock(2) do nothing. */
static bool never_locked(void)
{
#ifdef __SANITIZE_ADDRESS__
	return true;
#else
	return false;
#endif
}

static void it_is_locked_and_in_no_core_file(void **state)
{
	struct bt_err e = { 0 };
	bool locked = false;
	char flags[512];
	void *p = NULL;

	(void)state;
	assert_ok(bt_locked_alloc(&p, 5000, &locked, &e), &e);
	assert_true(locked);
	for (size_t i = 0; i < 5000; i++)
		assert_int_equal(((char *)p)[i], 0);
	flags_of(p, flags, sizeof flags);
	assert_true(never_locked() || strstr(flags, " lo"));
	assert_non_null(strstr(flags, " dd"));
	bt_locked_free(p, 5000);
	bt_locked_free(NULL, 5000);
}

static void a_child_gets_zeroes(void **state)
{
	struct bt_err e = { 0 };
	bool locked = false;
	int how = 0;
	void *p = NULL;

	(void)state;
	assert_ok(bt_locked_alloc(&p, 100, &locked, &e), &e);
	memset(p, 's', 100);
	pid_t pid = fork();

	if (pid == 0)
		_exit(*(volatile char *)p);
	assert_int_equal(waitpid(pid, &how, 0), pid);
	assert_int_equal(how, 0);
	bt_locked_free(p, 100);
}

static void what_cannot_be_locked_is_told(void **state)
{
	int how = 0;

	(void)state;
	if (never_locked())
		skip();
	pid_t pid = fork();

	if (pid == 0) {
		const struct rlimit none = { 0, 0 };
		struct bt_err e = { 0 };
		bool locked = true;
		void *p = NULL;

		/* Whoever may lock without a limit is never refused. */
		if (setrlimit(RLIMIT_MEMLOCK, &none) < 0)
			_exit(2);
		_exit(bt_locked_alloc(&p, 100, &locked, &e) < 0 || locked != (geteuid() == 0));
	}
	assert_int_equal(waitpid(pid, &how, 0), pid);
	assert_int_equal(how, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_is_locked_and_in_no_core_file),
		cmocka_unit_test(a_child_gets_zeroes),
		cmocka_unit_test(what_cannot_be_locked_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
