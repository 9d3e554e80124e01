/* cell.h - a sandbox made by bubblewrap: started, driven and ended over one wire. Floor: bwrap.
 * The sandbox lives as long as the wire: close it, or die in any way, and every process in it is
 * gone, and with them its mounts and sockets. Nothing of it has a name on the host. */
#ifndef BOTTLE_CELL_H
#define BOTTLE_CELL_H
#include <stdint.h>
#include "bottle/buf.h"
#include "bottle/bwrap.h"
#include "bottle/celllate.h"
#include "bottle/cellwire.h"
#include "bottle/own.h"
#include "bottle/str.h"
#include "bottle/treecopy.h"

struct bt_cell; /* opaque */

struct bt_cell_spec {
	const char *bwrap, *init; /* paths: bwrap, and bottle-init */
	const struct bt_view *view;
	size_t nview;
	const char *hostname;
	const char *const
	        *before; /* words before bwrap's (a resource scope), ends in NULL; or NULL */
};

/* Start it and return at once; bt_cell_ready waits. All of spec is borrowed for the call. */
BT_MUST int bt_cell_open(struct bt_cell **out, const struct bt_cell_spec *spec, struct bt_err *e);
/* Wait until its first process speaks; what bwrap said where it failed is the reason. */
BT_MUST int bt_cell_ready(struct bt_cell *c, int timeout_ms, struct bt_err *e);
struct bt_cell_limits {
	uint64_t memory; /* bytes a process may hold (RLIMIT_DATA); 0: no limit */
	uint64_t pids;   /* processes (RLIMIT_NPROC, does not bind root); 0: no limit */
	int alive;       /* held by the first process as long as it is; -1: none. Borrowed */
};
/* What its commands are bound by: once, when it is ready and nothing runs. */
BT_MUST int bt_cell_limit(struct bt_cell *c, const struct bt_cell_limits *l, struct bt_err *e);
/* Begin its end and do not wait: nothing but bt_cell_close is to be called after it. */
void bt_cell_let_go(struct bt_cell *c);
/* End it and wait until it is gone. NULL is a no-op. */
void bt_cell_close(struct bt_cell *c);
BT_OWN_FN(bt_cell, bt_cell_close)

/* The sockets on which the sandbox's loopback listens for the gate. They are made in its network
 * namespace by a child that joins it, so nothing inside ever has a right over the network. */
enum bt_cell_port {
	BT_PORT_PROXY,
	BT_PORT_TLS,
	BT_PORT_HTTP,
	BT_PORT_DNS_TCP,
	BT_PORT_DNS_UDP,
	BT_PORT_COUNT
};
/* The last lines of its view (celllate.h), then 127.0.0.1: 8888, 443, 80, 53, 53. On success fds
 * are the caller's; after a failure the sandbox is good for nothing but bt_cell_close. */
BT_MUST int bt_cell_settle(struct bt_cell *c, const struct bt_late *late, size_t nlate,
                           int fds[BT_PORT_COUNT], struct bt_err *e);

struct bt_cell_command {
	const char *const *argv, *const *env; /* end in NULL; argv[0] is looked for in env's PATH */
	const char *cwd;                      /* NULL: / */
	int stdio[3];                         /* borrowed; unused with tty */
	bool tty;
	int flags; /* BT_CELL_AGENT, BT_CELL_AS_AGENT */
};
/* Start a command in a session of its own. *id names it. With tty *master is the caller's, else
 * untouched. BT_NOTFOUND: no such program; BT_DENIED: not to be run. */
BT_MUST int bt_cell_spawn(struct bt_cell *c, const struct bt_cell_command *cmd, uint32_t *id,
                          int *master, struct bt_err *e);
void bt_cell_signal(struct bt_cell *c, uint32_t id, int sig); /* to its whole group */
/* Readable when bt_cell_next has something; borrowed. */
int bt_cell_fd(const struct bt_cell *c);
/* The next command that ended: its id and wait status. BT_TIMEOUT when there is none yet, BT_IO
 * when the sandbox is gone. Never blocks. */
BT_MUST int bt_cell_next(struct bt_cell *c, uint32_t *id, int *status, struct bt_err *e);
/* Wait for one command, keeping the ends of others for bt_cell_next. BT_INTR on a stop. */
BT_MUST int bt_cell_wait(struct bt_cell *c, uint32_t id, int timeout_ms, int *status,
                         struct bt_err *e);

/* What a command said, into buffers of the caller's, and its wait status. */
struct bt_cell_result {
	struct bt_buf *out, *err;
	int status;
};
/* Run a command to its end: feed input, gather output (caps are limits: BT_LIMIT). */
BT_MUST int bt_cell_run(struct bt_cell *c, const struct bt_cell_command *cmd, struct bt_str input,
                        int timeout_ms, struct bt_cell_result *res, struct bt_err *e);
/* Make a file of what fd holds (from its start), or a folder with fd -1. */
BT_MUST int bt_cell_put(struct bt_cell *c, const char *path, int fd, mode_t mode, struct bt_err *e);
/* Open a file of the sandbox for reading; look: only O_PATH, links not followed. BT_NOTFOUND. */
BT_MUST int bt_cell_get(struct bt_cell *c, const char *path, bool look, int *fd, struct bt_err *e);
/* Does path, inside, name the very file that fd stands for? BT_DENIED when something was put in its
 * place between the plan and the mount. */
BT_MUST int bt_cell_same(struct bt_cell *c, const char *path, int fd, struct bt_err *e);
/* What the folder that fd stands for holds, into the folder path inside (treecopy.h). */
BT_MUST int bt_cell_copy(struct bt_cell *c, int fd, const char *path, struct bt_treecopy *t,
                         struct bt_err *e);
pid_t bt_cell_pid(const struct bt_cell *c); /* of bwrap */
#endif
