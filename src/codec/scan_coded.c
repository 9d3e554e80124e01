/* scan_coded.c - a body in pieces that may be compressed: two streams are looked at, its own bytes
 * and what they unpack to. Marks say how much had come out after so many bytes went in. Bytes may
 * go when what came out next after them may: a symbol that they hold the beginning of, or a block
 * of zstd that no decoder begins before all of it is there, has been looked at by then. */
#include <stdlib.h>
#include <string.h>

#include "bottle/mem.h"
#include "coding.h"
#include "scanner.h"
#include "unpack.h"

#define STEP 4096u                                /* of its own bytes, between two marks */
#define OUT (64u * BT_KIB)                        /* unpacked at once */
#define MARKS 256u                                /* more than LAG_MAX / STEP */
#define LAG_MAX (BT_LIM_SCAN_HELD - 64u * BT_KIB) /* the rest waits for a whole record */
#define LAG_LONG (LAG_MAX - 32u * BT_KIB)         /* look, though no window is full */

struct mark {
	uint64_t in, out; /* after so many bytes in, so many were out */
};

struct bt_scan_coded {
	struct bt_scan_stream *raw;   /* what leaves */
	struct bt_scan_stream *plain; /* what it says; NULL: the same */
	struct bt_unpack *unpack;
	struct bt_buf out; /* what it says, from `eaten` on */
	uint64_t eaten;
	uint64_t fed, made, free_bytes;
	uint64_t may; /* of its bytes, as to what they unpack to */
	struct mark marks[MARKS];
	size_t first, n;
	char name[8]; /* of the coding, for whoever is told */
};

static bool is_plain(struct bt_str coding)
{
	return coding.n == 0 || bt_str_ieq(coding, BT_STR_LIT("identity"));
}

bool bt_scan_coded_takes(struct bt_str coding)
{
	return is_plain(coding) || bt_unpack_memory(coding) != 0;
}

size_t bt_scan_coded_memory(struct bt_str coding)
{
	size_t decoder = bt_unpack_memory(coding);

	return decoder ? decoder + BT_LIM_SCAN_WINDOW + OUT : 0;
}

int bt_scan_coded_open(struct bt_scan_coded **out, const struct bt_scanner *s,
                       struct bt_scan_scratch *k, struct bt_str coding, uint64_t free_bytes,
                       struct bt_err *e)
{
	BT_OWN(bt_scan_coded) c = bt_calloc(1, sizeof *c);

	c->free_bytes = free_bytes;
	c->out = BT_BUF(BT_LIM_SCAN_WINDOW + OUT);
	bt_scan_stream_open(&c->raw, s, k);
	if (!is_plain(coding)) {
		if (bt_unpack_open(&c->unpack, coding, e) < 0)
			return -1;
		bt_scan_stream_open(&c->plain, s, k);
		memcpy(c->name, coding.p, coding.n < sizeof c->name ? coding.n : 0);
	}
	*out = BT_STEAL(c);
	return 0;
}

void bt_scan_coded_close(struct bt_scan_coded *c)
{
	if (!c)
		return;
	bt_scan_stream_close(c->raw);
	bt_scan_stream_close(c->plain);
	bt_unpack_close(c->unpack);
	bt_buf_wipe(&c->out);
	free(c);
}

static int refuse(const struct bt_scan_coded *c, const char *why, struct bt_err *e)
{
	return bt_coding_refuse((struct bt_str){ c->name, strnlen(c->name, sizeof c->name) }, why,
	                        e);
}

/* All of in, and all that it says. */
static int unpack(struct bt_scan_coded *c, struct bt_str in, struct bt_findings *f,
                  struct bt_err *e)
{
	int more = 1;

