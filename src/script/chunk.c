#include "chunk.h"

#include <string.h>

#ifdef BT_CHUNKS
/* clang-format off */
__asm__(".section .rodata\n"
        ".balign 8\n"
        ".global bt_chunks\nbt_chunks:\n.incbin \"" BT_CHUNKS "\"\n"
        ".previous\n");
/* clang-format on */
extern const char bt_chunks[];
#else
static const char bt_chunks[sizeof(struct bt_chunk_head)];
#endif

int bt_chunk_find(const char *path, struct bt_chunk *out)
{
	const char *at = bt_chunks;
	struct bt_chunk_head h;

	for (;;) {
		memcpy(&h, at, sizeof h);
		if (h.name == 0)
			return -1;
		const char *name = at + sizeof h, *code = name + h.name;

		if (strcmp(name, path) == 0) {
			*out = (struct bt_chunk){ code, h.code, h.text };
			return 0;
		}
		at += (sizeof h + h.name + h.code + 7) & ~(size_t)7;
	}
}
