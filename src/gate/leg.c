/* leg.c - bytes in, bytes out, for both legs alike. */
#include "leg.h"

#include <string.h>
#include <sys/socket.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

#define READ_STEP (16u * 1024u) /* one TLS record */
#define READ_FIRST (4u * 1024u) /* into an empty buffer: most heads are smaller */
#define READ_TURN 8             /* steps before others get a turn */
static void report(struct bt_leg *l, enum bt_leg_event ev)
{
	if (l->fd >= 0 && l->fn)
		l->fn(l->owner, l, ev);
}

static void fail(struct bt_leg *l)
{
	if (l->failed)
		return;
	l->failed = true;
	(void)event_del(&l->rd);
	(void)event_del(&l->wr);
	report(l, BT_LEG_FAIL);
}

/* What may be read now, and where to. */
static size_t room_in(const struct bt_leg *l)
{
	size_t max = bt_leg_in_max(l);

	if (l->sink)
		return l->sink_left;
	return l->in.len < max ? max - l->in.len : 0;
}

static void watch(struct bt_leg *l)
{
	bool read = !l->eof && !l->failed && (l->starting || (!l->paused && room_in(l)));

	bt_leg_account(l);
	if (l->pipe)
		return;
	if (!read)
		(void)event_del(&l->rd);
	else if (!event_pending(&l->rd, EV_READ, NULL))
		(void)event_add(&l->rd, NULL);
}

/* One read; false when there is nothing more to be had now. */
static bool read_step(struct bt_leg *l)
{
	struct bt_buf *to = l->sink ? l->sink : &l->in;
	size_t room = room_in(l), n = 0;
	size_t step = to->cap ? READ_STEP : l->ample ? READ_STEP + READ_FIRST : READ_FIRST;
	enum bt_tls_io io;
	uint8_t *p;

	room = room < step ? room : step;
	p = room ? bt_buf_reserve(to, room, &l->err) : NULL;
	if (!p)
		return false;
	io = l->tls ? bt_tls_read(l->tls, p, room, &n, &l->err) : bt_leg_plain_read(l, p, room, &n);
	if (io == BT_TLS_OK) {
		bt_buf_commit(to, n);
		l->sink_left -= l->sink ? n : 0;
		l->nread += n;
		/* Nothing is left in there: the loop tells of more, a read now would find none. */
		return l->tls ? bt_tls_pending(l->tls) : n == room;
	}
	if (io == BT_TLS_EOF)
		l->eof = true;
	else if (io == BT_TLS_FAIL)
		fail(l);
	else if (io == BT_TLS_WANT_WRITE)
		(void)event_add(&l->wr, NULL);
	return false;
}

static void read_all(struct bt_leg *l)
{
	uint64_t before = l->nread;
	int turn = 0;

	while (turn < READ_TURN && read_step(l))
		turn++;
	if (l->failed || l->fd < 0)
		return;
	if (l->tls && turn == READ_TURN && bt_tls_pending(l->tls))
		event_active(&l->rd, EV_READ, 0); /* the socket may stay silent about it */
	bt_leg_account(l);
	l->ample = l->nread - before > READ_FIRST; /* it will be so again */
	if (l->nread != before || l->eof)
		report(l, BT_LEG_READ);
	/* Not before: who eats at once what had filled the buffer leaves nothing to be changed. */
	if (l->fd >= 0)
		watch(l);
}

static void finish_shut(struct bt_leg *l)
{
	struct bt_err ignored = { 0 };

	if (l->tls)
		(void)bt_tls_shutdown(l->tls, &ignored);
	(void)shutdown(l->fd, SHUT_WR);
}

/* Write of p what the socket takes, *done says how much. False: the leg broke. */
static bool write_out(struct bt_leg *l, const uint8_t *p, size_t n, size_t *done)
{
	for (*done = 0; *done < n;) {
		size_t one = 0;
		enum bt_tls_io io =
		        l->tls ? bt_tls_write(l->tls, p + *done, n - *done, &one, &l->err)
		               : bt_leg_plain_write(l, p + *done, n - *done, &one);

		if (io == BT_TLS_OK) {
			*done += one;
			l->nwritten += one;
			continue;
		}
		if (io == BT_TLS_WANT_WRITE || io == BT_TLS_WANT_READ) {
			(void)event_add(io == BT_TLS_WANT_WRITE ? &l->wr : &l->rd, NULL);
			return true;
		}
		if (io == BT_TLS_EOF)
			(void)bt_fail(&l->err, BT_TLS, "connection closed by the peer");
		return false;
	}
	return true;
}

