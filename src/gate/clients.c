/* clients.c - a count for each address that has connections now: few, in chains by hash. */
#include "clients.h"

#include <netinet/in.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "bottle/mem.h"

#define CHAINS 256u
#define KEY 8u /* an IPv4 address, or the network of one of IPv6 */

struct bt_client {
	struct bt_client *next, **link;
	uint8_t key[KEY + 1]; /* the last says of what kind */
	unsigned n;
};

struct bt_clients {
	struct bt_client *chains[CHAINS];
};

struct bt_clients *bt_clients_new(void)
{
	return bt_calloc(1, sizeof(struct bt_clients));
}

void bt_clients_free(struct bt_clients *all)
{
	for (size_t i = 0; all && i < CHAINS; i++)
		while (all->chains[i]) {
			struct bt_client *one = all->chains[i];

			all->chains[i] = one->next;
			free(one);
		}
	free(all);
}

static void key_of(uint8_t key[KEY + 1], const struct sockaddr *sa)
{
	memset(key, 0, KEY + 1);
	key[KEY] = (uint8_t)sa->sa_family;
	if (sa->sa_family == AF_INET) {
		memcpy(key, &((const struct sockaddr_in *)sa)->sin_addr, 4);
	} else if (sa->sa_family == AF_INET6) {
		const struct in6_addr *a = &((const struct sockaddr_in6 *)sa)->sin6_addr;

		memcpy(key, IN6_IS_ADDR_V4MAPPED(a) ? a->s6_addr + 12 : a->s6_addr,
		       IN6_IS_ADDR_V4MAPPED(a) ? 4 : KEY);
		key[KEY] = IN6_IS_ADDR_V4MAPPED(a) ? AF_INET : AF_INET6;
	}
}

struct bt_client *bt_client_enter(struct bt_clients *all, const struct sockaddr *sa, unsigned most)
{
	uint8_t key[KEY + 1];
	uint32_t h = 2166136261u;
	struct bt_client **chain, *one;

	key_of(key, sa);
	for (size_t i = 0; i < sizeof key; i++)
		h = (h ^ key[i]) * 16777619u;
	chain = &all->chains[(h ^ h >> 16) % CHAINS];
	for (one = *chain; one && memcmp(one->key, key, sizeof key) != 0; one = one->next)
		;
	if (one && most && one->n >= most)
		return NULL;
	if (!one) {
		one = bt_calloc(1, sizeof *one);
		memcpy(one->key, key, sizeof key);
		one->next = *chain;
		if (one->next)
			one->next->link = &one->next;
		one->link = chain;
		*chain = one;
	}
	one->n++;
	return one;
}

void bt_client_leave(struct bt_client *one)
{
	if (!one || --one->n)
		return;
	*one->link = one->next;
	if (one->next)
		one->next->link = one->link;
	free(one);
}
