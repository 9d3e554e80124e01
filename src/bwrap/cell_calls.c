/* cell_calls.c - what is asked of the sandbox's first process: commands and files. */
#include "cell_impl.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "bottle/limits.h"
#include "bottle/mem.h"
#include "bottle/own.h"
#include "bottle/sig.h"

static int message(struct bt_cell_msg *m, enum bt_cell_op op, const char *path, struct bt_err *e)
{
	*m = (struct bt_cell_msg){ .op = op };
	if (!path)
		return 0;
	int n = snprintf(m->text, sizeof m->text, "%s", path);

	if (n < 0 || (size_t)n >= sizeof m->text)
		return bt_fail(e, BT_LIMIT, "path of over %d bytes", BT_CELL_TEXT - 1);
	return 0;
}

int bt_cell_limit(struct bt_cell *c, const struct bt_cell_limits *l, struct bt_err *e)
{
	BT_OWN_MEM struct bt_cell_msg *m = bt_calloc(2, sizeof *m);

	m->op = BT_CELL_LIMIT;
	(void)snprintf(m->text, sizeof m->text, "%llu %llu", (unsigned long long)l->memory,
	               (unsigned long long)l->pids);
	m->fds[0] = l->alive;
	m->nfds = l->alive < 0 ? 0 : 1;
	if (bt_cell_ask(c, m, m + 1, e) < 0)
		return -1;
	bt_cell_msg_close(m + 1);
	return 0;
}

int bt_cell_spawn(struct bt_cell *c, const struct bt_cell_command *cmd, uint32_t *id, int *master,
                  struct bt_err *e)
{
	BT_OWN_MEM struct bt_cell_msg *m = bt_calloc(2, sizeof *m);
	BT_OWN_FD int words = -1;

	if (message(m, BT_CELL_SPAWN, NULL, e) < 0 ||
	    bt_cell_words_pack(cmd->argv, cmd->env, cmd->cwd, &words, e) < 0)
		return -1;
	while (cmd->argv[m->a])
		m->a++;
	m->b = cmd->flags | (cmd->tty ? BT_CELL_TTY : 0);
	m->fds[m->nfds++] = words;
	for (int i = 0; i < 3 && !cmd->tty; i++)
		m->fds[m->nfds++] = cmd->stdio[i];
	if (bt_cell_ask(c, m, m + 1, e) < 0)
		return -1;
	if (cmd->tty && m[1].nfds != 1) {
		bt_cell_msg_close(m + 1);
		return bt_fail(e, BT_PROTO, "the sandbox gave no terminal");
	}
	if (cmd->tty)
		*master = m[1].fds[0];
	*id = m->id;
	return 0;
}

void bt_cell_signal(struct bt_cell *c, uint32_t id, int sig)
{
	BT_OWN_MEM struct bt_cell_msg *m = bt_calloc(1, sizeof *m);
	struct bt_err e = { 0 };

	m->op = BT_CELL_SIGNAL;
	m->id = id;
	m->a = sig;
	(void)!bt_cell_send(c->wire, m, &e); /* gone already: nothing to signal */
}

int bt_cell_put(struct bt_cell *c, const char *path, int fd, mode_t mode, struct bt_err *e)
{
	BT_OWN_MEM struct bt_cell_msg *m = bt_calloc(2, sizeof *m);

	if (message(m, BT_CELL_PUT, path, e) < 0)
		return -1;
	m->a = (int32_t)mode;
	m->b = fd < 0 ? BT_CELL_DIR : 0;
	m->fds[0] = fd;
	m->nfds = fd < 0 ? 0 : 1;
	if (fd >= 0 && lseek(fd, 0, SEEK_SET) < 0)
		return bt_fail_sys(e, "seek");
	if (bt_cell_ask(c, m, m + 1, e) < 0)
		return -1;
	bt_cell_msg_close(m + 1);
	return 0;
}

int bt_cell_get(struct bt_cell *c, const char *path, bool look, int *fd, struct bt_err *e)
{
	BT_OWN_MEM struct bt_cell_msg *m = bt_calloc(2, sizeof *m);

	if (message(m, BT_CELL_GET, path, e) < 0)
		return -1;
	m->b = look ? BT_CELL_LOOK : 0;
	if (bt_cell_ask(c, m, m + 1, e) < 0)
		return -1;
	if (m[1].nfds != 1) {
		bt_cell_msg_close(m + 1);
		return bt_fail(e, BT_PROTO, "the sandbox gave no file");
	}
	*fd = m[1].fds[0];
	return 0;
}

