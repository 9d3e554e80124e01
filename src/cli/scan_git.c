/* scan_git.c - what a range of commits brings with it: the lines that it adds, the names of files,
 * messages, authors and tags. Every commit is looked at by itself: what a later one takes away
 * again was there. */
#include <stdlib.h>
#include <string.h>

#include "bottle/gitdiff.h"
#include "bottle/limits.h"
#include "bottle/mem.h"
#include "scan_gitrun.h"
#include "scan_run.h"

#define ID 65 /* hexadecimal digits of SHA-256, and a NUL */

struct scan_range {
	struct scan_run *run;
	struct bt_buf list;    /* the objects, an id a line */
	struct bt_buf commits; /* those that are commits */
	/* of the diff */
	struct bt_gitdiff diff;
	char commit[ID];
	struct bt_buf path;  /* of the file, with a NUL; empty: not to be shown */
	struct bt_buf added; /* its new lines */
	size_t lines;        /* in added */
	struct scan_step *steps;
	size_t nsteps, room;
};

static void take_id(char out[ID], struct bt_str id)
{
	size_t n = id.n < ID - 1 ? id.n : ID - 1;

	memcpy(out, id.p, n);
	out[n] = '\0';
}

/* Any text that is no file's: reported by what it is. */
static int look(struct scan_range *g, const char *where, struct bt_str text, struct bt_err *e)
{
	struct scan_text t = { .text = text, .at = { .commit = g->commit, .where = where } };

	return scan_by_line(g->run, &t, e);
}

static int take_list(void *ctx, struct bt_buf *in, bool last, struct bt_err *e)
{
	struct scan_range *g = ctx;

	(void)last;
	int rc = bt_buf_add(&g->list, in->p, in->len, e);

	bt_buf_clear(in);
	return rc < 0 ? bt_wrap(e, "the range") : 0;
}

/* A commit or a tag as it is stored: its head, an empty line, its message. */
static int object(struct scan_range *g, struct bt_str kind, struct bt_str bytes, struct bt_err *e)
{
	const char *gap = bytes.n ? memmem(bytes.p, bytes.n, "\n\n", 2) : NULL;
	size_t n = gap ? (size_t)(gap + 1 - bytes.p) : bytes.n;

	if (bt_str_eq(kind, bt_str("commit")) && bt_buf_addf(&g->commits, e, "%s\n", g->commit) < 0)
		return -1;
	if (look(g, "header", (struct bt_str){ bytes.p, n }, e) < 0)
		return -1;
	return look(g, "message", (struct bt_str){ bytes.p + n, bytes.n - n }, e);
}

/* cat-file --batch: "ID TYPE SIZE", that many bytes, a newline. */
static int take_objects(void *ctx, struct bt_buf *in, bool last, struct bt_err *e)
{
	struct scan_range *g = ctx;

	(void)last;
	while (in->len) {
		struct bt_str rest = bt_buf_str(in), head, id, kind;
		uint64_t size = 0;

		if (!memchr(rest.p, '\n', rest.n))
			return 0;
		(void)bt_str_cut(&rest, '\n', &head);
		size_t head_n = head.n + 1;

		if (!bt_str_cut(&head, ' ', &id) || !bt_str_cut(&head, ' ', &kind) ||
		    !bt_str_uint(head, BT_LIM_SCAN, &size))
			return bt_fail(e, BT_PROTO, "git: an object that cannot be read");
		if (rest.n < size + 1)
			return 0;
		take_id(g->commit, id);
		if (object(g, kind, (struct bt_str){ rest.p, (size_t)size }, e) < 0)
			return -1;
		bt_buf_eat(in, head_n + (size_t)size + 1);
	}
	return 0;
}

/* All new lines of one file in one commit, as one text: a key may go over several. */
static int file_done(struct scan_range *g, struct bt_err *e)
{
	struct scan_text t = { .text = bt_buf_str(&g->added),
		               .at = { .commit = g->commit,
		                       .where = "content",
		                       .file = g->path.len ? (const char *)g->path.p : NULL },
		               .steps = g->steps,
		               .nsteps = g->nsteps };
	int rc = scan_by_line(g->run, &t, e);

	bt_buf_clear(&g->added);
	g->lines = g->nsteps = 0;
	return rc;
}

/* A step where the numbers do not follow. */
static void step(struct scan_range *g, uint64_t line)
{
	const struct scan_step *s = g->nsteps ? &g->steps[g->nsteps - 1] : NULL;

	if (s && s->line + (g->lines - s->at) == line)
		return;
	if (!g->steps || g->nsteps == g->room) {
		g->room = g->room ? g->room * 2 : 16;
		g->steps = bt_realloc(g->steps, g->room * sizeof *g->steps);
	}
	g->steps[g->nsteps++] = (struct scan_step){ g->lines, line };
}

