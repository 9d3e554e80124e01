/* scan_gitrun.c - git as a child whose output is read as it comes. */
#include "scan_gitrun.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "bottle/limits.h"
#include "bottle/own.h"
#include "bottle/proc.h"

#define PIECE 65536
#define ARGS 40

static const char *const always[] = {
	"git",
	"--no-replace-objects",
	"--no-pager",
	"-c",
	"core.fsmonitor=false",
	"-c",
	"core.hooksPath=/dev/null",
	"-c",
	"protocol.allow=never",
	"-c",
	"core.quotePath=true",
};

static void environment(void)
{
	(void)setenv("GIT_GRAFT_FILE", "/dev/null", 1);
	(void)setenv("GIT_NO_LAZY_FETCH", "1", 1);
	(void)setenv("GIT_OPTIONAL_LOCKS", "0", 1);
	(void)setenv("GIT_TERMINAL_PROMPT", "0", 1);
}

/* A file without a name, for what git reads and for what it complains. */
static int nameless(struct bt_str text, struct bt_err *e)
{
	BT_OWN_FD int fd = memfd_create("scan", MFD_CLOEXEC);

	if (fd < 0)
		return bt_fail_sys(e, "memfd");
	while (text.n) {
		ssize_t n = write(fd, text.p, text.n);

		if (n < 0)
			return bt_fail_sys(e, "memfd");
		text = (struct bt_str){ text.p + n, text.n - (size_t)n };
	}
	if (lseek(fd, 0, SEEK_SET) < 0)
		return bt_fail_sys(e, "memfd");
	return bt_fd_steal(&fd);
}

static int drain(int fd, const struct scan_sink *sink, struct bt_err *e)
{
	__attribute__((cleanup(bt_buf_wipe))) struct bt_buf b = BT_BUF(BT_LIM_SCAN + PIECE);
	ssize_t n;

	do {
		uint8_t *at = bt_buf_reserve(&b, PIECE, e);

		if (!at)
			return bt_wrap(e, "git: one line or object");
		n = read(fd, at, PIECE);
		if (n < 0 && errno != EINTR)
			return bt_fail_sys(e, "read from git");
		if (n < 0)
			return bt_fail(e, BT_INTR, "interrupted");
		bt_buf_commit(&b, (size_t)n);
		if (sink->take(sink->ctx, &b, n == 0, e) < 0)
			return -1;
	} while (n > 0);
	return b.len ? bt_fail(e, BT_PROTO, "git: its output ends too early") : 0;
}

static int complaint(int fd, int code, struct bt_err *e)
{
	char said[300];
	ssize_t n = pread(fd, said, sizeof said - 1, 0);

	said[n > 0 ? n : 0] = '\0';
	said[strcspn(said, "\n")] = '\0';
	return bt_fail(e, BT_INVALID, "git: %s (status %d)", *said ? said : "failed", code);
}

int scan_git_run(const char *const *args, struct bt_str input, const struct scan_sink *sink,
                 struct bt_err *e)
{
	const size_t n = sizeof always / sizeof *always;
	const char *argv[ARGS + 1] = { NULL };
	struct bt_proc_status st = { 0 };
	BT_OWN(bt_proc) p = NULL;
	int ends[2];

	memcpy(argv, always, sizeof always);
	for (size_t i = 0; args[i] && n + i < ARGS; i++)
		argv[n + i] = args[i];
	environment();
	BT_OWN_FD int in = nameless(input, e);
	BT_OWN_FD int err = in < 0 ? -1 : nameless(bt_str(""), e);

	if (err < 0)
		return -1;
	if (pipe2(ends, O_CLOEXEC) < 0)
		return bt_fail_sys(e, "pipe");
	BT_OWN_FD int from = ends[0];
	struct bt_proc_spec spec = { .argv = argv,
		                     .in = { BT_PROC_FD, in },
		                     .out = { BT_PROC_FD, ends[1] },
		                     .err = { BT_PROC_FD, err } };
	int rc = bt_proc_spawn(&p, &spec, e);

	(void)close(ends[1]);
	if (rc < 0 || drain(from, sink, e) < 0 || bt_proc_wait(p, -1, &st, e) < 0)
		return -1;
	return st.code ? complaint(err, st.code, e) : 0;
}
