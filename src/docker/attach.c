/* attach.c - a program in a container with this process's own streams: bytes go both ways until it
 * ends. With a TTY the terminal is raw, so that Ctrl-C is a byte for the program. */
#include "impl.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>

#include "bottle/mem.h"
#include "bottle/sig.h"

#define QUEUE_MOST (256u * BT_KIB) /* unsent input before the terminal has to wait */
#define RESIZE_TRIES 10            /* the program may not have begun when the stream has */
#define RESIZE_AGAIN_MS 20

struct pump {
	struct bt_engine *engine;
	const struct bt_attach_spec *spec;
	struct bt_hijack *h;
	char *id;
	bool tty, raw;
	struct termios saved;
	struct bt_dockmux mux;
	int resize_tries; /* 0: nothing to do */
};

static void cook(struct pump *p)
{
	if (p->raw)
		(void)tcsetattr(p->spec->in, TCSADRAIN, &p->saved);
	p->raw = false;
}

static void make_raw(struct pump *p)
{
	struct termios t;

	if (!p->tty || tcgetattr(p->spec->in, &p->saved) < 0)
		return;
	t = p->saved;
	cfmakeraw(&t);
	p->raw = tcsetattr(p->spec->in, TCSADRAIN, &t) == 0;
}

/* Whole, whatever kind of descriptor it is. */
static int put(int fd, struct bt_str s, struct bt_err *e)
{
	while (s.n) {
		ssize_t n = write(fd, s.p, s.n);

		if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
			struct pollfd f = { .fd = fd, .events = POLLOUT };

			if (bt_sig_poll(&f, 1, -1, e) < 0)
				return -1;
			continue;
		}
		if (n < 0)
			return bt_fail_sys(e, "write the program's output");
		s.p += n;
		s.n -= (size_t)n;
	}
	return 0;
}

static int take(void *cookie, struct bt_str in, struct bt_err *e)
{
	struct pump *p = cookie;

	if (p->tty)
		return put(p->spec->out, in, e);
	for (;;) {
		int stream = 0;
		struct bt_str piece;
		int rc = bt_dockmux_next(&p->mux, &in, &stream, &piece, e);

		if (rc <= 0)
			return rc;
		if (put(stream == BT_DOCKMUX_STDERR ? p->spec->err : p->spec->out, piece, e) < 0)
			return -1;
	}
}

static void resize(struct pump *p)
{
	struct winsize ws;
	struct bt_err e;
	char text[16];

	if (p->resize_tries == 0 || !bt_hijack_open_for_input(p->h))
		return;
	if (ioctl(p->spec->out, TIOCGWINSZ, &ws) < 0 || ws.ws_row == 0 || ws.ws_col == 0) {
		p->resize_tries = 0;
		return;
	}
	cJSON *json = cJSON_CreateObject();
	BT_OWN(bt_call) c = NULL;

	cJSON_AddStringToObject(json, "exec", p->id);
	(void)snprintf(text, sizeof text, "%u", ws.ws_row);
	cJSON_AddStringToObject(json, "rows", text);
	(void)snprintf(text, sizeof text, "%u", ws.ws_col);
	cJSON_AddStringToObject(json, "cols", text);
	if (bt_call_run(&c, p->engine, "exec_resize", json, &e) == 0)
		p->resize_tries = 0;
	else
		p->resize_tries--;
}

static int feed(struct pump *p, struct bt_err *e)
{
	char chunk[16384];
	ssize_t n = read(p->spec->in, chunk, sizeof chunk);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (n > 0)
		return bt_hijack_feed(p->h, (struct bt_str){ chunk, (size_t)n }, e);
	/* The end, or a terminal that hung up (EIO), or no standard input at all. */
	bt_hijack_end_input(p->h);
	return 0;
}

static int step(struct pump *p, struct bt_err *e)
{
	bool eats = bt_hijack_open_for_input(p->h) && bt_hijack_queued(p->h) < QUEUE_MOST;
	struct bt_hold *with = p->spec->with;
	struct pollfd f[4] = {
		{ .fd = bt_hijack_fd(p->h),
		  .events = (short)(POLLIN | (bt_hijack_wants_write(p->h) ? POLLOUT : 0)) },
		{ .fd = eats ? p->spec->in : -1, .events = POLLIN },
		{ .fd = p->tty ? bt_sig_winch_fd() : -1, .events = POLLIN },
		{ .fd = with ? bt_hold_fd(with) : -1, .events = POLLIN },
	};

	if (bt_sig_poll(f, 4, p->resize_tries ? RESIZE_AGAIN_MS : -1, e) < 0)
		return -1;
	if (f[2].revents) {
		bt_sig_winch_clear();
		p->resize_tries = RESIZE_TRIES;
	}
	if (f[1].revents && feed(p, e) < 0)
		return -1;
	if (bt_hijack_move(p->h, take, p, e) < 0)
		return -1;
	/* Both may end at once: then the program's end counts. */
	if (f[3].revents && !bt_hijack_ended(p->h) && bt_hold_ended(with))
		return bt_fail(e, BT_IO, "what it depends on has ended");
	resize(p);
	return 0;
}

/* The stream may end a moment before the engine knows the exit code. */
static int ask_status(struct pump *p, int *status, struct bt_err *e)
{
	for (int wait = 2;; wait = wait < 200 ? wait * 2 : wait) {
		BT_OWN(bt_call) c = NULL;
		cJSON *json = cJSON_CreateObject();

		cJSON_AddStringToObject(json, "exec", p->id);
		if (bt_call_run(&c, p->engine, "exec_inspect", json, e) < 0)
			return -1;
		const cJSON *answer = bt_call_result(c).json;
		const cJSON *code = cJSON_GetObjectItemCaseSensitive(answer, "ExitCode");

		if (!cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(answer, "Running")) &&
		    cJSON_IsNumber(code)) {
			*status = code->valueint;
			return 0;
		}
		if (bt_sig_poll(NULL, 0, wait, e) < 0)
			return -1;
	}
}

static int pump(struct pump *p, struct bt_err *e)
{
	BT_OWN_MEM char *path = bt_asprintf("/exec/%s/start", p->id);
	const char *json =
	        p->tty ? "{\"Detach\":false,\"Tty\":true}" : "{\"Detach\":false,\"Tty\":false}";

	if (bt_hijack_open(&p->h, p->engine, path, bt_str(json), e) < 0)
		return -1;
	make_raw(p);
	p->resize_tries = p->tty ? RESIZE_TRIES : 0;
	int rc = bt_hijack_move(p->h, take, p, e);

	while (rc == 0 && !bt_hijack_ended(p->h))
		rc = step(p, e);
	cook(p);
	if (rc == 0 && !p->tty)
		rc = bt_dockmux_end(&p->mux, e);
	return rc;
}

int bt_engine_attach(struct bt_engine *g, const struct bt_attach_spec *spec, int *status,
                     struct bt_err *e)
{
	struct pump p = { .engine = g, .spec = spec };
	BT_OWN(bt_call) c = NULL;

	p.tty = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(spec->json, "tty"));
	if (bt_call_run(&c, g, "exec_create", cJSON_Duplicate(spec->json, true), e) < 0)
		return -1;
	p.id = bt_strdup(bt_json_str(bt_call_result(c).json, "Id"));
	int rc = pump(&p, e);

	bt_hijack_close(p.h);
	if (rc == 0)
		rc = ask_status(&p, status, e);
	free(p.id);
	return rc < 0 ? bt_wrap(e, "attach") : 0;
}
