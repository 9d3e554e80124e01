/* clients.h - who is connected how often. A client is its address, of IPv6 the first 64 bits;
 * whatever has none (a unix socket) is one together. Floor: gate (private). */
#ifndef BOTTLE_GATE_CLIENTS_H
#define BOTTLE_GATE_CLIENTS_H
#include <stdbool.h>
#include <sys/socket.h>

struct bt_clients; /* all of a gate */
struct bt_client;  /* one of them, while it has a connection */

struct bt_clients *bt_clients_new(void);
void bt_clients_free(struct bt_clients *all); /* NULL is a no-op; nobody is left in it */
/* One more connection from there, of at most so many; 0: any number. NULL: too many. */
struct bt_client *bt_client_enter(struct bt_clients *all, const struct sockaddr *sa, unsigned most);
void bt_client_leave(struct bt_client *one); /* once for each bt_client_enter; NULL is a no-op */
#endif
