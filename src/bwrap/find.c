#include "bottle/bwrap.h"

#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bottle/mem.h"
#include "bottle/own.h"
#include "bottle/str.h"

int bt_bwrap_version_parse(const char *text, struct bt_bwrap_version *out, struct bt_err *e)
{
	struct bt_str s = bt_str(text), word;
	uint64_t part[3] = { 0 };

	if (!bt_str_cut(&s, ' ', &word) || !bt_str_eq(word, BT_STR_LIT("bubblewrap")))
		return bt_fail(e, BT_INVALID, "this is no bubblewrap: '%.40s'", text);
	while (s.n && s.p[s.n - 1] == '\n')
		s.n--;
	for (int i = 0; i < 3; i++) {
		(void)bt_str_cut(&s, '.', &word);
		if (!bt_str_uint(word, 100000, &part[i]) && !(i == 2 && word.n == 0))
			return bt_fail(e, BT_INVALID, "bubblewrap of no version: '%.40s'", text);
	}
	*out = (struct bt_bwrap_version){ (unsigned)part[0], (unsigned)part[1], (unsigned)part[2] };
	return 0;
}

bool bt_bwrap_version_ok(const struct bt_bwrap_version *v)
{
	return v->major > 0 || v->minor >= 5;
}

static int usable(const char *path, struct bt_err *e)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return errno == ENOENT || errno == ENOTDIR || errno == EACCES
		               ? bt_fail(e, BT_NOTFOUND, "%s: not there", path)
		               : bt_fail_sys(e, "%s", path);
	if (!S_ISREG(st.st_mode) || access(path, X_OK) < 0)
		return bt_fail(e, BT_NOTFOUND, "%s: not a program", path);
	if ((st.st_uid != 0 && st.st_uid != getuid()) || st.st_mode & S_IWOTH)
		return bt_fail(e, BT_DENIED, "%s: others can write it", path);
	return 0;
}

int bt_bwrap_find(char **out, struct bt_err *e)
{
	const char *own = getenv("BOTTLE_BWRAP");
	const char *list = getenv("PATH");
	struct bt_str path = bt_str(list ? list : "/usr/local/bin:/usr/bin:/bin"), dir;

	if (own && *own) {
		if (usable(own, e) < 0)
			return bt_wrap(e, "BOTTLE_BWRAP");
		*out = bt_strdup(own);
		return 0;
	}
	while (path.n) {
		(void)bt_str_cut(&path, ':', &dir);
		BT_OWN_MEM char *p = bt_asprintf("%.*s/bwrap", (int)dir.n, dir.p);

		if (p[0] != '/' || (usable(p, e) < 0 && e->code == BT_NOTFOUND))
			continue;
		if (e->code != BT_OK && e->code != BT_NOTFOUND)
			return -1;
		*out = BT_STEAL(p);
		return 0;
	}
	return bt_fail(e, BT_NOTFOUND, "bubblewrap (bwrap) is not installed");
}

static int run_version(const char *path, char *text, size_t cap, struct bt_err *e)
{
	char *argv[] = { bt_strdup(path), bt_strdup("--version"), NULL };
	char *env[] = { NULL };
	posix_spawn_file_actions_t acts;
	int pipefd[2], status;
	pid_t pid;

	if (pipe2(pipefd, O_CLOEXEC) < 0)
		return bt_fail_sys(e, "pipe");
	posix_spawn_file_actions_init(&acts);
	posix_spawn_file_actions_adddup2(&acts, pipefd[1], STDOUT_FILENO);
	errno = posix_spawn(&pid, path, &acts, NULL, argv, env);
	posix_spawn_file_actions_destroy(&acts);
	(void)close(pipefd[1]);
	free(argv[0]);
	free(argv[1]);
	if (errno) {
		(void)close(pipefd[0]);
		return bt_fail_sys(e, "%s", path);
	}
	ssize_t n = read(pipefd[0], text, cap - 1);

	text[n > 0 ? n : 0] = '\0';
	(void)close(pipefd[0]);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return 0;
}

int bt_bwrap_check(const char *path, struct bt_bwrap_version *out, struct bt_err *e)
{
	char text[128];

	if (run_version(path, text, sizeof text, e) < 0)
		return -1;
	if (bt_bwrap_version_parse(text, out, e) < 0)
		return bt_wrap(e, "%s", path);
	if (!bt_bwrap_version_ok(out))
		return bt_fail(e, BT_INVALID, "%s is version %u.%u.%u, want %s or later", path,
		               out->major, out->minor, out->patch, BT_BWRAP_OLDEST);
	return 0;
}

static int self_find(char **out, struct bt_err *e)
{
	char exe[4096];
	ssize_t n = readlink("/proc/self/exe", exe, sizeof exe - 1);

	if (n < 0)
		return bt_fail_sys(e, "readlink /proc/self/exe");
	*out = bt_strndup(exe, (size_t)n);
	return 0;
}

int bt_init_find(char **out, struct bt_err *e)
{
	static const char *const places[] = { "bottle-init", "../libexec/bottle/bottle-init" };
	BT_OWN_MEM char *exe = NULL;

	if (self_find(&exe, e) < 0)
		return -1;
	*(strrchr(exe, '/') + 1) = '\0';
	for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
		BT_OWN_MEM char *p = bt_asprintf("%s%s", exe, places[i]);

		*out = realpath(p, NULL); /* a mount's source has no ".." */
		if (*out)
			return 0;
	}
	return bt_fail(e, BT_NOTFOUND, "bottle-init is not beside %s: run make install", exe);
}
