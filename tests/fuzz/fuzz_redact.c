/* The first two bytes say how long two values are and in which steps the rest, a text, comes. A
 * text in pieces is the text as a whole; no length changes; of a value nothing is left, as it is or
 * percent-encoded; with pauses nothing is kept back. */
#include <stdlib.h>
#include <string.h>

#include "bottle/mem.h"
#include "bottle/own.h"
#include "bottle/redact.h"

int LLVMFuzzerTestOneInput(const uint8_t *d, size_t n);

static void want(int fact)
{
	if (!fact)
		abort();
}

static void in_pieces(const struct bt_redact_set *s, struct bt_str text, size_t step, bool pauses,
                      struct bt_buf *out)
{
	struct bt_redact r = { .found = 0 };
	struct bt_err e = { 0 };

	for (size_t i = 0; i < text.n; i += step) {
		struct bt_str piece = { text.p + i, text.n - i < step ? text.n - i : step };

		want(bt_redact_feed(s, &r, piece, out, &e) == 0);
		want(bt_redact_holds(&r) <= BT_REDACT_SPELL * s->most);
		want(!pauses || bt_redact_pause(s, &r, out, &e) == 0);
		want(!pauses || bt_redact_holds(&r) == 0);
	}
	want(bt_redact_end(s, &r, out, &e) == 0);
	want(out->len == text.n);
	bt_redact_free(&r);
}

int LLVMFuzzerTestOneInput(const uint8_t *d, size_t n)
{
	struct bt_redact_set s;
	struct bt_str two[2];
	BT_OWN_BUF out = BT_BUF(1 << 20);
	BT_OWN_BUF paused = BT_BUF(1 << 20);

	if (n < 4 || n > 65536)
		return 0;
	size_t a = 1 + d[0] % 40u, b = 1 + d[1] % 40u, step = 1 + (size_t)d[0] % 17;

	if (2 + a + b > n)
		return 0;
	two[0] = (struct bt_str){ (const char *)d + 2, a };
	two[1] = (struct bt_str){ (const char *)d + 2 + a, b };
	struct bt_str text = { (const char *)d + 2 + a + b, n - 2 - a - b };
	BT_OWN_MEM char *whole = bt_strndup(text.n ? text.p : "", 0);

	whole = bt_realloc(whole, text.n + 1);
	for (size_t i = 0; i < text.n; i++)
		whole[i] = text.p[i];
	bt_redact_set(&s, two, 2);
	(void)bt_redact_text(&s, whole, text.n);
	in_pieces(&s, text, step, false, &out);
	want(text.n == 0 || memcmp(out.p, whole, text.n) == 0);
	want(memchr(two[0].p, '*', a) || !memmem(whole, text.n, two[0].p, a));
	in_pieces(&s, text, step, true, &paused);
	return 0;
}
