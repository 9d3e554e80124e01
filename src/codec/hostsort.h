/* hostsort.h - many short texts into bytewise order. Floor: codec (private). */
#ifndef BOTTLE_CODEC_HOSTSORT_H
#define BOTTLE_CODEC_HOSTSORT_H
#include <stddef.h>
#include <stdint.h>

struct bt_sort_key {
	uint64_t head; /* scratch of the sort */
	const char *text;
	uint32_t len;
};

/* Texts differ from one another and hold no NUL. Eight bytes at a time: a million names take a few
 * passes over 24 MB, whatever they have in common; already sorted ones take one. */
void bt_sort_texts(struct bt_sort_key *k, size_t n);
#endif
