/* scan.c - one text in all its forms. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bottle/mem.h"
#include "bip39.h"
#include "decode.h"
#include "normal.h"
#include "scanner.h"
#include "validate.h"

void bt_findings_add(struct bt_findings *f, const struct bt_finding *hit)
{
	for (size_t i = 0; i < f->n; i++)
		if (f->at[i].form == hit->form && strcmp(f->at[i].name, hit->name) == 0)
			return;
	if (f->n < BT_LIM_FINDINGS)
		f->at[f->n++] = *hit;
}

struct pass {
	const struct bt_scanner *s;
	struct bt_str text;
	enum bt_scan_form form;
	bool spaced; /* the spaces were taken out: only patterns that tell enough, with numbers */
	struct bt_findings *f;
};

/* Prose that follows "ghp_" has no numbers in it; a credential of 20 has. */
static bool numbers_before(struct bt_str text, size_t to)
{
	size_t n = 0;

	for (size_t i = to > 20 ? to - 20 : 0; i < to; i++)
		n += text.p[i] >= '0' && text.p[i] <= '9';
	return n >= 2;
}

static bool holds(const struct pass *p, const struct bt_rule *r, size_t from, size_t to)
{
	if (p->spaced)
		return r->flags & BT_PAT_SPACED && numbers_before(p->text, to);
	if (r->own)
		return bt_valid(r->validator, (struct bt_str){ p->text.p + from, to - from });
	return !r->holds || r->holds(p->text, to);
}

static int on_match(unsigned id, unsigned long long from, unsigned long long to, unsigned flags,
                    void *ctx)
{
	struct pass *p = ctx;
	const struct bt_rule *r = &p->s->rules[id];

	(void)flags;
	if (!holds(p, r, (size_t)from, (size_t)to))
		return 0;
	bt_findings_add(p->f, &(struct bt_finding){ r->name, r->severity, p->form,
	                                            r->flags & BT_PAT_CORE && !r->own });
	return 0;
}

static int run(struct pass *p, hs_scratch_t *hs, struct bt_err *e)
{
	if (p->text.n == 0)
		return 0;
	if (p->text.n > BT_LIM_SCAN)
		return bt_fail(e, BT_LIMIT, "text over %u bytes cannot be scanned", BT_LIM_SCAN);
	if (hs_scan(p->s->db, p->text.p, (unsigned)p->text.n, 0, hs, on_match, p) != HS_SUCCESS)
		return bt_fail(e, BT_LIMIT, "text cannot be scanned");
	/* Digits of two fields make a number too easily. */
	unsigned plain = p->spaced || p->form == BT_FORM_JOINED ? 0 : bt_plain_find(p->text);

	for (unsigned i = 0; plain && i < BT_PLAIN_COUNT; i++) {
		const struct bt_rule *r = p->s->plain[i];

		if (plain >> i & 1 && r)
			bt_findings_add(
			        p->f, &(struct bt_finding){ r->name, r->severity, p->form, false });
	}
	return 0;
}

int bt_scan_raw(const struct bt_scanner *s, struct bt_scan_scratch *k, struct bt_str text,
                enum bt_scan_form form, struct bt_findings *f, struct bt_err *e)
{
	struct pass p = { s, text, form, false, f };

	return run(&p, k->hs, e);
}

/* Everything that one level of a text needs to know. */
struct level {
	const struct bt_scanner *s;
	struct bt_scan_scratch *k;
	struct bt_findings *f;
	enum bt_scan_form form;
	int depth;
	bool strings; /* NUL separates strings: it is no part of the text */
};

static int scan_level(const struct level *l, struct bt_str text, struct bt_err *e);

static int raw(const struct level *l, struct bt_str text, enum bt_scan_form form, bool spaced,
               struct bt_err *e)
{
	/* The form nearest to the start tells most: joined stays joined. */
	struct pass p = { l->s, text, l->form > form ? l->form : form, spaced, l->f };

	return run(&p, l->k->hs, e);
}

static int without_spaces(const struct level *l, struct bt_str text, struct bt_err *e)
{
	BT_OWN_WIPED b = BT_BUF(BT_LIM_SCAN);
	char *at = (char *)bt_buf_reserve(&b, text.n, e);
	size_t n = 0;

	if (!at)
		return -1;
	for (size_t i = 0; i < text.n; i++) {
		at[n] = text.p[i];
		n += text.p[i] != ' ';
	}
	return raw(l, (struct bt_str){ at, n }, BT_FORM_DECODED, true, e);
}

