/* patterns.h - the table of credential kinds. Floor: codec (private). */
#ifndef BOTTLE_CODEC_PATTERNS_H
#define BOTTLE_CODEC_PATTERNS_H
#include "bottle/scan.h"
#include "plain.h"

enum bt_pattern_flag {
	BT_PAT_CORE = 1, /* stays whatever the configuration says */
	BT_PAT_CASE = 2, /* case matters */
	BT_PAT_SPACED =
	        4,       /* prefix so telling that it is looked for with the spaces taken out too */
	BT_PAT_TOKEN = 8 /* needs bt_valid_aws_id */
};

struct bt_pattern {
	const char *name;
	enum bt_severity severity;
	const char *regex; /* NULL: found by hand, see plain */
	/* What the expression leaves open, at the end of a match; NULL: nothing. */
	bool (*holds)(struct bt_str text, size_t to);
	unsigned flags;
	enum bt_plain plain;
};

/* The 48 defaults, of which seven are core, then the eighth core one, then a row without a name. */
extern const struct bt_pattern bt_patterns[];
#define BT_PATTERNS_DEFAULT 48
#endif
