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

/* What can stand beside a gap inside of a credential; what prose and most of source text do not
 * have around a line break; and what ends a piece. */
enum { JOINS = 1, TELLS = 2, CAPITAL = 4, GAP = 8, ZERO = 16, SPACE = 32, DIGIT = 64 };
static unsigned char kinds[256];

__attribute__((constructor)) static void fill_kinds(void)
{
	kinds[0] = ZERO;
	for (int c = 1; c < 256; c++) {
		bool digit = c >= '0' && c <= '9';

		bool letter = (c | 32) >= 'a' && (c | 32) <= 'z';

		if (digit || letter || c >= 128 || strchr("+/_-=.?&\"%\\", c))
			kinds[c] |= JOINS;
		if (digit || c >= 128 || strchr("_-=+/%\\", c))
			kinds[c] |= TELLS;
		kinds[c] |= (unsigned char)((c >= 'A' && c <= 'Z' ? CAPITAL : 0) |
		                            (c < 32 || c == 127 ? GAP : 0) |
		                            (c == ' ' ? SPACE : 0) | (digit ? DIGIT : 0));
	}
}

static inline unsigned kind(const struct bt_survey *sv, size_t i)
{
	return kinds[(uint8_t)sv->s.p[i]];
}

/* NUL is a control character where it does not separate strings. */
static inline unsigned gaps(const struct bt_survey *sv)
{
	return sv->hard ? GAP : GAP | ZERO;
}

/* A space between two digits does not end a number. */
static inline bool is_end(const struct bt_survey *sv, size_t i)
{
	unsigned k = kind(sv, i);

	if (!(k & (SPACE | ZERO)))
		return false;
	if (k & ZERO)
		return sv->hard;
	return i == 0 || i + 1 >= sv->s.n || !(kind(sv, i - 1) & kind(sv, i + 1) & DIGIT);
}

static size_t run_of(const struct bt_survey *sv, size_t i, bool (*is)(char c))
{
	size_t n = 0;

	while (i + n < sv->s.n && is(sv->s.p[i + n]))
		n++;
	return n;
}

static bool is_hex(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
}

