/* lines.c - base64 in lines (RFC 2045 §6.8) below or above lines that are none of it. What is
 * joined is decoded from its first character: a word on the line before puts it out of step. */
#include "decode.h"
#include "scanner.h"
#include "survey.h"

#define LINE 32 /* shorter ones are lists of words more often */

static bool is_gap(const struct bt_survey *sv, size_t i)
{
	uint8_t c = (uint8_t)sv->s.p[i];

	return (c < 32 && (c || !sv->hard)) || c == 127;
}

static size_t line_at(const struct bt_survey *sv, size_t i, size_t to)
{
	size_t n = 0;

	while (i + n < to && bt_is_token((uint8_t)sv->s.p[i + n]))
		n++;
	return n;
}

static size_t gaps_at(const struct bt_survey *sv, size_t i, size_t to)
{
	size_t n = 0;

	while (i + n < to && is_gap(sv, i + n))
		n++;
	return n;
}

/* The lines in [from, to) as one token, n characters, without a last one that is half a byte. */
static void undo(struct bt_survey *sv, size_t from, size_t to, size_t n)
{
	BT_OWN_WIPED run = BT_BUF(to - from);
	size_t line;

	for (size_t i = from; i < to; i += line + gaps_at(sv, i + line, to)) {
		line = line_at(sv, i, to);
		sv->failed |= bt_buf_add(&run, sv->s.p + i, line, sv->e) < 0;
	}
	run.len -= n % 4 == 1;
	if (!sv->failed && bt_decode_run(sv->decoded, bt_buf_str(&run), sv->least, sv->e) < 0)
		sv->failed = true;
}

/* Lines in [from, to), n characters: once more in each step that a long one begins in, but for the
 * step of the first, which is undone with all others. */
static void undo_steps(struct bt_survey *sv, size_t from, size_t to, size_t n)
{
	unsigned done = n % 4 != 1; /* else there it was nothing */
	size_t line, at = 0;

	for (size_t i = from; i < to; i += line + gaps_at(sv, i + line, to), at += line) {
		line = line_at(sv, i, to);
		if (line < LINE || line == n || done >> at % 4 & 1)
			continue;
		done |= 1u << at % 4;
		undo(sv, i, to, n - at);
	}
}

/* Whether a line is long: one of LINE bytes that follow one another by so many is in it. */
static bool any_long(const struct bt_survey *sv, size_t from, size_t to)
{
	for (size_t i = from + LINE - 1; i < to; i += LINE) {
		size_t n = line_at(sv, i, to), begin = i;

		if (n == 0)
			continue;
		while (begin > from && bt_is_token((uint8_t)sv->s.p[begin - 1]))
			begin--;
		if (i + n - begin >= LINE)
			return true;
	}
	return false;
}

void bt_survey_lines(struct bt_survey *sv, size_t from, size_t to)
{
	if (!any_long(sv, from, to))
		return;
	for (size_t i = from; i < to && !sv->failed; i++) {
		size_t begin = i, n = 0, line;

		while ((line = line_at(sv, i, to)) > 0) {
			n += line;
			i += line + gaps_at(sv, i + line, to);
		}
		if (n >= LINE)
			undo_steps(sv, begin, i, n);
	}
}
