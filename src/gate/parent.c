/* parent.c - CONNECT through the site's own proxy (RFC 9110 §9.3.6). */
#include "parent.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <event2/event_struct.h>

#include "bottle/buf.h"
#include "bottle/mem.h"

#define ANSWER_MAX 8192u /* head of its answer */
#define ASK_MAX 2048u    /* ours: a host, a port, credentials */

struct bt_parent {
	int fd;
	struct event ev;
	bt_parent_fn done;
	void *arg;
	bool failed; /* the request did not go out */
	size_t n;
	char head[ANSWER_MAX + 1];
};

static void end(struct bt_parent *b, unsigned status)
{
	bt_parent_fn done = b->done;
	void *arg = b->arg;

	bt_parent_cancel(b);
	done(arg, status);
}

void bt_parent_cancel(struct bt_parent *b)
{
	if (!b)
		return;
	(void)event_del(&b->ev);
	free(b);
}

static unsigned status_of(const char *head)
{
	static const char digits[] = "0123456789";
	uint64_t status;

	if (strncmp(head, "HTTP/1.1 ", 9) != 0 && strncmp(head, "HTTP/1.0 ", 9) != 0)
		return 0;
	head += 9;
	if (strspn(head, digits) != 3 || !bt_str_uint((struct bt_str){ head, 3 }, 999, &status))
		return 0;
	return (unsigned)status;
}

/* Only the head is taken from the socket: what follows it is the aim's. */
static void on_answer(evutil_socket_t fd, short what, void *arg)
{
	struct bt_parent *b = arg;
	ssize_t n = b->failed || !(what & EV_READ)
	                    ? 0
	                    : recv(fd, b->head + b->n, ANSWER_MAX - b->n, MSG_PEEK);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		end(b, 0);
		return;
	}
	b->head[b->n + (size_t)n] = '\0';
	const char *stop = strstr(b->head, "\r\n\r\n");
	size_t take = stop ? (size_t)(stop + 4 - b->head) - b->n : (size_t)n;

	if (recv(fd, b->head + b->n, take, 0) != (ssize_t)take) {
		end(b, 0);
		return;
	}
	b->n += take;
	b->head[b->n] = '\0';
	if (stop || b->n == ANSWER_MAX || strlen(b->head) < b->n)
		end(b, stop ? status_of(b->head) : 0);
}

static int write_ask(struct bt_buf *ask, const struct bt_parent_way *w, struct bt_err *e)
{
	bool v6 = w->host->kind == BT_HOST_V6;
	const char *l = v6 ? "[" : "", *r = v6 ? "]" : "", *auth = w->proxy->auth;

	return bt_buf_addf(ask, e, "CONNECT %s%s%s:%u HTTP/1.1\r\nHost: %s%s%s:%u\r\n%s%s%s\r\n", l,
	                   w->host->s, r, w->port, l, w->host->s, r, w->port,
	                   auth ? "Proxy-Authorization: Basic " : "", auth ? auth : "",
	                   auth ? "\r\n" : "");
}

struct bt_parent *bt_parent_start(struct event_base *base, int fd, const struct bt_parent_way *w,
                                  bt_parent_fn done, void *arg)
{
	struct bt_parent *b = bt_calloc(1, sizeof *b);
	struct bt_buf ask = BT_BUF(ASK_MAX);
	struct timeval tv = { .tv_sec = (time_t)(w->ms / 1000),
		              .tv_usec = (suseconds_t)(w->ms % 1000 * 1000) };
	struct bt_err e = { 0 };

	b->fd = fd;
	b->done = done;
	b->arg = arg;
	(void)event_assign(&b->ev, base, fd, EV_READ | EV_PERSIST, on_answer, b);
	b->failed = write_ask(&ask, w, &e) < 0 ||
	            send(fd, ask.p, ask.len, MSG_NOSIGNAL) != (ssize_t)ask.len;
	bt_buf_wipe(&ask);
	(void)event_add(&b->ev, &tv);
	if (b->failed)
		event_active(&b->ev, EV_TIMEOUT, 0);
	return b;
}
