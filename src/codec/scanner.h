/* scanner.h - inside of the scanner, shared by its files. Floor: codec (private). */
#ifndef BOTTLE_CODEC_SCANNER_H
#define BOTTLE_CODEC_SCANNER_H
#include <hs/hs.h>

#include "bottle/buf.h"
#include "bottle/limits.h"
#include "bottle/scan.h"
#include "docs.h"
#include "patterns.h"

/* Buffers that held what was scanned are overwritten on the way out. */
#define BT_OWN_WIPED __attribute__((cleanup(bt_buf_wipe))) struct bt_buf

#define BT_SEED_PHRASE "BIP-39 Seed Phrase"

/* One compiled pattern: a row of the table or of the operator. */
struct bt_rule {
	const char *name; /* borrowed from the table, or owned by the scanner */
	enum bt_severity severity;
	bool (*holds)(struct bt_str text, size_t to);
	enum bt_validator validator; /* of the operator's, over the whole match */
	unsigned flags;
	bool own, soft;
};

struct bt_scanner {
	hs_database_t *db;
	struct bt_rule *rules;
	char **names; /* what rules borrow, for the operator's */
	size_t nrules, nnames;
	const struct bt_rule *plain[BT_PLAIN_COUNT]; /* NULL: not asked for */
	bool seed, seed_any_sum;
	int seed_min;
	unsigned least; /* characters that the shortest has (decode.h) */
	bool extra;     /* patterns of the operator, who may mean the raw bytes of a document */
	double entropy, subdomain_entropy;
	const struct bt_known *known; /* borrowed; NULL: none */
};

/* Buffers that are kept from one scan to the next: each level of decoding has its own. */
struct bt_scan_level {
	struct bt_buf decoded, glued, squeezed, undone, folded, dense;
};
struct bt_scan_scratch {
	hs_scratch_t *hs;
	struct bt_scan_level at[BT_LIM_SCAN_DEPTH + 1];
	struct bt_buf strings, kinds, sorted, folded, joined, pieces, text;
};
/* A buffer of the scratch, empty; wiped when the scratch is closed, or here when it grew large. */
struct bt_buf *bt_scan_take(struct bt_buf *b);
void bt_scan_give(struct bt_buf **b);
#define BT_TAKEN __attribute__((cleanup(bt_scan_give))) struct bt_buf *

/* The compiled default set that the build put into the binary; NULL: none, or not for this
 * processor. Owned by the caller (hs_free_database). */
hs_database_t *bt_scan_builtin(void);

void bt_findings_add(struct bt_findings *f, const struct bt_finding *hit);
/* Patterns over these bytes and nothing else. */
int bt_scan_raw(const struct bt_scanner *s, struct bt_scan_scratch *k, struct bt_str text,
                enum bt_scan_form form, struct bt_findings *f, struct bt_err *e);
/* Known values in these bytes and nothing else; nothing where there are none. */
void bt_scan_known(const struct bt_scanner *s, struct bt_str text, enum bt_scan_form form,
                   struct bt_findings *f);
/* Every form of the text that can differ from it. form is what was done to get here. */
int bt_scan_forms(const struct bt_scanner *s, struct bt_scan_scratch *k, struct bt_str text,
                  enum bt_scan_form form, struct bt_findings *f, struct bt_err *e);
/* The strings of one document, each followed by NUL: every form of each. */
int bt_scan_document(const struct bt_scanner *s, struct bt_scan_scratch *k, struct bt_str strings,
                     struct bt_findings *f, struct bt_err *e);
/* That, and a secret in two of them: joined in order of the alphabet those that can be a part of
 * one, and joined as the document has them its values. */
int bt_scan_strings(const struct bt_scanner *s, struct bt_scan_scratch *k, struct bt_str strings,
                    const struct bt_kinds *kinds, struct bt_findings *f, struct bt_err *e);
#endif
