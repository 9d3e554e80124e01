#include "bottle/err.h"
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
int LLVMFuzzerTestOneInput(const uint8_t *d, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *d, size_t n)
{
	struct bt_err e = { 0 };
	char *s = strndup((const char *)d, n);
	(void)bt_fail(&e, BT_IO, "%s", s);
	for (int i = 0; i < 4; i++)
		(void)bt_wrap(&e, "%s", s);
	if (strlen(e.msg) >= sizeof e.msg)
		abort();
	free(s);
	return 0;
}
