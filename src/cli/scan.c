/* scan.c - bottle scan: the credential scanner alone. Says file, line and kind, never the secret.
 */
#include "bottle/scan.h"

#include <string.h>
#include <unistd.h>

#include "bottle/fs.h"
#include "bottle/limits.h"
#include "command.h"
#include "scan_run.h"

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

static int scan_file(struct scan_run *r, const char *file, struct bt_err *e)
{
	__attribute__((cleanup(bt_buf_wipe))) struct bt_buf b = BT_BUF(BT_LIM_SCAN);
	bool in = strcmp(file, "-") == 0;

	if ((in ? read_stdin(&b, e) : bt_fs_read(file, BT_LIM_SCAN, &b, e)) < 0)
		return -1;
	struct scan_text text = { .text = bt_buf_str(&b), .at.file = in ? "<stdin>" : file };

	return scan_by_line(r, &text, e) < 0 ? bt_wrap(e, "%s", file) : 0;
}

static void scan_files(struct scan_run *r, const struct bt_args *args)
{
	static const char *const standard_input[] = { "-" };
	const char *const *files = args->nwords ? args->words : standard_input;
	size_t n = args->nwords ? args->nwords : 1;

	for (size_t i = 0; i < n; i++) {
		struct bt_err e = { 0 };

		if (scan_file(r, files[i], &e) < 0)
			scan_trouble(r, &e);
	}
}

int bt_cmd_scan(const struct bt_args *args, struct bt_err *e)
{
	const char *format = bt_args_get(args, "format"), *range = bt_args_get(args, "git");
	BT_OWN(bt_scanner) s = NULL;
	BT_OWN(bt_scan_scratch) k = NULL;
	struct scan_run r = { .verbose = bt_args_get(args, "verbose") != NULL };

	if (range && args->nwords)
		return bt_fail(e, BT_USAGE, "scan: FILE or --git RANGE, not both");
	if (bt_scanner_open(&s, NULL, e) < 0 || bt_scan_scratch_open(&k, s, e) < 0) {
		scan_trouble(&r, e);
		return SCAN_TROUBLE;
	}
	r.s = s;
	r.k = k;
	r.sarif = format && strcmp(format, "sarif") == 0;
	if (format && strcmp(format, "text") != 0)
		r.found = cJSON_CreateArray();
	if (!range)
		scan_files(&r, args);
	else if (scan_git(&r, range, e) < 0)
		scan_trouble(&r, e);
	if (scan_print(&r, e) < 0)
		scan_trouble(&r, e);
	return r.status;
}