static bool is_name(char c)
{
	return (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z') || c == '_';
}

/* Does a line that is whole begin at i, behind the gap at i - 1? One of a list of digests, as
 * md5sum(1) and its like write them; or an assignment behind one without a value. */
static bool begins_line(const struct bt_survey *sv, size_t i)
{
	const char *p = sv->s.p;
	size_t left = sv->s.n - i;
	/* The shortest digest has 32; most lines are none, and are left with two looks. */
	bool hex = left >= 32 + 3 && is_hex(p[i + 31]) && is_hex(p[i]);
	size_t n = hex ? run_of(sv, i, is_hex) : 0;

	if ((n == 32 || n == 40 || n == 56 || n == 64 || n == 96 || n == 128) && left - n >= 3 &&
	    p[i + n] == ' ' && (p[i + n + 1] == ' ' || p[i + n + 1] == '*') && p[i + n + 2] != ' ')
		return true;
	size_t gap = i;

	while (gap > 0 && kind(sv, gap - 1) & GAP)
		gap--;
	if (gap == 0 || p[gap - 1] != '=')
		return false;
	n = run_of(sv, i, is_name);
	return n > 0 && n < left && p[i + n] == '=';
}

/* Not [from, to) as it is: without gaps, and without spaces where they are not wanted. */
static void put(struct bt_survey *sv, struct bt_buf *out, size_t from, size_t to, bool spaces)
{
	unsigned out_of_it = gaps(sv) | (spaces ? 0 : SPACE);
	uint8_t *at = bt_buf_reserve(out, to - from + 1, sv->e);
	size_t n = 0;

	if (!at) {
		sv->failed = true;
		return;
	}
	for (size_t i = from; i < to; i++) {
		at[n] = (uint8_t)sv->s.p[i];
		if (!(kinds[at[n]] & out_of_it)) {
			n++;
		} else if (kinds[at[n]] & GAP) {
			if (i + 1 < sv->s.n && !(kind(sv, i + 1) & GAP) && begins_line(sv, i + 1))
				at[n++] = 0;
		}
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

/* What a walk over a piece saw. */
struct seen {
	size_t bytes, capitals;
	unsigned kinds;
};

static inline void see(struct seen *s, unsigned kind, unsigned gap)
{
	s->bytes += !(kind & gap);
	s->capitals += kind & CAPITAL ? 1 : 0;
	s->kinds |= kind;
}

static inline bool is_worth(const struct seen *s)
{
	return s->bytes >= LEAST && (s->kinds & TELLS || s->capitals >= ACCESS_ID);
}

/* The next byte from i on that may be an end. */
static size_t next_end(const struct bt_survey *sv, size_t i)
{
	const char *p = sv->s.p + i, *space = memchr(p, ' ', sv->s.n - i);
	size_t n = space ? (size_t)(space - p) : sv->s.n - i;
	const char *zero = sv->hard ? memchr(p, 0, n) : NULL;

	return i + (zero ? (size_t)(zero - p) : n);
}

void bt_survey_gap(struct bt_survey *sv, size_t gap)
{
	const unsigned gap_kinds = gaps(sv);
	size_t i = gap, k = gap;
	struct seen seen = { 0 };

	if (gap < sv->glued_to || gap == 0 || !(kind(sv, gap - 1) & JOINS))
		return;
	while (k < sv->s.n && kind(sv, k) & gap_kinds)
		k++;
	if (k == sv->s.n || !(kind(sv, k) & JOINS))
		return;
	for (; i > 0 && gap - i < REACH && !is_end(sv, i - 1); i--)
		see(&seen, kind(sv, i - 1), gap_kinds);
	for (; k < sv->s.n && !is_end(sv, k) && !is_worth(&seen); k++)
		see(&seen, kind(sv, k), gap_kinds);
	while (k < sv->s.n && !is_end(sv, k))
		k = next_end(sv, k + 1);
	sv->glued_to = k; /* gaps up to there are inside this piece */
	if (!is_worth(&seen))
		return;
	i = i > AROUND ? i - AROUND : 0;
	k = sv->s.n - k > AROUND ? k + AROUND : sv->s.n;
	copy(sv, sv->glued, &sv->copied_to, i, k);
	if (sv->decoded)
		bt_survey_lines(sv, i, k);
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
#define TAILS (sizeof tails / sizeof *tails)

uint64_t bt_survey_ends[128][2];

/* The tails that end in the same three characters, as a list: index + 1. */
static uint8_t first_of[64], next_of[TAILS], tail_n[TAILS];

static unsigned slot_of(const char *end)
{
	return ((uint8_t)end[-1] * 5u + (uint8_t)end[-2] * 3u + (uint8_t)end[-3]) % 64;
}

static void known_end(int a, int c)
{
	bt_survey_ends[a][c >> 6] |= (uint64_t)1 << (c & 63);
}

static int upper(int c)
{
	return c >= 'a' && c <= 'z' ? c - 32 : c;
}

__attribute__((constructor)) static void fill_ends(void)
{
	for (size_t i = 0; i < TAILS; i++) {
		tail_n[i] = (uint8_t)strlen(tails[i]);
		const char *end = tails[i] + tail_n[i];
		uint8_t *slot = &first_of[slot_of(end)];

		next_of[i] = *slot;
		*slot = (uint8_t)(i + 1);
		known_end(end[-3], end[-2]);
		known_end(end[-3], upper(end[-2]));
		known_end(upper(end[-3]), end[-2]);
		known_end(upper(end[-3]), upper(end[-2]));
	}
}

static bool is_known_end(char a, char c)
{
	return (uint8_t)a < 128 && (uint8_t)c < 128 &&
	       (bt_survey_ends[(uint8_t)a][c >> 6] >> (c & 63) & 1);
}

/* The text up to mark without spaces, backwards into the end of out, as far as it is asked for. */
struct tail {
	const struct bt_survey *sv;
	size_t i, least; /* where to go on, and no further than to */
	size_t n;
	char out[TAIL];
};

static bool have(struct tail *t, size_t n)
{
	const unsigned out_of_it = gaps(t->sv) | SPACE;

	for (; t->n < n && t->i > t->least; t->i--)
		if (!(kind(t->sv, t->i - 1) & out_of_it))
			t->out[TAIL - ++t->n] = bt_ascii_lower(t->sv->s.p[t->i - 1]);
	return t->n >= n;
}

static bool ends_in_prefix(const struct bt_survey *sv, size_t mark)
{
	struct tail t = { sv, mark + 1, mark + 1 > SQUEEZED ? mark + 1 - SQUEEZED : 0, 0, { 0 } };

	if (!have(&t, 3) || !is_known_end(t.out[TAIL - 3], t.out[TAIL - 2]))
		return false;
	for (size_t i = first_of[slot_of(t.out + TAIL)]; i; i = next_of[i - 1])
		if (have(&t, tail_n[i - 1]) &&
		    memcmp(t.out + TAIL - tail_n[i - 1], tails[i - 1], tail_n[i - 1]) == 0)
			return true;
	return false;
}

void bt_survey_mark(struct bt_survey *sv, size_t mark)
{
	if (!ends_in_prefix(sv, mark))
		return;
	size_t from = mark > REACH ? mark - REACH : 0;
	size_t to = sv->s.n - mark > SQUEEZED ? mark + SQUEEZED : sv->s.n;

	copy(sv, sv->squeezed, &sv->squeezed_to, from, to);
}
