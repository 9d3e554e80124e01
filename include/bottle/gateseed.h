/* gateseed.h - a process that will be the gate, prepared before anything else is. Floor: bwrap. */
#ifndef BOTTLE_GATESEED_H
#define BOTTLE_GATESEED_H
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include "bottle/ca.h"
#include "bottle/err.h"

/* What may be known of the CA that it made. */
struct bt_gateseed_ca {
	char pem[4096];
	char fingerprint[BT_CA_FINGERPRINT_N];
	char hash[BT_CA_HASH_N]; /* bt_ca_subject_hash */
};
struct bt_gateseed_ops {
	void (*warm)(void); /* do now what every gate does */
	/* Make the CA of the bottle of this name: what may be known of it, and certificate and key
	 * as files to be read, which are the caller's. */
	int (*ca)(struct bt_gateseed_ca *out, int files[2], const char *slug, struct bt_err *e);
	/* Be the gate, called as main is; its exit status. */
	int (*run)(int argc, char **argv);
};
/* Fork it. It waits until bt_gatechild_open in this process gives it its command line and its
 * files, and ends when this process ends. Call it while this process holds nothing that a gate
 * should not have: it forgets environment and command line (argv, as main got it), nothing else. At
 * most one at a time. */
BT_MUST int bt_gateseed_plant(const struct bt_gateseed_ops *ops, char **argv, struct bt_err *e);

/* The same by executing this program anew (exe), for a process that holds already what a gate
 * should not have. Its main finds BT_GATESEED_ENV set, with no argument but "gate", and calls
 * bt_gateseed_serve, which returns its exit status. */
#define BT_GATESEED_ENV "BOTTLE_GATE_PREPARED"
BT_MUST int bt_gateseed_plant_anew(const char *exe, struct bt_err *e);
int bt_gateseed_serve(const struct bt_gateseed_ops *ops);

bool bt_gateseed_here(void); /* this process planted one, and nobody used it yet */
/* Tell it to make the bottle's CA (bt_ca_create), beside us. The key is made there and is never
 * anywhere else; certificate and key are the two files after those of bt_gatechild_open.
 * Whether it was told: there is one. */
bool bt_gateseed_ask(const char *slug);
/* Wait for it. BT_IO: it ended. */
BT_MUST int bt_gateseed_answer(struct bt_gateseed_ca *out, struct bt_err *e);

/* End it where nobody made a gate of it, and reap it: nothing is left when the command returns. In
 * another process than the one that planted it: nothing. */
void bt_gateseed_drop(void);
#endif