	c->fed += in.n;
	while (more) {
		size_t before = c->out.len;

		more = bt_unpack_step(c->unpack, &in, &c->out, e);
		if (more < 0)
			return -1;
		c->made += c->out.len - before;
		if (c->made > c->free_bytes + c->fed * BT_LIM_UNPACK_RATIO)
			return refuse(c, "it unpacks to too many times its size", e);
		if (bt_scan_stream_feed(c->plain, &c->out, c->eaten, f, e) < 0)
			return -1;
		uint64_t passed = bt_scan_stream_passed(c->plain);

		bt_buf_eat(&c->out, (size_t)(passed - c->eaten));
		c->eaten = passed;
	}
	return 0;
}

static void mark(struct bt_scan_coded *c)
{
	const struct mark *last = c->n ? &c->marks[(c->first + c->n - 1) % MARKS] : NULL;
	uint64_t before = last ? last->in : c->may;

	if (c->n < MARKS && c->fed - before >= STEP)
		c->marks[(c->first + c->n++) % MARKS] = (struct mark){ c->fed, c->made };
}

/* Of the marks those go that something came out behind, when that may go. Marks that nothing lies
 * between go together. */
static void release(struct bt_scan_coded *c)
{
	uint64_t may = bt_scan_stream_passed(c->plain);
	size_t go = 0;

	for (size_t i = 0, same = 0; i < c->n; i++) {
		const struct mark *m = &c->marks[(c->first + i) % MARKS];
		const struct mark *first = &c->marks[(c->first + same) % MARKS];

		if (m->out == first->out)
			continue;
		if (m->out > may)
			break;
		go = same = i;
	}
	if (go == 0)
		return;
	c->may = c->marks[(c->first + go - 1) % MARKS].in;
	c->first = (c->first + go) % MARKS;
	c->n -= go;
}

/* A decoder that says nothing for long, and a sender that has no room for more. */
static int catch_up(struct bt_scan_coded *c, const struct bt_buf *held, uint64_t from,
                    struct bt_findings *f, struct bt_err *e)
{
	if (c->fed - bt_scan_coded_passed(c) <= LAG_LONG)
		return 0;
	if (bt_scan_stream_look(c->raw, held, from, f, e) < 0 ||
	    bt_scan_stream_look(c->plain, &c->out, c->eaten, f, e) < 0)
		return -1;
	release(c);
	if (c->fed - bt_scan_coded_passed(c) > LAG_MAX)
		return refuse(c, "it cannot be scanned in pieces", e);
	return 0;
}

int bt_scan_coded_feed(struct bt_scan_coded *c, const struct bt_buf *held, uint64_t from,
                       struct bt_findings *f, struct bt_err *e)
{
	struct bt_buf some = *held; /* for its first bytes, as they come in */
	uint64_t end = from + held->len;

	if (!c->plain)
		return bt_scan_stream_feed(c->raw, held, from, f, e);
	while (c->fed < end) {
		size_t at = (size_t)(c->fed - from), n = held->len - at;

		n = n < STEP ? n : STEP;
		some.len = at + n;
		if (bt_scan_stream_feed(c->raw, &some, from, f, e) < 0 ||
		    unpack(c, (struct bt_str){ (char *)held->p + at, n }, f, e) < 0)
			return -1;
		mark(c);
		release(c);
		if (catch_up(c, &some, from, f, e) < 0)
			return -1;
	}
	return 0;
}

int bt_scan_coded_end(struct bt_scan_coded *c, const struct bt_buf *held, uint64_t from,
                      struct bt_findings *f, struct bt_err *e)
{
	if (bt_scan_stream_end(c->raw, held, from, f, e) < 0 ||
	    (c->plain && bt_scan_stream_end(c->plain, &c->out, c->eaten, f, e) < 0))
		return -1;
	if (c->plain && !bt_unpack_whole(c->unpack))
		return refuse(c, "it does not decode and cannot be scanned for secrets", e);
	return 0;
}

uint64_t bt_scan_coded_passed(const struct bt_scan_coded *c)
{
	uint64_t raw = bt_scan_stream_passed(c->raw);

	return c->plain && c->may < raw ? c->may : raw;
}
