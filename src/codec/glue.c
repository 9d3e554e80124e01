/* glue.c - copies of the places where taking something out of a text could make a credential whole:
 * control characters (line breaks above all), and spaces behind a telling prefix. Each byte of the
 * text is copied once at most into each buffer. */
#include <string.h>

#include "decode.h"
#include "survey.h"

#define AROUND 48    /* bytes before and behind what is whole, for patterns that look around */
#define REACH 256    /* how far a piece may begin before its first gap */
#define LEAST 10     /* no pattern that a gap can hide is shorter */
#define ACCESS_ID 20 /* an AWS access ID may have no digit */
#define SQUEEZED 600 /* 128 characters with spaces between, and some */

static bool is_gap(const struct bt_survey *sv, size_t i)
{
	uint8_t c = (uint8_t)sv->s.p[i];

	return c == 127 || (c < 32 && (c != 0 || !sv->hard));
}

static bool digit(const struct bt_survey *sv, size_t i)
{
	return i < sv->s.n && sv->s.p[i] >= '0' && sv->s.p[i] <= '9';
}

/* A space between two digits does not end a number. */
static bool is_end(const struct bt_survey *sv, size_t i)
{
	if (sv->s.p[i] == 0)
		return true;
	return sv->s.p[i] == ' ' && !(i > 0 && digit(sv, i - 1) && digit(sv, i + 1));
}

/* What can stand beside a gap inside of a credential; and what prose and most of source text do not
 * have around a line break. */
enum { JOINS = 1, TELLS = 2 };
static unsigned char kinds[256];

__attribute__((constructor)) static void fill_kinds(void)
{
	for (int c = 1; c < 256; c++) {
		bool digit = c >= '0' && c <= '9';

		bool letter = (c | 32) >= 'a' && (c | 32) <= 'z';

		if (digit || letter || c >= 128 || strchr("+/_-=.?&\"%\\", c))
			kinds[c] |= JOINS;
		if (digit || c >= 128 || strchr("_-=+/%\\", c))
			kinds[c] |= TELLS;
	}
}

static bool joins(char c)
{
	return kinds[(uint8_t)c] & JOINS;
}

static bool telling(char c)
{
	return kinds[(uint8_t)c] & TELLS;
}

static void put(struct bt_survey *sv, struct bt_buf *out, size_t from, size_t to, bool spaces)
{
	uint8_t *at = bt_buf_reserve(out, to - from + 1, sv->e);
	size_t n = 0;

	if (!at) {
		sv->failed = true;
		return;
	}
	for (size_t i = from; i < to; i++) {
		at[n] = (uint8_t)sv->s.p[i];
		n += !is_gap(sv, i) && (spaces || at[n] != ' ');
	}
	at[n] = 0;
	bt_buf_commit(out, n + 1);
}

/* Appends [from, to); what is already there is not copied twice but continued. */
static void copy(struct bt_survey *sv, struct bt_buf *out, size_t *done, size_t from, size_t to)
{
	bool squeeze = out == sv->squeezed;

	if (*done > from) {
		from = *done;
		out->len -= out->len > 0; /* the NUL */
	}
	if (from < to)
		put(sv, out, from, to, !squeeze);
	else
		bt_buf_commit(out, 1);
	*done = from < to ? to : *done;
}

static bool capital(char c)
{
	return c >= 'A' && c <= 'Z';
}

void bt_survey_gap(struct bt_survey *sv, size_t gap)
{
	size_t i = gap, k = gap, n = 0, capitals = 0;
	bool tells = false;

	if (gap < sv->glued_to || gap == 0 || !joins(sv->s.p[gap - 1]))
		return;
	while (k < sv->s.n && is_gap(sv, k))
		k++;
	if (k == sv->s.n || !joins(sv->s.p[k]))
		return;
	for (; i > 0 && gap - i < REACH && (is_gap(sv, i - 1) || !is_end(sv, i - 1)); i--) {
		n += !is_gap(sv, i - 1);
		tells = tells || telling(sv->s.p[i - 1]);
		capitals += capital(sv->s.p[i - 1]);
	}
	for (; k < sv->s.n && (is_gap(sv, k) || !is_end(sv, k)); k++) {
		n += !is_gap(sv, k);
		tells = tells || telling(sv->s.p[k]);
		capitals += capital(sv->s.p[k]);
	}
	sv->glued_to = k; /* gaps up to there are inside this piece */
	if (n < LEAST || (!tells && capitals < ACCESS_ID))
		return;
	i = i > AROUND ? i - AROUND : 0;
	k = sv->s.n - k > AROUND ? k + AROUND : sv->s.n;
	copy(sv, sv->glued, &sv->copied_to, i, k);
}

/* How the prefixes of those patterns end that are looked for without spaces (BT_PAT_SPACED), in
 * lower case; patterns.c has the whole expressions. */
static const char *const tails[] = {
	"sk-ant-", "sk-proj-",   "sk-svcacct-", "gocspx-", "_live_",  "-live_",      "_live-",
	"-live-",  "_test_",     "-test_",      "_test-",  "-test-",  "whsec_",      "whsec-",
	"ghp_",    "gho_",       "ghu_",        "ghs_",    "ghr_",    "github_pat_", "glpat-",
	"ya29.",   "xoxa-",      "xoxb-",       "xoxp-",   "xoxr-",   "xoxs-",       "xapp-",
	"sg.",     "nrak-",      "pcsk_",       "gsk_",    "dop_v1_", "doo_v1_",     "dor_v1_",
	"npm_",    "sb_secret_", "lin_api_",    "sntrys_", "sntryu_",
};
#define TAIL 12

static unsigned char two_ends[128][128 / 8]; /* the last two characters before the mark */

__attribute__((constructor)) static void fill_ends(void)
{
	for (size_t i = 0; i < sizeof tails / sizeof *tails; i++) {
		const char *end = tails[i] + strlen(tails[i]) - 1;

		two_ends[(uint8_t)end[-2]][end[-1] >> 3] |= (unsigned char)(1u << (end[-1] & 7));
	}
}

/* The text up to mark without spaces, backwards into the end of out. */
static size_t collect(const struct bt_survey *sv, size_t mark, char out[TAIL])
{
	size_t n = 0;

	for (size_t i = mark + 1; i > 0 && n < TAIL && mark + 1 - i < SQUEEZED; i--) {
		char c = sv->s.p[i - 1];

		if (c == ' ' || is_gap(sv, i - 1))
			continue;
		out[TAIL - ++n] = bt_ascii_lower(c);
		if (n == 3 &&
		    ((uint8_t)out[TAIL - 2] > 127 || (uint8_t)out[TAIL - 3] > 127 ||
		     !(two_ends[(uint8_t)out[TAIL - 3]][out[TAIL - 2] >> 3] >> (out[TAIL - 2] & 7) &
		       1)))
			return 0;
	}
	return n;
}

void bt_survey_mark(struct bt_survey *sv, size_t mark)
{
	char text[TAIL];
	size_t n = collect(sv, mark, text);

	for (size_t i = 0; n && i < sizeof tails / sizeof *tails; i++) {
		size_t len = strlen(tails[i]);

		if (len > n || memcmp(text + TAIL - len, tails[i], len) != 0)
			continue;
		size_t from = mark > REACH ? mark - REACH : 0;
		size_t to = sv->s.n - mark > SQUEEZED ? mark + SQUEEZED : sv->s.n;

		copy(sv, sv->squeezed, &sv->squeezed_to, from, to);
		return;
	}
}
