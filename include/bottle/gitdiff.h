/* gitdiff.h - what a range of commits adds, read from `git diff-tree --stdin --raw -p -c -U0 --text
 * --full-index` line by line (git-diff-tree(1), "raw output format", "generating patch text",
 * "combined diff format"). Of a merge only what is in none of its parents counts as added.
 * Floor: codec. */
#ifndef BOTTLE_GITDIFF_H
#define BOTTLE_GITDIFF_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "bottle/buf.h"
#include "bottle/err.h"
#include "bottle/str.h"

#define BT_LIM_GITDIFF_PARENTS 64 /* of one merge */
#define BT_LIM_GITDIFF_PATH 65536 /* bytes of a path, unquoted */

/* {0} is its start. Lengths of hunks are counted, so no content can pass for a header. */
struct bt_gitdiff {
	uint64_t old_left[BT_LIM_GITDIFF_PARENTS], new_left;
	uint64_t line; /* of the next line of the new file, from 1 */
	unsigned parents;
};

enum bt_gitdiff_kind {
	BT_GITDIFF_OTHER,  /* nothing of interest */
	BT_GITDIFF_COMMIT, /* text: the hexadecimal id of the commit that follows */
	BT_GITDIFF_NAME,   /* text: a path that the commit makes or changes, as git quotes it */
	BT_GITDIFF_FILE,   /* text: the path, quoted, of the file that the next lines are of */
	BT_GITDIFF_ADDED   /* text: a line that is new; number: which of the new file */
};

struct bt_gitdiff_line {
	enum bt_gitdiff_kind kind;
	struct bt_str text; /* borrowed from the line */
	uint64_t number;
};

/* One line without its end. BT_PROTO: git says something that is not of this format, or it stops in
 * the middle; then nothing can be said about the rest. */
BT_MUST int bt_gitdiff_read(struct bt_gitdiff *g, struct bt_str line, struct bt_gitdiff_line *out,
                            struct bt_err *e);
BT_MUST int bt_gitdiff_end(const struct bt_gitdiff *g, struct bt_err *e);
/* The bytes of a path from git's C-like quotes, or as it is without them; appended to out. */
BT_MUST int bt_gitdiff_unquote(struct bt_str text, struct bt_buf *out, struct bt_err *e);
#endif
