/* scan_report.c - what bottle scan says: text, JSON, or SARIF 2.1.0 for code hosts. Never the
 * secret. */
#include "scan_run.h"

#include <stdio.h>
#include <string.h>

#include "bottle/limits.h"
#include "bottle/log.h"
#include "version.h"

#define SHOWN 1024

static bool is_utf8(const char *s)
{
	size_t left = strlen(s), n;

	for (; left; s += n, left -= n)
		if ((n = bt_utf8_len(s, left)) == 0)
			return false;
	return true;
}

static void say_text(const struct scan_place *at, const char *file, const struct bt_finding *f)
{
	if (at->commit)
		printf("%.12s: ", at->commit);
	if (file)
		printf("%s:", file);
	else if (at->where)
		printf("%s:", strcmp(at->where, "name") == 0 ? "a file name" : at->where);
	if (at->line)
		printf("%zu:", at->line);
	printf(" %s (%s)\n", f->name, bt_severity_name(f->severity));
}

static void text(cJSON *o, const char *key, const char *value)
{
	if (value)
		(void)cJSON_AddStringToObject(o, key, value);
}

static cJSON *as_json(const struct scan_place *at, const char *file, const struct bt_finding *f)
{
	cJSON *one = cJSON_CreateObject();

	text(one, "commit", at->commit);
	text(one, "where", at->where);
	text(one, "file", file);
	if (at->line)
		(void)cJSON_AddNumberToObject(one, "line", (double)at->line);
	text(one, "kind", f->name);
	text(one, "severity", bt_severity_name(f->severity));
	return one;
}

/* A path as a relative URI reference (RFC 3986). */
static void as_uri(const char *path, char out[3 * SHOWN])
{
	static const char plain[] =
	        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/";
	size_t n = 0;

	for (; *path && n + 4 < 3 * SHOWN; path++)
		n += (size_t)snprintf(out + n, 4, strchr(plain, *path) ? "%c" : "%%%02X",
		                      (unsigned char)*path);
	out[n] = '\0';
}

static cJSON *location(const struct scan_place *at)
{
	cJSON *where = cJSON_CreateObject();
	char uri[3 * SHOWN];

	if (at->file) {
		cJSON *physical = cJSON_AddObjectToObject(where, "physicalLocation");

		as_uri(at->file, uri);
		text(cJSON_AddObjectToObject(physical, "artifactLocation"), "uri", uri);
		if (at->line)
			(void)cJSON_AddNumberToObject(cJSON_AddObjectToObject(physical, "region"),
			                              "startLine", (double)at->line);
	} else {
		cJSON *logical = cJSON_AddArrayToObject(where, "logicalLocations");
		cJSON *one = cJSON_CreateObject();

		text(one, "name", at->where);
		(void)cJSON_AddItemToArray(logical, one);
	}
	return where;
}

static cJSON *as_sarif(const struct scan_place *at, const struct bt_finding *f)
{
	cJSON *one = cJSON_CreateObject();
	char said[SHOWN];

	(void)snprintf(said, sizeof said, "%s%s%.12s", f->name, at->commit ? " in commit " : "",
	               at->commit ? at->commit : "");
	text(one, "ruleId", f->name);
	text(one, "level", f->severity >= BT_SEV_HIGH ? "error" : "warning");
	text(cJSON_AddObjectToObject(one, "message"), "text", said);
	(void)cJSON_AddItemToArray(cJSON_AddArrayToObject(one, "locations"), location(at));
	if (at->commit) {
		cJSON *more = cJSON_AddObjectToObject(one, "properties");

		text(more, "commit", at->commit);
		text(more, "where", at->where);
	}
	return one;
}

void scan_report(struct scan_run *r, const struct scan_place *at, const struct bt_finding *f)
{
	char shown[SHOWN];
	const char *file = at->file;

	if (file)
		(void)bt_log_escape(shown, sizeof shown, file, strlen(file));
	r->status = r->status == SCAN_TROUBLE ? SCAN_TROUBLE : SCAN_FOUND;
	if (!r->found)
		say_text(at, file ? shown : NULL, f);
	else if (r->sarif)
		(void)cJSON_AddItemToArray(r->found, as_sarif(at, f));
	else /* JSON has no place for a name that is not UTF-8 */
		(void)cJSON_AddItemToArray(r->found,
		                           as_json(at, file && !is_utf8(file) ? shown : file, f));
}

void scan_trouble(struct scan_run *r, const struct bt_err *e)
{
	bt_log_report(e, r->verbose);
	r->status = SCAN_TROUBLE;
}

/* The kinds that were found, each once: code hosts group by them. */
static void rules(cJSON *driver, const cJSON *results)
{
	cJSON *list = cJSON_AddArrayToObject(driver, "rules"), *known;
	const cJSON *one;

	cJSON_ArrayForEach(one, results)
	{
		const char *id = cJSON_GetStringValue(cJSON_GetObjectItem(one, "ruleId"));
		bool there = false;

		cJSON_ArrayForEach(known, list)
		{
			there = there ||
			        strcmp(cJSON_GetStringValue(cJSON_GetObjectItem(known, "id")),
			               id) == 0;
		}
		if (there)
			continue;
		known = cJSON_CreateObject();
		text(known, "id", id);
		text(cJSON_AddObjectToObject(known, "shortDescription"), "text", id);
		(void)cJSON_AddItemToArray(list, known);
	}
}

static cJSON *sarif(cJSON *results)
{
	cJSON *root = cJSON_CreateObject(), *run = cJSON_CreateObject();
	cJSON *driver = cJSON_AddObjectToObject(cJSON_AddObjectToObject(run, "tool"), "driver");

	text(root, "$schema", "https://json.schemastore.org/sarif-2.1.0.json");
	text(root, "version", "2.1.0");
	text(driver, "name", "bottle scan");
	text(driver, "semanticVersion", BT_VERSION);
	rules(driver, results);
	(void)cJSON_AddItemToObject(run, "results", results);
	(void)cJSON_AddItemToArray(cJSON_AddArrayToObject(root, "runs"), run);
	return root;
}

int scan_print(struct scan_run *r, struct bt_err *e)
{
	BT_OWN_JSON *root = NULL;
	BT_OWN_BUF out = BT_BUF(BT_LIM_SCAN);

	if (!r->found)
		return 0;
	if (r->sarif) {
		root = sarif(r->found);
	} else {
		root = cJSON_CreateObject();
		(void)cJSON_AddItemToObject(root, "findings", r->found);
	}
	r->found = NULL;
	if (bt_json_encode(root, BT_JSON_PRETTY, &out, e) < 0)
		return -1;
	return fwrite(out.p, 1, out.len, stdout) == out.len ? 0 : bt_fail_sys(e, "write");
}
