/* init.h - the first process of a sandbox, as its own parts see it. Floor: bwrap (private).
 * It is pid 1 there, can be signalled and looked into by nobody inside, holds no capability and
 * does what the near end of the wire says, until that end closes. */
#ifndef BOTTLE_BWRAP_INIT_H
#define BOTTLE_BWRAP_INIT_H
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include "bottle/cellwire.h"

#define BT_INIT_WIRE 3        /* the descriptor bwrap hands on */
#define BT_INIT_CHILDREN 1024 /* commands at once */

struct bt_init_child {
	pid_t pid; /* leads its own session and process group */
	uint32_t id;
};

struct bt_init {
	int wire;
	struct bt_init_child children[BT_INIT_CHILDREN];
	unsigned nchildren;
	struct bt_cell_words agent; /* of the command that is the agent; zero before */
	uint64_t max_memory;        /* RLIMIT_DATA of commands; 0: none, as in the next */
	uint64_t max_processes;     /* RLIMIT_NPROC of commands */
	bool limited;               /* both are set, once and for all */
};

/* spawn.c: start a command; the answer's fds are set for a terminal. Errors carry errno in e->sys.
 */
BT_MUST int bt_init_spawn(struct bt_init *in, struct bt_cell_msg *m, struct bt_cell_msg *answer,
                          struct bt_err *e);
/* files.c */
BT_MUST int bt_init_put(struct bt_cell_msg *m, struct bt_err *e);
BT_MUST int bt_init_get(struct bt_cell_msg *m, struct bt_cell_msg *answer, struct bt_err *e);
#endif
