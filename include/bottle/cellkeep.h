/* cellkeep.h - the time between launch and teardown: the agent runs, its terminal is served, other
 * processes of bottle are answered, and the gate is watched. Floor: bwrap. */
#ifndef BOTTLE_CELLKEEP_H
#define BOTTLE_CELLKEEP_H
#include "bottle/cell.h"
#include "bottle/cellctl.h"
#include "bottle/cellstdio.h"
#include "bottle/celltty.h"

struct bt_cellkeep {
	struct bt_cell *cell;
	uint32_t agent;             /* the command whose end is the end */
	struct bt_celltty *tty;     /* NULL: none */
	struct bt_cellstdio *stdio; /* NULL: none */
	int control;                /* of bt_cellctl_listen; -1: none */
	int gate;                   /* readable once the gate has ended; -1: none */
	int log;                    /* what BT_CTL_LOG hands out (reopened for reading); -1: none */
	const char *info;           /* what BT_CTL_INFO answers */
};

enum bt_kept {
	BT_KEPT_EXIT,    /* the agent ended: *status is its wait status */
	BT_KEPT_STOPPED, /* somebody asked to stop it, by BT_CTL_STOP */
	BT_KEPT_GATE     /* the gate ended first: there is no way out any more */
};

/* All of k is borrowed. BT_INTR after a stop signal, BT_IO when the sandbox died. */
BT_MUST int bt_cellkeep_run(const struct bt_cellkeep *k, enum bt_kept *how, int *status,
                            struct bt_err *e);
#endif