static void seed_phrase(const struct level *l, struct bt_str text, enum bt_scan_form form)
{
	if (l->s->seed && text.n >= 12 * 4 &&
	    bt_bip39_find(text, l->s->seed_min, l->s->seed_any_sum))
		bt_findings_add(l->f,
		                &(struct bt_finding){ "BIP-39 Seed Phrase", BT_SEV_CRITICAL,
		                                      l->form > form ? l->form : form, false });
}

/* Percent-decoding until nothing changes; then that text counts as a text of its own. */
static int percent(const struct level *l, struct bt_str text, bool plus, struct bt_err *e)
{
	BT_OWN_WIPED b = BT_BUF(BT_LIM_SCAN);
	size_t n = 0;
	uint8_t *at = bt_buf_reserve(&b, text.n, e);
	struct level next = *l;

	if (!at)
		return -1;
	bool changed = bt_percent_decode(at, &n, text, plus);

	for (int i = 0; changed && i < BT_LIM_SCAN_URL_ROUNDS; i++) {
		size_t m = 0;

		if (!bt_percent_decode(at, &m, (struct bt_str){ (char *)at, n }, plus))
			break;
		n = m;
	}
	next.form = l->form > BT_FORM_DECODED ? l->form : BT_FORM_DECODED;
	next.depth++;
	next.strings = false;
	return changed ? scan_level(&next, (struct bt_str){ (char *)at, n }, e) : 0;
}

static int tokens(const struct level *l, struct bt_str text, const struct bt_look *look,
                  struct bt_err *e)
{
	BT_OWN_WIPED b = BT_BUF(BT_LIM_SCAN);
	struct level next = *l;

	if (!look->token && !look->pairs && !look->dots)
		return 0;
	if (bt_decode_tokens(&b, text, look->pairs, look->dots, e) < 0)
		return -1;
	next.form = l->form > BT_FORM_DECODED ? l->form : BT_FORM_DECODED;
	next.depth++;
	next.strings = true;
	return b.len ? scan_level(&next, bt_buf_str(&b), e) : 0;
}

/* A string of JSON or of a program inside this one. */
static int escapes(const struct level *l, struct bt_str text, struct bt_err *e)
{
	BT_OWN_WIPED b = BT_BUF(BT_LIM_SCAN);
	uint8_t *at = bt_buf_reserve(&b, text.n, e);
	struct level next = *l;
	size_t n = 0;

	if (!at)
		return -1;
	bt_unescape(at, &n, text);
	next.form = l->form > BT_FORM_DECODED ? l->form : BT_FORM_DECODED;
	next.depth++;
	return scan_level(&next, (struct bt_str){ (char *)at, n }, e);
}

/* The forms that do not depend on invisible characters. */
static int decoded_forms(const struct level *l, struct bt_str text, const struct bt_look *look,
                         struct bt_err *e)
{
	if (look->space && without_spaces(l, text, e) < 0)
		return -1;
	if (l->depth >= BT_LIM_SCAN_DEPTH)
		return 0;
	/* '+' is a space in a URL or form; in base64 and prose it is a plus. */
	if ((look->percent || (look->plus && text.n < 4096)) && percent(l, text, true, e) < 0)
		return -1;
	if (look->escape && escapes(l, text, e) < 0)
		return -1;
	return tokens(l, text, look, e);
}

static int utf16(const struct level *l, struct bt_str text, struct bt_err *e)
{
	BT_OWN_WIPED b = BT_BUF(BT_LIM_SCAN);
	struct level next = *l;
	bool is = false;

	if (l->depth >= BT_LIM_SCAN_DEPTH || bt_from_utf16(&b, text, &is, e) < 0)
		return l->depth >= BT_LIM_SCAN_DEPTH ? 0 : -1;
	next.form = l->form > BT_FORM_DECODED ? l->form : BT_FORM_DECODED;
	next.depth++;
	next.strings = false;
	return is ? scan_level(&next, bt_buf_str(&b), e) : 0;
}

