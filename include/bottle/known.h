/* known.h - values that must not leave: looked for in every spelling of them. Floor: codec.
 * A set is one flat block of memory that the caller gives (locked memory, for the gate), holds
 * copies of the values and nothing else does. It is immutable once built and may be shared. */
#ifndef BOTTLE_KNOWN_H
#define BOTTLE_KNOWN_H
#include <stddef.h>
#include <stdint.h>
#include "bottle/err.h"
#include "bottle/str.h"

#define BT_KNOWN_LEAST                                                                             \
	8 /* shorter ones, blanks, '+' and '-' not counted, stand anywhere by chance */
#define BT_KNOWN_BYTES 5    /* and so do those of fewer different bytes */
#define BT_KNOWN_WINDOW 64u /* of a longer value: the middle; ends of keys are alike */

struct bt_known; /* opaque */

/* Can this value be watched for? By the two limits above. */
bool bt_known_worth(struct bt_str value);

enum bt_known_kind {
	BT_KNOWN_SECRET,      /* NAME=VALUE: somebody holds it, and it must not leave */
	BT_KNOWN_CREDENTIAL,  /* credential:NAME=VALUE: what routes inject, and nobody else sends */
	BT_KNOWN_PLACEHOLDER, /* placeholder:NAME=VALUE: what is held instead of a credential */
};

/* records: [KIND:]NAME=VALUE and a NUL, one after another, at most BT_LIM_KNOWN of them. A
 * credential or a placeholder that cannot be watched for, is longer than BT_LIM_CREDENTIAL or holds
 * a control character is BT_INVALID, and so is a second credential of one name. */
size_t bt_known_size(struct bt_str records); /* of the block that bt_known_build wants */
/* Build the set in mem, of bt_known_size bytes, zeroed and aligned as for malloc; *out is mem. What
 * is not worth watching is left out. BT_INVALID: records of another form; BT_LIMIT: too many. No
 * error quotes a value. Wiping mem is the caller's. */
BT_MUST int bt_known_build(struct bt_known **out, void *mem, struct bt_str records,
                           struct bt_err *e);
size_t bt_known_count(const struct bt_known *k);
/* "Known Secret (NAME)", "Placeholder (NAME)" */
const char *bt_known_name(const struct bt_known *k, size_t i);
struct bt_str bt_known_label(const struct bt_known *k, size_t i); /* NAME */
enum bt_known_kind bt_known_kind(const struct bt_known *k, size_t i);
struct bt_str bt_known_value(const struct bt_known *k, size_t i);

/* Which of them the text holds, a bit each: as it is; in base64 of both alphabets at every
 * alignment; in hexadecimal; percent-encoded, whole or as encodeURIComponent does; as a string of
 * JSON. Case, blanks, control characters, '+' and '-' do not count. */
uint64_t bt_known_find(const struct bt_known *k, struct bt_str text);

/* The same of a text that comes in pieces, wherever it was cut. Start with { 0 }. */
struct bt_known_run {
	uint64_t hits; /* so far */
	size_t n;
	uint8_t window[4096];
};
void bt_known_feed(const struct bt_known *k, struct bt_known_run *r, struct bt_str piece);
uint64_t bt_known_end(const struct bt_known *k, struct bt_known_run *r); /* wipes r->window */
#endif
