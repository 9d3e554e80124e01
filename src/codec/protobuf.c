#include "protobuf.h"

#include "bottle/limits.h"

enum { VARINT = 0, EIGHT = 1, BYTES = 2, BEGIN = 3, END = 4, FOUR = 5 }; /* wire types */

struct walk {
	struct bt_buf *out;
	size_t most; /* of out: beyond it nothing is gone into */
	struct bt_err *e;
};

bool bt_protobuf_is(struct bt_str type)
{
	static const char *const exact[] = { "application/protobuf", "application/x-protobuf",
		                             "application/vnd.google.protobuf",
		                             "application/x-google-protobuf" };

	if (bt_str_istarts(type, BT_STR_LIT("application/grpc")))
		return !bt_str_istarts(type, BT_STR_LIT("application/grpc-web-text"));
	for (size_t i = 0; i < sizeof exact / sizeof *exact; i++)
		if (bt_str_ieq(type, bt_str(exact[i])))
			return true;
	return false;
}

static bool varint(struct bt_str *s, uint64_t *v)
{
	*v = 0;
	for (unsigned i = 0; i < 10 && i < s->n; i++) {
		uint8_t c = (uint8_t)s->p[i];

		*v |= (uint64_t)(c & 0x7f) << (7 * i);
		if (c & 0x80)
			continue;
		s->p += i + 1;
		s->n -= i + 1;
		return true;
	}
	return false;
}

/* The next field of s: what it holds in *bytes, nothing unless it is a string of bytes. */
static bool field(struct bt_str *s, struct bt_str *bytes)
{
	uint64_t tag, n = 0;

	*bytes = (struct bt_str){ s->p, 0 };
	if (!varint(s, &tag) || tag >> 3 == 0 || tag >> 32)
		return false;
	switch (tag & 7) {
	case VARINT:
		return varint(s, &n);
	case BYTES:
		if (!varint(s, &n))
			return false;
		break;
	case EIGHT:
	case FOUR:
		n = (tag & 7) == EIGHT ? 8 : 4;
		break;
	case BEGIN:
	case END:
		return true;
	default:
		return false;
	}
	if (n > s->n)
		return false;
	if ((tag & 7) == BYTES)
		*bytes = (struct bt_str){ s->p, (size_t)n };
	s->p += n;
	s->n -= (size_t)n;
	return true;
}

static bool is_message(struct bt_str s)
{
	struct bt_str bytes;

	if (s.n < 2)
		return false;
	while (s.n)
		if (!field(&s, &bytes))
			return false;
	return true;
}

static bool is_text(struct bt_str s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((uint8_t)s.p[i] < 0x20 && s.p[i] != '\n' && s.p[i] != '\r' && s.p[i] != '\t')
			return false;
	return true;
}

static int put(struct walk *w, struct bt_str s)
{
	uint8_t *at = bt_buf_reserve(w->out, s.n + 1, w->e);
	size_t n = 0;

	if (!at)
		return -1;
	for (size_t i = 0; i < s.n; i++) {
		at[n] = (uint8_t)s.p[i];
		n += s.p[i] != 0;
	}
	at[n++] = 0;
	bt_buf_commit(w->out, n);
	return 0;
}

/* NOLINTNEXTLINE(misc-no-recursion): bounded by depth */
static int message(struct walk *w, struct bt_str s, int depth)
{
	struct bt_str bytes;

	while (s.n && field(&s, &bytes)) {
		bool inner = depth > 1 && w->out->len < w->most && is_message(bytes);

		if (bytes.n && (!inner || is_text(bytes)) && put(w, bytes) < 0)
			return -1;
		if (inner && message(w, bytes, depth - 1) < 0)
			return -1;
	}
	return 0;
}

int bt_protobuf_strings(struct bt_buf *out, struct bt_str in, struct bt_str type, struct bt_err *e)
{
	struct walk w = { out, out->len + 2 * in.n, e };

	if (!bt_str_istarts(type, BT_STR_LIT("application/grpc")))
		return message(&w, in, BT_LIM_PROTOBUF_DEPTH);
	while (in.n >= 5) {
		const uint8_t *p = (const uint8_t *)in.p;
		size_t n = (size_t)p[1] << 24 | (size_t)p[2] << 16 | (size_t)p[3] << 8 | p[4];

		in.p += 5;
		in.n -= 5;
		n = n < in.n ? n : in.n;
		if (message(&w, (struct bt_str){ in.p, n }, BT_LIM_PROTOBUF_DEPTH) < 0)
			return -1;
		in.p += n;
		in.n -= n;
	}
	return 0;
}
