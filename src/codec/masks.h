/* masks.h - masks of 64 bytes and what follows them: bit i is byte i. Floor: codec (private). */
#ifndef BOTTLE_CODEC_MASKS_H
#define BOTTLE_CODEC_MASKS_H
#include <stddef.h>
#include <stdint.h>

__extension__ typedef unsigned __int128 bt_wide;
/* All of it becomes one loop, once for any processor and once for those that count bits. */
#define BT_HOT __attribute__((always_inline)) static inline

BT_HOT unsigned bt_ones(uint64_t x)
{
	return (unsigned)__builtin_popcountll(x);
}

BT_HOT bt_wide bt_both(uint64_t cur, uint64_t next)
{
	return (bt_wide)next << 64 | cur;
}

/* Bit i of the second is bit i - by, or i + by, of the first. */
BT_HOT uint64_t bt_before(uint64_t prev, uint64_t cur, unsigned by)
{
	return cur << by | prev >> (64 - by);
}

BT_HOT uint64_t bt_behind(uint64_t cur, uint64_t next, unsigned by)
{
	return cur >> by | next << (64 - by);
}

/* Of places where n set bits in a row begin: where n + by do, by <= n. */
BT_HOT bt_wide bt_more(bt_wide x, unsigned by)
{
	return x & x >> by;
}

BT_HOT bt_wide bt_eight(uint64_t cur, uint64_t next)
{
	return bt_more(bt_more(bt_more(bt_both(cur, next), 1), 2), 4);
}

/* Without what lies before to. */
BT_HOT uint64_t bt_from(uint64_t hits, size_t base, size_t to)
{
	if (to <= base)
		return hits;
	return to - base >= 64 ? 0 : hits & ~(uint64_t)0 << (to - base);
}

/* How many bits in a row are set at the end of cur and the beginning of next, if it is any. */
BT_HOT unsigned bt_over_end(uint64_t cur, uint64_t next)
{
	unsigned head = ~next ? (unsigned)__builtin_ctzll(~next) : 64;
	unsigned tail = ~cur ? (unsigned)__builtin_clzll(~cur) : 64;

	return tail ? tail + head : 0;
}
#endif
