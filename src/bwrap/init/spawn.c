#include "init.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "bottle/mem.h"
#include "bottle/own.h"

struct start {
	struct bt_cell_words words;
	int stdio[3];
	bool tty;
	int report; /* close-on-exec: errno and nothing else is written to it */
};

static void give_up(int report)
{
	int err = errno;

	(void)!write(report, &err, sizeof err);
	_exit(127);
}

static void limit(int what, uint64_t most)
{
	struct rlimit r = { most, most };

	if (most && setrlimit(what, &r) < 0)
		_exit(126); /* a limit that cannot be set is no limit: fail closed */
}

/* In the child: never returns. */
static void become(const struct bt_init *in, const struct start *s)
{
	sigset_t none;

	sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	(void)setsid();
	if (s->tty && ioctl(s->stdio[0], TIOCSCTTY, 0) < 0)
		give_up(s->report);
	for (int i = 0; i < 3; i++)
		if (dup2(s->stdio[i], i) < 0)
			give_up(s->report);
	/* One byte: no core file is that small, and a pipe in core_pattern (a program of the host,
	 * run outside) is fed with a limit of 0 but not with 1. */
	(void)setrlimit(RLIMIT_CORE, &(struct rlimit){ 1, 1 });
	limit(RLIMIT_DATA, in->max_memory);
	limit(RLIMIT_NPROC, in->max_processes);
	if (*s->words.cwd && chdir(s->words.cwd) < 0)
		give_up(s->report);
	environ = s->words.env;
	execvp(s->words.argv[0], s->words.argv);
	give_up(s->report);
}

static int wait_exec(int report, const char *what, struct bt_err *e)
{
	int err = 0;
	ssize_t n;

	do
		n = read(report, &err, sizeof err);
	while (n < 0 && errno == EINTR);
	if (n == 0)
		return 0;
	errno = n == (ssize_t)sizeof err ? err : EIO;
	return bt_fail_sys(e, "%s", what);
}

static int launch(struct bt_init *in, uint32_t id, struct start *s, struct bt_err *e)
{
	int report[2];

	if (pipe2(report, O_CLOEXEC) < 0)
		return bt_fail_sys(e, "pipe");
	BT_OWN_FD int in_report = report[0];

	/* Our three standard ones are /dev/null or bwrap's; ours to give is 3 and up, all of
	 * them close-on-exec. */
	s->report = report[1];
	pid_t pid = fork();

	if (pid == 0)
		become(in, s);
	(void)close(report[1]);
	if (pid < 0)
		return bt_fail_sys(e, "fork");
	if (wait_exec(in_report, s->words.argv[0], e) < 0)
		return -1; /* reaped like any orphan */
	in->children[in->nchildren++] = (struct bt_init_child){ pid, id };
	return 0;
}

/* A terminal from the sandbox's own devpts, so that its name is known inside. */
static int open_terminal(int *master, int *slave, struct bt_err *e)
{
	BT_OWN_FD int m = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC);

	if (m < 0 || unlockpt(m) < 0)
		return bt_fail_sys(e, "open a terminal");
	int s = ioctl(m, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);

	if (s < 0)
		return bt_fail_sys(e, "open the terminal's far end");
	*slave = s;
	*master = bt_fd_steal(&m);
	return 0;
}

static int spawn_tty(struct bt_init *in, uint32_t id, struct start *s, struct bt_cell_msg *answer,
                     struct bt_err *e)
{
	BT_OWN_FD int master = -1;
	BT_OWN_FD int slave = -1;

	if (open_terminal(&master, &slave, e) < 0)
		return -1;
	s->tty = true;
	for (int i = 0; i < 3; i++)
		s->stdio[i] = slave;
	if (launch(in, id, s, e) < 0)
		return -1;
	answer->fds[0] = bt_fd_steal(&master);
	answer->nfds = 1;
	return 0;
}

static size_t count(char *const *words)
{
	size_t n = 0;

	while (words && words[n])
		n++;
	return n;
}

/* A command beside the agent: what it brings itself comes first and so wins. */
static void be_like_agent(const struct bt_init *in, struct bt_cell_words *w)
{
	size_t own = count(w->env), more = count(in->agent.env);

	w->env = bt_realloc(w->env, (own + more + 1) * sizeof *w->env);
	memcpy(w->env + own, in->agent.env, more * sizeof *w->env);
	w->env[own + more] = NULL;
	if (!*w->cwd && in->agent.cwd)
		w->cwd = in->agent.cwd;
}

int bt_init_spawn(struct bt_init *in, struct bt_cell_msg *m, struct bt_cell_msg *answer,
                  struct bt_err *e)
{
	bool tty = m->b & BT_CELL_TTY;
	struct start s = { 0 };

	if (m->nfds != (tty ? 1 : 4))
		return bt_fail(e, BT_PROTO, "%u descriptors for a command", m->nfds);
	if (in->nchildren == BT_INIT_CHILDREN)
		return bt_fail(e, BT_LIMIT, "%d commands run already", BT_INIT_CHILDREN);
	if (bt_cell_words_read(m->fds[0], m->a, &s.words, e) < 0)
		return -1;
	if (m->b & BT_CELL_AS_AGENT && in->agent.bytes)
		be_like_agent(in, &s.words);
	int rc;

	if (tty) {
		rc = spawn_tty(in, m->id, &s, answer, e);
	} else {
		memcpy(s.stdio, m->fds + 1, sizeof s.stdio);
		rc = launch(in, m->id, &s, e);
	}
	if (rc == 0 && m->b & BT_CELL_AGENT && !in->agent.bytes)
		in->agent = s.words;
	else
		bt_cell_words_free(&s.words);
	return rc;
}
