/* A text in pieces: the same verdict as for the whole, wherever it was cut. */
#include "open_scanner.h"
#include <stdlib.h>

#include "bottle/limits.h"
#include "bottle/mem.h"
#include "codings.h"
#include "fakes.h"

#define SIZE (2 * BT_LIM_SCAN_WINDOW + BT_LIM_SCAN_OVERLAP)

static uint64_t state_of_random = 88172645463325252u;

static unsigned below(unsigned n)
{
	state_of_random ^= state_of_random << 13;
	state_of_random ^= state_of_random >> 7;
	state_of_random ^= state_of_random << 17;
	return (unsigned)(state_of_random >> 33) % n;
}

static bool same(const struct bt_findings *a, const struct bt_findings *b)
{
	size_t found = 0;

	for (size_t i = 0; i < a->n; i++)
		for (size_t k = 0; k < b->n; k++)
			if (strcmp(a->at[i].name, b->at[k].name) == 0 && ++found)
				break;
	return found == a->n;
}

static struct bt_findings whole(struct bt_str text)
{
	struct bt_findings f = { 0 };
	struct bt_err e = { 0 };

	assert_ok(bt_scan_text(scanner, scratch, text, &f, &e), &e);
	return f;
}

/* In pieces of at most most bytes. What may be sent on never goes back and never ends behind what
 * was fed. */
static struct bt_findings streamed(struct bt_str text, unsigned most)
{
	BT_OWN(bt_scan_stream) st = NULL;
	struct bt_findings f = { 0 };
	struct bt_err e = { 0 };
	uint64_t passed = 0, from = 0;
	struct bt_buf held = BT_BUF(text.n + 1);

	bt_scan_stream_open(&st, scanner, scratch);
	for (size_t at = 0, n; at < text.n; at += n) {
		n = 1 + below(most);
		n = n < text.n - at ? n : text.n - at;
		assert_ok(bt_buf_add(&held, text.p + at, n, &e), &e);
		assert_ok(bt_scan_stream_feed(st, &held, from, &f, &e), &e);
		assert_true(bt_scan_stream_passed(st) >= passed);
		passed = bt_scan_stream_passed(st);
		assert_true(passed <= at + n);
		assert_true(at + n - passed <= BT_LIM_SCAN_WINDOW);
		assert_memory_equal(held.p, text.p + from, held.len); /* as it was */
		if (below(2)) { /* what may go need not go at once */
			bt_buf_eat(&held, passed - from);
			from = passed;
		}
	}
	assert_ok(bt_scan_stream_end(st, &held, from, &f, &e), &e);
	bt_buf_free(&held);
	return f;
}

static void fill_prose(char *out)
{
	for (size_t i = 0; i < SIZE; i++)
		out[i] = "look at this and (that), in line 12; "[i % 37];
}

/* As an upload of JSON has it: not one space. */
static void fill_packed(char *out)
{
	for (size_t i = 0; i < SIZE; i++)
		out[i] = "{\"role\":\"user\",\"n\":12},"[i % 23];
}

static void fill_base64(char *out)
{
	for (size_t i = 0; i < SIZE; i++)
		out[i] = "IGFuZCB0aGF0"[i % 12];
}

static void fill_cyrillic(char *out)
{
	for (size_t i = 0; i < SIZE; i++)
		out[i] = "\xd0\xb6\xd0\xb8"[i % 4];
}

static void fill_escapes(char *out)
{
	for (size_t i = 0; i < SIZE; i++)
		out[i] = "%2E\\u002e"[i % 9];
}

static void (*const fills[])(char *out) = { fill_prose, fill_packed, fill_base64, fill_cyrillic,
	                                    fill_escapes };

static void any_split_gives_the_verdict_of_the_whole(void **state)
{
	BT_OWN_MEM char *text = bt_calloc(SIZE + 1, 1);
	char secret[512], coded[8192];
	static const unsigned most[] = { 1400, 16384, 70000, SIZE };

	(void)state;
	for (unsigned round = 0; round < 40; round++) {
		fills[round % 5](text);
		const struct fake *fake = &fakes[below(FAKES)];

		fake_build(secret, sizeof secret, fake);
		coded[0] = coded[1] = ' ';
		size_t c = below(CODINGS), n = codings[c].code(coded + 1, secret, strlen(secret));

		coded[n + 1] = ' ';
		memcpy(text + below((unsigned)(SIZE - n - 2)), coded, n + 2);
		struct bt_str all = { text, SIZE };
		struct bt_findings a = whole(all), b = streamed(all, most[round % 4]);

		if (!same(&a, &b) || !same(&b, &a))
			fail_msg("%s as %s in filler %u: %zu in the whole, %zu in pieces",
			         fake->name, codings[c].name, round % 5, a.n, b.n);
	}
}

