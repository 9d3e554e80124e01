#include "bottle/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bottle/mem.h"

uint8_t *bt_buf_reserve(struct bt_buf *b, size_t n, struct bt_err *e)
{
	if (n > b->max || b->len > b->max - n) {
		(void)bt_fail(e, BT_LIMIT, "more than %zu bytes", b->max);
		return NULL;
	}
	if (b->off + b->len + n <= b->cap)
		return b->p + b->len;
	if (b->off && b->len + n <= b->cap) {
		memmove(b->p - b->off, b->p, b->len);
		b->p -= b->off;
		b->off = 0;
		return b->p + b->len;
	}
	size_t cap = b->cap ? b->cap : 256;

	while (cap < b->len + n)
		cap *= 2;
	/* Not zeroed: memory that no byte came to is not touched. */
	uint8_t *fresh = bt_realloc(NULL, cap);

	if (b->len)
		memcpy(fresh, b->p, b->len);
	if (b->p)
		free(b->p - b->off);
	b->p = fresh;
	b->off = 0;
	b->cap = cap;
	return b->p + b->len;
}

void bt_buf_commit(struct bt_buf *b, size_t n)
{
	b->len += n;
}

int bt_buf_add(struct bt_buf *b, const void *p, size_t n, struct bt_err *e)
{
	if (n == 0)
		return 0;
	uint8_t *at = bt_buf_reserve(b, n, e);

	if (!at)
		return -1;
	memcpy(at, p, n);
	b->len += n;
	return 0;
}

int bt_buf_addf(struct bt_buf *b, struct bt_err *e, const char *fmt, ...)
{
	size_t room = b->max - b->len, left = b->cap - b->off - b->len;
	va_list ap;

	/* Mostly it fits where it is, and is written in one go. */
	left = left < room ? left : room;
	va_start(ap, fmt);
	int n = vsnprintf(left ? (char *)b->p + b->len : NULL, left, fmt, ap);
	va_end(ap);
	if (n < 0)
		return bt_fail(e, BT_INVALID, "format");
	if ((size_t)n < left) {
		b->len += (size_t)n;
		return 0;
	}
	char *at = (char *)bt_buf_reserve(b, (size_t)n + 1, e);

	if (!at)
		return -1;
	va_start(ap, fmt);
	(void)vsnprintf(at, (size_t)n + 1, fmt, ap);
	va_end(ap);
	b->len += (size_t)n;
	return 0;
}

void bt_buf_eat(struct bt_buf *b, size_t n)
{
	if (n == 0) /* there may be no p to add to */
		return;
	b->p += n;
	b->off += n;
	b->len -= n;
	if (b->len == 0)
		bt_buf_clear(b);
}

void bt_buf_clear(struct bt_buf *b)
{
	if (b->p)
		b->p -= b->off;
	b->off = 0;
	b->len = 0;
}

void bt_buf_free(struct bt_buf *b)
{
	bt_buf_clear(b);
	free(b->p);
	b->p = NULL;
	b->cap = 0;
}

void bt_buf_wipe(struct bt_buf *b)
{
	bt_buf_clear(b);
	if (b->p)
		bt_wipe(b->p, b->cap);
	bt_buf_free(b);
}

struct bt_str bt_buf_str(const struct bt_buf *b)
{
	return (struct bt_str){ (const char *)b->p, b->len };
}
