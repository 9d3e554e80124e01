/* verdict.c - the seam between the gate, which knows no Lua, and the VM, which knows no gate. */
#include "bottle/verdict.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "bottle/buf.h"
#include "bottle/fs.h"
#include "bottle/gatevm.h"
#include "bottle/limits.h"

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

static int open_rules(void **rules, unsigned *points, const char *const *files, size_t n,
                      struct bt_err *e)
{
	BT_OWN(bt_gatevm) vm = NULL;

	if (bt_gatevm_open(&vm, NULL, e) < 0)
		return -1;
	for (size_t i = 0; i < n; i++)
		if (load(vm, files[i], e) < 0)
			return -1;
	*points = (bt_gatevm_rules(vm, "request") ? (unsigned)BT_GATE_REQUEST : 0) |
	          (bt_gatevm_rules(vm, "response") ? (unsigned)BT_GATE_RESPONSE : 0);
	*rules = *points ? BT_STEAL(vm) : NULL;
	return 0;
}

static void close_rules(void *rules)
{
	bt_gatevm_close(rules);
}

static bool verdict(void *rules, const struct bt_gate_subject *s, struct bt_gate_opinion *o)
{
	bool answer = s->point == BT_GATE_RESPONSE;
	const struct bt_gatevm_field subject[] = {
		{ .name = "method", .text = s->method },
		{ .name = "scheme", .text = s->scheme },
		{ .name = "host", .text = s->host },
		{ .name = "port", .number = s->port },
		{ .name = "path",
		  .text = s->path.n ? s->path : bt_str("/"),
		  .withheld = s->path_why },
		{ .name = "path_sent", .text = s->path_sent.n ? s->path_sent : bt_str("/") },
		{ .name = "query", .text = s->query.p ? s->query : bt_str("") },
		{ .name = "headers", .fields = s->fields, .nfields = s->nfields },
		{ .name = answer ? "status" : "size",
		  .number = answer ? (int64_t)s->status : (int64_t)s->bytes },
		{ .name = "findings", .text = bt_str(s->findings) },
	};
	size_t n = sizeof subject / sizeof *subject - answer; /* findings are of requests */

	bt_gatevm_on_edit(rules, o->edit, o->ctx);
	if (bt_gatevm_verdict(rules, answer ? "response" : "request", subject, n, o->reason,
	                      sizeof o->reason) != BT_GATEVM_BLOCK)
		return true;
	(void)snprintf(o->rule, sizeof o->rule, "%s", bt_gatevm_rule(rules));
	return false;
}

const struct bt_gate_ops bt_verdict_ops = {
	.open = open_rules,
	.verdict = verdict,
	.close = close_rules,
};
