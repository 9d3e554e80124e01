/* main.c - bottle-init: one loop over the wire and the children. A program of its own, linked
 * without a shared library: it starts in a fraction of a millisecond and needs nothing of the
 * host's inside. */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "init.h"

static void say(struct bt_init *in, const struct bt_cell_msg *m)
{
	struct bt_err e = { 0 };

	if (bt_cell_send(in->wire, m, &e) < 0)
		_exit(1); /* nobody is left to work for */
}

static void answer(struct bt_init *in, struct bt_cell_msg *m, int rc, const struct bt_err *e)
{
	if (rc < 0) {
		bt_cell_msg_close(m);
		m->op = BT_CELL_FAILED;
		m->a = e->sys ? e->sys : EIO;
		(void)snprintf(m->text, sizeof m->text, "%s", e->msg);
	} else {
		m->op = BT_CELL_DONE;
	}
	say(in, m);
	bt_cell_msg_close(m);
}

static void send_signal(const struct bt_init *in, const struct bt_cell_msg *m)
{
	for (unsigned i = 0; i < in->nchildren; i++)
		if (in->children[i].id == m->id)
			(void)kill(-in->children[i].pid, m->a);
}

/* Once, before the first command. The descriptor stays open until our end: somebody outside waits
 * for that. */
static int set_limits(struct bt_init *in, struct bt_cell_msg *m, struct bt_err *e)
{
	char *end;

	if (in->limited)
		return bt_fail(e, BT_PROTO, "limits are set already");
	in->max_memory = strtoull(m->text, &end, 10);
	in->max_processes = strtoull(end, NULL, 10);
	in->limited = true;
	m->nfds = 0;
	return 0;
}

static void serve(struct bt_init *in)
{
	static struct bt_cell_msg m, reply; /* a few KiB each */
	struct bt_err e = { 0 };

	if (bt_cell_recv(in->wire, &m, &e) < 0)
		_exit(0); /* the leash: everything in this pid namespace ends with us */
	reply = (struct bt_cell_msg){ .id = m.id };
	switch (m.op) {
	case BT_CELL_SPAWN:
		answer(in, &reply, bt_init_spawn(in, &m, &reply, &e), &e);
		break;
	case BT_CELL_PUT:
		answer(in, &reply, bt_init_put(&m, &e), &e);
		break;
	case BT_CELL_GET:
		answer(in, &reply, bt_init_get(&m, &reply, &e), &e);
		break;
	case BT_CELL_LIMIT:
		answer(in, &reply, set_limits(in, &m, &e), &e);
		break;
	case BT_CELL_SIGNAL:
		send_signal(in, &m);
		break;
	default:
		answer(in, &reply, bt_fail(&e, BT_PROTO, "unknown message %u", m.op), &e);
	}
	bt_cell_msg_close(&m);
}

/* Orphans of the agent come to us too; only our own children are reported. */
static void reap(struct bt_init *in)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		for (unsigned i = 0; i < in->nchildren; i++) {
			if (in->children[i].pid != pid)
				continue;
			static struct bt_cell_msg m;

			m = (struct bt_cell_msg){ .op = BT_CELL_EXITED, .a = status };
			m.id = in->children[i].id;
			in->children[i] = in->children[--in->nchildren];
			say(in, &m);
			break;
		}
}

static void hello(struct bt_init *in)
{
	struct bt_cell_msg m = { .op = BT_CELL_HELLO, .nfds = 2 };

	m.fds[0] = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	m.fds[1] = open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC);
	if (m.fds[0] < 0 || m.fds[1] < 0)
		m.nfds = 0;
	say(in, &m);
	bt_cell_msg_close(&m);
}

static int signals_open(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	(void)sigprocmask(SIG_BLOCK, &set, NULL);
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

int main(int argc, char **argv)
{
	static struct bt_init in = { .wire = BT_INIT_WIRE };
	struct signalfd_siginfo info;

	/* bwrap's death ends us as bottle's does; and nobody inside may trace pid 1, read its
	 * memory or take its descriptors. */
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	(void)prctl(PR_SET_DUMPABLE, 0);
	if (argc != 1 || fcntl(in.wire, F_SETFD, FD_CLOEXEC) < 0) {
		fprintf(stderr, "%s: started by bottle only\n", argv[0] ? argv[0] : "bottle-init");
		return 2;
	}
	int sig = signals_open();

	if (sig < 0)
		return 1;
	hello(&in);
	for (;;) {
		struct pollfd p[2] = { { in.wire, POLLIN, 0 }, { sig, POLLIN, 0 } };

		if (poll(p, 2, -1) < 0)
			continue;
		if (p[1].revents && read(sig, &info, sizeof info) > 0)
			reap(&in);
		if (p[0].revents)
			serve(&in);
	}
}
