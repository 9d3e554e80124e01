/* scanner.c - from the table of patterns to one compiled database. */
#include "scanner.h"

#include <stdlib.h>
#include <string.h>

#include "bottle/mem.h"
#include "decode.h"

struct compile {
	const char **regex;
	unsigned *flags, *ids;
	size_t n;
};

const char *bt_severity_name(enum bt_severity s)
{
	static const char *const names[] = { "low", "medium", "high", "critical" };

	return names[s];
}

size_t bt_scanner_default_count(void)
{
	return BT_PATTERNS_DEFAULT;
}

static size_t table_rows(void)
{
	size_t n = 0;

	while (bt_patterns[n].name)
		n++;
	return n;
}

static bool replaced(const struct bt_scan_spec *spec, const char *name)
{
	for (size_t i = 0; i < spec->nextra; i++)
		if (strcmp(spec->extra[i].name, name) == 0)
			return true;
	return false;
}

static void add_rule(struct bt_scanner *s, struct compile *c, const char *regex, unsigned flags,
                     const struct bt_rule *rule)
{
	if (!regex) {
		s->rules[s->nrules++] = *rule;
		return;
	}
	c->regex[c->n] = regex;
	c->flags[c->n] = flags;
	c->ids[c->n] = (unsigned)s->nrules;
	c->n++;
	s->rules[s->nrules++] = *rule;
}

static void add_table(struct bt_scanner *s, struct compile *c, const struct bt_scan_spec *spec)
{
	for (const struct bt_pattern *p = bt_patterns; p->name; p++) {
		bool core = p->flags & BT_PAT_CORE;

		if (!core && (spec->no_defaults || replaced(spec, p->name)))
			continue;
		add_rule(s, c, p->regex, p->flags & BT_PAT_CASE ? 0 : HS_FLAG_CASELESS,
		         &(struct bt_rule){ p->name, p->severity, p->holds, BT_VALID_NONE, p->flags,
		                            false, false });
		if (!p->regex)
			s->plain[p->plain] = &s->rules[s->nrules - 1];
	}
}

static void add_extra(struct bt_scanner *s, struct compile *c, const struct bt_scan_spec *spec)
{
	for (size_t i = 0; i < spec->nextra; i++) {
		const struct bt_scan_pattern *p = &spec->extra[i];
		char *name = bt_strdup(p->name);

		s->names[s->nnames++] = name;
		/* A validator wants to know where the match starts; else the first one will do. */
		add_rule(s, c, p->regex,
		         HS_FLAG_CASELESS |
		                 (p->validator ? HS_FLAG_SOM_LEFTMOST : HS_FLAG_SINGLEMATCH),
		         &(struct bt_rule){ name, p->severity, NULL, p->validator, 0, true,
		                            p->soft });
	}
}

static int compile(struct bt_scanner *s, const struct compile *c, struct bt_err *e)
{
	hs_compile_error_t *err = NULL;
	hs_error_t rc = hs_compile_multi(c->regex, c->flags, c->ids, (unsigned)c->n, HS_MODE_BLOCK,
	                                 NULL, &s->db, &err);
	int ret = 0;

	if (rc != HS_SUCCESS && err && err->expression >= 0)
		ret = bt_fail(e, BT_INVALID, "pattern '%s': %s",
		              s->rules[c->ids[err->expression]].name, err->message);
	else if (rc != HS_SUCCESS)
		ret = bt_fail(e, BT_INVALID, "patterns: %s",
		              err ? err->message : "Hyperscan cannot compile them");
	(void)hs_free_compile_error(err);
	return ret;
}

static int build(struct bt_scanner *s, const struct bt_scan_spec *spec, struct bt_err *e)
{
	size_t most = table_rows() + spec->nextra;
	BT_OWN_MEM const char **regex = bt_calloc(most, sizeof *regex);
	BT_OWN_MEM unsigned *flags = bt_calloc(most, sizeof *flags);
	BT_OWN_MEM unsigned *ids = bt_calloc(most, sizeof *ids);
	struct compile c = { regex, flags, ids, 0 };

	s->rules = bt_calloc(most, sizeof *s->rules);
	s->names = bt_calloc(spec->nextra, sizeof *s->names);
	add_table(s, &c, spec);
	add_extra(s, &c, spec);
	if (!spec->no_defaults && spec->nextra == 0)
		s->db = bt_scan_builtin();
	return s->db ? 0 : compile(s, &c, e);
}

