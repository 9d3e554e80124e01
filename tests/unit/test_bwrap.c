#include "unit.h"
#include "bottle/bwrap.h"
#include "bottle/mem.h"
#include "bottle/own.h"

#include <fcntl.h>
#include <sys/stat.h>

static const char *const init[] = { "/init", "0", NULL };

static char *joined(const struct bt_argv *a)
{
	char *all = bt_strdup("");

	for (size_t i = 0; i < a->n; i++) {
		char *more = bt_asprintf("%s%s%s", all, i ? " " : "", a->v[i]);

		free(all);
		all = more;
	}
	return all;
}

static void everything_is_unshared_and_the_view_keeps_its_order(void **state)
{
	const struct bt_view view[] = {
		{ .kind = BT_VIEW_RO, .from = "/usr", .to = "/usr" },
		{ .kind = BT_VIEW_SYMLINK, .from = "usr/bin", .to = "/bin" },
		{ .kind = BT_VIEW_TMPFS, .to = "/tmp", .mode = 01777 },
		{ .kind = BT_VIEW_DATA, .fd = 17, .to = "/etc/passwd", .mode = 0444 },
		{ .kind = BT_VIEW_RW, .from = "/p", .to = "/p" },
		{ .kind = BT_VIEW_DEV, .to = "/dev" },
	};
	struct bt_bwrap_spec s = { "/usr/bin/bwrap", view, 6, "bottle", 12, init };
	struct bt_argv a = { 0 };
	struct bt_err e = { 0 };

	(void)state;
	assert_ok(bt_bwrap_argv(&s, &a, &e), &e);
	char *all = joined(&a);

	assert_string_equal(all,
	                    "/usr/bin/bwrap --unshare-all --cap-drop ALL --clearenv --as-pid-1 "
	                    "--chdir / --hostname bottle --seccomp 12 --ro-bind /usr /usr "
	                    "--symlink usr/bin /bin --perms 1777 --tmpfs /tmp --perms 0444 "
	                    "--ro-bind-data 17 /etc/passwd --bind /p /p --dev /dev -- /init 0");
	assert_null(a.v[a.n]);
	free(all);
	bt_argv_free(&a);
}

static void a_view_that_makes_no_sense_is_refused(void **state)
{
	static const struct bt_view bad[] = {
		{ .kind = BT_VIEW_RO, .from = "/usr", .to = "usr" },
		{ .kind = BT_VIEW_RO, .from = "/usr", .to = "/a/../etc" },
		{ .kind = BT_VIEW_RO, .from = "/usr", .to = "/.." },
		{ .kind = BT_VIEW_RW, .from = "p", .to = "/p" },
		{ .kind = BT_VIEW_RW, .to = "/p" },
		{ .kind = BT_VIEW_DATA, .fd = -1, .to = "/p" },
		{ .kind = BT_VIEW_SYMLINK, .from = "", .to = "/p" },
		{ .kind = BT_VIEW_TMPFS },
	};

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct bt_bwrap_spec s = { "/bwrap", &bad[i], 1, NULL, -1, init };
		struct bt_argv a = { 0 };
		struct bt_err e = { 0 };

		assert_int_equal(bt_bwrap_argv(&s, &a, &e), -1);
		assert_int_equal(e.code, BT_INVALID);
		assert_null(a.v);
	}
}

static void nothing_to_run_is_refused(void **state)
{
	const char *none[] = { NULL };
	struct bt_bwrap_spec s = { "/bwrap", NULL, 0, NULL, -1, none };
	struct bt_argv a = { 0 };
	struct bt_err e = { 0 };

	(void)state;
	assert_int_equal(bt_bwrap_argv(&s, &a, &e), -1);
	s.init = NULL;
	assert_int_equal(bt_bwrap_argv(&s, &a, &e), -1);
}

static void versions_are_read_and_judged(void **state)
{
	struct bt_bwrap_version v;
	struct bt_err e = { 0 };

	(void)state;
	assert_ok(bt_bwrap_version_parse("bubblewrap 0.8.0\n", &v, &e), &e);
	assert_int_equal(v.minor, 8);
	assert_true(bt_bwrap_version_ok(&v));
	assert_ok(bt_bwrap_version_parse("bubblewrap 0.4.1", &v, &e), &e);
	assert_false(bt_bwrap_version_ok(&v));
	assert_ok(bt_bwrap_version_parse("bubblewrap 1.0", &v, &e), &e);
	assert_true(bt_bwrap_version_ok(&v));
	assert_int_equal(bt_bwrap_version_parse("bubblewrap", &v, &e), -1);
	assert_int_equal(bt_bwrap_version_parse("bash 5.2", &v, &e), -1);
	assert_int_equal(bt_bwrap_version_parse("", &v, &e), -1);
	assert_int_equal(bt_bwrap_version_parse("bubblewrap x.y.z", &v, &e), -1);
}

static void a_bwrap_that_others_can_write_is_refused(void **state)
{
	char path[] = "/tmp/bottle-bwrap-XXXXXX";
	struct bt_err e = { 0 };
	char *found = NULL;
	int fd = mkstemp(path);

	(void)state;
	assert_int_equal(fchmod(fd, 0777), 0);
	close(fd);
	setenv("BOTTLE_BWRAP", path, 1);
	assert_int_equal(bt_bwrap_find(&found, &e), -1);
	assert_int_equal(e.code, BT_DENIED);
	assert_int_equal(chmod(path, 0755), 0);
	e = (struct bt_err){ 0 };
	assert_ok(bt_bwrap_find(&found, &e), &e);
	assert_string_equal(found, path);
	free(found);
	unlink(path);
	found = NULL;
	assert_int_equal(bt_bwrap_find(&found, &e), -1);
	assert_int_equal(e.code, BT_NOTFOUND);
	unsetenv("BOTTLE_BWRAP");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(everything_is_unshared_and_the_view_keeps_its_order),
		cmocka_unit_test(a_view_that_makes_no_sense_is_refused),
		cmocka_unit_test(nothing_to_run_is_refused),
		cmocka_unit_test(versions_are_read_and_judged),
		cmocka_unit_test(a_bwrap_that_others_can_write_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
