#include "unit.h"
#include "bottle/wsframe.h"

static const uint8_t key[4] = { 1, 2, 3, 4 };

static int frame(struct bt_ws_frame *f, const char *raw, size_t n)
{
	struct bt_err e = { 0 };

	return bt_ws_frame(f, (const uint8_t *)raw, n, &e);
}
#define FRAME(f, s) frame(f, s, sizeof(s) - 1)

/* A masked client frame behind what is there. */
static size_t put(uint8_t *to, unsigned first, const char *text)
{
	size_t n = strlen(text), head = bt_ws_head(to, first & 15, n, key);

	to[0] = (uint8_t)first;
	memcpy(to + head, text, n);
	bt_ws_mask(to + head, n, key, 0);
	return head + n;
}

static void heads_are_read_in_all_three_lengths(void **state)
{
	struct bt_ws_frame f;

	(void)state;
	assert_int_equal(FRAME(&f, "\x81\x05"), 1);
	assert_true(f.fin && !f.masked && f.op == BT_WS_TEXT && f.length == 5 && f.head == 2);
	assert_int_equal(FRAME(&f, "\x02\xfe\x01\x00\x01\x02\x03\x04"), 1);
	assert_true(!f.fin && f.masked && f.op == BT_WS_BINARY && f.length == 256 && f.head == 8);
	assert_memory_equal(f.mask, key, 4);
	assert_int_equal(FRAME(&f, "\x82\x7f\0\0\0\0\0\1\0\0"), 1);
	assert_true(f.length == 65536 && f.head == 10);
	assert_int_equal(FRAME(&f, "\x82"), 0);
	assert_int_equal(FRAME(&f, "\x82\x7f\0\0\0\0\0\1\0"), 0);
	assert_int_equal(FRAME(&f, "\x82\xfe\x01\x00\x01\x02\x03"), 0);
}

static void what_the_letter_forbids_is_no_frame(void **state)
{
	static const struct {
		const char *raw;
		size_t n;
	} bad[] = {
		{ "\xc1\x00", 2 },                      /* RSV1: compression nobody agreed on */
		{ "\xa1\x00", 2 },                      /* RSV2 */
		{ "\x91\x00", 2 },                      /* RSV3 */
		{ "\x83\x00", 2 },                      /* opcode 3 */
		{ "\x8b\x00", 2 },                      /* opcode 11 */
		{ "\x09\x00", 2 },                      /* a ping in parts */
		{ "\x88\x7e\x00\x7e", 4 },              /* a close of 126 bytes */
		{ "\x81\x7e\x00\x7d", 4 },              /* 125 in two bytes */
		{ "\x81\x7f\0\0\0\0\0\0\xff\xff", 10 }, /* 65535 in eight */
		{ "\x81\x7f\x80\0\0\0\0\0\0\0", 10 },   /* the top bit */
	};
	struct bt_ws_frame f;

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_int_equal(frame(&f, bad[i].raw, bad[i].n), -1);
}

static void a_written_head_is_read_back(void **state)
{
	static const uint64_t lengths[] = { 0, 125, 126, 65535, 65536, 1ull << 40 };

	(void)state;
	for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++)
		for (int masked = 0; masked < 2; masked++) {
			uint8_t raw[BT_WS_HEAD];
			struct bt_ws_frame f;
			struct bt_err e = { 0 };
			size_t n = bt_ws_head(raw, BT_WS_TEXT, lengths[i], masked ? key : NULL);

			assert_int_equal(bt_ws_frame(&f, raw, n, &e), 1);
			assert_true(f.fin && f.masked == masked && f.length == lengths[i] &&
			            f.head == n);
		}
}

static void masking_twice_is_nothing_wherever_it_is_cut(void **state)
{
	char text[] = "The quick brown fox jumps over the lazy dog", was[sizeof text];

	(void)state;
	memcpy(was, text, sizeof text);
	for (size_t cut = 0; cut <= sizeof text; cut++) {
		bt_ws_mask((uint8_t *)text, sizeof text, key, 0);
		bt_ws_mask((uint8_t *)text, cut, key, 0);
		bt_ws_mask((uint8_t *)text + cut, sizeof text - cut, key, cut);
		assert_memory_equal(text, was, sizeof text);
	}
}

