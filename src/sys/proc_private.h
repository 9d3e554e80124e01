/* proc_private.h - the fields of a child, for proc.c and proc_collect.c alone. Floor: sys
 * (private). */
#ifndef BOTTLE_SYS_PROC_PRIVATE_H
#define BOTTLE_SYS_PROC_PRIVATE_H
#include "bottle/proc.h"

struct bt_proc {
	pid_t pid;        /* -1: not started */
	int pidfd;        /* owned, as the three below; -1: none */
	int in, out, err; /* our ends of its pipes, not blocking */
	bool group;
	bool ended; /* and reaped: pid may belong to another by now */
	struct bt_proc_status status;
};
#endif
