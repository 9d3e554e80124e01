/* Every kind in every place in every encoding: found, or in the list of misses of
 * docs/reference/scanning.md. The table there is written by this program: make scan-table. */
#include "open_scanner.h"
#include <stdlib.h>
#include <zlib.h>

#include "bottle/mem.h"
#include "codings.h"
#include "fakes.h"

/* What cannot be looked at does not leave either. */
static const char refused[] = "refused";

static bool named(const struct bt_findings *f, const char *name)
{
	for (size_t i = 0; i < f->n; i++)
		if (strcmp(f->at[i].name, name) == 0 || f->at[i].name == refused)
			return true;
	return false;
}

static struct bt_findings body(const char *type, const char *coding, const char *p, size_t n)
{
	struct bt_findings f = { 0 };
	struct bt_err e = { 0 };
	struct bt_scan_body b = { bt_str(type), bt_str(coding), { p, n }, 0 };

	assert_ok(bt_scan_body(scanner, scratch, &b, &f, &e), &e);
	return f;
}

/* The places. Each gets the coded secret and says what was found. */
static struct bt_findings in_text(const char *p, size_t n)
{
	return body("text/plain", "", p, n);
}

static struct bt_findings in_prose(const char *p, size_t n)
{
	static char text[16384];
	size_t at = 0;

	while (at < 300)
		at += (size_t)sprintf(text + at, "and then the agent wrote a line (of %zu)\n", at);
	memcpy(text + at, p, n);
	at += n;
	at += (size_t)sprintf(text + at, "\nand what comes behind it;\n");
	return body("", "", text, at);
}

static struct bt_findings in_value(const char *p, size_t n)
{
	static char text[32768], quoted[16384];

	quoted[quote(quoted, p, n)] = 0;
	return body("application/json", "", text,
	            (size_t)sprintf(text,
	                            "{\"messages\": [{\"role\": \"user\", \"content\": \"%s\"}]}",
	                            quoted));
}

static struct bt_findings in_key(const char *p, size_t n)
{
	static char text[32768], quoted[16384];

	quoted[quote(quoted, p, n)] = 0;
	return body("application/json", "", text,
	            (size_t)sprintf(text, "{\"a\": {\"%s\": 1}}", quoted));
}

static struct bt_findings in_form(const char *p, size_t n)
{
	static char text[32768];
	size_t at = (size_t)sprintf(text, "a=1&b=");

	return body("application/x-www-form-urlencoded", "", text, at + percent(text + at, p, n));
}

static struct bt_findings in_part(const char *p, size_t n)
{
	static char text[32768];
	size_t at = (size_t)sprintf(text, "--b\r\nContent-Disposition: form-data; name=\"f\"; "
	                                  "filename=\"f\"\r\n\r\n");

	memcpy(text + at, p, n);
	at += n;
	at += (size_t)sprintf(text + at, "\r\n--b--\r\n");
	return body("multipart/form-data; boundary=b", "", text, at);
}

/* A part under a transfer coding of its own. */
static struct bt_findings in_coded_part(const char *how, coder *code, const char *p, size_t n)
{
	static char text[65536];
	size_t at = (size_t)sprintf(text,
	                            "--b\r\nContent-Disposition: form-data; name=\"f\"\r\n"
	                            "Content-Transfer-Encoding: %s\r\n\r\n",
	                            how);

	at += code(text + at, p, n);
	at += (size_t)sprintf(text + at, "\r\n--b--\r\n");
	return body("multipart/form-data; boundary=b", "", text, at);
}

static struct bt_findings in_base64_part(const char *p, size_t n)
{
	return in_coded_part("base64", b64, p, n);
}

static size_t quoted_printable(char *out, const char *in, size_t n)
{
	size_t len = 0;

	for (size_t i = 0; i < n; i++) {
		len += (size_t)sprintf(out + len, "=%02X", (unsigned char)in[i]);
		if (i % 20 == 19)
			len += (size_t)sprintf(out + len, "=\r\n");
	}
	return len;
}

static struct bt_findings in_printable_part(const char *p, size_t n)
{
	return in_coded_part("quoted-printable", quoted_printable, p, n);
}

/* The name of a file: what cannot stand there is percent-encoded, as browsers do it. */
static struct bt_findings in_file_name(const char *p, size_t n)
{
	static char text[65536];
	size_t at = (size_t)sprintf(text, "--b\r\nContent-Disposition: form-data; name=\"f\"; "
	                                  "filename=\"");

