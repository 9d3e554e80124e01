/* scan.c - bottle scan: the credential scanner alone. Says file, line and kind, never the secret.
 */
#include "bottle/scan.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "bottle/fs.h"
#include "bottle/json.h"
#include "bottle/limits.h"
#include "bottle/log.h"
#include "command.h"

#define FOUND 1
#define TROUBLE 2

struct run {
	struct bt_scanner *s;
	struct bt_scan_scratch *k;
	cJSON *found; /* array, NULL: text */
	int status;
};

static int read_stdin(struct bt_buf *out, struct bt_err *e)
{
	for (;;) {
		uint8_t *at = bt_buf_reserve(out, 1, e);

		if (!at)
			return -1;
		size_t room = out->cap - out->off - out->len;
		ssize_t n = read(STDIN_FILENO, at,
		                 room < out->max - out->len ? room : out->max - out->len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return bt_fail_sys(e, "read standard input");
		if (n == 0)
			return 0;
		bt_buf_commit(out, (size_t)n);
	}
}

static bool is_utf8(const char *s)
{
	size_t left = strlen(s), n;

	for (; left; s += n, left -= n)
		if ((n = bt_utf8_len(s, left)) == 0)
			return false;
	return true;
}

static void report(struct run *r, const char *file, size_t line, const struct bt_finding *f)
{
	char shown[1024];

	(void)bt_log_escape(shown, sizeof shown, file, strlen(file));
	r->status = r->status == TROUBLE ? TROUBLE : FOUND;
	if (!r->found) {
		printf("%s:%zu: %s (%s)\n", shown, line, f->name, bt_severity_name(f->severity));
		return;
	}
	cJSON *one = cJSON_CreateObject();

	/* JSON has no place for a name that is not UTF-8. */
	(void)cJSON_AddStringToObject(one, "file", is_utf8(file) ? file : shown);
	(void)cJSON_AddNumberToObject(one, "line", (double)line);
	(void)cJSON_AddStringToObject(one, "kind", f->name);
	(void)cJSON_AddStringToObject(one, "severity", bt_severity_name(f->severity));
	(void)cJSON_AddItemToArray(r->found, one);
}

static bool has(const struct bt_findings *f, const char *name)
{
	for (size_t i = 0; i < f->n; i++)
		if (strcmp(f->at[i].name, name) == 0)
			return true;
	return false;
}

/* A file is looked at again in pieces of whole lines, each with the end of the one before it:
 * three passes at most, whatever is in it. */
#define WINDOW 65536u
#define OVERLAP 4096u /* of a key broken over lines, before the line that ends it */

struct file {
	const char *name;
	struct bt_str text;
	const struct bt_findings *all; /* in the whole */
	struct bt_findings seen;       /* each kind that was reported */
	size_t line;                   /* of the last line that was looked at, from 1 */
};

static void saw(struct file *f, const struct bt_finding *one)
{
	if (!has(&f->seen, one->name) && f->seen.n < BT_LIM_FINDINGS)
		f->seen.at[f->seen.n++] = *one;
}

/* The first n lines of a text. */
static struct bt_str lines(struct bt_str text, size_t n)
{
	struct bt_str rest = text, one;

	while (n-- > 0 && rest.n)
		(void)bt_str_cut(&rest, '\n', &one);
	return (struct bt_str){ text.p, text.n - rest.n };
}

static size_t count_lines(struct bt_str text)
{
	struct bt_str one;
	size_t n = 0;

	for (; text.n; n++)
		(void)bt_str_cut(&text, '\n', &one);
	return n;
}

/* A kind that no line holds by itself (a key broken over lines): the line of the text at which it
 * is complete, from 1. */
static int locate(struct run *r, struct bt_str text, const char *name, size_t *line,
                  struct bt_err *e)
{
	size_t low = 1, high = count_lines(text);

	while (low < high) {
		struct bt_findings f = { .n = 0 };
		size_t mid = low + (high - low) / 2;

		if (bt_scan_text(r->s, r->k, lines(text, mid), &f, e) < 0)
			return -1;
		if (has(&f, name))
			high = mid;
		else
			low = mid + 1;
	}
	*line = low;
	return 0;
}

/* Each name once a line. */
static bool repeated(const struct bt_findings *f, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (strcmp(f->at[k].name, f->at[i].name) == 0)
			return true;
	return false;
}

static int by_line(struct run *r, struct file *file, struct bt_str window, struct bt_err *e)
{
	struct bt_str one;

	while (window.n) {
		struct bt_findings f = { .n = 0 };

		(void)bt_str_cut(&window, '\n', &one);
		file->line++;
		if (bt_scan_text(r->s, r->k, one, &f, e) < 0)
			return -1;
		for (size_t i = 0; i < f.n; i++) {
			if (repeated(&f, i))
				continue;
			report(r, file->name, file->line, &f.at[i]);
			saw(file, &f.at[i]);
		}
	}
	return 0;
}

/* What is in the window, with what comes before it, and in none of its lines. */
static int broken(struct run *r, struct file *file, struct bt_str text, const struct bt_findings *f,
                  struct bt_err *e)
{
	size_t first = file->line - count_lines(text), at = 0;

	for (size_t i = 0; i < f->n; i++) {
		if (has(&file->seen, f->at[i].name) || !has(file->all, f->at[i].name))
			continue;
		if (locate(r, text, f->at[i].name, &at, e) < 0)
			return -1;
		report(r, file->name, first + at, &f->at[i]);
		saw(file, &f->at[i]);
	}
	return 0;
}

/* Whole lines, of WINDOW bytes or just over. */
static struct bt_str window_at(struct bt_str rest)
{
	const char *nl = rest.n > WINDOW ? memchr(rest.p + WINDOW, '\n', rest.n - WINDOW) : NULL;

	return nl ? (struct bt_str){ rest.p, (size_t)(nl + 1 - rest.p) } : rest;
}

static int by_window(struct run *r, struct file *file, struct bt_err *e)
{
	struct bt_str text = file->text;

	for (size_t at = 0; at < text.n;) {
		struct bt_findings f = { .n = 0 };
		struct bt_str w = window_at((struct bt_str){ text.p + at, text.n - at });
		size_t before = at < OVERLAP ? at : OVERLAP;
		struct bt_str wide = { w.p - before, w.n + before };

		at += w.n;
		if (bt_scan_text(r->s, r->k, wide, &f, e) < 0)
			return -1;
		if (f.n == 0)
			file->line += count_lines(w);
		else if (by_line(r, file, w, e) < 0 || broken(r, file, wide, &f, e) < 0)
			return -1;
	}
	/* What only the whole holds is complete at its end at the latest. */
	for (size_t i = 0; i < file->all->n; i++) {
		if (has(&file->seen, file->all->at[i].name))
			continue;
		report(r, file->name, file->line, &file->all->at[i]);
		saw(file, &file->all->at[i]);
	}
	return 0;
}

static int scan_file(struct run *r, const char *file, struct bt_err *e)
{
	__attribute__((cleanup(bt_buf_wipe))) struct bt_buf b = BT_BUF(BT_LIM_SCAN);
	bool in = strcmp(file, "-") == 0;
	struct bt_findings all = { .n = 0 };

	if ((in ? read_stdin(&b, e) : bt_fs_read(file, BT_LIM_SCAN, &b, e)) < 0)
		return -1;
	struct bt_str text = bt_buf_str(&b);

	if (text.n == 0)
		return 0;
	if (bt_scan_text(r->s, r->k, text, &all, e) < 0)
		return bt_wrap(e, "%s", file);
	/* Nothing in the whole, nothing in a line: the usual case is one pass. */
	if (all.n == 0)
		return 0;
	struct file f = { .name = in ? "<stdin>" : file, .text = text, .all = &all };

	return by_window(r, &f, e);
}

static int print_json(cJSON *found, struct bt_err *e)
{
	BT_OWN_JSON *root = cJSON_CreateObject();
	BT_OWN_BUF out = BT_BUF(BT_LIM_SCAN);

	(void)cJSON_AddItemToObject(root, "findings", found);
	if (bt_json_encode(root, BT_JSON_PRETTY, &out, e) < 0)
		return -1;
	return fwrite(out.p, 1, out.len, stdout) == out.len ? 0 : bt_fail_sys(e, "write");
}

int bt_cmd_scan(const struct bt_args *args, struct bt_err *e)
{
	const char *format = bt_args_get(args, "format");
	BT_OWN(bt_scanner) s = NULL;
	BT_OWN(bt_scan_scratch) k = NULL;
	struct run r = { .status = 0 };
	static const char *const standard_input[] = { "-" };
	const char *const *files = args->nwords ? args->words : standard_input;
	size_t n = args->nwords ? args->nwords : 1;

	if (bt_scanner_open(&s, NULL, e) < 0 || bt_scan_scratch_open(&k, s, e) < 0) {
		bt_log_report(e, false);
		return TROUBLE;
	}
	r.s = s;
	r.k = k;
	if (format && strcmp(format, "json") == 0)
		r.found = cJSON_CreateArray();
	for (size_t i = 0; i < n; i++) {
		if (scan_file(&r, files[i], e) < 0) {
			bt_log_report(e, bt_args_get(args, "verbose") != NULL);
			r.status = TROUBLE;
		}
	}
	if (r.found && print_json(r.found, e) < 0) {
		bt_log_report(e, false);
		r.status = TROUBLE;
	}
	return r.status;
}
