#include "unit.h"
#include "bottle/ledger.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bottle/fs.h"
#include "bottle/mem.h"
#include "bottle/scratch.h"

struct place {
	struct bt_scratch *scratch;
	char dir[300];
	char file[320]; /* of slug "a" */
};

static int setup(void **state)
{
	struct place *p = bt_calloc(1, sizeof *p);
	struct bt_err e = { 0 };

	if (bt_scratch_open(&p->scratch, NULL, &e) < 0)
		return -1;
	snprintf(p->dir, sizeof p->dir, "%s/state/ledger", bt_scratch_path(p->scratch));
	snprintf(p->file, sizeof p->file, "%s/a", p->dir);
	*state = p;
	return 0;
}

static int teardown(void **state)
{
	struct place *p = *state;

	bt_scratch_close(p->scratch);
	free(p);
	return 0;
}

/* A child that opens "a", does what the function says, and is killed with SIGKILL. */
static void owner_dies(const struct place *p, void (*act)(struct bt_ledger *))
{
	int ready[2];
	char byte;

	assert_int_equal(pipe(ready), 0);
	pid_t pid = fork();

	if (pid == 0) {
		struct bt_ledger *l = NULL;
		struct bt_err e = { 0 };

		if (bt_ledger_open(&l, p->dir, "a", &e) < 0)
			_exit(1);
		act(l);
		(void)!write(ready[1], "x", 1);
		pause();
		_exit(0);
	}
	close(ready[1]);
	assert_int_equal(read(ready[0], &byte, 1), 1);
	close(ready[0]);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

static void makes_two_undoes_one(struct bt_ledger *l)
{
	struct bt_err e = { 0 };
	int rc = bt_ledger_note(l, BT_LEDGER_INTEND, "network", "n", "{\"id\":1}", &e);

	rc |= bt_ledger_note(l, BT_LEDGER_DONE, "network", "n", NULL, &e);
	rc |= bt_ledger_note(l, BT_LEDGER_INTEND, "container", "c", NULL, &e);
	rc |= bt_ledger_note(l, BT_LEDGER_INTEND, "volume", "v", NULL, &e);
	rc |= bt_ledger_note(l, BT_LEDGER_UNDONE, "volume", "v", NULL, &e);
	if (rc)
		_exit(1);
}

static void folder_and_file_are_private_and_the_slug_is_taken(void **state)
{
	const struct place *p = *state;
	BT_OWN(bt_ledger) l = NULL;
	struct bt_ledger *second = NULL;
	struct bt_err e = { 0 };
	struct stat st;

	assert_ok(bt_ledger_open(&l, p->dir, "a", &e), &e);
	assert_int_equal(stat(p->dir, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0700);
	assert_int_equal(stat(p->file, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(bt_ledger_open(&second, p->dir, "a", &e), -1);
	assert_int_equal(e.code, BT_EXISTS);
	assert_null(second);
}

static void close_removes_the_file_only_when_nothing_is_pending(void **state)
{
	const struct place *p = *state;
	struct bt_ledger *l = NULL;
	struct bt_err e = { 0 };

	assert_ok(bt_ledger_open(&l, p->dir, "a", &e), &e);
	assert_ok(bt_ledger_note(l, BT_LEDGER_INTEND, "network", "n", NULL, &e), &e);
	bt_ledger_close(l);
	assert_true(bt_fs_exists(p->file));
	assert_ok(bt_ledger_adopt(&l, p->dir, "a", &e), &e);
	assert_int_equal(bt_ledger_view(l)->n, 1);
	assert_ok(bt_ledger_note(l, BT_LEDGER_UNDONE, "network", "n", NULL, &e), &e);
	bt_ledger_close(l);
	assert_false(bt_fs_exists(p->file));
	bt_ledger_close(NULL);
}

static void after_sigkill_the_rest_is_pending_and_the_owner_is_dead(void **state)
{
	const struct place *p = *state;
	struct bt_ledger_list list = { 0 };
	struct bt_err e = { 0 };

	owner_dies(p, makes_two_undoes_one);
	assert_ok(bt_ledger_scan(p->dir, &list, &e), &e);
	assert_int_equal(list.n, 1);
	assert_string_equal(list.v[0].slug, "a");
	assert_false(list.v[0].alive);
	assert_int_equal(list.v[0].view.n, 2);
	assert_string_equal(list.v[0].view.v[0].name, "n");
	assert_string_equal(list.v[0].view.v[0].extra, "{\"id\":1}");
	assert_true(list.v[0].view.v[0].done);
	assert_string_equal(list.v[0].view.v[1].name, "c");
	assert_false(list.v[0].view.v[1].done);
	bt_ledger_list_free(&list);
}

static void a_live_owner_is_seen_and_cannot_be_adopted(void **state)
{
	const struct place *p = *state;
	BT_OWN(bt_ledger) l = NULL;
	struct bt_ledger *thief = NULL;
	struct bt_ledger_list list = { 0 };
	struct bt_err e = { 0 };

	assert_ok(bt_ledger_open(&l, p->dir, "a", &e), &e);
	assert_ok(bt_ledger_scan(p->dir, &list, &e), &e);
	assert_true(list.v[0].alive);
	assert_int_equal(list.v[0].view.owner.pid, getpid());
	bt_ledger_list_free(&list);
	assert_int_equal(bt_ledger_adopt(&thief, p->dir, "a", &e), -1);
	assert_int_equal(e.code, BT_EXISTS);
	assert_int_equal(bt_ledger_adopt(&thief, p->dir, "b", &e), -1);
	assert_int_equal(e.code, BT_NOTFOUND);
}

static void a_torn_last_line_is_cut_before_the_next_is_written(void **state)
{
	const struct place *p = *state;
	struct bt_ledger *l = NULL;
	struct bt_err e = { 0 };

	owner_dies(p, makes_two_undoes_one);
	assert_ok(bt_fs_append(p->file, BT_STR_LIT("{\"kind\":\"net"), 0600, &e), &e);
	assert_ok(bt_ledger_adopt(&l, p->dir, "a", &e), &e);
	assert_int_equal(bt_ledger_view(l)->n, 2);
	assert_ok(bt_ledger_note(l, BT_LEDGER_UNDONE, "network", "n", NULL, &e), &e);
	bt_ledger_close(l);
	assert_ok(bt_ledger_adopt(&l, p->dir, "a", &e), &e);
	assert_int_equal(bt_ledger_view(l)->n, 1);
	bt_ledger_close(l);
}

static void one_that_cannot_be_read_does_not_hide_the_others(void **state)
{
	const struct place *p = *state;
	BT_OWN(bt_ledger) l = NULL;
	struct bt_ledger_list list = { 0 };
	struct bt_err e = { 0 };
	char odd[320];

	assert_ok(bt_ledger_scan(p->dir, &list, &e), &e); /* no folder yet: none */
	assert_int_equal(list.n, 0);
	bt_ledger_list_free(&list);
	assert_ok(bt_ledger_open(&l, p->dir, "z", &e), &e);
	assert_ok(bt_fs_append(p->file, BT_STR_LIT("nonsense\n"), 0600, &e), &e);
	snprintf(odd, sizeof odd, "%s/Not A Slug", p->dir);
	assert_ok(bt_fs_append(odd, BT_STR_LIT("x"), 0600, &e), &e);
	assert_ok(bt_ledger_scan(p->dir, &list, &e), &e);
	assert_int_equal(list.n, 2);
	assert_int_not_equal(list.v[0].err.code, BT_OK);
	assert_int_equal(list.v[1].err.code, BT_OK);
	bt_ledger_list_free(&list);
}

static void slugs_cannot_leave_the_folder(void **state)
{
	static const char *const bad[] = { "", "..", "a/b", "-a", "a-", "A", "a.b", "\xc3\xa9" };
	const struct place *p = *state;
	struct bt_ledger *l = NULL;
	char longest[65] = "";

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct bt_err e = { 0 };

		assert_int_equal(bt_ledger_open(&l, p->dir, bad[i], &e), -1);
		assert_int_equal(e.code, BT_INVALID);
	}
	struct bt_err e = { 0 };

	memset(longest, 'a', 64);
	assert_int_equal(bt_slug_check(longest, &e), -1);
	longest[63] = '\0';
	assert_ok(bt_slug_check(longest, &e), &e);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(folder_and_file_are_private_and_the_slug_is_taken),
		CASE(close_removes_the_file_only_when_nothing_is_pending),
		CASE(after_sigkill_the_rest_is_pending_and_the_owner_is_dead),
		CASE(a_live_owner_is_seen_and_cannot_be_adopted),
		CASE(a_torn_last_line_is_cut_before_the_next_is_written),
		CASE(one_that_cannot_be_read_does_not_hide_the_others),
		CASE(slugs_cannot_leave_the_folder),
	};
	return cmocka_run_group_tests_name("ledger", tests, NULL, NULL);
}
