/* scan.c - one text in all its forms. */
#include <stdio.h>
#include <string.h>

#include "bottle/mem.h"
#include "decode.h"
#include "normal.h"
#include "scanner.h"
#include "survey.h"
#include "validate.h"

void bt_findings_add(struct bt_findings *f, const struct bt_finding *hit)
{
	for (size_t i = 0; i < f->n; i++)
		if (f->at[i].form == hit->form && f->at[i].guard == hit->guard &&
		    strcmp(f->at[i].name, hit->name) == 0)
			return;
	if (f->n < BT_LIM_FINDINGS)
		f->at[f->n++] = *hit;
	else if (hit->guard) /* the one kind that must not get lost */
		f->at[BT_LIM_FINDINGS - 1] = *hit;
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
	                                            r->flags & BT_PAT_CORE && !r->own, r->soft,
	                                            BT_KNOWN_SECRET });
	return 0;
}

void bt_scan_known(const struct bt_scanner *s, struct bt_str text, enum bt_scan_form form,
                   struct bt_findings *f)
{
	uint64_t hits = s->known ? bt_known_find(s->known, text) : 0;

	for (size_t i = 0; hits; i++, hits >>= 1)
		if (hits & 1)
			bt_findings_add(f, &(struct bt_finding){ bt_known_name(s->known, i),
			                                         BT_SEV_CRITICAL, form, true, false,
			                                         bt_known_kind(s->known, i) });
}

