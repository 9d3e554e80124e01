/* docker.h - a client of the Docker Engine API, 1.41 up, with calls that run at the same time.
 * Floor: docker. https://docs.docker.com/reference/api/engine/version/v1.41/
 *
 * A call is an operation of the table (docker_ops) with its spec; it is begun, driven by any wait
 * on its engine, and taken once. One thread. Waits end with BT_INTR when a stop came (sig.h) and is
 * not held. */
#ifndef BOTTLE_DOCKER_H
#define BOTTLE_DOCKER_H
#include <cjson/cJSON.h>
#include <stdbool.h>
#include "bottle/buf.h"
#include "bottle/err.h"
#include "bottle/own.h"
#include "bottle/str.h"

struct bt_engine; /* opaque */
struct bt_call;   /* opaque */

/* host NULL: discovered. Asks for the version, at most timeout_ms for each place that is tried. On
 * success *out is owned by the caller. The error says what was tried and what to do next. */
BT_MUST int bt_engine_open(struct bt_engine **out, const char *host, long timeout_ms,
                           struct bt_err *e);
/* Calls of it that are under way must have been closed. NULL is a no-op. */
void bt_engine_close(struct bt_engine *g);
BT_OWN_FN(bt_engine, bt_engine_close)

struct bt_engine_facts { /* borrowed from the engine */
	const char *url, *source, *api, *server_api;
	bool tls;
};
struct bt_engine_facts bt_engine_facts(const struct bt_engine *g);

/* Drive every call under way: returns when something moved, or after ms (-1: never). */
BT_MUST int bt_engine_poll(struct bt_engine *g, int ms, struct bt_err *e);
unsigned bt_engine_running(const struct bt_engine *g);

struct bt_call_spec {
	cJSON *json; /* the spec; taken over, also on failure; NULL: {} */
	int fd;      /* with archive_put, image_import: a tar to send; taken over; -1: none */
	struct bt_str stdin_; /* with exec: fed to the program; copied */
};
/* On success *out is owned by the caller. BT_USAGE: no such operation, or a spec that it does not
 * take (unknown key, wrong type, one missing): a mistake of the program. */
BT_MUST int bt_call_begin(struct bt_call **out, struct bt_engine *g, const char *op,
                          struct bt_call_spec *spec, struct bt_err *e);
bool bt_call_done(const struct bt_call *c);
/* Until it is done, at most ms (-1: forever). BT_TIMEOUT leaves it under way. Otherwise the call's
 * own outcome. */
BT_MUST int bt_call_wait(struct bt_call *c, int ms, struct bt_err *e);

enum bt_result_kind {
	BT_RESULT_NONE,   /* it succeeded, that is all */
	BT_RESULT_JSON,   /* json */
	BT_RESULT_BYTES,  /* out[0] */
	BT_RESULT_OUTPUT, /* out[0], out[1]: stdout, stderr; code when it is >= 0 */
	BT_RESULT_HELD    /* bt_call_hold */
};
struct bt_result { /* borrowed from the call */
	enum bt_result_kind kind;
	const cJSON *json;
	struct bt_str out[2];
	int code;
};
struct bt_result bt_call_result(const struct bt_call *c); /* after a wait that succeeded */

/* The next line of a streaming call, appended to line without its newline; *stream 1 stdout, 2
 * stderr. 1: a line; 0: the stream has ended; -1: BT_TIMEOUT, or the call's failure. */
BT_MUST int bt_call_line(struct bt_call *c, int ms, struct bt_buf *line, int *stream,
                         struct bt_err *e);
/* What is under way is cut off. NULL is a no-op. */
void bt_call_close(struct bt_call *c);
BT_OWN_FN(bt_call, bt_call_close)

/* A container's standard input, as container_hold opened it. The engine closes it when this process
 * is gone, whatever way it went; none of its children keeps it open. */
struct bt_hold; /* opaque */
struct bt_hold *
bt_call_hold(struct bt_call *c); /* once, of a BT_RESULT_HELD; owned by the caller */
BT_MUST int bt_hold_say(struct bt_hold *hold, struct bt_str text, struct bt_err *e);
/* Readable when the container may have ended. */
int bt_hold_fd(const struct bt_hold *hold);
/* It has, or the engine let go of it. */
bool bt_hold_ended(struct bt_hold *hold);
void bt_hold_close(struct bt_hold *hold); /* ends the input. NULL is a no-op */
BT_OWN_FN(bt_hold, bt_hold_close)

struct bt_attach_spec {
	const cJSON *json;    /* id, cmd, env, user, workdir, tty; borrowed */
	int in, out, err;     /* borrowed descriptors */
	struct bt_hold *with; /* borrowed; NULL: none. Its container's end ends this, too (BT_IO) */
};
/* Run a program in a container with these streams until it ends; *status is its exit code. With a
 * TTY, in is put in raw mode and back, and the window's size is followed. Without one a stop ends
 * it with BT_INTR. */
BT_MUST int bt_engine_attach(struct bt_engine *g, const struct bt_attach_spec *spec, int *status,
                             struct bt_err *e);
#endif
