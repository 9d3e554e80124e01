#include "unit.h"
#include "../../src/gate/leg.h"
#include "../../src/gate/splice.h"
#include "bottle/limits.h"
#include "bottle/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#define MUCH (64u * 1024u)

/* near -> from, to -> far: what is sent at one end comes out at the other. */
struct world {
	struct event_base *base;
	struct bt_pipes *pipes;
	struct bt_splice s;
	struct bt_leg from, to;
	int near, far;
	char *data;
};

static void on_leg(void *owner, struct bt_leg *l, enum bt_leg_event ev)
{
	(void)owner;
	(void)l;
	(void)ev;
}

static void open_leg(struct world *w, struct bt_leg *l, int *other)
{
	int fd[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fd), 0);
	bt_leg_open(l, w->base, fd[0], false);
	bt_leg_on(l, on_leg, w);
	*other = fd[1];
}

static int setup(void **state)
{
	struct world *w = bt_calloc(1, sizeof *w);

	w->base = event_base_new();
	w->pipes = bt_pipes_new();
	w->s.pipes = w->pipes;
	open_leg(w, &w->from, &w->near);
	open_leg(w, &w->to, &w->far);
	bt_leg_raw(&w->from, true);
	w->data = bt_calloc(1, MUCH);
	for (size_t i = 0; i < MUCH; i++)
		w->data[i] = (char)(i * 7 + i / 256);
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;

	bt_splice_end(&w->s);
	bt_leg_close(&w->from);
	bt_leg_close(&w->to);
	(void)close(w->near);
	(void)close(w->far);
	bt_pipes_free(w->pipes);
	event_base_free(w->base);
	free(w->data);
	free(w);
	return 0;
}

/* Everything that can be read from fd now is p's first n bytes. */
static void expect(int fd, const char *p, size_t n)
{
	char *got = bt_calloc(1, n + 1);
	size_t have = 0;
	ssize_t r;

	while (have <= n && (r = read(fd, got + have, n + 1 - have)) > 0)
		have += (size_t)r;
	assert_int_equal(have, n);
	assert_memory_equal(got, p, n);
	free(got);
}

/* Until to takes no more; how much that was. */
static size_t stuff(struct world *w)
{
	size_t n = 0;
	ssize_t r;

	while ((r = write(w->to.fd, w->data, MUCH)) > 0)
		n += (size_t)r;
	assert_int_equal(errno, EAGAIN);
	return n;
}

static void unstuff(struct world *w, size_t n)
{
	char *sink = bt_calloc(1, n);

	for (size_t have = 0; have < n;)
		have += (size_t)read(w->far, sink, n - have);
	free(sink);
}

static void much_goes_through_and_is_counted_on_both_legs(void **state)
{
	struct world *w = *state;

	assert_int_equal(write(w->near, w->data, MUCH), MUCH);
	assert_int_not_equal(bt_splice_in(&w->s, &w->from, &w->to), BT_SPLICE_BROKEN);
	assert_int_equal(w->from.nread, MUCH);
	assert_int_equal(w->to.nwritten, MUCH);
	assert_int_equal(bt_pipes_moved(w->pipes), MUCH);
	assert_false(w->s.taken);
	expect(w->far, w->data, MUCH);
}

static void a_little_goes_through_and_the_next_is_copied(void **state)
{
	struct world *w = *state;

	assert_int_equal(write(w->near, "hello", 5), 5);
	assert_int_equal(bt_splice_in(&w->s, &w->from, &w->to), BT_SPLICE_COPY);
	assert_false(w->from.raw);
	assert_false(w->s.taken);
	assert_false(bt_splice_may(&w->s, &w->from, &w->to));
	expect(w->far, "hello", 5);
}

static void a_socket_that_has_nothing_is_read_the_other_way(void **state)
{
	struct world *w = *state;

	assert_int_equal(bt_splice_in(&w->s, &w->from, &w->to), BT_SPLICE_COPY);
	assert_false(w->from.raw);
	assert_false(w->from.eof);
}

static void an_end_is_not_believed_before_a_read_says_so(void **state)
{
	struct world *w = *state;

	assert_int_equal(shutdown(w->near, SHUT_WR), 0);
	assert_int_equal(bt_splice_in(&w->s, &w->from, &w->to), BT_SPLICE_COPY);
	assert_false(w->from.raw);
	assert_false(w->from.eof);
	assert_int_equal(event_base_loop(w->base, EVLOOP_NONBLOCK), 0);
	assert_true(w->from.eof);
}