	for (size_t i = 0; i < n; i++)
		at += (size_t)((unsigned char)p[i] < 0x20 || p[i] == '"'
		                       ? sprintf(text + at, "%%%02X", (unsigned char)p[i])
		                       : sprintf(text + at, "%c", p[i]));
	at += (size_t)sprintf(text + at, "\"\r\n\r\nx\r\n--b--\r\n");
	struct bt_findings f = { 0 };
	struct bt_err e = { 0 };
	struct bt_scan_body b = {
		bt_str("multipart/form-data; boundary=b"), bt_str(""), { text, at }, 0
	};

	if (bt_scan_body(scanner, scratch, &b, &f, &e) < 0)
		f.at[f.n++] = (struct bt_finding){ .name = refused };
	return f;
}

/* A message of gRPC: a string in a field of a protobuf (gRPC over HTTP/2, "Length-Prefixed"). */
static struct bt_findings in_message(const char *p, size_t n)
{
	static char text[65536];
	size_t at = 5, left = n;

	text[at++] = 0x0a;
	for (; left > 127; left >>= 7)
		text[at++] = (char)(0x80 | (left & 127));
	text[at++] = (char)left;
	memcpy(text + at, p, n);
	at += n;
	memset(text, 0, 3);
	text[3] = (char)((at - 5) >> 8);
	text[4] = (char)((at - 5) & 255);
	return body("application/grpc+proto", "", text, at);
}

static struct bt_findings in_gzip(const char *p, size_t n)
{
	static char out[32768];
	z_stream z = { .next_in = (Bytef *)(uintptr_t)p,
		       .avail_in = (uInt)n,
		       .next_out = (Bytef *)out,
		       .avail_out = sizeof out };

	assert_int_equal(deflateInit2(&z, 9, Z_DEFLATED, 31, 8, 0), Z_OK);
	assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
	(void)deflateEnd(&z);
	return body("", "gzip", out, sizeof out - z.avail_out);
}

static struct bt_findings in_header(const char *p, size_t n)
{
	struct bt_findings f = { 0 };
	struct bt_err e = { 0 };

	assert_ok(bt_scan_header(scanner, scratch, bt_str("Cookie"), (struct bt_str){ p, n }, true,
	                         &f, &e),
	          &e);
	return f;
}

static struct bt_findings in_basic(const char *p, size_t n)
{
	static char pair[32768], value[65536];
	size_t at = (size_t)sprintf(pair, "user:");
	struct bt_findings f = { 0 };
	struct bt_err e = { 0 };

	memcpy(pair + at, p, n);
	at = (size_t)sprintf(value, "Basic ") + b64(value + 6, pair, at + n);
	assert_ok(bt_scan_header(scanner, scratch, bt_str("Authorization"),
	                         (struct bt_str){ value, at }, true, &f, &e),
	          &e);
	return f;
}

static struct bt_findings in_path(const char *p, size_t n)
{
	static char path[32768];
	struct bt_findings f = { 0 };
	struct bt_err e = { 0 };
	char reason[BT_SCAN_REASON];
	const char *by;

	path[0] = '/';
	n = 1 + percent(path + 1, p, n);
	struct bt_scan_url u = { bt_str("api.example.com"), { path, n }, bt_str(NULL), false };

	assert_ok(bt_scan_url(scanner, scratch, &u, &f, reason, &by, &e), &e);
	return f;
}

static struct bt_findings in_query(const char *p, size_t n)
{
	static char query[32768];
	size_t at = (size_t)sprintf(query, "page=1&q=");
	struct bt_findings f = { 0 };
	struct bt_err e = { 0 };
	char reason[BT_SCAN_REASON];
	const char *by;

	at += percent(query + at, p, n);
	struct bt_scan_url u = { bt_str("api.example.com"), bt_str("/"), { query, at }, false };

	assert_ok(bt_scan_url(scanner, scratch, &u, &f, reason, &by, &e), &e);
	return f;
}

static const struct {
	const char *name;
	struct bt_findings (*in)(const char *p, size_t n);
} places[] = {
	{ "text", in_text },
	{ "prose", in_prose },
	{ "JSON value", in_value },
	{ "JSON key", in_key },
	{ "form", in_form },
	{ "multipart", in_part },
	{ "gzip", in_gzip },
	{ "header", in_header },
	{ "path", in_path },
	{ "query", in_query },
	{ "Basic", in_basic },
	{ "file name", in_file_name },
	{ "base64 part", in_base64_part },
	{ "quoted-printable part", in_printable_part },
	{ "gRPC", in_message },
};
#define PLACES (sizeof places / sizeof *places)

