/* strsort.h - many short strings in the order of their bytes. Floor: codec (private). */
#ifndef BOTTLE_CODEC_STRSORT_H
#define BOTTLE_CODEC_STRSORT_H
#include "bottle/str.h"

struct bt_piece {
	struct bt_str s; /* without NUL; filled by the caller */
	uint64_t head;   /* eight bytes of it, big-endian: the sort's own */
};

/* As memcmp orders them, a shorter one first; by radix, since those who choose the strings would
 * choose them so that comparing is slow. spare has room for n. */
void bt_strsort(struct bt_piece *at, struct bt_piece *spare, size_t n);
#endif
