#include "bottle/guard.h"

#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "bottle/mem.h"
#include "folder.h"

#define ALIVE_MS 5000 /* the sandbox ends in milliseconds once its parent is gone */
#define AGAIN_MS 100  /* between two looks whether another bottle still uses the folder */
#define FIRST_FD 10   /* above what the janitor moves its own to */

#ifdef __SANITIZE_ADDRESS__
#define SANITIZED 1
#else
#define SANITIZED 0
#endif

struct list {
	char **v; /* ends in NULL */
	size_t n;
};

struct bt_guard {
	struct list paths, parents, made; /* made: in the order of making */
	struct bt_folder folder;
	int leash; /* the janitor sees its end */
	int alive;
	pid_t janitor; /* 0: nothing was made */
};

static void push(struct list *l, char *word)
{
	l->v = bt_realloc(l->v, (l->n + 2) * sizeof *l->v);
	l->v[l->n++] = word;
	l->v[l->n] = NULL;
}

static bool has(const struct list *l, const char *word)
{
	for (size_t i = 0; i < l->n; i++)
		if (strcmp(l->v[i], word) == 0)
			return true;
	return false;
}

static void list_free(struct list *l)
{
	for (size_t i = 0; i < l->n; i++)
		free(l->v[i]);
	free(l->v);
}

enum found { MISSING, THERE, UNGUARDABLE };

static int look(const char *path, bool folder, enum found *out, struct bt_err *e)
{
	struct stat st;

	*out = MISSING;
	if (lstat(path, &st) < 0)
		return errno == ENOENT ? 0 : bt_fail_sys(e, "%s", path);
	if (S_ISLNK(st.st_mode))
		return bt_fail(e, BT_DENIED,
		               "%s is a symbolic link, which cannot be made read-only: replace it, "
		               "or take it off the list with a mounts rule",
		               path);
	*out = folder && !S_ISDIR(st.st_mode) ? UNGUARDABLE : THERE;
	return 0;
}

/* One guarded path: look at every folder above it, note what is missing. */
static int consider(struct bt_guard *g, const char *root, const char *rel, struct bt_err *e)
{
	size_t n = strlen(rel);
	bool folder = n && rel[n - 1] == '/';
	BT_OWN_MEM char *path = bt_asprintf("%s/%.*s", root, (int)(n - folder), rel);
	enum found found;

	for (char *p = strchr(path + strlen(root) + 1, '/'); p; p = strchr(p + 1, '/')) {
		*p = '\0';
		if (look(path, true, &found, e) < 0)
			return -1;
		if (found == UNGUARDABLE) { /* .git of a worktree: it says where the rest is */
			if (!has(&g->paths, path))
				push(&g->paths, BT_STEAL(path));
			return 0;
		}
		if (found == MISSING && !has(&g->made, path))
			push(&g->made, bt_asprintf("%s/", path));
		if (!has(&g->parents, path))
			push(&g->parents, bt_strdup(path));
		*p = '/';
	}
	if (look(path, folder, &found, e) < 0)
		return -1;
	if (found == MISSING)
		push(&g->made, bt_asprintf("%s%s", path, folder ? "/" : ""));
	if (found != UNGUARDABLE)
		push(&g->paths, BT_STEAL(path));
	return 0;
}

/* What a placeholder file holds: git fails on an empty commondir, "." means the repository itself.
 */
static const char *filler(const char *path)
{
	static const char commondir[] = "/.git/commondir";
	size_t n = strlen(path);

	if (n >= sizeof commondir - 1 && strcmp(path + n - (sizeof commondir - 1), commondir) == 0)
		return ".\n";
	return "";
}

/* The folder that a path of the list lies in, reached without a link: the project is not ours
 * alone. Its name there, without the slash, goes to name. */
static int open_above(const char *path, char name[NAME_MAX + 1])
{
	struct open_how how = { .flags = O_PATH | O_DIRECTORY | O_CLOEXEC,
		                .resolve = RESOLVE_NO_SYMLINKS };
	size_t n = strlen(path);
	char above[PATH_MAX];

	n -= path[n - 1] == '/';
	size_t at = n;

	while (at > 0 && path[at - 1] != '/')
		at--;
	if (at == 0 || at >= sizeof above || n - at > NAME_MAX) {
		errno = ENAMETOOLONG;
		return -1;
	}
	memcpy(above, path, at);
	above[at] = '\0';
	memcpy(name, path + at, n - at);
	name[n - at] = '\0';
	return (int)syscall(SYS_openat2, AT_FDCWD, above, &how, sizeof how);
}

