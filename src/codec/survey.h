/* survey.h - one pass over a text that finds the few places where more than the patterns has to be
 * looked at. Floor: codec (private). */
#ifndef BOTTLE_CODEC_SURVEY_H
#define BOTTLE_CODEC_SURVEY_H
#include "bottle/buf.h"

/* Paths, names and hashes come again and again. */
#define BT_SURVEY_MUTE 64

struct bt_survey {
	struct bt_str s;
	struct bt_err *e;
	bool hard;      /* NUL separates strings: nothing reaches across it */
	int seed_min;   /* words of a seed phrase; 0: not looked for */
	unsigned least; /* BT_TELLING or BT_TELLING_ANY */
	bool seed_any_sum;
	/* What came of it. Texts in the buffers end in NUL each. */
	struct bt_buf *decoded;  /* tokens, decoded */
	struct bt_buf *glued;    /* around control characters, without them */
	struct bt_buf *squeezed; /* around the prefix of a credential with spaces in it */
	unsigned plain;          /* bits of enum bt_plain */
	bool seed, nul, high, percent, plus, escape;
	/* How far each finder has come. */
	size_t token_to, dotted_to, pairs_to, glued_to, copied_to, squeezed_to, words_to;
	int words_left;
	bool words_before, words_on; /* the mask before was looked at; this one has to be */
	bool failed;                 /* *e says why */
	struct bt_str *mute; /* tokens that were decoded and said nothing; NULL: not remembered */
	int mute_left;       /* how many more are worth a look there */
};

#define BT_SURVEY_TOKEN 11 /* base64 of eight bytes: no pattern is shorter */

/* 0, or -1 with *sv->e. */
BT_MUST int bt_survey_run(struct bt_survey *sv);

/* The finders of places that are copied out of the text (glue.c). gap: the first byte of a run of
 * control characters; mark: '-', '_' or '.' that may end a prefix. */
void bt_survey_gap(struct bt_survey *sv, size_t gap);
void bt_survey_mark(struct bt_survey *sv, size_t mark);
/* Base64 in lines in [from, to) that is out of step with the first of them (lines.c). */
void bt_survey_lines(struct bt_survey *sv, size_t from, size_t to);
/* Bit c & 63 of word [a][c / 64]: a prefix ends in the letters a, c and a mark. Either case. */
extern uint64_t bt_survey_ends[128][2];
/* Quickly, whether it is worth that call. */
static inline bool bt_survey_may_mark(const struct bt_survey *sv, size_t mark)
{
	if (mark < 2)
		return false;
	uint8_t a = (uint8_t)sv->s.p[mark - 2], c = (uint8_t)sv->s.p[mark - 1];

	if (c > 127)
		return false;
	if (c <= ' ' || c == 127)
		return true;
	if (a > 127)
		return false;
	return a <= ' ' || a == 127 || (bt_survey_ends[a][c >> 6] >> (c & 63) & 1);
}
#endif
