/* A path that can be read has no segment of dots in it and does not climb, read or as it came; and
 * reading what was read changes nothing that matters: it has no escape of a separator left. */
#include <stdlib.h>
#include <string.h>

#include "bottle/urlpath.h"

static void must(int fact)
{
	if (!fact)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	BT_OWN_BUF out = BT_BUF(n + 1);
	struct bt_str path = { (const char *)p, n };
	struct bt_err e = { 0 };
	bool climbs = bt_path_climbs(path);

	if (bt_path_read(&out, path, &e) < 0) {
		must(out.len == 0 && e.msg[0]);
		return 0;
	}
	must(out.len <= n && !climbs && !bt_path_climbs(bt_buf_str(&out)));
	must(!out.len || (!memchr(out.p, '\\', out.len) && !memchr(out.p, ';', out.len)));
	return 0;
}