/* Write what waits. False: the leg broke. */
static bool flush(struct bt_leg *l)
{
	size_t done = 0;
	bool good = write_out(l, l->out.p, l->out.len, &done);

	bt_buf_eat(&l->out, done);
	if (!good || l->out.len)
		return good;
	if (l->out.cap > READ_FIRST)
		bt_buf_free(&l->out);
	bt_leg_account(l);
	if (l->shut)
		finish_shut(l);
	return true;
}

static void drain(struct bt_leg *l)
{
	bool waited = l->out.len != 0 || l->awaited;

	l->awaited = false;
	if (!flush(l)) {
		/* Whoever reads no more may have said why: that has arrived before the reset. */
		while (!l->starting && !l->failed && !l->eof && read_step(l))
			;
		fail(l);
	} else if (waited && l->out.len == 0)
		report(l, BT_LEG_DRAIN);
}

static void start_step(struct bt_leg *l)
{
	int sys = 0;
	socklen_t len = sizeof sys;
	enum bt_tls_io io = BT_TLS_OK;

	if (l->tls) {
		io = bt_tls_handshake(l->tls, &l->err);
	} else if (getsockopt(l->fd, SOL_SOCKET, SO_ERROR, &sys, &len) < 0 || sys) {
		errno = sys ? sys : errno;
		(void)bt_fail_sys(&l->err, "connect");
		io = BT_TLS_FAIL;
	}
	if (io == BT_TLS_WANT_READ || io == BT_TLS_WANT_WRITE) {
		(void)event_add(io == BT_TLS_WANT_READ ? &l->rd : &l->wr, NULL);
		return;
	}
	if (io != BT_TLS_OK) {
		fail(l);
		return;
	}
	l->starting = false;
	watch(l);
	if (l->out.len)
		event_active(&l->wr, EV_WRITE, 0);
	if (l->tls) /* the first record may have come with the last flight */
		event_active(&l->rd, EV_READ, 0);
	report(l, BT_LEG_READY);
}

static void on_readable(evutil_socket_t fd, short what, void *arg)
{
	struct bt_leg *l = arg;

	(void)fd;
	(void)what;
	if (l->starting) {
		if (l->tls)
			start_step(l);
		return;
	}
	if (l->tls && l->out.len) /* a write may have waited for something to read */
		drain(l);
	if (l->fd < 0 || l->failed || l->paused || l->eof)
		return;
	if (l->raw)
		report(l, BT_LEG_READ);
	else
		read_all(l);
}

static void on_writable(evutil_socket_t fd, short what, void *arg)
{
	struct bt_leg *l = arg;

	(void)fd;
	(void)what;
	if (l->starting)
		start_step(l);
	else
		drain(l);
}

void bt_leg_open(struct bt_leg *l, struct event_base *base, int fd, bool connecting)
{
	int on = 1;

	memset(l, 0, sizeof *l);
	l->fd = fd;
	l->in = BT_BUF(BT_LEG_IN);
	l->out = BT_BUF(BT_LEG_OUT);
	l->starting = connecting;
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on); /* no unix socket minds */
	(void)event_assign(&l->rd, base, fd, EV_READ | EV_PERSIST, on_readable, l);
	(void)event_assign(&l->wr, base, fd, EV_WRITE, on_writable, l);
	if (connecting)
		(void)event_add(&l->wr, NULL);
	else
		(void)event_add(&l->rd, NULL);
}

void bt_leg_on(struct bt_leg *l, bt_leg_fn fn, void *owner)
{
	l->fn = fn;
	l->owner = owner;
}

