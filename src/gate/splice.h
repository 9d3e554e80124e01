/* splice.h - bytes from one socket to another that nobody here looks at, moved inside the kernel
 * by way of a pipe (splice(2)). Floor: gate (private).
 * A direction takes a pipe when much has come at once and gives it back when it is empty: a tunnel
 * that is silent, or speaks little, has none and is copied, which costs less then. */
#ifndef BOTTLE_GATE_SPLICE_H
#define BOTTLE_GATE_SPLICE_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bt_leg;
struct bt_pipes; /* opaque: those of one gate, at most BT_LIM_PIPES at once */

struct bt_pipes *bt_pipes_new(void);
void bt_pipes_free(struct bt_pipes *p);            /* NULL is a no-op */
uint64_t bt_pipes_moved(const struct bt_pipes *p); /* bytes that went through them */

/* One direction of a tunnel. To begin with: { .pipes = … }, all else zero. */
struct bt_splice {
	struct bt_pipes *pipes;
	int pipe[2];   /* to read from, to write to; valid while taken */
	size_t inside; /* bytes in it */
	size_t came;   /* with the last read */
	bool taken;
	bool never; /* the kernel does not splice these sockets */
};

enum bt_spliced {
	BT_SPLICED,      /* all that came is out */
	BT_SPLICE_WAIT,  /* to takes no more now: from is paused until its BT_LEG_DRAIN */
	BT_SPLICE_COPY,  /* little or nothing came, or it cannot be spliced: from is read again */
	BT_SPLICE_BROKEN /* a side failed; the error is in its leg */
};

/* May what from sends next go this way? Much came with the last read, and none of it waits here. */
bool bt_splice_may(const struct bt_splice *s, const struct bt_leg *from, const struct bt_leg *to);
/* from, raw, has something to read. Counts the bytes of both legs; an end is left to a read. */
enum bt_spliced bt_splice_in(struct bt_splice *s, struct bt_leg *from, struct bt_leg *to);
/* to can be written again. */
enum bt_spliced bt_splice_out(struct bt_splice *s, struct bt_leg *from, struct bt_leg *to);
void bt_splice_end(struct bt_splice *s); /* give the pipe back; bytes inside are lost with it */
#endif