static int check_spec(const struct bt_scan_spec *spec, struct bt_err *e)
{
	int min = spec->seed_min_words;

	if (min && (min < 12 || min > 24 || min % 3 != 0))
		return bt_fail(e, BT_INVALID, "min_words is %d: want 12, 15, 18, 21 or 24", min);
	for (size_t i = 0; i < spec->nextra; i++)
		if (!spec->extra[i].name || !*spec->extra[i].name || !spec->extra[i].regex ||
		    !*spec->extra[i].regex)
			return bt_fail(e, BT_INVALID, "pattern %zu has no %s", i + 1,
			               spec->extra[i].name && *spec->extra[i].name ? "regex"
			                                                           : "name");
	return 0;
}

int bt_scanner_open(struct bt_scanner **out, const struct bt_scan_spec *spec, struct bt_err *e)
{
	static const struct bt_scan_spec defaults;
	BT_OWN(bt_scanner) s = bt_calloc(1, sizeof *s);

	spec = spec ? spec : &defaults;
	if (check_spec(spec, e) < 0)
		return -1;
	s->seed = !spec->no_seed_phrase;
	s->known = spec->known;
	s->extra = spec->nextra > 0;
	s->least = s->extra || s->known ? BT_TELLING_ANY : BT_TELLING;
	s->seed_any_sum = spec->seed_any_sum;
	s->seed_min = spec->seed_min_words ? spec->seed_min_words : 12;
	s->entropy = spec->entropy > 0 ? spec->entropy : 4.5;
	s->subdomain_entropy = spec->subdomain_entropy > 0 ? spec->subdomain_entropy : 4.0;
	if (hs_valid_platform() != HS_SUCCESS)
		return bt_fail(e, BT_INVALID, "this processor lacks what Hyperscan needs (SSSE3)");
	if (build(s, spec, e) < 0)
		return -1;
	*out = BT_STEAL(s);
	return 0;
}

bool bt_scanner_knows(const struct bt_scanner *s, const char *name)
{
	for (size_t i = 0; i < s->nrules; i++)
		if (strcmp(s->rules[i].name, name) == 0)
			return true;
	for (size_t i = 0; s->known && i < bt_known_count(s->known); i++)
		if (strcmp(bt_known_name(s->known, i), name) == 0)
			return true;
	return strcmp(name, BT_SEED_PHRASE) == 0;
}

void bt_scanner_close(struct bt_scanner *s)
{
	if (!s)
		return;
	(void)hs_free_database(s->db);
	for (size_t i = 0; i < s->nnames; i++)
		free(s->names[i]);
	free(s->names);
	free(s->rules);
	free(s);
}

int bt_scan_scratch_open(struct bt_scan_scratch **out, const struct bt_scanner *s, struct bt_err *e)
{
	BT_OWN(bt_scan_scratch) k = bt_calloc(1, sizeof *k);

	if (hs_alloc_scratch(s->db, &k->hs) != HS_SUCCESS)
		return bt_fail(e, BT_LIMIT, "no memory for the scanner");
	*out = BT_STEAL(k);
	return 0;
}

#define KEPT (8u * BT_MIB) /* what one buffer may go on to hold */

struct bt_buf *bt_scan_take(struct bt_buf *b)
{
	b->max = BT_LIM_SCAN;
	return b;
}

void bt_scan_give(struct bt_buf **b)
{
	bt_buf_clear(*b);
	if ((*b)->cap > KEPT)
		bt_buf_wipe(*b);
}

void bt_scan_scratch_close(struct bt_scan_scratch *k)
{
	if (!k)
		return;
	struct bt_buf *const own[] = { &k->strings, &k->kinds,  &k->sorted, &k->folded,
		                       &k->joined,  &k->pieces, &k->text };

	for (size_t i = 0; i < sizeof own / sizeof *own; i++)
		bt_buf_wipe(own[i]);
	for (size_t i = 0; i <= BT_LIM_SCAN_DEPTH; i++) {
		struct bt_scan_level *l = &k->at[i];

		bt_buf_wipe(&l->decoded);
		bt_buf_wipe(&l->glued);
		bt_buf_wipe(&l->squeezed);
		bt_buf_wipe(&l->dense);
		bt_buf_wipe(&l->undone);
		bt_buf_wipe(&l->folded);
	}
	(void)hs_free_scratch(k->hs);
	free(k);
}