static void fragments_become_a_message_with_signals_between(void **state)
{
	uint8_t raw[256];
	size_t n = put(raw, 0x01, "ab"), used, at = 0, nmsg = 0;
	struct bt_ws_reader r = { 0 };
	struct bt_str out;
	struct bt_err e = { 0 };
	char msg[16];
	bool ping = false;
	int step;

	(void)state;
	n += put(raw + n, 0x89, "hey");
	n += put(raw + n, 0x00, "");
	n += put(raw + n, 0x80, "cd");
	while ((step = bt_ws_read(&r, raw + at, n - at, &used, &out, &e)) != BT_WS_MESSAGE) {
		at += used;
		assert_true(step == BT_WS_DATA || step == BT_WS_SIGNAL);
		if (step == BT_WS_SIGNAL) {
			assert_true(!ping && r.frame.op == BT_WS_PING && nmsg == 2);
			assert_true(bt_str_eq(out, BT_STR_LIT("hey")));
			ping = true;
			continue;
		}
		memcpy(msg + nmsg, out.p, out.n);
		nmsg += out.n;
	}
	assert_true(ping && at + used == n && r.kind == BT_WS_TEXT);
	assert_true(bt_str_eq((struct bt_str){ msg, nmsg }, BT_STR_LIT("abcd")));
	assert_int_equal(bt_ws_read(&r, raw, 0, &used, &out, &e), BT_WS_MORE);
}

static int second_of(unsigned first, unsigned second, bool mask)
{
	uint8_t raw[64];
	size_t n = put(raw, first, "a"), at = 0, used;
	struct bt_ws_reader r = { 0 };
	struct bt_str out;
	struct bt_err e = { 0 };
	int step = 0;

	n += put(raw + n, second, "b");
	if (!mask)
		raw[n - 6] &= 0x7f;
	for (int i = 0; i < 5 && step >= 0; i++) {
		step = bt_ws_read(&r, raw + at, n - at, &used, &out, &e);
		at += used;
	}
	return step < 0 ? (int)e.code : 0;
}

static void messages_do_not_nest_and_clients_mask(void **state)
{
	(void)state;
	assert_int_equal(second_of(0x81, 0x81, true), 0);
	assert_int_equal(second_of(0x01, 0x80, true), 0);
	assert_int_equal(second_of(0x01, 0x89, true), 0);
	assert_int_equal(second_of(0x01, 0x81, true), BT_PROTO);
	assert_int_equal(second_of(0x81, 0x80, true), BT_PROTO);
	assert_int_equal(second_of(0x81, 0x81, false), BT_PROTO);
}

static void a_close_says_a_code_that_may_be_sent(void **state)
{
	(void)state;
	assert_true(bt_ws_close_ok(BT_STR_LIT("")));
	assert_true(bt_ws_close_ok(BT_STR_LIT("\x03\xe8")));
	assert_true(bt_ws_close_ok(BT_STR_LIT("\x0f\xa0"
	                                      "gr\xc3\xbc\xc3\x9f")));
	assert_false(bt_ws_close_ok(BT_STR_LIT("\x03")));
	assert_false(bt_ws_close_ok(BT_STR_LIT("\x03\xe7")));
	assert_false(bt_ws_close_ok(BT_STR_LIT("\x03\xed"))); /* 1005 is never sent */
	assert_false(bt_ws_close_ok(BT_STR_LIT("\x03\xf7"))); /* 1015 */
	assert_false(bt_ws_close_ok(BT_STR_LIT("\x13\x88")));
	assert_false(bt_ws_close_ok(BT_STR_LIT("\x03\xe8\xff")));
}

static void a_tracker_stops_where_a_frame_ends(void **state)
{
	static const uint8_t raw[] = { 0x81, 2, 'h', 'i', 0x8a, 0, 0x02, 1, 'x', 0x80, 0 };
	static const size_t ends[] = { 4, 6, 9, 11 };
	struct bt_ws_track t = { .nhead = 0 };
	size_t at = 0;

	(void)state;
	assert_true(bt_ws_between(&t));
	for (size_t i = 0; i < 4; i++) {
		at += bt_ws_track(&t, raw + at, 1, false);
		assert_false(bt_ws_between(&t));
		at += bt_ws_track(&t, raw + at, sizeof raw - at, true);
		assert_int_equal(at, ends[i]);
		assert_true(bt_ws_between(&t));
		assert_int_equal(bt_ws_track(&t, raw + at, sizeof raw - at, true), 0);
	}
}

static void a_tracker_that_is_lost_says_so_and_lets_all_pass(void **state)
{
	struct bt_ws_track t = { .nhead = 0 };

	(void)state;
	assert_int_equal(bt_ws_track(&t, (const uint8_t *)"\xf1\x00zz", 4, false), 4);
	assert_true(t.lost && !bt_ws_between(&t));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(heads_are_read_in_all_three_lengths),
		cmocka_unit_test(what_the_letter_forbids_is_no_frame),
		cmocka_unit_test(a_written_head_is_read_back),
		cmocka_unit_test(masking_twice_is_nothing_wherever_it_is_cut),
		cmocka_unit_test(fragments_become_a_message_with_signals_between),
		cmocka_unit_test(messages_do_not_nest_and_clients_mask),
		cmocka_unit_test(a_close_says_a_code_that_may_be_sent),
		cmocka_unit_test(a_tracker_stops_where_a_frame_ends),
		cmocka_unit_test(a_tracker_that_is_lost_says_so_and_lets_all_pass),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