/* The end of the first window, and the place where the second one begins. */
static void a_secret_is_found_across_every_border(void **state)
{
	static const size_t borders[] = { BT_LIM_SCAN_WINDOW,
		                          BT_LIM_SCAN_WINDOW - BT_LIM_SCAN_OVERLAP };
	BT_OWN_MEM char *text = bt_calloc(SIZE, 1);
	char token[64], kept[64];

	(void)state;
	fake_build(token, sizeof token, &fakes[FAKE_GITHUB]);
	size_t n = strlen(token);

	for (size_t fill = 0; fill < 5; fill += 3) {
		fills[fill](text);
		for (size_t b = 0; b < 2; b++)
			for (size_t at = borders[b] - n - 2; at < borders[b] + 3; at += 3) {
				memcpy(kept, text + at, n);
				memcpy(text + at, token, n);
				struct bt_findings f =
				        streamed((struct bt_str){ text, borders[b] + 40000 }, SIZE);

				memcpy(text + at, kept, n);
				if (f.n == 0)
					fail_msg("filler %zu, border %zu, at %zu", fill, b, at);
			}
	}
}

static void a_long_run_of_base64_is_decoded_in_step_with_its_beginning(void **state)
{
	BT_OWN_MEM char *plain = bt_calloc(SIZE, 1), *text = bt_calloc(2 * SIZE, 1);
	char token[64];

	(void)state;
	fake_build(token, sizeof token, &fakes[FAKE_GITHUB]);
	for (unsigned i = 0; i < 6; i++) {
		for (size_t k = 0; k < SIZE; k++)
			plain[k] = (char)(128 + below(128));
		memcpy(plain + SIZE / 2 + 100000 + i, token, strlen(token));
		size_t front = (size_t)sprintf(text, "%.*s", (int)i, "      ");
		size_t n = front + b64(text + front, plain, SIZE);

		assert_int_equal(whole((struct bt_str){ text, n }).n, 1);
		assert_int_equal(streamed((struct bt_str){ text, n }, 16384).n, 1);
	}
}

/* What stands before a cut is context: a number, a word or a start that it is not. */
static void a_cut_makes_no_false_alarm(void **state)
{
	static const char *const rows[] = { "x4111111111111111", "xpassword=abcd1234",
		                            "a078-05-1120", "xGB82WEST12345698765432",
		                            "xfw_7Kq2Zx9Vb4Nm1Rt6Yw3Hs8Jd5Lf0Pg" };
	BT_OWN_MEM char *text = bt_calloc(SIZE + 64, 1);

	(void)state;
	for (size_t r = 0; r < sizeof rows / sizeof *rows; r++) {
		size_t n = strlen(rows[r]);

		for (size_t i = 0; i < SIZE; i++)
			text[i] = rows[r][i % n];
		for (unsigned at = 0; at < n; at++) {
			struct bt_str all = { text + at, SIZE - n };
			struct bt_findings a = whole(all), b = streamed(all, SIZE);

			if (!same(&b, &a))
				fail_msg("%s: %s", rows[r], b.at[0].name);
		}
	}
}

static void what_was_not_looked_at_is_not_sent_on(void **state)
{
	BT_OWN(bt_scan_stream) st = NULL;
	BT_OWN_MEM char *text = bt_calloc(SIZE, 1);
	struct bt_buf held = { .p = (uint8_t *)text, .len = 100000, .cap = SIZE, .max = SIZE };
	struct bt_findings f = { 0 };
	struct bt_err e = { 0 };

	(void)state;
	fill_prose(text);
	bt_scan_stream_open(&st, scanner, scratch);
	assert_ok(bt_scan_stream_feed(st, &held, 0, &f, &e), &e);
	assert_int_equal(bt_scan_stream_passed(st), 0);
	assert_ok(bt_scan_stream_look(st, &held, 0, &f, &e), &e);
	size_t passed = bt_scan_stream_passed(st);

	assert_in_range(passed, 100000 - BT_LIM_SCAN_OVERLAP - 37, 100000 - BT_LIM_SCAN_OVERLAP);
	held.len++;
	assert_ok(bt_scan_stream_feed(st, &held, 0, &f, &e), &e);
	assert_int_equal(bt_scan_stream_passed(st), passed);
	assert_int_equal(f.n, 0);
	bt_buf_eat(&held, passed + 1); /* more than passed: nobody would see what it is part of */
	assert_int_equal(bt_scan_stream_end(st, &held, passed + 1, &f, &e), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(any_split_gives_the_verdict_of_the_whole),
		cmocka_unit_test(a_secret_is_found_across_every_border),
		cmocka_unit_test(a_long_run_of_base64_is_decoded_in_step_with_its_beginning),
		cmocka_unit_test(a_cut_makes_no_false_alarm),
		cmocka_unit_test(what_was_not_looked_at_is_not_sent_on),
	};
	return cmocka_run_group_tests_name("scan_stream", tests, open_scanner, close_scanner);
}
