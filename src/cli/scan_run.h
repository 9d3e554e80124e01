/* scan_run.h - one run of bottle scan: where it looks and what it says. Floor: cli (private). */
#ifndef BOTTLE_CLI_SCAN_RUN_H
#define BOTTLE_CLI_SCAN_RUN_H
#include "bottle/json.h"
#include "bottle/scan.h"

#define SCAN_FOUND 1
#define SCAN_TROUBLE 2

struct scan_run {
	struct bt_scanner *s;
	struct bt_scan_scratch *k;
	cJSON *found; /* array, NULL: text */
	bool sarif;
	bool verbose;
	int status;
};

/* Where something stands. A file's name may itself hold a secret: then it is not given. */
struct scan_place {
	const char *file;   /* NULL: none, or not to be shown */
	const char *commit; /* hexadecimal, NULL: not in a commit */
	const char *where;  /* of a commit: "content", "message", "header" or "name" */
	size_t line;        /* from 1; 0: none */
};

/* A line of the gathered text is this one of the file, and those after it follow. */
struct scan_step {
	size_t at; /* from 1 */
	uint64_t line;
};

struct scan_text {
	struct bt_str text;
	struct scan_place at;          /* its line is filled in for each finding */
	const struct scan_step *steps; /* sorted; NULL: the lines are those of the text */
	size_t nsteps;
};

void scan_report(struct scan_run *r, const struct scan_place *at, const struct bt_finding *f);
/* A failure that leaves something unlooked at: said at once, and the status is SCAN_TROUBLE. */
void scan_trouble(struct scan_run *r, const struct bt_err *e);
/* JSON or SARIF 2.1.0 (OASIS) of all that was found, on standard output. */
BT_MUST int scan_print(struct scan_run *r, struct bt_err *e);

/* Each line that holds something, once a kind. */
BT_MUST int scan_by_line(struct scan_run *r, const struct scan_text *t, struct bt_err *e);
/* What the commits of a range (git-rev-list(1)) add: lines, names, messages, tags. */
BT_MUST int scan_git(struct scan_run *r, const char *range, struct bt_err *e);
#endif