int bt_cell_same(struct bt_cell *c, const char *path, int fd, struct bt_err *e)
{
	BT_OWN_FD int there = -1;
	struct stat a, b;

	if (bt_cell_get(c, path, true, &there, e) < 0)
		return -1;
	if (fstat(fd, &a) < 0 || fstat(there, &b) < 0)
		return bt_fail_sys(e, "stat %s", path);
	if (a.st_dev != b.st_dev || a.st_ino != b.st_ino)
		return bt_fail(e, BT_DENIED, "%s: something else was put in its place", path);
	return 0;
}

/* The folder's descriptor is of the sandbox's file system, the rights are ours: what the operator
 * may read is copied, whoever it belongs to. */
int bt_cell_copy(struct bt_cell *c, int fd, const char *path, struct bt_treecopy *t,
                 struct bt_err *e)
{
	BT_OWN_FD int to = -1;

	if (bt_cell_get(c, path, false, &to, e) < 0)
		return -1;
	return bt_treecopy_run(fd, to, t, e);
}

/* ---- a command with its input and output gathered ---- */

static int input_file(struct bt_str input, int *out, struct bt_err *e)
{
	BT_OWN_FD int fd = memfd_create("input", MFD_CLOEXEC);

	if (fd < 0)
		return bt_fail_sys(e, "memfd_create");
	for (size_t done = 0; done < input.n;) {
		ssize_t n = write(fd, input.p + done, input.n - done);

		if (n < 0)
			return bt_fail_sys(e, "write");
		done += (size_t)n;
	}
	if (lseek(fd, 0, SEEK_SET) < 0)
		return bt_fail_sys(e, "seek");
	*out = bt_fd_steal(&fd);
	return 0;
}

/* True at the end of the pipe. */
static int drain(int fd, struct bt_buf *to, bool *end, struct bt_err *e)
{
	char chunk[8192];
	ssize_t n = read(fd, chunk, sizeof chunk);

	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : bt_fail_sys(e, "read");
	*end = n == 0;
	return n > 0 ? bt_buf_add(to, chunk, (size_t)n, e) : 0;
}

/* What can be read of both streams; those at their end are marked in end[]. */
static int drain_both(const struct pollfd p[2], struct bt_cell_result *res, bool end[2],
                      struct bt_err *e)
{
	if (p[0].revents && drain(p[0].fd, res->out, &end[0], e) < 0)
		return -1;
	if (p[1].revents && drain(p[1].fd, res->err, &end[1], e) < 0)
		return -1;
	return 0;
}

/* Until the command ends; what its own children still write later is not waited for. */
static int gather(struct bt_cell *c, uint32_t id, const int from[2], int timeout_ms,
                  struct bt_cell_result *res, struct bt_err *e)
{
	bool end[2] = { false, false };
	bool over = false;

	while (!over || !end[0] || !end[1]) {
		struct pollfd p[3] = { { end[0] ? -1 : from[0], POLLIN, 0 },
			               { end[1] ? -1 : from[1], POLLIN, 0 },
			               { over ? -1 : c->wire, POLLIN, 0 } };
		int n = bt_sig_poll(p, 3, over ? 0 : timeout_ms, e);

		if (n < 0)
			return -1;
		if (n == 0)
			return over ? 0 : bt_fail(e, BT_TIMEOUT, "no end in %d ms", timeout_ms);
		if (drain_both(p, res, end, e) < 0)
			return -1;
		if (over || !p[2].revents)
			continue;
		if (bt_cell_wait(c, id, 0, &res->status, e) == 0)
			over = true;
		else if (e->code != BT_TIMEOUT)
			return -1;
	}
	return 0;
}

int bt_cell_run(struct bt_cell *c, const struct bt_cell_command *cmd, struct bt_str input,
                int timeout_ms, struct bt_cell_result *res, struct bt_err *e)
{
	struct bt_cell_command run = *cmd;
	BT_OWN_FD int in = -1;
	int o[2], r[2];
	uint32_t id;

	if (input_file(input, &in, e) < 0)
		return -1;
	if (pipe2(o, O_CLOEXEC) < 0)
		return bt_fail_sys(e, "pipe");
	BT_OWN_FD int out_end = o[0];

	if (pipe2(r, O_CLOEXEC) < 0) {
		(void)close(o[1]);
		return bt_fail_sys(e, "pipe");
	}
	BT_OWN_FD int err_end = r[0];

	run.tty = false;
	run.stdio[0] = in;
	run.stdio[1] = o[1];
	run.stdio[2] = r[1];
	int rc = bt_cell_spawn(c, &run, &id, NULL, e);

	(void)close(o[1]);
	(void)close(r[1]);
	if (rc < 0)
		return -1;
	if (gather(c, id, (int[]){ out_end, err_end }, timeout_ms, res, e) < 0) {
		bt_cell_signal(c, id, SIGKILL);
		return -1;
	}
	return 0;
}
