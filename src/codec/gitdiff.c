#include "bottle/gitdiff.h"

#include <string.h>

static bool starts(struct bt_str s, const char *with)
{
	size_t n = strlen(with);

	return s.n >= n && memcmp(s.p, with, n) == 0;
}

static struct bt_str from(struct bt_str s, size_t n)
{
	return (struct bt_str){ s.p + n, s.n - n };
}

static bool is_id(struct bt_str s)
{
	if (s.n != 40 && s.n != 64)
		return false;
	for (size_t i = 0; i < s.n; i++)
		if (!strchr("0123456789abcdef", s.p[i]) || s.p[i] == '\0')
			return false;
	return true;
}

/* "3,2" or "3": where, and how many; eaten from *s with the sign before it and the space behind. */
static bool take_range(struct bt_str *s, char sign, uint64_t *at, uint64_t *count)
{
	struct bt_str word, first;

	if (s->n == 0 || s->p[0] != sign)
		return false;
	*s = from(*s, 1);
	if (!bt_str_cut(s, ' ', &word))
		return false;
	*count = 1;
	if (bt_str_cut(&word, ',', &first))
		return bt_str_uint(first, UINT32_MAX, at) && bt_str_uint(word, UINT32_MAX, count);
	return bt_str_uint(first, UINT32_MAX, at);
}

/* "@@ -a,b +c,d @@": one @ more than there are parents, and a range for each of them. */
static int hunk(struct bt_gitdiff *g, struct bt_str line, struct bt_err *e)
{
	size_t ats = 0;
	uint64_t where;

	while (ats < line.n && line.p[ats] == '@')
		ats++;
	if (ats < 2 || ats - 1 > BT_LIM_GITDIFF_PARENTS || ats == line.n || line.p[ats] != ' ')
		return bt_fail(e, BT_PROTO, "git: not a hunk");
	line = from(line, ats + 1);
	for (size_t i = 0; i < ats - 1; i++)
		if (!take_range(&line, '-', &where, &g->old_left[i]))
			return bt_fail(e, BT_PROTO, "git: not a hunk");
	if (!take_range(&line, '+', &g->line, &g->new_left))
		return bt_fail(e, BT_PROTO, "git: not a hunk");
	g->parents = (unsigned)(ats - 1);
	return 0;
}

static bool in_hunk(const struct bt_gitdiff *g)
{
	for (unsigned i = 0; i < g->parents; i++)
		if (g->old_left[i])
			return true;
	return g->new_left > 0;
}

/* A column a parent: '+' the line is not in it, '-' it is and goes, ' ' neither. */
static int content(struct bt_gitdiff *g, struct bt_str line, struct bt_gitdiff_line *out,
                   struct bt_err *e)
{
	unsigned plus = 0;
	bool goes = false;

	if (line.n && line.p[0] == '\\') /* no newline at the end of the file */
		return 0;
	if (line.n < g->parents)
		return bt_fail(e, BT_PROTO, "git: a hunk ends too early");
	for (unsigned i = 0; i < g->parents; i++)
		if (line.p[i] == '-')
			goes = true;
	for (unsigned i = 0; i < g->parents; i++) {
		char c = line.p[i];

		if (c != '+' && c != '-' && c != ' ')
			return bt_fail(e, BT_PROTO, "git: not a line of a hunk");
		plus += c == '+';
		if (c == '-' || (c == ' ' && !goes)) {
			if (g->old_left[i]-- == 0)
				return bt_fail(e, BT_PROTO, "git: a hunk is too long");
		}
	}
	if (goes)
		return plus ? bt_fail(e, BT_PROTO, "git: not a line of a hunk") : 0;
	if (g->new_left-- == 0)
		return bt_fail(e, BT_PROTO, "git: a hunk is too long");
	if (plus == g->parents)
		*out = (struct bt_gitdiff_line){ BT_GITDIFF_ADDED, from(line, plus), g->line };
	g->line++;
	return 0;
}

