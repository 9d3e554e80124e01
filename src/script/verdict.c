/* verdict.c - the seam between the gate, which knows no Lua, and the VM, which knows no gate. */
#include "bottle/verdict.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "bottle/buf.h"
#include "bottle/fs.h"
#include "bottle/gatevm.h"
#include "bottle/limits.h"

static const char point[] = "request";

static const char *base(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* Who can write the file can take the rules away. A file without a name was handed over. */
static int check_owner(const char *path, struct bt_err *e)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return bt_fail_sys(e, "%s", path);
	if (st.st_nlink > 0 && (st.st_mode & (S_IWGRP | S_IWOTH)))
		return bt_fail(e, BT_INVALID, "%s: can be written by others (mode %04o)", path,
		               (unsigned)st.st_mode & 07777u);
	return 0;
}

static int load(struct bt_gatevm *vm, const char *path, struct bt_err *e)
{
	BT_OWN_BUF text = BT_BUF(BT_LIM_GATE_VM_FILE);

	if (check_owner(path, e) < 0 || bt_fs_read(path, BT_LIM_GATE_VM_FILE, &text, e) < 0)
		return -1;
	return bt_gatevm_load(vm, base(path), bt_buf_str(&text), e);
}

static int open_rules(void **rules, const char *const *files, size_t n, struct bt_err *e)
{
	BT_OWN(bt_gatevm) vm = NULL;

	if (bt_gatevm_open(&vm, NULL, e) < 0)
		return -1;
	for (size_t i = 0; i < n; i++)
		if (load(vm, files[i], e) < 0)
			return -1;
	*rules = bt_gatevm_rules(vm, point) ? BT_STEAL(vm) : NULL;
	return 0;
}

static void close_rules(void *rules)
{
	bt_gatevm_close(rules);
}

static bool verdict(void *rules, const struct bt_gate_request *r, char *reason, size_t cap,
                    char *rule, size_t rcap)
{
	const struct bt_gatevm_field subject[] = {
		{ .name = "method", .text = r->method },
		{ .name = "scheme", .text = r->scheme },
		{ .name = "host", .text = r->host },
		{ .name = "port", .number = r->port },
		{ .name = "path", .text = r->path.n ? r->path : bt_str("/") },
		{ .name = "query", .text = r->query.p ? r->query : bt_str("") },
		{ .name = "size", .number = (int64_t)r->bytes },
		{ .name = "findings", .text = bt_str(r->findings) },
		{ .name = "headers", .fields = r->fields, .nfields = r->nfields },
	};
	size_t n = sizeof subject / sizeof *subject;

	if (bt_gatevm_verdict(rules, point, subject, n, reason, cap) != BT_GATEVM_BLOCK)
		return true;
	(void)snprintf(rule, rcap, "%s", bt_gatevm_rule(rules));
	return false;
}

const struct bt_gate_ops bt_verdict_ops = {
	.open = open_rules,
	.verdict = verdict,
	.close = close_rules,
};
