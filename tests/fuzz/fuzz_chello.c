#include "bottle/chello.h"
#include <stdlib.h>
#include <string.h>
int LLVMFuzzerTestOneInput(const uint8_t *d, size_t n);

/* However the bytes are cut, the answer is the same. */
int LLVMFuzzerTestOneInput(const uint8_t *d, size_t n)
{
	struct bt_chello all, each;
	struct bt_err e = { 0 };

	bt_chello_init(&all);
	bt_chello_init(&each);
	enum bt_chello_state a = bt_chello_feed(&all, d, n, &e), b = BT_CHELLO_MORE;
	for (size_t i = 0; i < n && b == BT_CHELLO_MORE; i++)
		b = bt_chello_feed(&each, d + i, 1, &e);
	/* One byte at a time, the end of the message is seen before what follows it in its record:
	 * the record says so itself, so the answers agree. */
	if (a != b || (a == BT_CHELLO_DONE && strcmp(all.sni, each.sni) != 0))
		abort();
	if (a == BT_CHELLO_DONE && (strlen(all.sni) > BT_LIM_HOST || strchr(all.alpn, '\n')))
		abort();
	bt_chello_free(&all);
	bt_chello_free(&each);
	return 0;
}
