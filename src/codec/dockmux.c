#include "bottle/dockmux.h"

#include <string.h>

static int begin_frame(struct bt_dockmux *m, struct bt_err *e)
{
	const uint8_t *h = m->head;

	if (h[0] > BT_DOCKMUX_STDERR || h[1] || h[2] || h[3])
		return bt_fail(e, BT_PROTO,
		               "not a multiplexed stream: frame begins %02x %02x %02x %02x", h[0],
		               h[1], h[2], h[3]);
	m->left = (uint32_t)h[4] << 24 | (uint32_t)h[5] << 16 | (uint32_t)h[6] << 8 | h[7];
	if (m->left == 0)
		m->have = 0; /* an empty frame: the next head follows */
	return 0;
}

int bt_dockmux_next(struct bt_dockmux *m, struct bt_str *in, int *stream, struct bt_str *piece,
                    struct bt_err *e)
{
	while (m->left == 0 && in->n) {
		size_t want = sizeof m->head - m->have;
		size_t n = in->n < want ? in->n : want;

		memcpy(m->head + m->have, in->p, n);
		m->have += (unsigned)n;
		in->p += n;
		in->n -= n;
		if (m->have == sizeof m->head && begin_frame(m, e) < 0)
			return -1;
	}
	if (in->n == 0)
		return 0;
	size_t n = in->n < m->left ? in->n : m->left;

	*stream = m->head[0];
	*piece = (struct bt_str){ in->p, n };
	in->p += n;
	in->n -= n;
	m->left -= (uint32_t)n;
	if (m->left == 0)
		m->have = 0;
	return 1;
}

int bt_dockmux_end(const struct bt_dockmux *m, struct bt_err *e)
{
	if (m->have)
		return bt_fail(e, BT_PROTO, "the stream ends inside a frame");
	return 0;
}