/* As it was made, or as the kill between its making and its filling left it. */
static bool untouched(const char *path, const struct stat *st)
{
	return S_ISREG(st->st_mode) &&
	       (st->st_size == 0 || st->st_size == (off_t)strlen(filler(path)));
}

static void take_away(const struct list *made)
{
	char name[NAME_MAX + 1];
	struct stat st;

	for (size_t i = made->n; i > 0; i--) {
		const char *path = made->v[i - 1];
		BT_OWN_FD int above = open_above(path, name);

		if (above < 0)
			continue;
		if (path[strlen(path) - 1] == '/')
			(void)unlinkat(above, name, AT_REMOVEDIR); /* not empty: it stays */
		else if (fstatat(above, name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
		         untouched(path, &st))
			(void)unlinkat(above, name, 0);
	}
}

static void wait_end(int fd, int timeout_ms)
{
	struct pollfd p = { fd, POLLIN, 0 };

	while (poll(&p, 1, timeout_ms) < 0 && errno == EINTR)
		;
}

/* What another bottle in the folder is mounted on stays until that one has ended too: a mount goes
 * with the file below it. Whoever waits for us does not wait for that. */
static void take_away_last(struct bt_guard *g)
{
	bool waits = false;

	for (;;) {
		int turn = bt_folder_turn(&g->folder);

		if (turn >= 0 && !bt_folder_used(&g->folder)) {
			take_away(&g->made);
			return;
		}
		bt_fd_p(&turn);
		if (!waits && fork() != 0)
			return;
		waits = true;
		(void)nanosleep(&(struct timespec){ .tv_nsec = AGAIN_MS * 1000000L }, NULL);
	}
}

/* Nothing of ours but three descriptors: neither the terminal nor anybody's pipe. */
static void keep_three(int *a, int *b, int *c)
{
	int *const fd[3] = { a, b, c };

	for (int i = 0; i < 3; i++)
		*fd[i] = fcntl(*fd[i], F_DUPFD_CLOEXEC, FIRST_FD);
	for (int i = 0; i < 3; i++)
		*fd[i] = dup2(*fd[i], i);
	(void)close_range(3, ~0u, 0);
}

/* Its list and its folder, in pages of its own. */
static void *settle_in(struct bt_guard *g)
{
	size_t room = sizeof *g + g->made.n * sizeof *g->made.v, at = room;

	for (size_t i = 0; i < g->made.n; i++)
		room += strlen(g->made.v[i]) + 1;
	char *p = mmap(NULL, room, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		return NULL;
	struct bt_guard *own = (struct bt_guard *)p;

	*own = *g;
	own->made.v = (char **)(own + 1);
	for (size_t i = 0; i < g->made.n; i++) {
		own->made.v[i] = p + at;
		at += (size_t)(stpcpy(p + at, g->made.v[i]) - (p + at)) + 1;
	}
	return own;
}

/* The pages of one line of /proc/self/maps. */
static void drop_pages(const char *line)
{
	char *end;
	unsigned long from = strtoul(line, &end, 16);
	unsigned long to = *end == '-' ? strtoul(end + 1, NULL, 16) : 0;

	if (from && to > from)
		(void)madvise((void *)from, to - from, /* NOLINT(performance-no-int-to-ptr) */
		              MADV_DONTNEED);
}

/* The rest of what a launch has in memory, its variables and prompts among it, goes: a process that
 * waits as long as the bottle lives has no use for it. Nothing may be allocated after this. */
static struct bt_guard *forget(struct bt_guard *g)
{
	char maps[8192], *next;
	struct bt_guard *own = SANITIZED ? NULL : settle_in(g);
	BT_OWN_FD int fd = own ? open("/proc/self/maps", O_RDONLY | O_CLOEXEC) : -1;
	ssize_t n = fd < 0 ? -1 : read(fd, maps, sizeof maps - 1);

	if (n <= 0)
		return g;
	maps[n] = '\0';
	for (char *line = maps; (next = strchr(line, '\n')); line = next + 1) {
		*next = '\0';
		if (strstr(line, "[heap]"))
			drop_pages(line);
	}
	return own;
}

/* A process of its own, forked before the first thing is made: whatever ends its parent, it takes
 * away what the sandbox no longer needs. */
static _Noreturn void janitor(struct bt_guard *g, int leash, int alive)
{
	sigset_t all;

	sigfillset(&all);
	(void)sigprocmask(SIG_SETMASK, &all, NULL);
	(void)setsid();
	keep_three(&leash, &alive, &g->folder.hold);
	g = forget(g);
	wait_end(leash, -1);
	wait_end(alive, ALIVE_MS);
	(void)close(g->folder.hold);
	take_away_last(g);
	_exit(0);
}

static int employ(struct bt_guard *g, struct bt_err *e)
{
	int leash[2], alive[2];

	if (pipe2(leash, O_CLOEXEC) < 0)
		return bt_fail_sys(e, "pipe");
	g->leash = leash[1];
	BT_OWN_FD int leash_end = leash[0];

	if (pipe2(alive, O_CLOEXEC) < 0)
		return bt_fail_sys(e, "pipe");
	g->alive = alive[1];
	BT_OWN_FD int alive_end = alive[0];

	g->janitor = fork();
	if (g->janitor == 0)
		janitor(g, leash_end, alive_end);
	if (g->janitor < 0) {
		g->janitor = 0;
		return bt_fail_sys(e, "fork");
	}
	return 0;
}

static int make_one(const char *path, struct bt_err *e)
{
	const char *text = filler(path);
	ssize_t n = (ssize_t)strlen(text);
	char name[NAME_MAX + 1];
	BT_OWN_FD int above = open_above(path, name);

	if (above < 0)
		return bt_fail_sys(e, "guard %s", path);
	if (path[strlen(path) - 1] == '/')
		return mkdirat(above, name, 0755) < 0 && errno != EEXIST
		               ? bt_fail_sys(e, "guard %s", path)
		               : 0;
	BT_OWN_FD int fd =
	        openat(above, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);

	if (fd < 0)
		return errno == EEXIST ? 0 : bt_fail_sys(e, "guard %s", path);
	return write(fd, text, (size_t)n) == n ? 0 : bt_fail_sys(e, "guard %s", path);
}

static int make(const struct list *made, struct bt_err *e)
{
	for (size_t i = 0; i < made->n; i++)
		if (make_one(made->v[i], e) < 0)
			return -1;
	return 0;
}

int bt_guard_open(struct bt_guard **out, const char *root, const char *const *paths, size_t n,
                  struct bt_err *e)
{
	BT_OWN(bt_guard) g = bt_calloc(1, sizeof *g);

	g->leash = g->alive = g->folder.hold = -1;
	if (n && bt_folder_enter(&g->folder, root, e) < 0)
		return -1;
	for (size_t i = 0; i < n; i++)
		if (consider(g, root, paths[i], e) < 0)
			return -1;
	if (g->made.n && (employ(g, e) < 0 || make(&g->made, e) < 0))
		return -1;
	*out = BT_STEAL(g);
	return 0;
}

static const char *const none[] = { NULL };

const char *const *bt_guard_paths(const struct bt_guard *g)
{
	return g->paths.n ? (const char *const *)g->paths.v : none;
}

const char *const *bt_guard_parents(const struct bt_guard *g)
{
	return g->parents.n ? (const char *const *)g->parents.v : none;
}

int bt_guard_alive_fd(const struct bt_guard *g)
{
	return g->alive >= 0 ? g->alive : g->folder.hold;
}

void bt_guard_close(struct bt_guard *g)
{
	if (!g)
		return;
	bt_fd_p(&g->folder.hold); /* before the janitor looks who still has one */
	bt_fd_p(&g->alive);
	bt_fd_p(&g->leash);
	while (g->janitor > 0 && waitpid(g->janitor, NULL, 0) < 0 && errno == EINTR)
		;
	list_free(&g->paths);
	list_free(&g->parents);
	list_free(&g->made);
	free(g);
}
