/* known_record.h - one record of what is handed over to be watched for. Floor: codec (private). */
#ifndef BOTTLE_CODEC_KNOWN_RECORD_H
#define BOTTLE_CODEC_KNOWN_RECORD_H
#include "bottle/known.h"

#define BT_KNOWN_BEFORE 16 /* at least as much as any bt_known_before */

struct bt_known_record {
	enum bt_known_kind kind;
	struct bt_str name, value; /* name.n == 0: of another form */
};

/* One more [KIND:]NAME=VALUE and its NUL: false at the end. */
bool bt_known_next(struct bt_str *rest, struct bt_known_record *r);
/* May it be taken? No error quotes a value. */
BT_MUST int bt_known_check(const struct bt_known_record *r, struct bt_err *e);
/* What stands before the name in that of a finding. */
const char *bt_known_before(enum bt_known_kind kind);
#endif
