#include "bottle/lineedit.h"

#include <fcntl.h>
#include <histedit.h>
#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <wchar.h>

#include "bottle/mem.h"

#define HISTORY_DEFAULT 1000

struct bt_lineedit {
	EditLine *el; /* NULL: standard input is no terminal */
	History *hist;
	char *path;
	const char *prompt; /* borrowed while a line is read */
	struct bt_lineedit_spec spec;
	struct sigaction old_int;
	bool eof;
};

static volatile sig_atomic_t interrupted;

static void on_int(int sig)
{
	(void)sig;
	interrupted = 1;
}

bool bt_lineedit_interrupted(void)
{
	bool was = interrupted != 0;

	interrupted = 0;
	return was;
}

static char *prompt_of(EditLine *el)
{
	struct bt_lineedit *le = NULL;

	(void)el_get(el, EL_CLIENTDATA, &le);
	return (char *)(uintptr_t)(le && le->prompt ? le->prompt : "");
}

/* One byte. Ctrl-C is let in only while waiting, so that none falls between a look and a wait. */
static ssize_t get_byte(char *out)
{
	struct pollfd p = { .fd = STDIN_FILENO, .events = POLLIN };
	sigset_t block, old;
	int rc = -1;

	(void)sigemptyset(&block);
	(void)sigaddset(&block, SIGINT);
	(void)sigprocmask(SIG_BLOCK, &block, &old);
	if (!interrupted)
		rc = ppoll(&p, 1, NULL, &old);
	(void)sigprocmask(SIG_SETMASK, &old, NULL);
	return rc < 0 ? -1 : read(STDIN_FILENO, out, 1);
}

/* One character, decoded. libedit's own reader retries after a signal, so that Ctrl-C would have
 * to be pressed twice; this one gives up at once. */
static int get_char(EditLine *el, wchar_t *out)
{
	char raw[8];
	mbstate_t state;

	(void)el;
	for (size_t n = 0; n < sizeof raw; n++) {
		ssize_t got = get_byte(raw + n);

		if (got <= 0)
			return got == 0 ? 0 : -1;
		memset(&state, 0, sizeof state);
		size_t len = mbrtowc(out, raw, n + 1, &state);

		if (len == (size_t)-1)
			*out = L'?';
		if (len != (size_t)-2)
			return 1;
	}
	*out = L'?';
	return 1;
}

static unsigned char on_tab(EditLine *el, int ch)
{
	struct bt_lineedit *le = NULL;
	const LineInfo *li = el_line(el);

	(void)ch;
	(void)el_get(el, EL_CLIENTDATA, &le);
	if (!le || !le->spec.complete)
		return CC_ERROR;
	BT_OWN_MEM char *before = bt_strndup(li->buffer, (size_t)(li->cursor - li->buffer));
	BT_OWN_MEM char *insert = le->spec.complete(le->spec.ctx, before);

	if (insert && *insert)
		(void)el_insertstr(el, insert);
	return CC_REDISPLAY;
}

static int load_history(struct bt_lineedit *le, struct bt_err *e)
{
	HistEvent ev;

	le->hist = history_init();
	if (!le->hist)
		return bt_fail(e, BT_LIMIT, "history");
	int max = le->spec.history_max > 0 ? le->spec.history_max : HISTORY_DEFAULT;

	(void)history(le->hist, &ev, H_SETSIZE, max);
	(void)history(le->hist, &ev, H_SETUNIQUE, 1);
	if (le->path)
		(void)history(le->hist, &ev, H_LOAD, le->path); /* none yet: an empty history */
	return 0;
}

static int open_editor(struct bt_lineedit *le, struct bt_err *e)
{
	/* libedit decodes by the locale; bottle speaks UTF-8 whatever the terminal says it is. */
	if (!setlocale(LC_CTYPE, "C.UTF-8"))
		(void)setlocale(LC_CTYPE, "");
	le->el = el_init("bottle", stdin, stdout, stderr);
	if (!le->el)
		return bt_fail(e, BT_SYS, "line editor");
	(void)el_set(le->el, EL_CLIENTDATA, le);
	(void)el_set(le->el, EL_PROMPT, prompt_of);
	(void)el_set(le->el, EL_EDITOR, "emacs");
	(void)el_set(le->el, EL_GETCFN, get_char);
	(void)el_set(le->el, EL_HIST, history, le->hist);
	(void)el_set(le->el, EL_ADDFN, "bottle-complete", "complete a name", on_tab);
	(void)el_set(le->el, EL_BIND, "^I", "bottle-complete", NULL);
	(void)el_set(le->el, EL_BIND, "^R", "em-inc-search-prev", NULL);
	return 0;
}

int bt_lineedit_open(struct bt_lineedit **out, const struct bt_lineedit_spec *spec,
                     struct bt_err *e)
{
	BT_OWN(bt_lineedit) le = bt_calloc(1, sizeof *le);
	struct sigaction sa = { .sa_handler = on_int }; /* no SA_RESTART: read() must return */

	le->spec = *spec;
	le->path = spec->history_path ? bt_strdup(spec->history_path) : NULL;
	(void)sigaction(SIGINT, &sa, &le->old_int);
	if (isatty(STDIN_FILENO) && (load_history(le, e) < 0 || open_editor(le, e) < 0))
		return -1;
	*out = BT_STEAL(le);
	return 0;
}

static int read_plain(struct bt_lineedit *le, char **line, struct bt_err *e)
{
	char *buf = NULL;
	size_t cap = 0;
	ssize_t n = getline(&buf, &cap, stdin);

	if (n < 0) {
		free(buf);
		if (bt_lineedit_interrupted())
			return bt_fail(e, BT_INTR, "interrupted");
		le->eof = true;
		return 0;
	}
	if (n && buf[n - 1] == '\n')
		buf[n - 1] = '\0';
	*line = buf;
	return 1;
}

int bt_lineedit_read(struct bt_lineedit *le, const char *prompt, char **line, struct bt_err *e)
{
	HistEvent ev;
	int n = 0;

	if (le->eof)
		return 0;
	if (!le->el)
		return read_plain(le, line, e);
	le->prompt = prompt;
	(void)bt_lineedit_interrupted();
	const char *got = el_gets(le->el, &n);

	if (bt_lineedit_interrupted()) {
		el_reset(le->el);
		(void)!write(STDOUT_FILENO, "^C\n", 3);
		return bt_fail(e, BT_INTR, "interrupted");
	}
	if (!got || n <= 0) {
		le->eof = true;
		(void)!write(STDOUT_FILENO, "\n", 1);
		return 0;
	}
	*line = bt_strndup(got, (size_t)n - (got[n - 1] == '\n'));
	if (**line)
		(void)history(le->hist, &ev, H_ENTER, *line);
	return 1;
}

static void save_history(const struct bt_lineedit *le)
{
	HistEvent ev;

	if (!le->hist || !le->path)
		return;
	/* Made before libedit opens it: what was typed is nobody else's business. */
	int fd = open(le->path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

	if (fd < 0)
		return;
	(void)fchmod(fd, 0600);
	(void)close(fd);
	(void)history(le->hist, &ev, H_SAVE, le->path);
}

void bt_lineedit_close(struct bt_lineedit *le)
{
	if (!le)
		return;
	save_history(le);
	if (le->el)
		el_end(le->el);
	if (le->hist)
		history_end(le->hist);
	(void)sigaction(SIGINT, &le->old_int, NULL);
	free(le->path);
	free(le);
}
