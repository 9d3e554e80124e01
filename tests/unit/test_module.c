#include "unit.h"
#include "bottle/module.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bottle/mem.h"
#include "bottle/own.h"
#include "bottle/self.h"

static void a_module_that_is_nowhere_is_named_with_both_places(void **state)
{
	struct bt_err e = { 0 };
	char *path = NULL;

	(void)state;
	assert_int_equal(bt_module_path(&path, "bottle-nothing.so", &e), -1);
	assert_int_equal(e.code, BT_NOTFOUND);
	assert_null(path);
	assert_non_null(strstr(e.msg, "bottle-nothing.so is neither in /"));
	assert_non_null(strstr(e.msg, "/../lib/bottle: run make install"));
}

/* A file of the name beside this program, of which the loader says what it thinks. */
static void a_file_that_is_no_module_is_refused(void **state)
{
	BT_OWN_MEM char *self = NULL;
	struct bt_err e = { 0 };
	void (*at)(void) = NULL;

	(void)state;
	assert_ok(bt_self_path(&self, &e), &e);
	BT_OWN_MEM char *name = bt_asprintf("test-module-%d.so", (int)getpid());
	BT_OWN_MEM char *path =
	        bt_asprintf("%.*s/%s", (int)(strrchr(self, '/') - self), self, name);
	int fd = open(path, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	close(fd);
	int rc = bt_module_symbol(&at, name, "x", &e);

	unlink(path);
	assert_int_equal(rc, -1);
	assert_int_equal(e.code, BT_INVALID);
	assert_non_null(strstr(e.msg, name));
	assert_null(at);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_module_that_is_nowhere_is_named_with_both_places),
		cmocka_unit_test(a_file_that_is_no_module_is_refused),
	};

	return cmocka_run_group_tests_name("module", tests, NULL, NULL);
}
