/* buf.h - growing bytes with a hard cap, and a front that can be eaten. Floor: base.
 * The cap is a limit on what strangers can make us hold: reaching it is BT_LIMIT, not an abort. */
#ifndef BOTTLE_BUF_H
#define BOTTLE_BUF_H
#include <stddef.h>
#include <stdint.h>
#include "bottle/err.h"
#include "bottle/str.h"

struct bt_buf {
	uint8_t *p; /* first live byte */
	size_t len; /* live bytes */
	size_t off; /* eaten bytes before p, reclaimed when the buffer grows */
	size_t cap; /* allocated, counted from p - off */
	size_t max; /* len never exceeds it */
};

#define BT_BUF(limit) ((struct bt_buf){ .max = (limit) })

/* Append; BT_LIMIT when the cap would be passed, and then nothing was added. */
BT_MUST int bt_buf_add(struct bt_buf *b, const void *p, size_t n, struct bt_err *e);
BT_MUST int bt_buf_addf(struct bt_buf *b, struct bt_err *e, const char *fmt, ...) BT_PRINTF(3, 4);
/* Room for n more bytes at the returned place, to be claimed by bt_buf_commit; NULL: BT_LIMIT. */
uint8_t *bt_buf_reserve(struct bt_buf *b, size_t n, struct bt_err *e);
void bt_buf_commit(struct bt_buf *b, size_t n);
void bt_buf_eat(struct bt_buf *b, size_t n); /* forget the first n bytes; n <= len */
void bt_buf_clear(struct bt_buf *b);         /* len = 0, memory kept */
void bt_buf_free(struct bt_buf *b);          /* memory given back; the buffer may be used again */
void bt_buf_wipe(struct bt_buf *b);          /* overwrite all of it, then free */
struct bt_str bt_buf_str(const struct bt_buf *b); /* borrowed until the next change */

#define BT_OWN_BUF __attribute__((cleanup(bt_buf_free))) struct bt_buf
#endif