/* What is not found, and why; NULL stands for all. */
static const struct {
	const char *kind, *coding, *place;
} misses[] = {
	{ "Fireworks API Key", "spaces", NULL },
	{ "Google API Key", "spaces", NULL },
	{ "AWS Access ID", "spaces", NULL },
	{ "AWS Secret Key", "spaces", NULL },
	{ "Discord Bot Token", "spaces", NULL },
	{ "Twilio API Key", "spaces", NULL },
	{ "Mailgun API Key", "spaces", NULL },
	{ "Hugging Face Token", "spaces", NULL },
	{ "Databricks Token", "spaces", NULL },
	{ "Replicate API Token", "spaces", NULL },
	{ "Together AI Key", "spaces", NULL },
	{ "xAI API Key", "spaces", NULL },
	{ "HashiCorp Vault Token", "spaces", NULL },
	{ "Vercel Token", "spaces", NULL },
	{ "PyPI Token", "spaces", NULL },
	{ "Notion API Key", "spaces", NULL },
	{ "Private Key Header", "spaces", NULL },
	{ "JWT Token", "spaces", NULL },
	{ "Bitcoin WIF Private Key", "spaces", NULL },
	{ "Extended Private Key", "spaces", NULL },
	{ "Ethereum Private Key", "spaces", NULL },
	{ "Social Security Number", "spaces", NULL },
	{ "Google OAuth Client ID", "spaces", NULL },
	{ "Credential in URL", "spaces", NULL },
	{ "Environment Variable Secret", "spaces", NULL },
	{ "Credit Card Number", "spaces", NULL },
	{ "IBAN", "spaces", NULL },
	{ "GCP Service Account Key", "spaces", NULL },
	{ "Ethereum Private Key", "line breaks", "prose" },
	{ "Ethereum Private Key", "a line break each", "prose" },
	{ "Social Security Number", "line breaks", "prose" },
	{ "Social Security Number", "a line break each", "prose" },
	{ "Credit Card Number", "line breaks", "prose" },
	{ "Credit Card Number", "a line break each", NULL },
	{ "IBAN", "line breaks", "prose" },
	{ "IBAN", "a line break each", "prose" },
	{ "Ethereum Private Key", "base64 in lines", "prose" },
	{ NULL, "UTF-16", "header" },
	{ NULL, "UTF-16", "file name" },
	{ NULL, "zero-width spaces", "Basic" },
	{ NULL, "full-width", "Basic" },
	{ "GCP Service Account Key", "JSON in a JSON string", NULL },
	{ NULL, "reversed", NULL },
	{ NULL, "rot13", NULL },
};

static bool is(const char *pattern, const char *what)
{
	return !pattern || strcmp(pattern, what) == 0;
}

static bool known_miss(size_t kind, size_t coding, size_t place)
{
	for (size_t i = 0; i < sizeof misses / sizeof *misses; i++)
		if (is(misses[i].kind, fakes[kind].name) &&
		    is(misses[i].coding, codings[coding].name) &&
		    is(misses[i].place, places[place].name))
			return true;
	return false;
}

static bool was_found[FAKES][CODINGS][PLACES];

static void every_kind_in_every_coding_and_place_is_found(void **state)
{
	static char secret[512], coded[16384];
	size_t bad = 0, looked = 0;

	(void)state;
	for (size_t k = 0; k < FAKES; k++) {
		fake_build(secret, sizeof secret, &fakes[k]);
		for (size_t c = 0; c < CODINGS; c++) {
			size_t n = codings[c].code(coded, secret, strlen(secret));

			for (size_t p = 0; p < PLACES; p++) {
				struct bt_findings f = places[p].in(coded, n);

				looked++;
				was_found[k][c][p] = named(&f, fakes[k].name);
				if (was_found[k][c][p] || known_miss(k, c, p))
					continue;
				print_message("%s | %s | %s\n", fakes[k].name, codings[c].name,
				              places[p].name);
				bad++;
			}
		}
	}
	if (bad)
		fail_msg("%zu of %zu not found and not in the list of misses", bad, looked);
}

/* The table of docs/reference/scanning.md, one line a coding: how many kinds are found in each
 * place; then what is not found, by name. */
static size_t found_in(size_t c, size_t p)
{
	size_t n = 0;

	for (size_t k = 0; k < FAKES; k++)
		n += was_found[k][c][p];
	return n;
}

static void write_names(FILE *f, const bool *missing)
{
	const char *before = "";

	for (size_t k = 0; k < FAKES; k++) {
		if (!missing[k])
			continue;
		(void)fprintf(f, "%s%s", before, fakes[k].name);
		before = ", ";
	}
}

