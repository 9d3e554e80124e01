/* known.c - the values that must not leave come in: on a descriptor, into locked memory. */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "bottle/limits.h"
#include "bottle/locked.h"
#include "bottle/log.h"
#include "bottle/mem.h"
#include "gate_int.h"

struct bt_watched {
	struct bt_known *set; /* the block */
	size_t size;
};

static int read_all(int fd, char *to, size_t n, struct bt_err *e)
{
	while (n) {
		ssize_t got = read(fd, to, n);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return bt_fail_sys(e, "known secrets");
		if (got == 0)
			return bt_fail(e, BT_IO, "known secrets: the descriptor ended early");
		to += got;
		n -= (size_t)got;
	}
	return 0;
}

/* Their length in decimal and a line feed. One byte at a time: what follows them is not ours. */
static int read_length(int fd, size_t *n, struct bt_err *e)
{
	char digits[8];
	uint64_t len;

	for (size_t i = 0; i < sizeof digits; i++) {
		if (read_all(fd, digits + i, 1, e) < 0)
			return -1;
		if (digits[i] != '\n')
			continue;
		if (!bt_str_uint((struct bt_str){ digits, i }, BT_LIM_KNOWN_BYTES, &len))
			break;
		*n = (size_t)len;
		return 0;
	}
	return bt_fail(e, BT_INVALID, "known secrets: want a length up to %u and a line feed",
	               BT_LIM_KNOWN_BYTES);
}

static int build(struct bt_watched *w, struct bt_str records, struct bt_err *e)
{
	void *mem = NULL;
	bool locked;

	w->size = bt_known_size(records);
	if (bt_locked_alloc(&mem, w->size, &locked, e) < 0)
		return -1;
	if (!locked)
		log_warn("gate.known",
		         "%zu bytes with known secrets are not locked in memory: "
		         "RLIMIT_MEMLOCK",
		         w->size);
	if (bt_known_build(&w->set, mem, records, e) < 0) {
		bt_locked_free(mem, w->size);
		return -1;
	}
	return 0;
}

int bt_watched_read(struct bt_watched **out, int fd, struct bt_err *e)
{
	BT_OWN(bt_watched) w = bt_calloc(1, sizeof *w);
	void *text = NULL;
	size_t n = 0;
	bool locked;

	if (read_length(fd, &n, e) < 0 || bt_locked_alloc(&text, n + 1, &locked, e) < 0)
		return -1;
	int rc = read_all(fd, text, n, e);

	if (rc == 0)
		rc = build(w, (struct bt_str){ text, n }, e);
	bt_locked_free(text, n + 1);
	if (rc == 0)
		*out = BT_STEAL(w);
	return rc;
}

const struct bt_known *bt_watched_set(const struct bt_watched *w)
{
	return w ? w->set : NULL;
}

void bt_watched_free(struct bt_watched *w)
{
	if (!w)
		return;
	bt_locked_free(w->set, w->size);
	free(w);
}
