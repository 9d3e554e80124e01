#include "cell_impl.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "bottle/mem.h"
#include "bottle/sig.h"

#define END_MS 5000 /* from letting go of the wire until force is used */

static void reap(struct bt_cell *c)
{
	while (waitpid(c->pid, NULL, 0) < 0 && errno == EINTR)
		;
}

void bt_cell_let_go(struct bt_cell *c)
{
	if (c->wire >= 0)
		(void)close(c->wire); /* pid 1 inside sees it and ends, and all others with it */
	c->wire = -1;
}

void bt_cell_close(struct bt_cell *c)
{
	if (!c)
		return;
	bt_cell_let_go(c);
	if (c->pid > 0) {
		struct pollfd p = { c->pidfd, POLLIN, 0 };

		if (c->pidfd < 0 || poll(&p, 1, END_MS) <= 0)
			(void)kill(c->pid, SIGKILL);
		reap(c);
	}
	if (c->pidfd >= 0)
		(void)close(c->pidfd);
	if (c->complain >= 0)
		(void)close(c->complain);
	if (c->netns >= 0)
		(void)close(c->netns);
	if (c->mntns >= 0)
		(void)close(c->mntns);
	free(c->ends);
	free(c);
}

int bt_cell_open(struct bt_cell **out, const struct bt_cell_spec *spec, struct bt_err *e)
{
	BT_OWN(bt_cell) c = bt_calloc(1, sizeof *c);

	c->pidfd = c->wire = c->complain = c->netns = c->mntns = -1;
	if (bt_cell_fork(c, spec, e) < 0)
		return -1;
	*out = BT_STEAL(c);
	return 0;
}

/* What bwrap said on its way out, as one line. */
static int complaint(struct bt_cell *c, struct bt_err *e)
{
	char said[320];
	ssize_t n = read(c->complain, said, sizeof said - 1);

	if (n <= 0)
		return bt_fail(e, BT_IO, "bwrap ended without a word");
	said[n] = '\0';
	said[strcspn(said, "\n")] = '\0';
	return bt_fail(e, BT_IO, "%s", said);
}

int bt_cell_ready(struct bt_cell *c, int timeout_ms, struct bt_err *e)
{
	struct pollfd p[2] = { { c->wire, POLLIN, 0 }, { c->pidfd, POLLIN, 0 } };
	BT_OWN_MEM struct bt_cell_msg *m = bt_calloc(1, sizeof *m);
	int n = bt_sig_poll(p, 2, timeout_ms, e);

	if (n < 0)
		return -1;
	if (n == 0)
		return bt_fail(e, BT_TIMEOUT, "bwrap does not come up in %d ms", timeout_ms);
	if (!(p[0].revents & POLLIN) || bt_cell_recv(c->wire, m, e) < 0) {
		p[1].revents = 0;
		(void)poll(p + 1, 1, END_MS); /* what it says is there when it is gone */
		return complaint(c, e);
	}
	if (m->op != BT_CELL_HELLO || m->nfds != 2) {
		bt_cell_msg_close(m);
		return bt_fail(e, BT_PROTO, "the sandbox does not greet");
	}
	c->netns = m->fds[0];
	c->mntns = m->fds[1];
	(void)close(c->complain);
	c->complain = -1;
	return 0;
}

static void remember(struct bt_cell *c, const struct bt_cell_msg *m)
{
	c->ends = bt_realloc(c->ends, (c->nends + 1) * sizeof *c->ends);
	c->ends[c->nends++] = (struct bt_cell_end){ m->id, m->a };
}

/* errno of the far side, as the code that callers ask for */
static int far_failure(const struct bt_cell_msg *m, struct bt_err *e)
{
	enum bt_code code = m->a == ENOENT || m->a == ENOTDIR                    ? BT_NOTFOUND
	                    : m->a == EACCES || m->a == ENOEXEC || m->a == EPERM ? BT_DENIED
	                                                                         : BT_IO;
	char text[400];

	(void)snprintf(text, sizeof text, "%.390s", m->text);
	return bt_fail(e, code, "%s", text);
}

int bt_cell_ask(struct bt_cell *c, struct bt_cell_msg *m, struct bt_cell_msg *answer,
                struct bt_err *e)
{
	m->id = ++c->next_id;
	if (bt_cell_send(c->wire, m, e) < 0)
		return -1;
	for (;;) {
		if (bt_cell_recv(c->wire, answer, e) < 0)
			return -1;
		if (answer->op == BT_CELL_EXITED)
			remember(c, answer);
		if (answer->op == BT_CELL_DONE && answer->id == m->id)
			return 0;
		bt_cell_msg_close(answer);
		if (answer->op == BT_CELL_FAILED && answer->id == m->id)
			return far_failure(answer, e);
	}
}

int bt_cell_fd(const struct bt_cell *c)
{
	return c->wire;
}

pid_t bt_cell_pid(const struct bt_cell *c)
{
	return c->pid;
}

static bool recall(struct bt_cell *c, size_t i, uint32_t *id, int *status)
{
	if (i >= c->nends)
		return false;
	*id = c->ends[i].id;
	*status = c->ends[i].status;
	memmove(c->ends + i, c->ends + i + 1, (--c->nends - i) * sizeof *c->ends);
	return true;
}

/* Take what the wire holds now. */
static int pump(struct bt_cell *c, struct bt_err *e)
{
	struct pollfd p = { c->wire, POLLIN, 0 };
	BT_OWN_MEM struct bt_cell_msg *m = bt_calloc(1, sizeof *m);

	while (poll(&p, 1, 0) > 0) {
		if (bt_cell_recv(c->wire, m, e) < 0)
			return -1;
		bt_cell_msg_close(m);
		if (m->op == BT_CELL_EXITED)
			remember(c, m);
	}
	return 0;
}

int bt_cell_next(struct bt_cell *c, uint32_t *id, int *status, struct bt_err *e)
{
	if (recall(c, 0, id, status))
		return 0;
	if (pump(c, e) < 0 && c->nends == 0)
		return -1;
	if (recall(c, 0, id, status))
		return 0;
	return bt_fail(e, BT_TIMEOUT, "no command ended");
}

int bt_cell_wait(struct bt_cell *c, uint32_t id, int timeout_ms, int *status, struct bt_err *e)
{
	for (;;) {
		struct pollfd p = { c->wire, POLLIN, 0 };
		uint32_t found;

		for (size_t i = 0; i < c->nends; i++)
			if (c->ends[i].id == id && recall(c, i, &found, status))
				return 0;
		int n = bt_sig_poll(&p, 1, timeout_ms, e);

		if (n < 0)
			return -1;
		if (n == 0)
			return bt_fail(e, BT_TIMEOUT, "still running after %d ms", timeout_ms);
		if (pump(c, e) < 0)
			return -1;
	}
}