/* Places with the same misses share a line. */
static void write_misses(FILE *f, size_t c)
{
	bool missing[PLACES][FAKES], done[PLACES] = { false };

	for (size_t p = 0; p < PLACES; p++)
		for (size_t k = 0; k < FAKES; k++)
			missing[p][k] = !was_found[k][c][p];
	for (size_t p = 0; p < PLACES; p++) {
		size_t n = found_in(c, p), same = 0;

		if (done[p] || n == FAKES || n == 0)
			continue;
		(void)fprintf(f, "| %s | ", codings[c].name);
		for (size_t q = p; q < PLACES; q++) {
			if (memcmp(missing[p], missing[q], sizeof missing[p]) != 0)
				continue;
			(void)fprintf(f, "%s%s", same++ ? ", " : "", places[q].name);
			done[q] = true;
		}
		(void)fprintf(f, " | ");
		write_names(f, missing[p]);
		(void)fprintf(f, " |\n");
	}
}

static char *table(void)
{
	char *text = NULL;
	size_t size = 0;
	FILE *f = open_memstream(&text, &size);

	assert_non_null(f);
	(void)fprintf(f, "\n| of %zu kinds |", FAKES);
	for (size_t p = 0; p < PLACES; p++)
		(void)fprintf(f, " %s |", places[p].name);
	(void)fprintf(f, "\n|---|");
	for (size_t p = 0; p < PLACES; p++)
		(void)fprintf(f, "---|");
	(void)fprintf(f, "\n");
	for (size_t c = 0; c < CODINGS; c++) {
		(void)fprintf(f, "| %s |", codings[c].name);
		for (size_t p = 0; p < PLACES; p++) {
			size_t n = found_in(c, p);

			(void)fprintf(f, n == FAKES ? " all |" : n ? " %zu |" : " none |", n);
		}
		(void)fprintf(f, "\n");
	}
	(void)fprintf(f, "\nNot found, where others are:\n\n| as | in | kinds |\n|---|---|---|\n");
	for (size_t c = 0; c < CODINGS; c++)
		write_misses(f, c);
	(void)fprintf(f, "\n");
	assert_int_equal(fclose(f), 0);
	return text;
}

#define PAGE "docs/reference/scanning.md"
#define BEGIN "<!-- what follows is written by: make scan-table -->\n"
#define END "<!-- end of scan-table -->\n"

static char *read_page(void)
{
	FILE *f = fopen(PAGE, "re");
	char *text = bt_calloc(1u << 20, 1);

	if (!f)
		fail_msg("%s: not here: run it from the top of the tree", PAGE);
	size_t n = fread(text, 1, (1u << 20) - 1, f);

	assert_true(n > 0 && feof(f));
	assert_int_equal(fclose(f), 0);
	return text;
}

static void the_table_in_the_documentation_is_what_was_found(void **state)
{
	char *page = read_page(), *now = table();
	char *begin = strstr(page, BEGIN), *end = strstr(page, END);

	(void)state;
	assert_true(begin && end && begin < end);
	begin += strlen(BEGIN);
	size_t n = (size_t)(end - begin);
	bool same = n == strlen(now) && memcmp(begin, now, n) == 0;
	const char *write = getenv("BOTTLE_SCAN_TABLE");

	if (!same && write && strcmp(write, "write") == 0) {
		FILE *f = fopen(PAGE, "we");

		assert_non_null(f);
		(void)fprintf(f, "%.*s%s%s", (int)(begin - page), page, now, end);
		same = fclose(f) == 0;
	}
	free(now);
	free(page);
	if (!same)
		fail_msg("the table in " PAGE " is not what is found: make scan-table");
}

/* The survey looks at 64 bytes at a time: a secret may lie anyhow across its borders. */
static void a_secret_is_found_at_every_offset(void **state)
{
	static char text[4096], secret[512], coded[2048];
	static const size_t some[] = { 0, 1, 3, 4, 5, 6, 7, 12, 15, 16, 20 };

	(void)state;
	for (size_t k = 0; k < FAKES; k += 3) {
		fake_build(secret, sizeof secret, &fakes[k]);
		for (size_t c = 0; c < sizeof some / sizeof *some; c++) {
			size_t n = codings[some[c]].code(coded, secret, strlen(secret));

			if (known_miss(k, some[c], 0) || n > 1500)
				continue;
			for (size_t at = 0; at < 140; at++) {
				memset(text, at % 7 ? '.' : ' ', sizeof text);
				for (size_t i = 5; i < at; i += 6)
					text[i] = ' ';
				if (at)
					text[at - 1] = ' ';
				memcpy(text + at, coded, n);
				text[at + n] = ' ';
				struct bt_findings f = in_text(text, at + n + at % 70 + 1);

				if (!named(&f, fakes[k].name))
					fail_msg("%s as %s at %zu", fakes[k].name,
					         codings[some[c]].name, at);
			}
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_kind_in_every_coding_and_place_is_found),
		cmocka_unit_test(the_table_in_the_documentation_is_what_was_found),
		cmocka_unit_test(a_secret_is_found_at_every_offset),
	};
	return cmocka_run_group_tests_name("scan_matrix", tests, open_scanner, close_scanner);
}
