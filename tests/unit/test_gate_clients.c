/* Counts by address: one client is bounded and no other feels it. */
#include "../../src/gate/clients.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include "bottle/mem.h"
#include "unit.h"

static struct bt_clients *all;

static int open_all(void **state)
{
	(void)state;
	all = bt_clients_new();
	return 0;
}

static int close_all(void **state)
{
	(void)state;
	bt_clients_free(all);
	return 0;
}

static struct bt_client *enter(const char *from, unsigned most)
{
	struct sockaddr_in v4 = { .sin_family = AF_INET, .sin_port = htons(1234) };
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6 };
	struct sockaddr none = { .sa_family = AF_UNIX };

	if (inet_pton(AF_INET, from, &v4.sin_addr) == 1)
		return bt_client_enter(all, (struct sockaddr *)&v4, most);
	if (inet_pton(AF_INET6, from, &v6.sin6_addr) == 1)
		return bt_client_enter(all, (struct sockaddr *)&v6, most);
	return bt_client_enter(all, &none, most);
}

static void one_more_than_allowed_is_refused_until_one_leaves(void **state)
{
	struct bt_client *a = enter("10.0.0.1", 2), *b = enter("10.0.0.1", 2);

	(void)state;
	assert_non_null(a);
	assert_ptr_equal(a, b);
	assert_null(enter("10.0.0.1", 2));
	assert_non_null(enter("10.0.0.2", 2));
	bt_client_leave(a);
	assert_non_null(enter("10.0.0.1", 2));
	assert_null(enter("10.0.0.1", 2));
}

static void an_address_is_the_same_in_its_other_spelling(void **state)
{
	(void)state;
	assert_ptr_equal(enter("::ffff:10.1.0.1", 0), enter("10.1.0.1", 0));
	assert_ptr_equal(enter("2001:db8:1:2::1", 0), enter("2001:db8:1:2:ffff::9", 0));
	assert_ptr_not_equal(enter("2001:db8:1:2::1", 0), enter("2001:db8:1:3::1", 0));
	assert_ptr_equal(enter("unix", 0), enter("unix", 0));
	assert_ptr_not_equal(enter("unix", 0), enter("0.0.0.0", 0));
}

static void many_come_and_go_and_nothing_stays(void **state)
{
	struct bt_client *some[2000];
	char text[32];

	(void)state;
	for (unsigned i = 0; i < 2000; i++) {
		(void)snprintf(text, sizeof text, "10.2.%u.%u", i / 250, i % 250);
		some[i] = enter(text, 1);
		assert_non_null(some[i]);
	}
	for (unsigned i = 0; i < 2000; i++)
		bt_client_leave(some[(i * 7) % 2000]);
	assert_non_null(enter("10.2.0.0", 1));
	bt_client_leave(NULL);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_more_than_allowed_is_refused_until_one_leaves),
		cmocka_unit_test(an_address_is_the_same_in_its_other_spelling),
		cmocka_unit_test(many_come_and_go_and_nothing_stays),
	};

	return cmocka_run_group_tests(tests, open_all, close_all);
}
