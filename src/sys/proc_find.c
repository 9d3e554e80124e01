#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bottle/mem.h"
#include "bottle/proc.h"

#define STAT_START 22 /* proc(5): field of the start time, counted from 1 */

/* "PID (NAME) STATE ..."; a name may hold spaces and parentheses, so count from the last one. */
static bool parse_stat(const char *text, char *state, uint64_t *ticks)
{
	const char *at = strrchr(text, ')');

	if (!at || at[1] != ' ')
		return false;
	*state = at[2];
	at += 2;
	for (int field = 3; field < STAT_START; field++) {
		at = strchr(at, ' ');
		if (!at)
			return false;
		at++;
	}
	return bt_str_uint((struct bt_str){ at, strspn(at, "0123456789") }, UINT64_MAX, ticks);
}

int bt_proc_start_time(pid_t pid, uint64_t *ticks, struct bt_err *e)
{
	char path[40];
	char text[1024];
	char state;

	(void)snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
	BT_OWN_FD int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof text - 1);

	/* ESRCH: it ended between the open and the read. */
	if (n < 0 && errno != ENOENT && errno != ESRCH)
		return bt_fail_sys(e, "read %s", path);
	if (n <= 0)
		return bt_fail(e, BT_NOTFOUND, "no process %d", (int)pid);
	text[n] = '\0';
	if (!parse_stat(text, &state, ticks))
		return bt_fail(e, BT_PROTO, "%s is not as proc(5) says", path);
	if (state == 'Z' || state == 'X')
		return bt_fail(e, BT_NOTFOUND, "process %d has ended", (int)pid);
	return 0;
}

bool bt_proc_alive(pid_t pid, uint64_t ticks)
{
	struct bt_err ignored = { 0 };
	uint64_t now;

	return pid > 0 && bt_proc_start_time(pid, &now, &ignored) == 0 && now == ticks;
}

static bool runnable(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISREG(st.st_mode) && access(path, X_OK) == 0;
}

int bt_proc_which(const char *name, char **out, struct bt_err *e)
{
	const char *env = getenv("PATH");
	struct bt_str rest = bt_str(env && *env ? env : "/usr/local/bin:/usr/bin:/bin");
	struct bt_str dir;
	bool more;

	if (!*name)
		return bt_fail(e, BT_INVALID, "which: empty name");
	if (strchr(name, '/')) {
		if (!runnable(name))
			return bt_fail(e, BT_NOTFOUND, "%s: not a program", name);
		*out = bt_strdup(name);
		return 0;
	}
	do {
		more = bt_str_cut(&rest, ':', &dir);
		if (dir.n == 0)
			continue; /* the current folder, which may be the agent's: never */
		BT_OWN_MEM char *path = bt_asprintf("%.*s/%s", (int)dir.n, dir.p, name);

		if (runnable(path)) {
			*out = BT_STEAL(path);
			return 0;
		}
	} while (more);
	return bt_fail(e, BT_NOTFOUND, "no program %s in PATH", name);
}
