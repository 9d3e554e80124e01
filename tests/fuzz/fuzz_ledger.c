#include "bottle/ledger_text.h"
#include "doc_property.h"

int LLVMFuzzerTestOneInput(const uint8_t *d, size_t n);

static void must_equal(const struct bt_ledger_view *a, const struct bt_ledger_view *b)
{
	MUST(a->n == b->n && a->detached == b->detached && a->owner.pid == b->owner.pid);
	for (size_t i = 0; i < a->n; i++) {
		MUST(strcmp(a->v[i].kind, b->v[i].kind) == 0);
		MUST(strcmp(a->v[i].name, b->v[i].name) == 0);
		MUST(a->v[i].done == b->v[i].done);
		MUST(!a->v[i].extra == !b->v[i].extra);
		MUST(!a->v[i].extra || strcmp(a->v[i].extra, b->v[i].extra) == 0);
	}
}

/* Written out again, what is pending reads back; so does any text cut behind its last good line. */
int LLVMFuzzerTestOneInput(const uint8_t *d, size_t n)
{
	struct bt_err e = { 0 };
	struct bt_ledger_view a = { 0 };
	struct bt_ledger_view b = { 0 };
	BT_OWN_BUF text = BT_BUF(64u << 20);

	if (bt_ledger_parse((struct bt_str){ (const char *)d, n }, &a, &e) < 0) {
		MUST(e.code != BT_OK && *e.msg && a.v == NULL);
		return 0;
	}
	MUST(a.good > 0 && a.good <= n && d[a.good - 1] == '\n');
	MUST(bt_ledger_parse((struct bt_str){ (const char *)d, a.good }, &b, &e) == 0);
	must_equal(&a, &b);
	bt_ledger_view_free(&b);
	MUST(bt_ledger_owner_line(&a.owner, &text, &e) == 0);
	for (size_t i = 0; i < a.n; i++) {
		const struct bt_ledger_entry *x = &a.v[i];

		MUST(bt_ledger_op_line(BT_LEDGER_INTEND, x->kind, x->name, x->extra, &text, &e) ==
		     0);
		MUST(!x->done ||
		     bt_ledger_op_line(BT_LEDGER_DONE, x->kind, x->name, NULL, &text, &e) == 0);
	}
	MUST(!a.detached || bt_ledger_op_line(BT_LEDGER_DETACH, NULL, NULL, NULL, &text, &e) == 0);
	MUST(bt_ledger_parse(bt_buf_str(&text), &b, &e) == 0);
	must_equal(&a, &b);
	bt_ledger_view_free(&a);
	bt_ledger_view_free(&b);
	return 0;
}
