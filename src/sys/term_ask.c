#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <termios.h>
#include <unistd.h>

#include "bottle/limits.h"
#include "bottle/log.h"
#include "bottle/mem.h"
#include "bottle/own.h"
#include "bottle/sig.h"
#include "bottle/term.h"

#define ASK_TIMES 3
#define ANSWER_MAX 64u
#define LABEL_MAX 1024u

static int say(int fd, const char *text)
{
	return write(fd, text, strlen(text)) < 0 ? -1 : 0;
}

/* One line without its newline; *eof when the input ended before one. The terminal hands out whole
 * lines, but byte by byte nothing of the next is taken. */
static int read_line(int fd, struct bt_buf *out, bool *eof, struct bt_err *e)
{
	*eof = false;
	for (;;) {
		struct pollfd p = { .fd = fd, .events = POLLIN };
		char ch;

		if (bt_sig_poll(&p, 1, -1, e) < 0)
			return -1;
		ssize_t n = read(fd, &ch, 1);

		if (n < 0 && (errno == EINTR || errno == EAGAIN))
			continue;
		*eof = n <= 0;
		if (n <= 0 || ch == '\n')
			return 0;
		int rc = bt_buf_add(out, &ch, 1, e);

		bt_wipe(&ch, 1);
		if (rc < 0)
			return -1;
	}
}

/* 1 yes, 0 no, -1 neither. */
static int judge(const struct bt_buf *line, bool preset)
{
	char word[8] = "";

	if (line->len == 0)
		return preset;
	if (line->len >= sizeof word)
		return -1;
	memcpy(word, line->p, line->len);
	if (strcasecmp(word, "y") == 0 || strcasecmp(word, "yes") == 0)
		return 1;
	return strcasecmp(word, "n") == 0 || strcasecmp(word, "no") == 0 ? 0 : -1;
}

static int ask(int out, const char *question, bool preset, bool *yes, struct bt_err *e)
{
	for (int i = 0; i < ASK_TIMES; i++) {
		BT_OWN_BUF line = BT_BUF(ANSWER_MAX);
		bool eof;

		(void)say(out, question);
		(void)say(out, preset ? " [Y/n] " : " [y/N] ");
		if (read_line(STDIN_FILENO, &line, &eof, e) < 0) {
			(void)say(out, "\n");
			return -1;
		}
		int verdict = eof ? 0 : judge(&line, preset);

		if (eof)
			(void)say(out, "\n");
		if (verdict >= 0) {
			*yes = verdict;
			return 0;
		}
	}
	*yes = false;
	return 0;
}

int bt_term_confirm(const char *question, bool preset, bool *yes, struct bt_err *e)
{
	char safe[LABEL_MAX];
	BT_OWN_FD int tty = -1;
	int out = STDERR_FILENO;

	if (!isatty(STDIN_FILENO))
		return bt_fail(e, BT_NOTFOUND, "standard input is no terminal to ask on");
	if (!isatty(out)) { /* stderr goes to a file: the question still has to be seen */
		tty = open("/dev/tty", O_WRONLY | O_CLOEXEC | O_NOCTTY);
		if (tty < 0)
			return bt_fail(e, BT_NOTFOUND, "no terminal to ask on");
		out = tty;
	}
	bt_log_escape(safe, sizeof safe, question, strlen(question));
	return ask(out, safe, preset, yes, e);
}

static int read_hidden(int tty, const char *label, struct bt_buf *out, struct bt_err *e)
{
	bool eof;

	(void)say(tty, label);
	(void)say(tty, ": ");
	int rc = read_line(tty, out, &eof, e);

	(void)say(tty, "\n");
	if (rc == 0 && eof && out->len == 0)
		return bt_fail(e, BT_NOTFOUND, "%s: no answer", label);
	return rc;
}

int bt_term_secret(const char *label, struct bt_buf *out, struct bt_err *e)
{
	char safe[LABEL_MAX];
	struct termios old;
	BT_OWN_FD int tty = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);

	bt_log_escape(safe, sizeof safe, label, strlen(label));
	if (tty < 0 || tcgetattr(tty, &old) < 0)
		return bt_fail(e, BT_NOTFOUND, "%s: no terminal to ask on", safe);
	struct termios quiet = old;
	sigset_t stops;
	sigset_t mask;

	/* A stop that nobody catches must not end us with the echo off. */
	(void)sigemptyset(&stops);
	if (bt_sig_fd() < 0) {
		(void)sigaddset(&stops, SIGINT);
		(void)sigaddset(&stops, SIGTERM);
		(void)sigaddset(&stops, SIGHUP);
	}
	(void)sigaddset(&stops, SIGTSTP);
	(void)sigprocmask(SIG_BLOCK, &stops, &mask);
	quiet.c_lflag &= ~(tcflag_t)ECHO;
	quiet.c_lflag |= ICANON | ISIG;
	int rc = tcsetattr(tty, TCSAFLUSH, &quiet) < 0 ? bt_fail_sys(e, "terminal: echo off")
	                                               : read_hidden(tty, safe, out, e);

	(void)tcsetattr(tty, TCSAFLUSH, &old);
	(void)sigprocmask(SIG_SETMASK, &mask, NULL);
	return rc;
}
