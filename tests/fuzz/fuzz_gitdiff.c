/* An added line is a line of the input, and its number never runs backwards within a file. */
#include <stdlib.h>
#include <string.h>

#include "bottle/gitdiff.h"

int LLVMFuzzerTestOneInput(const uint8_t *d, size_t n);

static void unquote(struct bt_str text)
{
	BT_OWN_BUF b = BT_BUF(BT_LIM_GITDIFF_PATH);
	struct bt_err e = { 0 };

	if (bt_gitdiff_unquote(text, &b, &e) == 0 && b.len > text.n)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *d, size_t n)
{
	struct bt_gitdiff g = { 0 };
	struct bt_str rest = { (const char *)d, n }, line;
	struct bt_err e = { 0 };

	while (rest.n) {
		struct bt_gitdiff_line out;

		(void)bt_str_cut(&rest, '\n', &line);
		if (bt_gitdiff_read(&g, line, &out, &e) < 0)
			return 0;
		if (out.kind != BT_GITDIFF_OTHER &&
		    (out.text.p < line.p || out.text.p + out.text.n > line.p + line.n))
			abort();
		if (out.kind == BT_GITDIFF_ADDED && out.number + 1 != g.line)
			abort();
		if (out.kind == BT_GITDIFF_NAME || out.kind == BT_GITDIFF_FILE)
			unquote(out.text);
	}
	(void)!bt_gitdiff_end(&g, &e);
	return 0;
}