void bt_leg_start_tls(struct bt_leg *l, struct bt_tls *t)
{
	bt_buf_clear(&l->in);
	l->tls = t;
	l->starting = true;
	(void)event_add(&l->rd, NULL);
	event_active(&l->wr, EV_WRITE, 0);
}

int bt_leg_send(struct bt_leg *l, const void *p, size_t n)
{
	bool wait = l->out.len || l->starting || l->corked || l->pipe;
	size_t done = 0;

	if (l->fd < 0 || l->failed || l->shut || n > bt_leg_room(l))
		return -1;
	if (!wait && !write_out(l, p, n, &done))
		event_active(&l->wr, EV_WRITE, 0); /* told from the loop, not from in here */
	if (l->pipe)
		l->pipe(l->pipe_end);
	if (bt_buf_add(&l->out, (const uint8_t *)p + done, n - done, &l->err) < 0)
		return -1;
	bt_leg_account(l);
	return 0;
}

void bt_leg_cork(struct bt_leg *l)
{
	l->corked = true;
}

void bt_leg_uncork(struct bt_leg *l)
{
	bool was = l->corked;

	l->corked = false;
	if (was && l->out.len && !l->pipe && !l->starting && !l->failed && l->fd >= 0 &&
	    !event_pending(&l->wr, EV_WRITE, NULL) && !flush(l))
		event_active(&l->wr, EV_WRITE, 0);
}

size_t bt_leg_room(const struct bt_leg *l)
{
	return l->out.max - l->out.len;
}

void bt_leg_shut(struct bt_leg *l)
{
	if (l->fd < 0 || l->shut)
		return;
	l->shut = true;
	if (l->pipe)
		l->pipe(l->pipe_end);
	else if (l->out.len == 0 && !l->failed && !l->starting)
		finish_shut(l);
}

void bt_leg_pause(struct bt_leg *l, bool on)
{
	if (l->fd < 0 || l->paused == on)
		return;
	l->paused = on;
	watch(l);
	if (!on && (l->pipe || (l->tls && !l->starting && bt_tls_pending(l->tls))))
		event_active(&l->rd, EV_READ, 0);
}

void bt_leg_more(struct bt_leg *l)
{
	if (l->fd < 0)
		return;
	if (l->in.len == 0 && l->in.cap > READ_FIRST)
		bt_buf_free(&l->in);
	if (l->pipe)
		l->pipe(l->pipe_end);
	watch(l);
	if (!l->paused && !l->starting && l->tls && bt_tls_pending(l->tls))
		event_active(&l->rd, EV_READ, 0);
}

void bt_leg_into(struct bt_leg *l, struct bt_buf *b, size_t n)
{
	l->sink = b;
	l->sink_left = b ? n : 0;
}

bool bt_leg_quiet(const struct bt_leg *l)
{
	char byte;

	if (l->fd < 0 || l->failed || l->eof || l->in.len || (l->tls && bt_tls_pending(l->tls)))
		return false;
	return l->pipe || (recv(l->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 && errno == EAGAIN);
}

void bt_leg_move(struct bt_leg *to, struct bt_leg *from)
{
	struct event_base *base = event_get_base(&from->rd);

	(void)event_del(&from->rd);
	(void)event_del(&from->wr);
	bt_buf_free(&from->in);
	bt_buf_free(&from->out);
	bt_leg_account(from);
	*to = *from;
	memset(from, 0, sizeof *from);
	from->fd = -1;
	to->paused = false;
	to->fn = NULL;
	(void)event_assign(&to->rd, base, to->fd, EV_READ | EV_PERSIST, on_readable, to);
	(void)event_assign(&to->wr, base, to->fd, EV_WRITE, on_writable, to);
	watch(to);
}

void bt_leg_close(struct bt_leg *l)
{
	if (!bt_leg_is_open(l))
		return;
	(void)event_del(&l->rd);
	(void)event_del(&l->wr);
	bt_tls_free(l->tls);
	l->tls = NULL;
	if (!l->pipe)
		(void)close(l->fd);
	l->fd = -1;
	bt_buf_free(&l->in);
	bt_buf_free(&l->out);
	bt_leg_account(l);
	if (l->pipe)
		l->pipe(l->pipe_end);
}
