#include <poll.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "bottle/buf.h"
#include "bottle/event.h"
#include "bottle/limits.h"
#include "bottle/mem.h"

struct bt_events {
	int fd;
	char *slug;
	struct bt_buf queue; /* lines; of the first one a part may be out already */
	uint64_t dropped;
	bool broken; /* the last write failed: nobody reads, or there is no room */
};

struct bt_events *bt_events_open(int fd, const char *slug)
{
	struct bt_events *s = bt_calloc(1, sizeof *s);

	s->fd = fd;
	s->slug = slug ? bt_strdup(slug) : NULL;
	s->queue = BT_BUF(BT_LIM_EVENT_QUEUE);
	return s;
}

/* How much of p went out: never waits. The descriptor is shared with others (a terminal, the
 * engine's pipe), so its flags are not ours to change; poll answers instead, and a pipe that polls
 * writable takes PIPE_BUF bytes without blocking (pipe(7)). -1: it is gone. */
static ssize_t write_some(int fd, const void *p, size_t n)
{
	struct pollfd pfd = { .fd = fd, .events = POLLOUT };
	int ready = poll(&pfd, 1, 0);

	if (ready == 0 || (ready < 0 && errno == EINTR))
		return 0;
	if (ready < 0 || (pfd.revents & (POLLNVAL | POLLERR)))
		return -1;
	/* Whole lines where there are some: others may write there, too. */
	const char *end = n > BT_EVENT_LINE ? memrchr(p, '\n', BT_EVENT_LINE) : NULL;

	if (n > BT_EVENT_LINE)
		n = end ? (size_t)(end + 1 - (const char *)p) : BT_EVENT_LINE;
	ssize_t w = write(fd, p, n);

	if (w < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	return w;
}

bool bt_events_flush(struct bt_events *s)
{
	while (s->queue.len) {
		ssize_t w = write_some(s->fd, s->queue.p, s->queue.len);

		s->broken = w ? w < 0 : s->broken;
		if (w <= 0)
			return false;
		bt_buf_eat(&s->queue, (size_t)w);
	}
	return true;
}

bool bt_events_ready(struct bt_events *s)
{
	struct pollfd pfd = { .fd = s->fd, .events = POLLOUT };

	if (poll(&pfd, 1, 0) > 0 && pfd.revents & (POLLNVAL | POLLERR))
		s->broken = true;
	return !s->broken && s->queue.len + BT_LIM_EVENT_RESERVE <= s->queue.max;
}

void bt_events_close(struct bt_events *s)
{
	if (!s)
		return;
	(void)bt_events_flush(s);
	bt_buf_free(&s->queue);
	free(s->slug);
	free(s);
}

static int64_t now_ms(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_REALTIME, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

bool bt_event_queue(struct bt_events *s, const struct bt_event *ev)
{
	struct bt_err e = { 0 };
	char *at = (char *)bt_buf_reserve(&s->queue, BT_EVENT_LINE, &e);

	if (at)
		bt_buf_commit(&s->queue, bt_event_format(at, BT_EVENT_LINE, ev, s->slug, now_ms()));
	else
		s->dropped++;
	return at != NULL;
}

bool bt_event_write(struct bt_events *s, const struct bt_event *ev)
{
	char line[BT_EVENT_LINE];
	struct bt_err e = { 0 };
	ssize_t w = 0;
	size_t n = bt_event_format(line, sizeof line, ev, s->slug, now_ms());

	if (bt_events_flush(s))
		w = write_some(s->fd, line, n);
	if (w >= 0 && (size_t)w < n && bt_buf_add(&s->queue, line + w, n - (size_t)w, &e) < 0)
		w = -1;
	if (w < 0)
		s->dropped++;
	return w >= 0;
}

uint64_t bt_events_dropped(const struct bt_events *s)
{
	return s->dropped;
}
