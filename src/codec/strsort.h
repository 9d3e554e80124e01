/* strsort.h - many short strings in the order of their bytes. Floor: codec (private). */
#ifndef BOTTLE_CODEC_STRSORT_H
#define BOTTLE_CODEC_STRSORT_H
#include "bottle/str.h"

struct bt_piece {
	uint32_t at, n; /* where in the text, filled by the caller; without NUL */
	uint64_t head;  /* eight bytes of it, big-endian: the sort's own */
};

/* As memcmp orders them, a shorter one first; by radix, since those who choose the strings would
 * choose them so that comparing is slow. spare has room for n. */
void bt_strsort(const char *text, struct bt_piece *at, struct bt_piece *spare, size_t n);
#endif