static int add_line(struct scan_range *g, const struct bt_gitdiff_line *l, struct bt_err *e)
{
	g->lines++;
	step(g, l->number);
	if (bt_buf_add(&g->added, l->text.p, l->text.n, e) < 0 ||
	    bt_buf_add(&g->added, "\n", 1, e) < 0)
		return bt_wrap(e, "%.12s: one file's new lines", g->commit);
	return 0;
}

static int name(struct scan_range *g, struct bt_str quoted, struct bt_err *e)
{
	BT_OWN_BUF path = BT_BUF(BT_LIM_GITDIFF_PATH);

	if (bt_gitdiff_unquote(quoted, &path, e) < 0)
		return -1;
	return look(g, "name", bt_buf_str(&path), e);
}

/* The file that the next lines are of; what is a finding itself is not kept. */
static int file(struct scan_range *g, struct bt_str quoted, struct bt_err *e)
{
	struct bt_findings f = { .n = 0 };

	bt_buf_clear(&g->path);
	if (bt_gitdiff_unquote(quoted, &g->path, e) < 0)
		return -1;
	struct bt_str path = bt_buf_str(&g->path);

	if (path.n >= 2 && memcmp(path.p, "b/", 2) == 0)
		bt_buf_eat(&g->path, 2);
	if (bt_scan_text(g->run->s, g->run->k, bt_buf_str(&g->path), &f, e) < 0)
		return -1;
	if (f.n)
		bt_buf_clear(&g->path);
	return g->path.len ? bt_buf_add(&g->path, "", 1, e) : 0;
}

static int diff_line(struct scan_range *g, struct bt_str line, struct bt_err *e)
{
	struct bt_gitdiff_line l;

	if (bt_gitdiff_read(&g->diff, line, &l, e) < 0)
		return -1;
	switch (l.kind) {
	case BT_GITDIFF_COMMIT:
		if (file_done(g, e) < 0)
			return -1;
		take_id(g->commit, l.text);
		return 0;
	case BT_GITDIFF_NAME:
		return name(g, l.text, e);
	case BT_GITDIFF_FILE:
		return file_done(g, e) < 0 ? -1 : file(g, l.text, e);
	case BT_GITDIFF_ADDED:
		return add_line(g, &l, e);
	case BT_GITDIFF_OTHER:
		break;
	}
	return 0;
}

static int take_diff(void *ctx, struct bt_buf *in, bool last, struct bt_err *e)
{
	struct scan_range *g = ctx;
	struct bt_str rest = bt_buf_str(in), line;
	size_t eaten = 0;

	while (rest.n && (last || memchr(rest.p, '\n', rest.n))) {
		(void)bt_str_cut(&rest, '\n', &line);
		if (diff_line(g, line, e) < 0)
			return bt_wrap(e, "%.12s", g->commit);
		eaten = in->len - rest.n;
	}
	bt_buf_eat(in, eaten);
	return last && (bt_gitdiff_end(&g->diff, e) < 0 || file_done(g, e) < 0) ? -1 : 0;
}

static int walk(struct scan_range *g, const char *range, struct bt_err *e)
{
	const char *const list[] = { "rev-list",
		                     "--objects",
		                     "--filter=tree:0",
		                     "--no-object-names",
		                     "--end-of-options",
		                     range,
		                     "--",
		                     NULL };
	const char *const objects[] = { "cat-file", "--batch", NULL };
	const char *const diff[] = { "diff-tree",
		                     "--stdin",
		                     "--root",
		                     "-r",
		                     "-c",
		                     "--raw",
		                     "-p",
		                     "-U0",
		                     "--inter-hunk-context=0",
		                     "--text",
		                     "--no-renames",
		                     "--full-index",
		                     "--no-ext-diff",
		                     "--no-textconv",
		                     "--submodule=short",
		                     "--no-color",
		                     "--src-prefix=a/",
		                     "--dst-prefix=b/",
		                     NULL };

	if (scan_git_run(list, bt_str(""), &(struct scan_sink){ take_list, g }, e) < 0 ||
	    scan_git_run(objects, bt_buf_str(&g->list), &(struct scan_sink){ take_objects, g }, e) <
	            0)
		return -1;
	g->commit[0] = '\0';
	return scan_git_run(diff, bt_buf_str(&g->commits), &(struct scan_sink){ take_diff, g }, e);
}

int scan_git(struct scan_run *r, const char *range, struct bt_err *e)
{
	struct scan_range g = { .run = r,
		                .list = BT_BUF(BT_LIM_SCAN),
		                .commits = BT_BUF(BT_LIM_SCAN),
		                .path = BT_BUF(BT_LIM_GITDIFF_PATH + 1),
		                .added = BT_BUF(BT_LIM_SCAN) };
	int rc = walk(&g, range, e);

	bt_buf_free(&g.list);
	bt_buf_free(&g.commits);
	bt_buf_wipe(&g.path);
	bt_buf_wipe(&g.added);
	free(g.steps);
	return rc;
}
