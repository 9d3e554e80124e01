#include "unit.h"
#include "bottle/dockmux.h"

static const char two[] = "\1\0\0\0\0\0\0\3abc\2\0\0\0\0\0\0\0\2\0\0\0\0\0\0\2de";

static void frames_are_told_apart_however_they_are_cut(void **state)
{
	(void)state;
	for (size_t cut = 1; cut < sizeof two - 1; cut++) {
		struct bt_dockmux m = { 0 };
		struct bt_err e = { 0 };
		char got[2][8] = { "", "" };

		for (size_t at = 0; at < sizeof two - 1; at += cut) {
			size_t n = sizeof two - 1 - at;
			struct bt_str in = { two + at, n < cut ? n : cut }, piece;
			int stream, rc;

			while ((rc = bt_dockmux_next(&m, &in, &stream, &piece, &e)) == 1)
				strncat(got[stream - 1], piece.p, piece.n);
			assert_int_equal(rc, 0);
		}
		assert_ok(bt_dockmux_end(&m, &e), &e);
		assert_string_equal(got[0], "abc");
		assert_string_equal(got[1], "de");
	}
}

static void text_that_is_no_such_stream_is_refused(void **state)
{
	struct bt_dockmux m = { 0 };
	struct bt_err e = { 0 };
	struct bt_str in = BT_STR_LIT("OCI runtime"), piece;
	int stream;

	(void)state;
	assert_int_equal(bt_dockmux_next(&m, &in, &stream, &piece, &e), -1);
	assert_int_equal(e.code, BT_PROTO);
}

static void an_end_inside_a_frame_is_an_error(void **state)
{
	struct bt_dockmux m = { 0 };
	struct bt_err e = { 0 };
	struct bt_str in = { two, 9 }, piece;
	int stream;

	(void)state;
	assert_int_equal(bt_dockmux_next(&m, &in, &stream, &piece, &e), 1);
	assert_int_equal(bt_dockmux_end(&m, &e), -1);
	assert_int_equal(e.code, BT_PROTO);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(frames_are_told_apart_however_they_are_cut),
		cmocka_unit_test(text_that_is_no_such_stream_is_refused),
		cmocka_unit_test(an_end_inside_a_frame_is_an_error),
	};
	return cmocka_run_group_tests_name("dockmux", tests, NULL, NULL);
}
