/* redact.h - known values in what comes back, each of their bytes made a '*', as it streams by.
 * Floor: codec. A value is seen in whatever mixture of spellings its bytes have: as they are, with
 * no regard to case and to which base64 alphabet; percent-encoded; escaped as JSON and JavaScript
 * do; as references of HTML. The length of the text stays. What comes out does not depend on how
 * the text was cut into pieces, as long as bt_redact_pause is not used.
 * Nor does what is kept back depend on the values, but for their lengths and a few rare characters:
 * who may choose the text and sees where it is cut would else learn a value byte by byte. */
#ifndef BOTTLE_REDACT_H
#define BOTTLE_REDACT_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bottle/buf.h"
#include "bottle/err.h"
#include "bottle/str.h"

#define BT_REDACT_SPELL 10 /* bytes of text that one byte of a value may take: "&#x00006b;" */

/* What is looked for. Immutable once begun; may be shared. */
struct bt_redact_set {
	const struct bt_str *at; /* borrowed, as are the bytes; each of at least one */
	const size_t *open;      /* borrowed: how much of its front is no secret; NULL: nothing */
	size_t n;
	size_t most;     /* bytes of the longest */
	bool first[256]; /* which bytes of text one may begin with */
	bool word[256];  /* of which bytes of text any spelling consists, and every token */
};
void bt_redact_set(struct bt_redact_set *s, const struct bt_str *at, size_t n);

/* A whole text, in place. Returns how many were found. */
size_t bt_redact_text(const struct bt_redact_set *s, char *p, size_t n);

/* A text in pieces. Zeroed is the start; bt_redact_free at the end. */
struct bt_redact {
	struct bt_buf held; /* bytes that may be the beginning of one */
	size_t gone;        /* of them, how many came out already (bt_redact_pause) */
	size_t masked;      /* of them, how many are of one that was found */
	uint64_t found;
};
/* Append to out all but the word that the text so far ends with, if any: of its bytes those that a
 * value could begin in are kept back, BT_REDACT_SPELL for each of the longest at most. BT_LIMIT:
 * out is full. */
BT_MUST int bt_redact_feed(const struct bt_redact_set *s, struct bt_redact *r, struct bt_str piece,
                           struct bt_buf *out, struct bt_err *e);
/* The text is complete: append what was kept back. */
BT_MUST int bt_redact_end(const struct bt_redact_set *s, struct bt_redact *r, struct bt_buf *out,
                          struct bt_err *e);
/* The text goes on, but nothing may be kept back now: what was comes out, masked where half of a
 * value or more is there already, and a value that goes on behind it is masked from there. */
BT_MUST int bt_redact_pause(const struct bt_redact_set *s, struct bt_redact *r, struct bt_buf *out,
                            struct bt_err *e);
size_t bt_redact_holds(const struct bt_redact *r); /* bytes kept back now */
void bt_redact_free(struct bt_redact *r);          /* wipes */
#endif
