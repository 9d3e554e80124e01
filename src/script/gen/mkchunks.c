/* mkchunks.c - at build time: compile Lua files and write them one after the other (chunk.h).
 * mkchunks OUT FILE… Names in error messages are the files' own. */
#include <lauxlib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../chunk.h"

struct bytes {
	char *p;
	size_t n, cap;
};

static int add(lua_State *L, const void *p, size_t n, void *ud)
{
	struct bytes *b = ud;

	(void)L;
	while (b->n + n > b->cap) {
		b->cap = b->cap ? b->cap * 2 : 65536;
		b->p = realloc(b->p, b->cap);
		if (!b->p)
			return 1;
	}
	memcpy(b->p + b->n, p, n);
	b->n += n;
	return 0;
}

static long size_of(const char *path)
{
	FILE *f = fopen(path, "rb");
	long n = f && fseek(f, 0, SEEK_END) == 0 ? ftell(f) : -1;

	if (f)
		(void)fclose(f);
	return n;
}

static int one(lua_State *L, const char *path, FILE *out)
{
	static const char zeros[8];
	struct bytes code = { 0 };
	long text = size_of(path);

	if (text < 0 || luaL_loadfilex(L, path, "t") != LUA_OK || lua_dump(L, add, &code, 0) != 0) {
		fprintf(stderr, "mkchunks: %s: %s\n", path, text < 0 ? "?" : lua_tostring(L, -1));
		return -1;
	}
	lua_settop(L, 0);
	struct bt_chunk_head h = { (uint32_t)strlen(path) + 1, (uint32_t)code.n, (uint64_t)text };
	size_t whole = sizeof h + h.name + h.code, pad = ((whole + 7) & ~(size_t)7) - whole;
	int ok = fwrite(&h, sizeof h, 1, out) == 1 && fwrite(path, h.name, 1, out) == 1 &&
	         fwrite(code.p, 1, code.n, out) == code.n && fwrite(zeros, 1, pad, out) == pad;

	free(code.p);
	return ok ? 0 : -1;
}

int main(int argc, char **argv)
{
	static const struct bt_chunk_head last;
	lua_State *L = luaL_newstate();
	FILE *out = argc > 1 && L ? fopen(argv[1], "wb") : NULL;

	if (!out)
		return 2;
	for (int i = 2; i < argc; i++)
		if (one(L, argv[i], out) < 0)
			return 1;
	if (fwrite(&last, sizeof last, 1, out) != 1 || fclose(out) != 0) {
		perror(argv[1]);
		return 1;
	}
	lua_close(L);
	return 0;
}