static void what_a_full_socket_does_not_take_waits_and_stops_the_sender(void **state)
{
	struct world *w = *state;
	size_t n = stuff(w);

	assert_int_equal(write(w->near, w->data, MUCH), MUCH);
	assert_int_equal(bt_splice_in(&w->s, &w->from, &w->to), BT_SPLICE_WAIT);
	assert_true(w->from.paused);
	assert_true(w->to.awaited);
	assert_true(w->s.inside);
	unstuff(w, n);
	assert_int_equal(bt_splice_out(&w->s, &w->from, &w->to), BT_SPLICED);
	assert_false(w->from.paused);
	assert_false(w->s.taken);
	for (int i = 0; i < 64 && w->to.nwritten < MUCH; i++) {
		bt_leg_raw(&w->from, true);
		assert_int_not_equal(bt_splice_in(&w->s, &w->from, &w->to), BT_SPLICE_BROKEN);
	}
	expect(w->far, w->data, MUCH);
}

static void a_pipe_with_something_in_it_is_nobody_elses(void **state)
{
	struct world *w = *state;
	size_t n = stuff(w);
	struct bt_splice other = { .pipes = w->pipes };

	assert_int_equal(write(w->near, "secret", 6), 6);
	assert_int_equal(bt_splice_in(&w->s, &w->from, &w->to), BT_SPLICE_WAIT);
	bt_splice_end(&w->s);
	assert_false(w->s.taken);
	unstuff(w, n);
	bt_leg_pause(&w->from, false);
	bt_leg_raw(&w->from, true);
	assert_int_equal(write(w->near, "other", 5), 5);
	assert_int_equal(bt_splice_in(&other, &w->from, &w->to), BT_SPLICE_COPY);
	expect(w->far, "other", 5);
}

static void pipes_are_bounded_and_without_one_it_is_copied(void **state)
{
	struct world *w = *state;
	struct bt_splice *many = bt_calloc(BT_LIM_PIPES + 1, sizeof *many);

	(void)stuff(w);
	for (unsigned i = 0; i <= BT_LIM_PIPES; i++) {
		enum bt_spliced want = i < BT_LIM_PIPES ? BT_SPLICE_WAIT : BT_SPLICE_COPY;

		many[i].pipes = w->pipes;
		bt_leg_pause(&w->from, false);
		assert_int_equal(write(w->near, "x", 1), 1);
		assert_int_equal(bt_splice_in(&many[i], &w->from, &w->to), want);
	}
	for (unsigned i = 0; i <= BT_LIM_PIPES; i++)
		bt_splice_end(&many[i]);
	free(many);
}

static void what_the_kernel_does_not_splice_is_copied_for_good(void **state)
{
	struct world *w = *state;
	int from = w->from.fd, odd = eventfd(0, EFD_NONBLOCK);

	w->from.fd = odd;
	assert_int_equal(bt_splice_in(&w->s, &w->from, &w->to), BT_SPLICE_COPY);
	w->from.fd = from;
	w->s.came = MUCH;
	assert_false(bt_splice_may(&w->s, &w->from, &w->to));
	(void)close(odd);
}

static void it_is_tried_after_a_large_read_and_with_nothing_in_between(void **state)
{
	struct world *w = *state;
	struct bt_err e = { 0 };

	assert_false(bt_splice_may(&w->s, &w->from, &w->to));
	w->s.came = MUCH;
	assert_true(bt_splice_may(&w->s, &w->from, &w->to));
	assert_ok(bt_buf_add(&w->to.out, "x", 1, &e), &e);
	assert_false(bt_splice_may(&w->s, &w->from, &w->to));
	bt_buf_clear(&w->to.out);
	assert_ok(bt_buf_add(&w->from.in, "x", 1, &e), &e);
	assert_false(bt_splice_may(&w->s, &w->from, &w->to));
	bt_buf_clear(&w->from.in);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(much_goes_through_and_is_counted_on_both_legs),
		T(a_little_goes_through_and_the_next_is_copied),
		T(a_socket_that_has_nothing_is_read_the_other_way),
		T(an_end_is_not_believed_before_a_read_says_so),
		T(what_a_full_socket_does_not_take_waits_and_stops_the_sender),
		T(a_pipe_with_something_in_it_is_nobody_elses),
		T(pipes_are_bounded_and_without_one_it_is_copied),
		T(what_the_kernel_does_not_splice_is_copied_for_good),
		T(it_is_tried_after_a_large_read_and_with_nothing_in_between),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
