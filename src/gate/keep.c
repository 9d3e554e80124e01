/* keep.c - the parent of a gate that is started anew: it waits, and that is all. */
#include "bottle/gatekeep.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bottle/event.h"
#include "conn.h"

#define WAIT_FIRST_MS 100u
#define WAIT_MOST_MS 30000u
#define CALM_MS 60000u /* of a gate without a crash: then the next one is the first again */

struct keeper {
	sigset_t waits, before; /* signals that are looked for; the mask that the child gets */
	pid_t child;
	unsigned wait_ms;
	uint64_t begun_ms;
	int events;
};

/* 0: the child. */
static int begin(struct keeper *k, struct bt_err *e)
{
	pid_t parent = getpid();

	k->begun_ms = bt_now_ms();
	k->child = fork();
	if (k->child < 0)
		return bt_fail_sys(e, "fork");
	if (k->child > 0)
		return 1;
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || sigprocmask(SIG_SETMASK, &k->before, NULL) < 0)
		return bt_fail_sys(e, "a gate that ends with its keeper");
	if (getppid() != parent)
		_exit(0);
	return 0;
}

/* Until the child has ended. */
static int attend(const struct keeper *k)
{
	int how;

	for (;;) {
		siginfo_t info;
		int sig = sigwaitinfo(&k->waits, &info);

		if (sig > 0 && sig != SIGCHLD)
			(void)kill(k->child, sig);
		if (waitpid(k->child, &how, WNOHANG) == k->child)
			return how;
	}
}

static bool told_to_end(int sig)
{
	return sig == SIGTERM || sig == SIGINT;
}

static void tell(const struct keeper *k, int sig)
{
	BT_OWN(bt_events) to = bt_events_open(k->events, NULL);
	struct bt_event ev = BT_EVENT("worker_restart");
	char why[128];

	(void)snprintf(why, sizeof why, "the gate was ended by signal %d (%s): the next in %u ms",
	               sig, strsignal(sig), k->wait_ms);
	ev.verdict = BT_WARN;
	ev.reason = why;
	(void)bt_event_write(to, &ev);
}

/* False: it is to end instead. */
static bool pause_for(struct keeper *k, int sig)
{
	uint64_t now = bt_now_ms(), until;

	if (!k->wait_ms || now - k->begun_ms >= CALM_MS)
		k->wait_ms = WAIT_FIRST_MS;
	else
		k->wait_ms = 2 * k->wait_ms < WAIT_MOST_MS ? 2 * k->wait_ms : WAIT_MOST_MS;
	tell(k, sig);
	until = now + k->wait_ms;
	while ((now = bt_now_ms()) < until) {
		struct timespec t = { .tv_sec = (time_t)((until - now) / 1000),
			              .tv_nsec = (long)((until - now) % 1000) * 1000000 };

		if (told_to_end(sigtimedwait(&k->waits, NULL, &t)))
			return false;
	}
	return true;
}

int bt_gate_keep(int events, int *status, struct bt_err *e)
{
	struct keeper k = { .events = events };

	(void)sigemptyset(&k.waits);
	(void)sigaddset(&k.waits, SIGTERM);
	(void)sigaddset(&k.waits, SIGINT);
	(void)sigaddset(&k.waits, SIGHUP);
	(void)sigaddset(&k.waits, SIGCHLD);
	(void)signal(SIGPIPE, SIG_IGN);
	if (bt_harden(e) < 0)
		return -1;
	if (sigprocmask(SIG_BLOCK, &k.waits, &k.before) < 0)
		return bt_fail_sys(e, "signals");
	for (;;) {
		int rc = begin(&k, e), how;

		if (rc <= 0)
			return rc;
		how = attend(&k);
		*status = WIFEXITED(how) ? WEXITSTATUS(how) : 0;
		if (WIFEXITED(how) || told_to_end(WTERMSIG(how)) || !pause_for(&k, WTERMSIG(how)))
			return 1;
	}
}
