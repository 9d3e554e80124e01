/* bench_findings.c - what the scanner finds in generated texts: a secret of some kind, in up to
 * three codings, changed here and there, in some filler, at some place. One line a text, always the
 * same for the same numbers, so that two versions can be compared (compare.sh).
 * bench_findings [COUNT [FIRST]]; bench_findings dump N writes text N. */
#include <stdlib.h>
#include <string.h>

#include "../unit/codings.h"
#include "../unit/fakes.h"
#include "bottle/mem.h"
#include "bottle/scan.h"

#define ROOM (1u << 20)

static struct bt_scanner *scanner;
static struct bt_scan_scratch *scratch;
static uint64_t seed;

static unsigned below(unsigned n)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (unsigned)(seed >> 33) % n;
}

static size_t from_set(char *out, size_t n, const char *set)
{
	size_t m = strlen(set);

	for (size_t i = 0; i < n; i++)
		out[i] = set[below((unsigned)m)];
	return n;
}

/* Text of some kind, about n bytes: up to 16 more. */
static size_t from_words(char *out, size_t n, const char *const *words, unsigned many)
{
	size_t len = 0;

	while (len < n)
		len += (size_t)sprintf(out + len, "%s", words[below(many)]);
	return len;
}

#define WORDS(...)                                                                                 \
	do {                                                                                       \
		static const char *const words[] = { __VA_ARGS__ };                                \
		return from_words(out, n, words, sizeof words / sizeof *words);                    \
	} while (0)

static size_t prose(char *out, size_t n)
{
	WORDS("please ", "look ", "at the ", "loop, ", "it does ", "not end. ", "Why? ", "I ",
	      "abandon ", "ability ", "about ", "above ", "letter ", "advice ", "cage ", "\n");
}

static size_t code(char *out, size_t n)
{
	WORDS("int ", "i = 0; ", "for (", "bt_buf_reserve", "(x, 12)", ";\n\t", "}\n", "return ",
	      "src/codec/scan.c", "0x1f", " /* ", "\\n", "\"", "%s", "a->b.c", "== 1000", ", ");
}

static size_t escapes_too(char *out, size_t n)
{
	WORDS("%41", "%", "%25", "\\u0041", "\\x2d", "\\\\", "\\n", "+", "a", "-", "=", "&",
	      "\\u00");
}

