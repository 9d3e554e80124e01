#include "unit.h"
#include "bottle/http1.h"

static struct bt_http_head head;

static int request(const char *raw, size_t n)
{
	struct bt_err e = { 0 };

	return bt_http_request(&head, (const uint8_t *)raw, n, &e) < 0 ? (int)e.code : 0;
}
#define REQUEST(s) request(s, sizeof(s) - 1)
#define WITH(fields) REQUEST("POST / HTTP/1.1\r\nHost: a\r\n" fields "\r\n")

static int answer(const char *raw, const char *method)
{
	struct bt_err e = { 0 };

	return bt_http_response(&head, (const uint8_t *)raw, strlen(raw), bt_str(method), &e) < 0
	               ? (int)e.code
	               : 0;
}

static void a_request_is_taken_apart(void **state)
{
	(void)state;
	assert_int_equal(REQUEST("GET /a?b HTTP/1.1\r\nHost: x.test\r\nX-A: \t v  w \r\n\r\n"), 0);
	assert_true(bt_str_eq(head.method, BT_STR_LIT("GET")));
	assert_true(bt_str_eq(head.target, BT_STR_LIT("/a?b")));
	assert_int_equal(head.nfields, 2);
	assert_true(bt_str_eq(bt_http_find(&head, "x-a")->value, BT_STR_LIT("v  w")));
	assert_int_equal(head.body, BT_BODY_NONE);
	assert_true(head.keep_alive);
}

static void lengths_have_one_spelling(void **state)
{
	(void)state;
	assert_int_equal(WITH("Content-Length: 3\r\n"), 0);
	assert_int_equal(head.length, 3);
	assert_int_equal(WITH("Content-Length: 3 \r\n"), 0);
	static const char *const bad[] = { "+3",   "-1", "0x3", "1_0",
		                           "3, 3", "",   "3 3", "18446744073709551616",
		                           "3;q" };
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		char raw[256];
		int n = snprintf(raw, sizeof raw,
		                 "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: %s\r\n\r\n",
		                 bad[i]);

		assert_int_equal(request(raw, (size_t)n), BT_PROTO);
	}
	assert_int_equal(WITH("Content-Length: 3\r\nContent-Length: 3\r\n"), BT_PROTO);
}

static void a_transfer_coding_is_chunked_or_nothing(void **state)
{
	(void)state;
	assert_int_equal(WITH("Transfer-Encoding: chunked\r\n"), 0);
	assert_int_equal(head.body, BT_BODY_CHUNKED);
	assert_int_equal(WITH("Transfer-Encoding: Chunked\r\n"), 0);
	static const char *const bad[] = { "xchunked",
		                           "identity, chunked",
		                           "chunked, chunked",
		                           ",chunked",
		                           "chunked;a",
		                           "chunked\x0b",
		                           "gzip",
		                           "" };
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		char raw[256];
		int n = snprintf(raw, sizeof raw,
		                 "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: %s\r\n\r\n",
		                 bad[i]);

		assert_int_equal(request(raw, (size_t)n), BT_PROTO);
	}
	assert_int_equal(WITH("Transfer-Encoding: chunked\r\nContent-Length: 3\r\n"), BT_PROTO);
	assert_int_equal(WITH("Transfer-Encoding : chunked\r\n"), BT_PROTO);
	assert_int_equal(WITH(" Transfer-Encoding: chunked\r\n"), BT_PROTO);
	assert_int_equal(REQUEST("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n"),
	                 BT_PROTO);
}

static void what_two_readers_could_take_differently_is_refused(void **state)
{
	(void)state;
	static const char *const bad[] = {
		"GET  / HTTP/1.1\r\nHost: a\r\n\r\n",
		"GET\t/ HTTP/1.1\r\nHost: a\r\n\r\n",
		"GET / HTTP/1.10\r\nHost: a\r\n\r\n",
		"GET / HTTP/2.0\r\nHost: a\r\n\r\n",
		"get / HTTP/1.1\r\nHost: a\r\n\r\n",
		"GET /\r\n\r\n",
		"GET / HTTP/1.1\r\n\r\n",
		"GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n",
		"GET / HTTP/1.1\r\nHost: a\r\nA b\r\n\r\n",
		"GET / HTTP/1.1\r\nHost: a\r\n: b\r\n\r\n",
		"GET / HTTP/1.1\r\nHost: a\r\nX: b\rc\r\n\r\n",
		"GET / HTTP/1.1\r\nHost: a\r\nX: b\r\n c\r\n\r\n",
		"GET / HTTP/1.1\r\nHost: a\r\nX(y): b\r\n\r\n",
		"GET /#f HTTP/1.1\r\nHost: a\r\n\r\n",
		"GET /a\\b HTTP/1.1\r\nHost: a\r\n\r\n",
		"GET /\xc3\xa9 HTTP/1.1\r\nHost: a\r\n\r\n",
		"GET / HTTP/1.1\nHost: a\r\n\r\n",
		"GET / HTTP/1.1\r\nHost: a\r\nExpect: 200\r\n\r\n",
	};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		if (request(bad[i], strlen(bad[i])) != BT_PROTO)
			fail_msg("taken: %s", bad[i]);
	assert_int_equal(REQUEST("GET / HTTP/1.1\r\nHost: a\r\nX: b\0c\r\n\r\n"), BT_PROTO);
}