static int run(struct pass *p, hs_scratch_t *hs, struct bt_err *e)
{
	if (p->text.n == 0)
		return 0;
	if (p->text.n > BT_LIM_SCAN)
		return bt_fail(e, BT_LIMIT, "text over %u bytes cannot be scanned", BT_LIM_SCAN);
	if (hs_scan(p->s->db, p->text.p, (unsigned)p->text.n, 0, hs, on_match, p) != HS_SUCCESS)
		return bt_fail(e, BT_LIMIT, "text cannot be scanned");
	bt_scan_known(p->s, p->text, p->form, p->f);
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

/* The form nearest to the start tells most: joined stays joined. */
static enum bt_scan_form later(const struct level *l, enum bt_scan_form form)
{
	return l->form > form ? l->form : form;
}

static void plain(const struct level *l, unsigned bits, enum bt_scan_form form)
{
	/* Digits of two fields make a number too easily. */
	for (unsigned i = 0; bits && l->form != BT_FORM_JOINED && i < BT_PLAIN_COUNT; i++) {
		const struct bt_rule *r = l->s->plain[i];

		if (bits >> i & 1 && r)
			bt_findings_add(l->f,
			                &(struct bt_finding){ r->name, r->severity, later(l, form),
			                                      false, false, BT_KNOWN_SECRET });
	}
}

static void seed_phrase(const struct level *l, enum bt_scan_form form)
{
	bt_findings_add(l->f, &(struct bt_finding){ BT_SEED_PHRASE, BT_SEV_CRITICAL, later(l, form),
	                                            false, false, BT_KNOWN_SECRET });
}

static struct level below(const struct level *l)
{
	struct level next = *l;

	next.form = later(l, BT_FORM_DECODED);
	next.depth++;
	next.strings = false;
	return next;
}

/* Texts below it are undone as a whole, longer ones where there is something to undo. In a URL or
 * form '+' is a space; in base64 it is a plus. */
#define SHORT 4096u
#define FOLDED (16u * BT_KIB) /* the same for what looks like something else */

/* The strings of a document, undone one by one: a zero byte in one is none between two. */
static int percent_strings(const struct level *l, struct bt_buf *b, struct bt_err *e)
{
	BT_OWN_WIPED wide = BT_BUF(BT_LIM_SCAN);
	struct bt_str rest = bt_buf_str(b), one;
	struct level next = below(l);
	bool more = true;

	for (b->len = 0; more; b->p[b->len++] = 0) {
		char *at = (char *)b->p + b->len;

		more = bt_str_cut(&rest, 0, &one);
		memmove(at, one.p, one.n);
		one = (struct bt_str){ at, bt_percent_undo((uint8_t *)at, one.n) };
		b->len += one.n;
		if (memchr(at, 0, one.n) && bt_from_utf16(&wide, one, e) < 0)
			return -1;
		if (!more)
			break;
	}
	next.strings = true;
	return wide.len ? scan_level(&next, bt_buf_str(&wide), e) : 0;
}

/* Percent-decoding until nothing changes; then that text counts as a text of its own. */
static int percent(const struct level *l, struct bt_str text, struct bt_err *e)
{
	BT_TAKEN b = bt_scan_take(&l->k->at[l->depth].undone);
	struct level next = below(l);

	/* Where '+' counts by itself, every part of the text may change. */
	if ((text.n < SHORT ? bt_buf_add(b, text.p, text.n, e) : bt_around(b, text, '%', e)) < 0)
		return -1;
	if (b->len == 0)
		return 0;
	if (!l->strings)
		b->len = bt_percent_undo(b->p, b->len);
	else if (percent_strings(l, b, e) < 0)
		return -1;
	return scan_level(&next, bt_buf_str(b), e);
}

/* What stands around each mark, with the spelling undone that it begins: scanned a level below. */
static int undone(const struct level *l, struct bt_str text, char mark,
                  void (*undo)(uint8_t *out, size_t *n, struct bt_str in), struct bt_err *e)
{
	BT_TAKEN b = bt_scan_take(&l->k->at[l->depth].undone);
	struct level next = below(l);
	size_t n = 0;

	if (bt_around(b, text, mark, e) < 0)
		return -1;
	undo(b->p, &n, bt_buf_str(b));
	b->len = n;
	next.strings = l->strings;
	return scan_level(&next, bt_buf_str(b), e);
}

/* A string of JSON or of a program inside this one. */
static int escapes(const struct level *l, struct bt_str text, struct bt_err *e)
{
	return undone(l, text, '\\', bt_unescape, e);
}

static int references(const struct level *l, struct bt_str text, struct bt_err *e)
{
	return undone(l, text, '&', bt_unreference, e);
}

static int utf16(const struct level *l, struct bt_str text, struct bt_err *e)
{
	BT_TAKEN b = bt_scan_take(&l->k->at[l->depth].undone);
	struct level next = below(l);

	next.strings = true;
	if (bt_from_utf16(b, text, e) < 0)
		return -1;
	return b->len ? scan_level(&next, bt_buf_str(b), e) : 0;
}

/* What a survey copied out of the text: looked at as far as it has to be. */
static int copies(const struct level *l, struct bt_survey *sv, struct bt_err *e)
{
	struct bt_survey in = {
		.s = bt_buf_str(sv->glued), .e = e, .hard = true, .least = sv->least
	};

	if (raw(l, bt_buf_str(sv->squeezed), BT_FORM_DECODED, true, e) < 0 ||
	    raw(l, in.s, BT_FORM_NORMAL, false, e) < 0)
		return -1;
	if (in.s.n == 0)
		return 0;
	in.decoded = sv->decoded;
	if (bt_survey_run(&in) < 0)
		return -1;
	plain(l, in.plain, BT_FORM_NORMAL);
	return 0;
}

/* The text as it is, in all the forms that a survey finds reason for. */
static int survey(const struct level *l, struct bt_survey *sv, enum bt_scan_form form,
                  struct bt_err *e)
{
	struct bt_scan_level *own = &l->k->at[l->depth];
	BT_TAKEN decoded = bt_scan_take(&own->decoded);
	BT_TAKEN glued = bt_scan_take(&own->glued);
	BT_TAKEN squeezed = bt_scan_take(&own->squeezed);
	struct level next = below(l);

	sv->e = e;
	sv->hard = l->strings;
	sv->least = l->s->least;
	sv->seed_min = l->s->seed ? l->s->seed_min : 0;
	sv->seed_any_sum = l->s->seed_any_sum;
	sv->decoded = l->depth < BT_LIM_SCAN_DEPTH ? decoded : NULL;
	sv->glued = glued;
	sv->squeezed = squeezed;
	if (bt_survey_run(sv) < 0)
		return -1;
	plain(l, sv->plain, form);
	if (sv->seed)
		seed_phrase(l, form);
	if (copies(l, sv, e) < 0)
		return -1;
	next.strings = true;
	if (decoded->len && scan_level(&next, bt_buf_str(decoded), e) < 0)
		return -1;
	sv->decoded = sv->glued = sv->squeezed = NULL;
	if (l->depth >= BT_LIM_SCAN_DEPTH)
		return 0;
	if ((sv->percent || (sv->plus && sv->s.n < SHORT)) && percent(l, sv->s, e) < 0)
		return -1;
	if (sv->escape && escapes(l, sv->s, e) < 0)
		return -1;
	return bt_has_reference(sv->s) ? references(l, sv->s, e) : 0;
}

static int scan_level(const struct level *l, struct bt_str text, struct bt_err *e)
{
	struct bt_survey sv = { .s = text }, folded = { 0 };
	BT_TAKEN dense = bt_scan_take(&l->k->at[l->depth].dense);
	BT_TAKEN b = bt_scan_take(&l->k->at[l->depth].folded);
	bool binary = false;

	if (raw(l, text, BT_FORM_RAW, false, e) < 0 ||
	    bt_condense(dense, text, l->s->least, &binary, e) < 0)
		return -1;
	if (binary)
		sv.s = bt_buf_str(dense);
	if (survey(l, &sv, BT_FORM_RAW, e) < 0)
		return -1;
	if (sv.nul && !l->strings && l->depth < BT_LIM_SCAN_DEPTH && utf16(l, text, e) < 0)
		return -1;
	if (!sv.high)
		return 0;
	if ((sv.s.n < FOLDED ? bt_fold(b, sv.s, e) : bt_fold_around(b, sv.s, e)) < 0)
		return -1;
	folded.s = bt_buf_str(b);
	if (raw(l, folded.s, BT_FORM_NORMAL, false, e) < 0)
		return -1;
	return survey(l, &folded, BT_FORM_NORMAL, e);
}

int bt_scan_forms(const struct bt_scanner *s, struct bt_scan_scratch *k, struct bt_str text,
                  enum bt_scan_form form, struct bt_findings *f, struct bt_err *e)
{
	return scan_level(&(struct level){ s, k, f, form, 0, false }, text, e);
}

int bt_scan_document(const struct bt_scanner *s, struct bt_scan_scratch *k, struct bt_str strings,
                     struct bt_findings *f, struct bt_err *e)
{
	return scan_level(&(struct level){ s, k, f, BT_FORM_RAW, 0, true }, strings, e);
}

int bt_scan_text(const struct bt_scanner *s, struct bt_scan_scratch *k, struct bt_str text,
                 struct bt_findings *f, struct bt_err *e)
{
	return bt_scan_forms(s, k, text, BT_FORM_RAW, f, e);
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
