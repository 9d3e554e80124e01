#include "bottle/celltty.h"

#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "bottle/mem.h"

#define CHUNK 16384
#define LAST_MS 20 /* the far end may still be writing when its process is reaped */

struct way { /* bytes on their way from one side to the other */
	char bytes[CHUNK];
	size_t off, n;
	bool end;
};

struct bt_celltty {
	int master;
	struct way in, out; /* ours to theirs, theirs to ours */
	struct termios saved;
	bool raw;
};

bool bt_celltty_wanted(void)
{
	return isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
}

void bt_celltty_resize(struct bt_celltty *t)
{
	struct winsize size;

	if (ioctl(STDIN_FILENO, TIOCGWINSZ, &size) == 0)
		(void)ioctl(t->master, TIOCSWINSZ, &size);
}

int bt_celltty_open(struct bt_celltty **out, int master, struct bt_err *e)
{
	BT_OWN(bt_celltty) t = bt_calloc(1, sizeof *t);
	struct termios raw;

	t->master = master;
	if (tcgetattr(STDIN_FILENO, &t->saved) < 0)
		return bt_fail_sys(e, "our terminal");
	raw = t->saved;
	cfmakeraw(&raw);
	bt_celltty_resize(t);
	if (fcntl(master, F_SETFL, O_NONBLOCK) < 0 || tcsetattr(STDIN_FILENO, TCSADRAIN, &raw) < 0)
		return bt_fail_sys(e, "raw mode");
	t->raw = true;
	*out = BT_STEAL(t);
	return 0;
}

void bt_celltty_before(const struct bt_celltty *t, struct pollfd p[BT_CELLTTY_POLL])
{
	bool read_in = t->in.n == 0 && !t->in.end;
	short events = 0;

	if (t->in.n)
		events |= POLLOUT;
	if (t->out.n == 0)
		events |= POLLIN;
	p[0] = (struct pollfd){ read_in ? STDIN_FILENO : -1, POLLIN, 0 };
	p[1] = (struct pollfd){ t->out.end ? -1 : t->master, events, 0 };
	p[2] = (struct pollfd){ t->out.n ? STDOUT_FILENO : -1, POLLOUT, 0 };
}

/* 1: moved or would block; 0: the end */
static int fill(struct way *w, int fd)
{
	ssize_t n = read(fd, w->bytes, sizeof w->bytes);

	if (n > 0) {
		w->off = 0;
		w->n = (size_t)n;
	}
	return n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR));
}

static int empty(struct way *w, int fd)
{
	ssize_t n = write(fd, w->bytes + w->off, w->n);

	if (n < 0)
		return errno == EAGAIN || errno == EINTR;
	w->off += (size_t)n;
	w->n -= (size_t)n;
	return 1;
}

int bt_celltty_after(struct bt_celltty *t, const struct pollfd p[BT_CELLTTY_POLL], struct bt_err *e)
{
	if (p[0].revents && !fill(&t->in, STDIN_FILENO))
		t->in.end = true;
	if (p[1].revents & (POLLIN | POLLHUP | POLLERR) && t->out.n == 0 &&
	    !fill(&t->out, t->master))
		t->out.end = true; /* EIO: the last of its processes has closed it */
	if (t->in.n && p[1].revents & POLLOUT && !empty(&t->in, t->master))
		t->in.n = 0;
	if (t->out.n && !empty(&t->out, STDOUT_FILENO))
		return bt_fail_sys(e, "write to our terminal");
	return 0;
}

void bt_celltty_close(struct bt_celltty *t)
{
	if (!t)
		return;
	struct pollfd p = { t->master, POLLIN, 0 };

	while (t->raw && !t->out.end && (t->out.n || poll(&p, 1, LAST_MS) > 0)) {
		if (t->out.n == 0 && !fill(&t->out, t->master))
			t->out.end = true;
		if (t->out.n && !empty(&t->out, STDOUT_FILENO))
			break;
	}
	if (t->raw)
		(void)tcsetattr(STDIN_FILENO, TCSADRAIN, &t->saved);
	(void)close(t->master);
	free(t);
}
