#include "bottle/cellstdio.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bottle/mem.h"

#define CHUNK 65536

static const char *const names[3] = { "standard input", "standard output", "standard error" };

struct way {
	int file;  /* ours, borrowed; -1: this stream is handed on as it is */
	int pipe;  /* our end; -1: at its end */
	int given; /* the command's end, until it has it; of the input as long as we are: what it
	            * did not read lies there */
};

struct bt_cellstdio {
	struct way way[3];
	size_t off, n; /* of bytes: read from the input, not written yet */
	uint64_t fed;  /* what went into the pipe */
	char bytes[CHUNK];
	char out[CHUNK];
};

static void shut(int *fd)
{
	bt_fd_p(fd);
	*fd = -1;
}

/* 1: a file, which is not handed on; 0: something else. */
static int is_file(int fd, int i, struct stat *st, struct bt_err *e)
{
	if (fstat(fd, st) < 0)
		return 0; /* closed: the command finds it so */
	if (S_ISDIR(st->st_mode))
		return bt_fail(e, BT_DENIED, "%s is a folder, which would lead out of the sandbox",
		               names[i]);
	return S_ISREG(st->st_mode) || S_ISBLK(st->st_mode);
}

static int make_pipe(struct way *w, bool input, struct bt_err *e)
{
	int fd[2];

	if (pipe2(fd, O_CLOEXEC) < 0)
		return bt_fail_sys(e, "pipe");
	w->pipe = fd[input];
	w->given = fd[!input];
	if (fcntl(w->pipe, F_SETFL, O_NONBLOCK) < 0)
		return bt_fail_sys(e, "pipe");
	return 0;
}

static int consider(struct bt_cellstdio *s, const int ours[3], int give[3], struct bt_err *e)
{
	struct stat st[3];
	bool file[3];

	for (int i = 0; i < 3; i++) {
		int rc = is_file(ours[i], i, &st[i], e);

		if (rc < 0)
			return -1;
		file[i] = rc;
		give[i] = ours[i];
		if (!file[i])
			continue;
		if (i == 2 && file[1] && st[1].st_dev == st[2].st_dev &&
		    st[1].st_ino == st[2].st_ino) {
			give[2] = give[1];
			continue;
		}
		s->way[i].file = ours[i];
		if (make_pipe(&s->way[i], i == 0, e) < 0)
			return -1;
		give[i] = s->way[i].given;
	}
	return 0;
}

int bt_cellstdio_open(struct bt_cellstdio **out, const int ours[3], int give[3], struct bt_err *e)
{
	BT_OWN(bt_cellstdio) s = bt_calloc(1, sizeof *s);
	bool any = false;

	for (int i = 0; i < 3; i++)
		s->way[i] = (struct way){ -1, -1, -1 };
	if (consider(s, ours, give, e) < 0)
		return -1;
	for (int i = 0; i < 3; i++)
		any = any || s->way[i].file >= 0;
	*out = any ? BT_STEAL(s) : NULL;
	return 0;
}

void bt_cellstdio_given(struct bt_cellstdio *s)
{
	for (int i = 1; s && i < 3; i++)
		shut(&s->way[i].given);
}

void bt_cellstdio_before(const struct bt_cellstdio *s, struct pollfd p[BT_CELLSTDIO_POLL])
{
	for (int i = 0; i < 3; i++)
		p[i] = (struct pollfd){ s->way[i].pipe, i == 0 ? POLLOUT : POLLIN, 0 };
}

/* A pipe's worth of the file to the command; where it reads no more, the rest stays with us. */
static int feed(struct bt_cellstdio *s, struct bt_err *e)
{
	struct way *w = &s->way[0];

	if (s->n == 0) {
		ssize_t n = read(w->file, s->bytes, sizeof s->bytes);

		if (n < 0)
			return errno == EINTR ? 0 : bt_fail_sys(e, "read %s", names[0]);
		s->off = 0;
		s->n = (size_t)n;
		if (n == 0)
			shut(&w->pipe);
	}
	if (s->n == 0)
		return 0;
	ssize_t n = write(w->pipe, s->bytes + s->off, s->n);

	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : bt_fail_sys(e, "pipe");
	s->off += (size_t)n;
	s->n -= (size_t)n;
	s->fed += (uint64_t)n;
	return 0;
}

static int put(int file, const char *bytes, size_t n, int i, struct bt_err *e)
{
	while (n > 0) {
		ssize_t done = write(file, bytes, n);

		if (done < 0 && errno != EINTR)
			return bt_fail_sys(e, "write %s", names[i]);
		if (done > 0) {
			bytes += done;
			n -= (size_t)done;
		}
	}
	return 0;
}

/* 1: something was there; 0: nothing now, or its end. */
static int take(struct bt_cellstdio *s, int i, struct bt_err *e)
{
	struct way *w = &s->way[i];
	ssize_t n = read(w->pipe, s->out, sizeof s->out);

	if (n == 0)
		shut(&w->pipe);
	if (n <= 0)
		return 0;
	return put(w->file, s->out, (size_t)n, i, e) < 0 ? -1 : 1;
}

int bt_cellstdio_after(struct bt_cellstdio *s, const struct pollfd p[BT_CELLSTDIO_POLL],
                       struct bt_err *e)
{
	if (p[0].revents && feed(s, e) < 0)
		return -1;
	for (int i = 1; i < 3; i++)
		if (p[i].revents && take(s, i, e) < 0)
			return -1;
	return 0;
}

/* What lies in the pipe, and what was read for it, was not read by the command: which may have
 * written into the pipe itself. */
static void give_back(struct bt_cellstdio *s)
{
	int left = 0;

	if (s->way[0].file < 0 || ioctl(s->way[0].given, FIONREAD, &left) < 0)
		return;
	if ((uint64_t)left > s->fed)
		left = (int)s->fed;
	if (s->n + (size_t)left > 0)
		(void)lseek(s->way[0].file, -(off_t)(s->n + (size_t)left), SEEK_CUR);
	s->n = 0;
}

int bt_cellstdio_finish(struct bt_cellstdio *s, struct bt_err *e)
{
	int rc = 0;

	for (int i = 1; i < 3; i++)
		while (s->way[i].pipe >= 0 && (rc = take(s, i, e)) > 0)
			;
	give_back(s);
	return rc < 0 ? -1 : 0;
}

void bt_cellstdio_close(struct bt_cellstdio *s)
{
	if (!s)
		return;
	for (int i = 0; i < 3; i++) {
		shut(&s->way[i].given);
		shut(&s->way[i].pipe);
	}
	free(s);
}
