#include "bottle/cellkeep.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bottle/mem.h"
#include "bottle/sig.h"
#include "cell_impl.h"

#define GUESTS 8    /* connections of other bottle processes at once; more wait */
#define COMMANDS 64 /* commands they run at once */

struct command {
	uint32_t ours, theirs; /* ids on the sandbox's wire and on the guest's */
	int guest;             /* whose; -1: free */
};

struct keep {
	const struct bt_cellkeep *k;
	int guest[GUESTS]; /* -1: free */
	struct command commands[COMMANDS];
	bool stop;
};

enum slot {
	CELL,
	GATE,
	CONTROL,
	WINCH,
	TTY,
	STDIO = TTY + BT_CELLTTY_POLL,
	GUEST = STDIO + BT_CELLSTDIO_POLL,
	SLOTS = GUEST + GUESTS
};

static void drop_guest(struct keep *s, int g)
{
	for (int i = 0; i < COMMANDS; i++)
		if (s->commands[i].guest == g) {
			bt_cell_signal(s->k->cell, s->commands[i].ours, SIGHUP);
			s->commands[i].guest = -1;
		}
	(void)close(s->guest[g]);
	s->guest[g] = -1;
}

static void accept_guest(struct keep *s)
{
	int fd = accept4(s->k->control, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	int g = 0;

	if (fd < 0)
		return;
	while (g < GUESTS && s->guest[g] >= 0)
		g++;
	if (g == GUESTS || !bt_cellctl_trusted(fd))
		(void)close(fd);
	else
		s->guest[g] = fd;
}

static struct command *free_command(struct keep *s)
{
	for (int i = 0; i < COMMANDS; i++)
		if (s->commands[i].guest < 0)
			return &s->commands[i];
	return NULL;
}

/* A command for the sandbox: passed on as it came, remembered so that its end finds its way back.
 */
static int pass_on(struct keep *s, int g, struct bt_cell_msg *m, struct bt_cell_msg *answer,
                   struct bt_err *e)
{
	struct command *c = free_command(s);
	uint32_t theirs = m->id;

	if (!c)
		return bt_fail(e, BT_LIMIT, "%d commands run already", COMMANDS);
	if (bt_cell_ask(s->k->cell, m, answer, e) < 0)
		return -1;
	if (m->op == BT_CELL_SPAWN)
		*c = (struct command){ m->id, theirs, g };
	return 0;
}

static void pass_signal(struct keep *s, int g, const struct bt_cell_msg *m)
{
	for (int i = 0; i < COMMANDS; i++)
		if (s->commands[i].guest == g && s->commands[i].theirs == m->id)
			bt_cell_signal(s->k->cell, s->commands[i].ours, m->a);
}

static int give_log(const struct keep *s, struct bt_cell_msg *answer, struct bt_err *e)
{
	char path[32];

	(void)snprintf(path, sizeof path, "/proc/self/fd/%d", s->k->log);
	answer->fds[0] = s->k->log < 0 ? -1 : open(path, O_RDONLY | O_CLOEXEC);
	if (answer->fds[0] < 0)
		return bt_fail_sys(e, "open the event log");
	answer->nfds = 1;
	return 0;
}

static int serve(struct keep *s, int g, struct bt_cell_msg *m, struct bt_cell_msg *answer,
                 struct bt_err *e)
{
	switch (m->op) {
	case BT_CELL_SPAWN:
	case BT_CELL_GET:
	case BT_CELL_PUT:
		return pass_on(s, g, m, answer, e);
	case BT_CTL_INFO:
		(void)snprintf(answer->text, sizeof answer->text, "%s", s->k->info);
		return 0;
	case BT_CTL_LOG:
		return give_log(s, answer, e);
	case BT_CTL_STOP:
		s->stop = true;
		return 0;
	default:
		return bt_fail(e, BT_PROTO, "unknown message %u", m->op);
	}
}

static int far_errno(const struct bt_err *e)
{
	return e->sys                   ? e->sys
	       : e->code == BT_NOTFOUND ? ENOENT
	       : e->code == BT_DENIED   ? EACCES
	                                : EIO;
}

static void hear_guest(struct keep *s, int g)
{
	BT_OWN_MEM struct bt_cell_msg *m = bt_calloc(2, sizeof *m);
	struct bt_err e = { 0 };

	if (bt_cell_recv(s->guest[g], m, &e) < 0) {
		if (e.code != BT_TIMEOUT)
			drop_guest(s, g);
		return;
	}
	if (m->op == BT_CELL_SIGNAL) {
		pass_signal(s, g, m);
		bt_cell_msg_close(m);
		return;
	}
	uint32_t id = m->id;

	m[1] = (struct bt_cell_msg){ 0 };
	int rc = serve(s, g, m, m + 1, &e);

	m[1].op = rc < 0 ? BT_CELL_FAILED : BT_CELL_DONE;
	m[1].id = id;
	if (rc < 0) {
		m[1].a = far_errno(&e);
		(void)snprintf(m[1].text, sizeof m[1].text, "%s", e.msg);
	}
	if (bt_cell_send(s->guest[g], m + 1, &e) < 0)
		drop_guest(s, g);
	bt_cell_msg_close(m);
	bt_cell_msg_close(m + 1);
}

static void tell_guest(struct keep *s, uint32_t id, int status)
{
	BT_OWN_MEM struct bt_cell_msg *m = bt_calloc(1, sizeof *m);
	struct bt_err e = { 0 };

	for (int i = 0; i < COMMANDS; i++) {
		struct command *c = &s->commands[i];

		if (c->guest < 0 || c->ours != id)
			continue;
		*m = (struct bt_cell_msg){ .op = BT_CELL_EXITED, .id = c->theirs, .a = status };
		int g = c->guest;

		c->guest = -1;
		if (bt_cell_send(s->guest[g], m, &e) < 0)
			drop_guest(s, g);
	}
}

/* 1: the agent ended, 0: it did not, -1: the sandbox is gone */
static int hear_cell(struct keep *s, int *status, struct bt_err *e)
{
	uint32_t id;
	int st;

	while (bt_cell_next(s->k->cell, &id, &st, e) == 0) {
		if (id == s->k->agent) {
			*status = st;
			return 1;
		}
		tell_guest(s, id, st);
	}
	return e->code == BT_TIMEOUT ? 0 : -1;
}

static int wait_all(struct keep *s, struct pollfd p[SLOTS], struct bt_err *e)
{
	const struct bt_cellkeep *k = s->k;

	for (int i = 0; i < SLOTS; i++)
		p[i] = (struct pollfd){ -1, POLLIN, 0 };
	p[CELL].fd = bt_cell_fd(k->cell);
	p[GATE].fd = k->gate;
	p[CONTROL].fd = k->control;
	if (k->tty) {
		p[WINCH].fd = bt_sig_winch_fd();
		bt_celltty_before(k->tty, p + TTY);
	}
	if (k->stdio)
		bt_cellstdio_before(k->stdio, p + STDIO);
	for (int i = 0; i < GUESTS; i++)
		p[GUEST + i].fd = s->guest[i];
	return bt_sig_poll(p, SLOTS, -1, e);
}

static int serve_streams(const struct bt_cellkeep *k, const struct pollfd *p, struct bt_err *e)
{
	if (k->stdio && bt_cellstdio_after(k->stdio, p + STDIO, e) < 0)
		return -1;
	if (!k->tty)
		return 0;
	if (p[WINCH].revents) {
		bt_sig_winch_clear();
		bt_celltty_resize(k->tty);
	}
	return bt_celltty_after(k->tty, p + TTY, e);
}

static int loop(struct keep *s, enum bt_kept *how, int *status, struct bt_err *e)
{
	struct pollfd p[SLOTS];

	for (;;) {
		/* An answer that was waited for may have brought an end along: look first. */
		int rc = hear_cell(s, status, e);

		*how = BT_KEPT_EXIT;
		if (rc != 0)
			return rc < 0 ? -1 : 0;
		*how = BT_KEPT_STOPPED;
		if (s->stop)
			return 0;
		if (wait_all(s, p, e) < 0 || serve_streams(s->k, p, e) < 0)
			return -1;
		for (int i = 0; i < GUESTS; i++)
			if (p[GUEST + i].revents && s->guest[i] >= 0)
				hear_guest(s, i);
		if (p[CONTROL].revents)
			accept_guest(s);
		*how = BT_KEPT_GATE;
		if (p[GATE].revents)
			return 0;
	}
}

int bt_cellkeep_run(const struct bt_cellkeep *k, enum bt_kept *how, int *status, struct bt_err *e)
{
	BT_OWN_MEM struct keep *s = bt_calloc(1, sizeof *s);

	s->k = k;
	for (int i = 0; i < GUESTS; i++)
		s->guest[i] = -1;
	for (int i = 0; i < COMMANDS; i++)
		s->commands[i].guest = -1;
	int rc = loop(s, how, status, e);

	if (rc == 0 && k->stdio)
		rc = bt_cellstdio_finish(k->stdio, e);
	for (int i = 0; i < GUESTS; i++)
		if (s->guest[i] >= 0)
			(void)close(s->guest[i]);
	return rc;
}
