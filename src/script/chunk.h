/* chunk.h - the mechanism's Lua files as the build compiled them. Floor: script (private).
 * Policies are not among them: what decides is read as text, always. */
#ifndef BOTTLE_SCRIPT_CHUNK_H
#define BOTTLE_SCRIPT_CHUNK_H
#include <stddef.h>
#include <stdint.h>

/* In the program's read-only data: this, the name with its NUL, the code, padding to 8. */
struct bt_chunk_head {
	uint32_t name, code; /* bytes that follow; a name of 0 ends the list */
	uint64_t text;       /* size of the file it was made from */
};

struct bt_chunk {
	const char *code;
	size_t n;
	uint64_t text;
};

/* Of the file at this path below the share folder ("lua/bottle/plan.lua"). 0, or -1: none. */
int bt_chunk_find(const char *path, struct bt_chunk *out);
#endif
