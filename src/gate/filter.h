/* filter.h - what makes a gate's filter of system calls. Floor: gate (private). */
#ifndef BOTTLE_GATE_FILTER_H
#define BOTTLE_GATE_FILTER_H
#include "bottle/err.h"

/* Stands in it for the process's own number, which is known when it is loaded; no pid is that high.
 */
#define BT_GATE_FILTER_PID 0x6b0771e5u

/* Write it to fd as a program for the kernel. */
BT_MUST int bt_gate_filter_make(int fd, struct bt_err *e);
#endif
