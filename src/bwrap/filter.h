/* filter.h - what makes the sandbox's filter of system calls. Floor: bwrap (private). */
#ifndef BOTTLE_BWRAP_FILTER_H
#define BOTTLE_BWRAP_FILTER_H
#include "bottle/cellseccomp.h"

/* Write it to fd as a program for the kernel. */
BT_MUST int bt_filter_make(int fd, struct bt_err *e);
#endif
