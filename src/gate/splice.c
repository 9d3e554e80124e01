/* splice.c - pipes, and what goes through them. */
#include "splice.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "bottle/limits.h"
#include "bottle/mem.h"
#include "leg.h"

#define BULK (16u * 1024u)      /* so much at once is worth a pipe */
#define PIPE_BYTES (256 * 1024) /* a packet of the network takes a page of it, however small */
#define TURN 4                  /* pipefuls before others get a turn */
#define SPARE (sizeof((struct bt_pipes *)0)->spare / sizeof((struct bt_pipes *)0)->spare[0])

struct bt_pipes {
	unsigned taken;  /* by tunnels */
	unsigned nspare; /* empty, for whoever asks next */
	uint64_t moved;  /* bytes */
	int spare[16][2];
};

struct bt_pipes *bt_pipes_new(void)
{
	return bt_calloc(1, sizeof(struct bt_pipes));
}

static void close_both(const int pipe[2])
{
	(void)close(pipe[0]);
	(void)close(pipe[1]);
}

void bt_pipes_free(struct bt_pipes *p)
{
	while (p && p->nspare)
		close_both(p->spare[--p->nspare]);
	free(p);
}

uint64_t bt_pipes_moved(const struct bt_pipes *p)
{
	return p->moved;
}

static bool take(struct bt_splice *s)
{
	struct bt_pipes *p = s->pipes;

	if (s->taken)
		return true;
	if (p->taken >= BT_LIM_PIPES)
		return false;
	if (p->nspare) {
		p->nspare--;
		s->pipe[0] = p->spare[p->nspare][0];
		s->pipe[1] = p->spare[p->nspare][1];
	} else if (pipe2(s->pipe, O_NONBLOCK | O_CLOEXEC) < 0) {
		return false; /* no descriptors are left: copied, then */
	} else {
		(void)fcntl(s->pipe[1], F_SETPIPE_SZ, PIPE_BYTES); /* smaller is good, too */
	}
	p->taken++;
	s->taken = true;
	return true;
}

static void give_back(struct bt_splice *s)
{
	struct bt_pipes *p = s->pipes;

	if (!s->taken)
		return;
	s->taken = false;
	p->taken--;
	if (s->inside == 0 && p->nspare < SPARE) {
		p->spare[p->nspare][0] = s->pipe[0];
		p->spare[p->nspare][1] = s->pipe[1];
		p->nspare++;
		return;
	}
	close_both(s->pipe); /* nobody else may get what is in there */
	s->inside = 0;
}

void bt_splice_end(struct bt_splice *s)
{
	give_back(s);
}

bool bt_splice_may(const struct bt_splice *s, const struct bt_leg *from, const struct bt_leg *to)
{
	return !s->never && s->came >= BULK && !from->tls && !from->pipe && !to->tls && !to->pipe &&
	       from->in.len == 0 && to->out.len == 0 && !from->eof && !to->shut;
}

static enum bt_spliced broken(struct bt_leg *l, const char *doing)
{
	(void)bt_fail_sys(&l->err, "%s", doing);
	return BT_SPLICE_BROKEN;
}

static enum bt_spliced copy(struct bt_splice *s, struct bt_leg *from)
{
	give_back(s);
	s->came = 0;
	bt_leg_raw(from, false);
	return BT_SPLICE_COPY;
}

/* What is in the pipe, to the socket, as far as that takes it. */
static enum bt_spliced empty(struct bt_splice *s, struct bt_leg *from, struct bt_leg *to)
{
	while (s->inside) {
		ssize_t n = splice(s->pipe[0], NULL, to->fd, NULL, s->inside,
		                   SPLICE_F_MOVE | SPLICE_F_NONBLOCK);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN) {
			bt_leg_pause(from, true);
			bt_leg_await_room(to);
			return BT_SPLICE_WAIT;
		}
		if (n <= 0)
			return broken(to, "write");
		s->inside -= (size_t)n;
		s->pipes->moved += (size_t)n;
		to->nwritten += (size_t)n;
	}
	return BT_SPLICED;
}

/* From the socket into the pipe, which is empty. */
static ssize_t fill(struct bt_splice *s, struct bt_leg *from)
{
	ssize_t n;

	do
		n = splice(from->fd, NULL, s->pipe[1], NULL, bt_leg_in_max(from),
		           SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
	while (n < 0 && errno == EINTR);
	if (n > 0) {
		s->inside = (size_t)n;
		from->nread += (size_t)n;
	}
	return n;
}

enum bt_spliced bt_splice_in(struct bt_splice *s, struct bt_leg *from, struct bt_leg *to)
{
	enum bt_spliced out;

	for (int i = 0; i < TURN; i++) {
		ssize_t n = take(s) ? fill(s, from) : -1;

		if (i && n < 0 && s->taken && errno == EAGAIN)
			break;
		/* Readable, and nothing to be had: the end, or urgent data, which only a read gets
		 * past. The kernel says 0 for either, so it is no end before a read says so. */
		if (!s->taken || n == 0 || (n < 0 && errno == EAGAIN))
			return copy(s, from);
		if (n < 0 && (errno == EINVAL || errno == ENOSYS || errno == EPERM)) {
			s->never = true;
			return copy(s, from);
		}
		if (n < 0)
			return broken(from, "read");
		out = empty(s, from, to);
		if (out != BT_SPLICED)
			return out;
		if ((size_t)n < BULK)
			return copy(s, from);
	}
	give_back(s);
	return BT_SPLICED;
}

enum bt_spliced bt_splice_out(struct bt_splice *s, struct bt_leg *from, struct bt_leg *to)
{
	enum bt_spliced out = empty(s, from, to);

	if (out == BT_SPLICED) {
		give_back(s);
		bt_leg_pause(from, false);
	}
	return out;
}
