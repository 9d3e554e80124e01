#include "folder.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "bottle/own.h"

#define TURN_MS 5000 /* taking away is a few system calls */

/* A socket of this name; -1 with EADDRINUSE: there is one. */
static int named(const char *format, ...)
{
	BT_OWN_FD int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	struct sockaddr_un sa = { .sun_family = AF_UNIX }; /* sun_path[0] == 0: abstract */
	va_list args;

	va_start(args, format);
	int n = vsnprintf(sa.sun_path + 1, sizeof sa.sun_path - 1, format, args);

	va_end(args);
	socklen_t len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)n);

	if (fd < 0 || bind(fd, (struct sockaddr *)&sa, len) < 0)
		return -1;
	return bt_fd_steal(&fd);
}

int bt_folder_turn(const struct bt_folder *f)
{
	return named("bottle-folder/%llx:%llx", f->dev, f->ino);
}

static int wait_turn(const struct bt_folder *f, const char *root, struct bt_err *e)
{
	for (int ms = 0; ms < TURN_MS; ms++) {
		BT_OWN_FD int turn = bt_folder_turn(f);

		if (turn >= 0)
			return 0;
		if (errno != EADDRINUSE)
			return bt_fail_sys(e, "hold %s", root);
		(void)nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
	}
	return bt_fail(e, BT_TIMEOUT, "%s: a bottle that ended does not let go of it", root);
}

int bt_folder_enter(struct bt_folder *f, const char *root, struct bt_err *e)
{
	struct stat st;
	uint64_t own;

	if (stat(root, &st) < 0)
		return bt_fail_sys(e, "%s", root);
	if (getrandom(&own, sizeof own, 0) != (ssize_t)sizeof own)
		return bt_fail_sys(e, "getrandom");
	f->dev = st.st_dev;
	f->ino = st.st_ino;
	f->hold = named("bottle-folder/%llx:%llx/%016" PRIx64, f->dev, f->ino, own);
	if (f->hold < 0)
		return bt_fail_sys(e, "hold %s", root);
	/* Who took its turn before we came may not have seen us. */
	return wait_turn(f, root, e);
}

/* A janitor asks, which has no heap (guard.c): nothing here allocates. */
bool bt_folder_used(const struct bt_folder *f)
{
	char text[4096], prefix[96];
	size_t n = (size_t)snprintf(prefix, sizeof prefix, " @bottle-folder/%llx:%llx/", f->dev,
	                            f->ino);
	BT_OWN_FD int fd = open("/proc/net/unix", O_RDONLY | O_CLOEXEC);
	size_t kept = 0; /* of what was read before: it may end within the name */
	ssize_t got;

	if (fd < 0)
		return true;
	while ((got = read(fd, text + kept, sizeof text - kept)) > 0) {
		size_t have = kept + (size_t)got;

		if (memmem(text, have, prefix, n))
			return true;
		kept = have < n ? have : n - 1;
		memmove(text, text + have - kept, kept);
	}
	return got < 0;
}