static size_t base64s(char *out, size_t n)
{
	return from_set(out, n, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/");
}

static size_t short_runs(char *out, size_t n)
{
	return from_set(out, n, "ABYZabyzVmGW0123==//++--__ .\n\n ");
}

static size_t hexes(char *out, size_t n)
{
	WORDS("67", "68", "70", "5f", ":", " ", ", 0x", "\\x", "0x", "-", "f", "\n");
}

static size_t digit_rows(char *out, size_t n)
{
	return from_set(out, n, "0123456789012345678901234567890123456789 --");
}

static size_t any_ascii(char *out, size_t n)
{
	for (size_t i = 0; i < n; i++)
		out[i] = (char)(32 + below(95));
	return n;
}

static size_t any_byte(char *out, size_t n)
{
	for (size_t i = 0; i < n; i++)
		out[i] = (char)below(256);
	return n;
}

static size_t broken_lines(char *out, size_t n)
{
	WORDS("_", "-", "=", "a", "1", "\n", "\r\n", "\n\n", "\t", "word", ".");
}

static size_t dotted(char *out, size_t n)
{
	WORDS("a.", "b", "api.", "v1.", "example.com", " ", "sk-", "ant.", "_");
}

static size_t spaced(char *out, size_t n)
{
	WORDS("g h p _ ", "s k - ", "1 ", "a ", "x ", "npm", " _ ", "- ", "key ");
}

static size_t cyrillic(char *out, size_t n)
{
	WORDS("\xd0\xbf\xd1\x80", "\xd0\xb8", "\xd0\xb2\xd0\xb5\xd1\x82", " ", "a", "\xd0\xb0",
	      "o");
}

static size_t emoji(char *out, size_t n)
{
	WORDS("\xf0\x9f\x98\x80", "\xe4\xb8\xad", "\xe2\x80\x8b", "\xef\xbc\xa1", "a", "b ",
	      "\xcc\x81");
}

static size_t lists(char *out, size_t n)
{
	WORDS("a,", "b;", "12,", "x=1&", "key=", "id:", "[", "]", "{", "}", "'", "|", "\t");
}

static size_t zeros(char *out, size_t n)
{
	for (size_t i = 0; i < n; i++)
		out[i] = (char)(below(3) ? 0 : 'a' + below(26));
	return n;
}

static size_t nothing(char *out, size_t n)
{
	(void)out, (void)n;
	return 0;
}

static const struct {
	const char *name;
	size_t (*fill)(char *out, size_t n);
} fillers[] = {
	{ "prose", prose },        { "code", code },       { "escapes", escapes_too },
	{ "base64", base64s },     { "runs", short_runs }, { "hex", hexes },
	{ "digits", digit_rows },  { "ASCII", any_ascii }, { "bytes", any_byte },
	{ "lines", broken_lines }, { "dots", dotted },     { "spaced", spaced },
	{ "Cyrillic", cyrillic },  { "emoji", emoji },     { "lists", lists },
	{ "zeros", zeros },        { "nothing", nothing },
};
#define FILLERS (sizeof fillers / sizeof *fillers)

/* Twelve words whose sum holds. */
#define PHRASE "letter advice cage absurd amount doctor acoustic avoid letter advice cage above"

struct text {
	const char *kind, *coding[3], *filler, *place;
	char p[ROOM];
	size_t n;
};

static size_t secret(struct text *t, char *out)
{
	unsigned k = below(FAKES + 2);

	if (k > FAKES) {
		t->kind = "none";
		return (size_t)sprintf(out, "nothing that anybody looks for: %u", below(1000));
	}
	if (k == FAKES) {
		t->kind = "phrase";
		return (size_t)sprintf(out, "%s", PHRASE);
	}
	t->kind = fakes[k].name;
	fake_build(out, 512, &fakes[k]);
	return strlen(out);
}

#define CODED 60000u

static size_t coded(struct text *t, char *out)
{
	static char from[CODED];
	size_t n = secret(t, out);
	unsigned times = below(8);

	times = times < 2 ? 0 : times < 6 ? 1 : times - 4;
	for (unsigned i = 0; i < times && n < 1000; i++) {
		unsigned c = below(CODINGS);

		memcpy(from, out, n);
		n = codings[c].code(out, from, n);
		t->coding[i] = codings[c].name;
	}
	return n;
}

/* One byte in some put in, taken out or replaced. */
static size_t changed(char *p, size_t n)
{
	static const char with[] = " \n\t.-_=%\\\"a1\xc2\xad&+/:,|";

	for (unsigned times = below(4) ? 0 : 1 + below(2); times && n > 1; times--) {
		size_t at = below((unsigned)n);

		if (below(3) == 0) {
			memmove(p + at, p + at + 1, --n - at);
		} else {
			if (below(2))
				memmove(p + at + 1, p + at, n++ - at);
			p[at] = with[below(sizeof with)];
		}
	}
	return n;
}

static size_t length(void)
{
	unsigned most = below(10) == 0 ? 24000 : below(3) == 0 ? 5000 : 300;

	return below(most);
}

static void look(struct text *t, const char *type, struct bt_findings *f, struct bt_err *e)
{
	struct bt_scan_body b = { bt_str(type), bt_str(NULL), { t->p, t->n }, 0 };

	if (bt_scan_body(scanner, scratch, &b, f, e) == 0)
		e->msg[0] = 0;
}

static void as_text(struct text *t, struct bt_findings *f, struct bt_err *e)
{
	look(t, "text/plain", f, e);
}

static void in_json(struct text *t, struct bt_findings *f, struct bt_err *e)
{
	static char q[6 * ROOM];
	size_t n = quote(q, t->p, t->n < 80000 ? t->n : 80000);
	size_t cut = below(2) ? n : below((unsigned)n + 1);

	while (cut > 0 && cut < n && (n - cut < 12 || memchr(q + cut - 6, '\\', 6)))
		cut--;
	t->n = (size_t)sprintf(t->p, "{\"model\": \"m\", \"n\": [1, -2.5e3, true], \"a\": \"");
	memcpy(t->p + t->n, q, cut);
	t->n += cut;
	t->n += (size_t)sprintf(t->p + t->n, below(2) ? "\", \"b\": [\"" : "\",\"");
	bool list = t->p[t->n - 2] == '[';

	memcpy(t->p + t->n, q + cut, n - cut);
	t->n += n - cut;
	t->n += (size_t)sprintf(t->p + t->n, list ? "\"], \"c\": {}}" : "\": null}");
	look(t, "application/json", f, e);
}

static void in_form(struct text *t, struct bt_findings *f, struct bt_err *e)
{
	static char q[ROOM];
	size_t n = t->n < 300000 ? t->n : 300000;

	memcpy(q, t->p, n);
	t->n = (size_t)sprintf(t->p, "a=1&b=");
	t->n += percent(t->p + t->n, q, n);
	look(t, "application/x-www-form-urlencoded", f, e);
}

static void in_url(struct text *t, struct bt_findings *f, struct bt_err *e)
{
	char reason[BT_SCAN_REASON];
	const char *by = NULL;
	struct bt_str all = { t->p, t->n < 8000 ? t->n : 8000 }, path;

	(void)bt_str_cut(&all, '?', &path);
	struct bt_scan_url u = { bt_str("api.example.com"), path, all, false };

	if (bt_scan_url(scanner, scratch, &u, f, reason, &by, e) == 0 && by)
		t->filler = by;
}

static void in_header(struct text *t, struct bt_findings *f, struct bt_err *e)
{
	struct bt_str value = { t->p, t->n < 8000 ? t->n : 8000 };

	if (bt_scan_header(scanner, scratch, bt_str("Cookie"), value, below(2), f, e) == 0)
		e->msg[0] = 0;
}

static const struct {
	const char *name;
	void (*in)(struct text *t, struct bt_findings *f, struct bt_err *e);
} places[] = {
	{ "text", as_text }, { "text", as_text }, { "JSON", in_json },     { "JSON", in_json },
	{ "form", in_form }, { "URL", in_url },   { "header", in_header },
};
#define PLACES (sizeof places / sizeof *places)

static void make(struct text *t, unsigned number)
{
	static char one[CODED];

	seed = (number + 1) * 0x9e3779b97f4a7c15u;
	for (int i = 0; i < 4; i++)
		(void)below(2);
	t->coding[0] = t->coding[1] = t->coding[2] = "";
	unsigned f = below(FILLERS);
	size_t n = coded(t, one);

	n = changed(one, n);
	t->filler = fillers[f].name;
	t->n = fillers[f].fill(t->p, length());
	if (below(3) == 0)
		t->p[t->n++] = " \n\":=/"[below(6)];
	memcpy(t->p + t->n, one, n);
	t->n += n;
	if (below(3) == 0)
		t->p[t->n++] = " \n\"./,"[below(6)];
	if (below(4) == 0)
		f = below(FILLERS);
	t->n += fillers[f].fill(t->p + t->n, length());
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void show(struct text *t, unsigned number)
{
	struct bt_findings f = { .n = 0 };
	struct bt_err e = { 0 };
	const char *names[BT_LIM_FINDINGS];

	make(t, number);
	unsigned p = below(PLACES);

	places[p].in(t, &f, &e);
	printf("%u | %s | %s, %s, %s | %s | %s |", number, t->kind, t->coding[0], t->coding[1],
	       t->coding[2], t->filler, places[p].name);
	for (size_t i = 0; i < f.n; i++)
		names[i] = f.at[i].name;
	qsort(names, f.n, sizeof *names, by_name);
	for (size_t i = 0; i < f.n; i++)
		if (i == 0 || strcmp(names[i - 1], names[i]) != 0)
			printf(" %s;", names[i]);
	printf("%s%s\n", e.msg[0] ? " error: " : "", e.msg);
}

int main(int argc, char **argv)
{
	BT_OWN_MEM struct text *t = bt_calloc(1, sizeof *t);
	struct bt_err e = { 0 };
	bool dump = argc > 2 && strcmp(argv[1], "dump") == 0;
	unsigned count = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : 20000;
	unsigned first = argc > 2 ? (unsigned)strtoul(argv[2], NULL, 10) : 0;

	if (bt_scanner_open(&scanner, NULL, &e) < 0 ||
	    bt_scan_scratch_open(&scratch, scanner, &e) < 0)
		return 1;
	if (dump) {
		make(t, first);
		(void)fwrite(t->p, 1, t->n, stdout);
	}
	for (unsigned i = first; !dump && i < first + count; i++)
		show(t, i);
	bt_scan_scratch_close(scratch);
	bt_scanner_close(scanner);
	return 0;
}