static int scan_level(const struct level *l, struct bt_str text, struct bt_err *e)
{
	struct bt_look look = bt_look(text);
	BT_OWN_WIPED b = BT_BUF(BT_LIM_SCAN);

	if (raw(l, text, BT_FORM_RAW, false, e) < 0)
		return -1;
	seed_phrase(l, text, BT_FORM_RAW);
	if (look.nul && !l->strings && utf16(l, text, e) < 0)
		return -1;
	if (!look.control && !look.high && (!look.nul || l->strings))
		return decoded_forms(l, text, &look, e);
	if (tokens(l, text, &look, e) < 0 || bt_normalise(&b, text, e) < 0)
		return -1;
	struct bt_str normal = bt_buf_str(&b);

	if (raw(l, normal, BT_FORM_NORMAL, false, e) < 0)
		return -1;
	if (look.high)
		seed_phrase(l, normal, BT_FORM_NORMAL);
	look = bt_look(normal);
	return decoded_forms(l, normal, &look, e);
}

int bt_scan_forms(const struct bt_scanner *s, struct bt_scan_scratch *k, struct bt_str text,
                  enum bt_scan_form form, struct bt_findings *f, struct bt_err *e)
{
	return scan_level(&(struct level){ s, k, f, form, 0, false }, text, e);
}

int bt_scan_text(const struct bt_scanner *s, struct bt_scan_scratch *k, struct bt_str text,
                 struct bt_findings *f, struct bt_err *e)
{
	return bt_scan_forms(s, k, text, BT_FORM_RAW, f, e);
}

struct piece {
	uint64_t head; /* first eight bytes, big-endian */
	struct bt_str s;
};

static int by_text(const void *a, const void *b)
{
	const struct piece *x = a, *y = b;
	size_t n = x->s.n < y->s.n ? x->s.n : y->s.n;

	if (x->head != y->head)
		return x->head < y->head ? -1 : 1;
	int d = memcmp(x->s.p, y->s.p, n);

	return d ? d : (x->s.n > y->s.n) - (x->s.n < y->s.n);
}

static int join_sorted(struct bt_buf *out, struct bt_str strings, size_t count, struct bt_err *e)
{
	BT_OWN_MEM struct piece *at = bt_calloc(count, sizeof *at);
	struct bt_str one;
	size_t n = 0;

	while (n < count && bt_str_cut(&strings, 0, &one)) {
		at[n].s = one;
		for (size_t i = 0; i < 8; i++)
			at[n].head = at[n].head << 8 | (i < one.n ? (uint8_t)one.p[i] : 0);
		n += one.n > 0;
	}
	qsort(at, n, sizeof *at, by_text);
	for (size_t i = 0; i < n; i++)
		if (bt_normalise(out, at[i].s, e) < 0)
			return -1;
	return 0;
}

/* Two halves of a secret in two fields. */
static int scan_joined(const struct level *l, struct bt_str joined, struct bt_err *e)
{
	BT_OWN_WIPED b = BT_BUF(BT_LIM_SCAN);

	if (bt_normalise(&b, joined, e) < 0)
		return -1;
	return bt_scan_raw(l->s, l->k, bt_buf_str(&b), BT_FORM_JOINED, l->f, e);
}

int bt_scan_strings(const struct bt_scanner *s, struct bt_scan_scratch *k, struct bt_str strings,
                    struct bt_str joined, struct bt_findings *f, struct bt_err *e)
{
	struct level l = { s, k, f, BT_FORM_RAW, 0, true };
	BT_OWN_WIPED b = BT_BUF(BT_LIM_SCAN);
	size_t count = 0;

	if (scan_level(&l, strings, e) < 0)
		return -1;
	for (size_t i = 0; i < strings.n; i++)
		count += strings.p[i] == 0;
	if (count < 2)
		return 0;
	if (join_sorted(&b, strings, count, e) < 0 || scan_joined(&l, joined, e) < 0)
		return -1;
	return bt_scan_raw(s, k, bt_buf_str(&b), BT_FORM_JOINED, f, e);
}

size_t bt_findings_text(const struct bt_findings *f, const char *before, char *out, size_t size)
{
	size_t len = 0;

	for (size_t i = 0; i < f->n; i++) {
		bool seen = false;

		for (size_t k = 0; k < i; k++)
			seen = seen || strcmp(f->at[k].name, f->at[i].name) == 0;
		if (seen)
			continue;
		int n = snprintf(len < size ? out + len : NULL, len < size ? size - len : 0, "%s%s",
		                 i == 0 ? before : ", ", f->at[i].name);

		len += n > 0 ? (size_t)n : 0;
	}
	if (f->n == 0 && size)
		out[0] = 0;
	return len;
}
