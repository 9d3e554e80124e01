/* cell_impl.h - the parts of a sandbox's near end. Floor: bwrap (private). */
#ifndef BOTTLE_BWRAP_CELL_IMPL_H
#define BOTTLE_BWRAP_CELL_IMPL_H
#include "bottle/cell.h"

struct bt_cell_end {
	uint32_t id;
	int status;
};

struct bt_cell {
	pid_t pid; /* bwrap, or what runs it */
	int pidfd; /* readable at its end */
	int wire;
	int complain;     /* read end of bwrap's stderr; -1 once it is ready */
	int netns, mntns; /* -1 until ready, and once it is settled */
	uint32_t next_id;
	struct bt_cell_end *ends; /* told, not yet asked for */
	size_t nends;
};

/* cell_spawn.c: bwrap as a child. */
BT_MUST int bt_cell_fork(struct bt_cell *c, const struct bt_cell_spec *spec, struct bt_err *e);
/* cell.c: send m (its id is set) and wait for its answer, whose fds are the caller's. */
BT_MUST int bt_cell_ask(struct bt_cell *c, struct bt_cell_msg *m, struct bt_cell_msg *answer,
                        struct bt_err *e);
#endif
