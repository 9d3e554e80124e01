#include "bottle/mem.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static _Noreturn void out_of_memory(void)
{
	static const char line[] = "bottle: out of memory\n";

	(void)!write(STDERR_FILENO, line, sizeof line - 1);
	abort();
}

void *bt_calloc(size_t n, size_t size)
{
	void *p = calloc(n ? n : 1, size ? size : 1);

	if (!p)
		out_of_memory();
	return p;
}

void *bt_realloc(void *p, size_t size)
{
	void *q = realloc(p, size ? size : 1);

	if (!q)
		out_of_memory();
	return q;
}

char *bt_strndup(const char *s, size_t n)
{
	size_t len = strnlen(s, n);
	char *p = bt_calloc(len + 1, 1);

	memcpy(p, s, len);
	return p;
}

char *bt_strdup(const char *s)
{
	return bt_strndup(s, strlen(s));
}

char *bt_asprintf(const char *fmt, ...)
{
	va_list ap;
	char *p = NULL;

	va_start(ap, fmt);
	int n = vasprintf(&p, fmt, ap);
	va_end(ap);
	if (n < 0 || !p)
		out_of_memory();
	return p;
}

void bt_wipe(void *p, size_t n)
{
	explicit_bzero(p, n);
}