static void the_end_of_a_head_is_found_across_pieces(void **state)
{
	static const char raw[] = "GET / HTTP/1.1\r\nHost: a\r\n\r\nrest";
	struct bt_err e = { 0 };
	size_t seen = 0, len = 0;

	(void)state;
	for (size_t n = 0; n < sizeof raw - 1 - 4; n++)
		assert_int_equal(bt_http_head_end((const uint8_t *)raw, n, &seen, &len, &e), 0);
	assert_int_equal(bt_http_head_end((const uint8_t *)raw, sizeof raw - 1, &seen, &len, &e),
	                 1);
	assert_int_equal(len, sizeof raw - 1 - 4);
	seen = 0;
	assert_int_equal(bt_http_head_end((const uint8_t *)"GET /\n", 6, &seen, &len, &e), -1);
}

static void an_answer_is_framed_by_status_and_method(void **state)
{
	(void)state;
	assert_int_equal(answer("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", "GET"), 0);
	assert_int_equal(head.body, BT_BODY_LENGTH);
	assert_int_equal(answer("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", "HEAD"), 0);
	assert_int_equal(head.body, BT_BODY_NONE);
	assert_int_equal(answer("HTTP/1.1 204 No\r\nContent-Length: 5\r\n\r\n", "GET"), 0);
	assert_int_equal(head.body, BT_BODY_NONE);
	assert_int_equal(answer("HTTP/1.1 200\r\n\r\n", "GET"), 0);
	assert_int_equal(head.body, BT_BODY_EOF);
	assert_false(head.keep_alive);
	assert_int_equal(
	        answer("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n", "GET"),
	        BT_PROTO);
	assert_int_equal(answer("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n"
	                        "Transfer-Encoding: chunked\r\n\r\n",
	                        "GET"),
	                 BT_PROTO);
	assert_int_equal(answer("HTTP/1.1 99 OK\r\n\r\n", "GET"), BT_PROTO);
	assert_int_equal(answer("ICY 200 OK\r\n\r\n", "GET"), BT_PROTO);
}

/* Decode raw in pieces of step bytes. Returns the body's length, -1: refused, -2: not finished. */
static int unchunk(const char *raw, size_t n, size_t step, char *out)
{
	struct bt_chunked c = { 0 };
	struct bt_err e = { 0 };
	size_t at = 0, len = 0;

	while (at < n) {
		size_t used = 0;
		struct bt_str data = { NULL, 0 };
		struct bt_str in = { raw + at, n - at < step ? n - at : step };
		int s = bt_chunked_step(&c, in, &used, &data, &e);

		if (s < 0)
			return -1;
		if (s == BT_CHUNK_DATA) {
			memcpy(out + len, data.p, data.n);
			len += data.n;
		}
		at += used;
		if (s == BT_CHUNK_END)
			return at == n ? (int)len : -1;
	}
	return -2;
}

static void chunks_are_decoded_however_they_are_cut(void **state)
{
	static const char raw[] = "5\r\nhello\r\n6;a=b\r\n world\r\n0\r\nX-T: 1\r\n\r\n";
	char out[64];

	(void)state;
	for (size_t step = 1; step < sizeof raw; step++) {
		assert_int_equal(unchunk(raw, sizeof raw - 1, step, out), 11);
		assert_memory_equal(out, "hello world", 11);
	}
}

static void sloppy_chunks_are_refused(void **state)
{
	static const char *const bad[] = { "0x3\r\n",
		                           "+3\r\n",
		                           " 3\r\n",
		                           "3_0\r\n",
		                           "-1\r\n",
		                           "00000000000000003\r\nabc\r\n0\r\n\r\n",
		                           "3\nabc",
		                           "3;a\nb\r\n",
		                           "3;a\rb\r\n",
		                           "3\r\nabcd",
		                           "3\r\nabc\n",
		                           "3 \r\nabc\r\n",
		                           "\r\n",
		                           "3\r\nabc\r\n\r\n",
		                           "0\r\nX\r\n\r\n",
		                           "0\r\n X: 1\r\n\r\n",
		                           "0\r\n\n",
		                           "0\r\nContent-Length: 3\r\n\r\n",
		                           "0\r\nTransfer-Encoding: chunked\r\n\r\n" };
	char out[64];

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		if (unchunk(bad[i], strlen(bad[i]), 64, out) != -1)
			fail_msg("taken: %s", bad[i]);
	assert_int_equal(unchunk("3;a\0\r\n", 6, 64, out), -1);
}

static void endless_extensions_are_a_limit(void **state)
{
	struct bt_chunked c = { 0 };
	struct bt_err e = { 0 };
	struct bt_str data;
	size_t used;
	int s = bt_chunked_step(&c, BT_STR_LIT("3;"), &used, &data, &e);

	(void)state;
	for (int i = 0; i < 2000 && s == BT_CHUNK_MORE; i++)
		s = bt_chunked_step(&c, BT_STR_LIT("aaaaaaaaaaaaaaaa"), &used, &data, &e);
	assert_int_equal(s, -1);
	assert_int_equal(e.code, BT_LIMIT);
}

static void list_members_are_whole_words(void **state)
{
	(void)state;
	assert_true(bt_http_list_has(BT_STR_LIT("a, Close ;q=1"), "close"));
	assert_false(bt_http_list_has(BT_STR_LIT("closer, xclose"), "close"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_request_is_taken_apart),
		cmocka_unit_test(lengths_have_one_spelling),
		cmocka_unit_test(a_transfer_coding_is_chunked_or_nothing),
		cmocka_unit_test(what_two_readers_could_take_differently_is_refused),
		cmocka_unit_test(the_end_of_a_head_is_found_across_pieces),
		cmocka_unit_test(an_answer_is_framed_by_status_and_method),
		cmocka_unit_test(chunks_are_decoded_however_they_are_cut),
		cmocka_unit_test(sloppy_chunks_are_refused),
		cmocka_unit_test(endless_extensions_are_a_limit),
		cmocka_unit_test(list_members_are_whole_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
