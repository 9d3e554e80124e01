/* coding.h - content codings undone within a bound (RFC 9110 §8.4.1, RFC 8878, RFC 7932). Floor:
 * codec (private). */
#ifndef BOTTLE_CODEC_CODING_H
#define BOTTLE_CODEC_CODING_H
#include "bottle/buf.h"

/* Shown what is about to be undone, at each stage: gzip has names and comments in it, zstd and
 * brotli frames that no decoder looks at. */
struct bt_coded {
	int (*look)(void *ctx, struct bt_str coded, struct bt_err *e);
	void *ctx;
};

/* Undo the codings of the list, last first; out's own limit bounds every stage. *changed is false
 * and out untouched when the list is empty or identity. The error text follows "blocked: ". */
BT_MUST int bt_uncode(struct bt_buf *out, struct bt_str in, struct bt_str codings,
                      const struct bt_coded *coded, bool *changed, struct bt_err *e);
/* "deflate" is the zlib format (RFC 1950); some senders leave its wrapper out, and some receivers
 * expect that. As a bare stream (RFC 1951 §3.2.4) what begins like a wrapper is a stored block, so
 * five bytes tell whether it can be read as both: then it is neither. */
enum bt_deflate { BT_DEFLATE_ZLIB, BT_DEFLATE_BARE, BT_DEFLATE_BOTH };
#define BT_DEFLATE_HEAD 5
/* head: the first n bytes, two at least where there are as many. */
enum bt_deflate bt_deflate_kind(const uint8_t *head, size_t n);
/* "request body uses Content-Encoding "name"; why", where name is one that may be shown. -1. */
int bt_coding_refuse(struct bt_str name, const char *why, struct bt_err *e);
#endif
