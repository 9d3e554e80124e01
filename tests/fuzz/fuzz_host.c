/* Normalising is idempotent and never yields what is not a plain host; a pattern's text parses to
 * the same pattern. */
#include <stdlib.h>
#include <string.h>
#include "bottle/host.h"

int LLVMFuzzerTestOneInput(const uint8_t *d, size_t n);

static void check(const struct bt_host *h)
{
	struct bt_host again;
	struct bt_err e = { 0 };

	if (h->n == 0 || h->n > BT_LIM_HOST || strlen(h->s) != h->n)
		abort();
	for (size_t i = 0; i < h->n; i++)
		if ((unsigned char)h->s[i] <= 0x20 || (unsigned char)h->s[i] >= 0x7f ||
		    (h->s[i] >= 'A' && h->s[i] <= 'Z') || strchr("%@*/[]", h->s[i]))
			abort();
	if (bt_host_parse(&again, bt_str(h->s), &e) < 0 || again.kind != h->kind ||
	    strcmp(again.s, h->s) != 0)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *d, size_t n)
{
	struct bt_str in = { (const char *)d, n };
	struct bt_host h;
	struct bt_host_pattern p, q;
	struct bt_err e = { 0 };
	char text[BT_HOST_PATTERN_TEXT];
	uint16_t port = 0;

	if (bt_host_parse(&h, in, &e) == 0)
		check(&h);
	if (bt_authority_parse(&h, &port, in, 443, &e) == 0) {
		check(&h);
		if (port == 0)
			abort();
	}
	if (bt_host_pattern_parse(&p, in, &e) == 0) {
		check(&p.host);
		size_t len = bt_host_pattern_text(&p, text);

		if (len >= sizeof text || bt_host_pattern_parse(&q, bt_str(text), &e) < 0 ||
		    q.port != p.port || q.wildcard != p.wildcard || strcmp(q.host.s, p.host.s) != 0)
			abort();
	}
	return 0;
}
