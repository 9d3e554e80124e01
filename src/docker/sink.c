/* sink.c - where the bytes of an answer go: a buffer, a file, or lines that wait for a reader. */
#include "impl.h"

static int take_mux(struct bt_call *c, struct bt_str in, struct bt_err *e)
{
	for (;;) {
		int stream = 0;
		struct bt_str piece;
		int rc = bt_dockmux_next(&c->mux, &in, &stream, &piece, e);

		if (rc <= 0)
			return rc;
		struct bt_buf *to = &c->out[stream == BT_DOCKMUX_STDERR];

		if (bt_buf_add(to, piece.p, piece.n, e) < 0)
			return bt_wrap(e, "%s", to == c->out ? "stdout" : "stderr");
	}
}

static int take_file(struct bt_call *c, struct bt_str in, struct bt_err *e)
{
	if (in.n > c->sink_left)
		return bt_fail(e, BT_LIMIT, "larger than allowed");
	c->sink_left -= in.n;
	while (in.n) {
		ssize_t n = write(c->sink_fd, in.p, in.n);

		if (n < 0)
			return bt_fail_sys(e, "keep the engine's answer");
		in.p += n;
		in.n -= (size_t)n;
	}
	return 0;
}

int bt_sink_take(struct bt_call *c, struct bt_str in, struct bt_err *e)
{
	switch (c->sink) {
	case BT_SINK_FILE:
		return take_file(c, in, e);
	case BT_SINK_MUX:
		return take_mux(c, in, e);
	case BT_SINK_LINES:
		return bt_buf_add(&c->out[0], in.p, in.n, e);
	case BT_SINK_BODY:
		break;
	}
	return bt_buf_add(&c->body, in.p, in.n, e);
}

/* Only a stream that somebody reads line by line is held back; the rest runs into its cap. */
bool bt_sink_full(const struct bt_call *c)
{
	return c->lined && c->out[0].len + c->out[1].len > BT_LIM_ENGINE_LINES;
}
