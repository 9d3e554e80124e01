/* cellseccomp.h - the system calls that a sandbox has no use for. Floor: bwrap.
 * A list of refusals, not of permissions: agents run compilers, browsers and databases. What the
 * list takes away is what reaches the kernel's oldest and newest corners, other processes, or out
 * of the sandbox: io_uring, keys, bpf, userfaultfd, ptrace and its kin, mounts, new and foreign
 * namespaces, modules, kexec, raw hardware, sockets of families other than unix, IPv4, IPv6 and
 * NETLINK_ROUTE, and TIOCSTI. Calls by another ABI than the native one get ENOSYS. */
#ifndef BOTTLE_CELLSECCOMP_H
#define BOTTLE_CELLSECCOMP_H
#include "bottle/err.h"

/* The filter as a program for bwrap --seccomp in a memory file, at its start. *fd is the caller's.
 */
BT_MUST int bt_cell_seccomp(int *fd, struct bt_err *e);
/* Load it into this process at once (tests). Needs no_new_privs. */
BT_MUST int bt_cell_seccomp_load(struct bt_err *e);
#endif
