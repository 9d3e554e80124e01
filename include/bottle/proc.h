/* proc.h - child processes without a shell, waited for by pidfd (Linux 5.3). Floor: sys.
 * A child starts with default signal handlers, an empty signal mask and no descriptor of ours but
 * those named here. Waits end with BT_INTR on a stop (sig.h). */
#ifndef BOTTLE_PROC_H
#define BOTTLE_PROC_H
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include "bottle/buf.h"
#include "bottle/err.h"
#include "bottle/own.h"
#include "bottle/str.h"

enum bt_proc_io {
	BT_PROC_NULL,    /* /dev/null */
	BT_PROC_INHERIT, /* ours */
	BT_PROC_FD,      /* fd below: borrowed, not closed */
	BT_PROC_PIPE,    /* input, or output that bt_proc_collect gathers */
	BT_PROC_STDOUT   /* stderr only: where stdout goes */
};

struct bt_proc_stream {
	enum bt_proc_io io;
	int fd;
};

struct bt_proc_spec {
	const char *const *argv; /* ends in NULL; argv[0] without a slash is looked for in PATH */
	const char *const *env;  /* "NAME=value", ends in NULL; NULL: our environment */
	const char *cwd;         /* NULL: ours */
	struct bt_proc_stream in, out, err;
	bool group; /* a process group of its own, which kill then hits as a whole */
};

struct bt_proc_status {
	int code;   /* exit status; 128 + signal when a signal ended it */
	int signal; /* 0: it exited */
};

struct bt_proc; /* opaque */

/* All borrowed for the call. A program that is not there is BT_NOTFOUND. */
BT_MUST int bt_proc_spawn(struct bt_proc **out, const struct bt_proc_spec *spec, struct bt_err *e);
pid_t bt_proc_pid(const struct bt_proc *p);
/* Readable once it has ended; for other polls. Borrowed. */
int bt_proc_fd(const struct bt_proc *p);
/* Wait up to timeout_ms (-1: for ever): BT_TIMEOUT, and it runs on. Asked again after the end, it
 * answers the same. */
BT_MUST int bt_proc_wait(struct bt_proc *p, int timeout_ms, struct bt_proc_status *st,
                         struct bt_err *e);
/* What bt_proc_collect feeds and gathers. */
struct bt_proc_talk {
	struct bt_str input; /* empty: its standard input is closed at once */
	struct bt_buf *out;  /* borrowed; their caps are limits. NULL for what is no pipe */
	struct bt_buf *err;
	int timeout_ms; /* -1: none */
};
/* Feed the input, gather what comes on the pipes and wait. BT_LIMIT, BT_TIMEOUT, BT_INTR: on any
 * failure the child is killed. What grandchildren still write after its end is not waited for.
 * Ignores SIGPIPE. */
BT_MUST int bt_proc_collect(struct bt_proc *p, const struct bt_proc_talk *talk,
                            struct bt_proc_status *st, struct bt_err *e);
/* Ended already is success. */
BT_MUST int bt_proc_kill(struct bt_proc *p, int sig, struct bt_err *e);
/* Kills what still runs (SIGKILL) and reaps it. NULL is a no-op. */
void bt_proc_close(struct bt_proc *p);
BT_OWN_FN(bt_proc, bt_proc_close)

/* When a process began, in ticks since boot: with the pid it names one process of this boot. A
 * process that is not there, or a zombie, is BT_NOTFOUND. */
BT_MUST int bt_proc_start_time(pid_t pid, uint64_t *ticks, struct bt_err *e);
/* The same process still runs. */
bool bt_proc_alive(pid_t pid, uint64_t ticks);
/* The path of a program as PATH has it; owned by the caller. BT_NOTFOUND. */
BT_MUST int bt_proc_which(const char *name, char **out, struct bt_err *e);
#endif
