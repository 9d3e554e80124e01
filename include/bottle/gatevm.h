/* gatevm.h - the gate's Lua VM: the operator's verdict rules, and nothing of the world. Floor:
 * script. It has policy, host and log, by require too; no io, os, package, debug or load; text
 * chunks only; any other module that is required is a table that raises when something is taken
 * from it; a memory cap; a budget of instructions that stays spent once it is spent, so that a
 * script cannot swallow it with pcall; bounded subjects for everything that can blow up. Whatever
 * goes wrong is a denial with a reason: there is no error a caller could mistake for an answer. */
#ifndef BOTTLE_GATEVM_H
#define BOTTLE_GATEVM_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "bottle/err.h"
#include "bottle/http1.h"
#include "bottle/own.h"
#include "bottle/str.h"

struct bt_gatevm; /* opaque: owns the Lua state */

struct bt_gatevm_opts {
	size_t mem;     /* bytes the script may hold; 0: BT_LIM_GATE_VM_MEM */
	uint64_t steps; /* instructions for one verdict and for loading; 0: BT_LIM_GATE_VM_STEPS */
};

/* One field of the subject: text; a table of header fields when fields is set (names in lower
 * case, repeated ones joined with ", "); else a number. One of them at most is withheld: reading it
 * is an error of the rule that says why. */
struct bt_gatevm_field {
	const char *name;
	struct bt_str text;
	int64_t number;
	const struct bt_http_field *fields;
	size_t nfields;
	const char *withheld; /* NULL, or why there is no value */
};

enum bt_gatevm_verdict {
	BT_GATEVM_NONE,  /* no rule had an opinion */
	BT_GATEVM_ALLOW, /* a rule said "allow" */
	BT_GATEVM_BLOCK  /* a rule said "block", or something went wrong */
};

/* opts may be NULL. On success *out is owned by the caller. */
BT_MUST int bt_gatevm_open(struct bt_gatevm **out, const struct bt_gatevm_opts *opts,
                           struct bt_err *e);
void bt_gatevm_close(struct bt_gatevm *vm); /* NULL is a no-op */
BT_OWN_FN(bt_gatevm, bt_gatevm_close)
/* Run one policy file's text, which registers rules. name is what messages call it. A failure is
 * BT_SCRIPT; the VM must not be used for verdicts after one. */
BT_MUST int bt_gatevm_load(struct bt_gatevm *vm, const char *name, struct bt_str text,
                           struct bt_err *e);
/* Ask the rules of point ("request") in order about the subject; the first opinion wins. reason
 * (cap >= 128) gets the rule's text, or what went wrong, on BLOCK; rule its id. Never fails: an
 * error, a budget spent or an answer that is none of allow, block, nil is BT_GATEVM_BLOCK. */
enum bt_gatevm_verdict bt_gatevm_verdict(struct bt_gatevm *vm, const char *point,
                                         const struct bt_gatevm_field *subject, size_t n,
                                         char *reason, size_t cap);
/* Who hears of `return "set", name, value` and of `return "remove", name` (value NULL) while rules
 * are asked; -1 with *e is an error of the rule. The texts are borrowed for the call. Nobody: such
 * an answer is an error. */
typedef int bt_gatevm_edit(void *ctx, struct bt_str name, const struct bt_str *value,
                           struct bt_err *e);
void bt_gatevm_on_edit(struct bt_gatevm *vm, bt_gatevm_edit *fn, void *ctx);
/* Id of the rule that gave the last verdict; "" when none did. Borrowed until the next verdict. */
const char *bt_gatevm_rule(const struct bt_gatevm *vm);
size_t bt_gatevm_rules(const struct bt_gatevm *vm, const char *point); /* 0: no need to ask */
#endif