/* ":100644 100644 ID ID M\tPATH": what a commit did to a path; D is gone from it. */
static int raw(struct bt_str line, struct bt_gitdiff_line *out, struct bt_err *e)
{
	struct bt_str what;

	if (!bt_str_cut(&line, '\t', &what) || line.n == 0)
		return bt_fail(e, BT_PROTO, "git: a change without a path");
	if (what.p[what.n - 1] != 'D')
		*out = (struct bt_gitdiff_line){ BT_GITDIFF_NAME, line, 0 };
	return 0;
}

/* "+++ b/path", with a tab behind a path that has a space; the b/ may stand within the quotes. */
static void file(struct bt_str line, struct bt_gitdiff_line *out)
{
	line = from(line, strlen("+++ "));
	if (line.n && line.p[line.n - 1] == '\t')
		line.n--;
	*out = (struct bt_gitdiff_line){ BT_GITDIFF_FILE, line, 0 };
}

int bt_gitdiff_read(struct bt_gitdiff *g, struct bt_str line, struct bt_gitdiff_line *out,
                    struct bt_err *e)
{
	static const char *const known[] = {
		"diff --git ",        "diff --combined ", "index ",    "--- ",  "new file mode ",
		"deleted file mode ", "old mode ",        "new mode ", "mode ", "\\ No newline"
	};

	*out = (struct bt_gitdiff_line){ .kind = BT_GITDIFF_OTHER };
	if (in_hunk(g))
		return content(g, line, out, e);
	if (line.n == 0)
		return 0;
	if (is_id(line)) {
		*out = (struct bt_gitdiff_line){ BT_GITDIFF_COMMIT, line, 0 };
		return 0;
	}
	if (line.p[0] == ':')
		return raw(line, out, e);
	if (line.p[0] == '@')
		return hunk(g, line, e);
	if (starts(line, "+++ ")) {
		file(line, out);
		return 0;
	}
	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (starts(line, known[i]))
			return 0;
	return bt_fail(e, BT_PROTO, "git: a line that is not of a diff");
}

int bt_gitdiff_end(const struct bt_gitdiff *g, struct bt_err *e)
{
	return in_hunk(g) ? bt_fail(e, BT_PROTO, "git: the diff ends within a hunk") : 0;
}

static int octal(struct bt_str s, size_t at, uint8_t *out)
{
	unsigned v = 0;

	if (at + 3 > s.n)
		return -1;
	for (size_t i = at; i < at + 3; i++) {
		if (s.p[i] < '0' || s.p[i] > '7')
			return -1;
		v = v * 8 + (unsigned)(s.p[i] - '0');
	}
	*out = (uint8_t)v;
	return v > 255 ? -1 : 0;
}

int bt_gitdiff_unquote(struct bt_str text, struct bt_buf *out, struct bt_err *e)
{
	static const char named[] = "abtnvfr\"\\", means[] = "\a\b\t\n\v\f\r\"\\";

	if (text.n < 2 || text.p[0] != '"')
		return bt_buf_add(out, text.p, text.n, e);
	if (text.p[text.n - 1] != '"')
		return bt_fail(e, BT_PROTO, "git: a path whose quote does not end");
	text = (struct bt_str){ text.p + 1, text.n - 2 };
	for (size_t i = 0; i < text.n; i++) {
		uint8_t byte = (uint8_t)text.p[i];
		const char *at;

		if (byte == '\\') {
			i++;
			at = i < text.n && text.p[i] ? strchr(named, text.p[i]) : NULL;
			if (at)
				byte = (uint8_t)means[at - named];
			else if (octal(text, i, &byte) == 0)
				i += 2;
			else
				return bt_fail(e, BT_PROTO, "git: a path that is badly quoted");
		}
		if (bt_buf_add(out, &byte, 1, e) < 0)
			return -1;
	}
	return 0;
}
