/* event.h - what the gate decided: one JSON object a line, for programs. Floor: gate.
 * Schema: docs/reference/events.md. Only fields that are set are written, always in one order. A
 * secret never gets in: the caller gives the pattern's name, never its match, and sets
 * redact_path where the URL held one. Text of strangers is escaped here. */
#ifndef BOTTLE_EVENT_H
#define BOTTLE_EVENT_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "bottle/err.h"
#include "bottle/own.h"

/* A line with its newline fits one atomic write to a pipe (PIPE_BUF): longer strings are cut. */
#define BT_EVENT_LINE 4096

enum bt_verdict { BT_VERDICT_NONE, BT_ALLOW, BT_WARN, BT_BLOCK };

/* Borrowed strings; NULL and the values named are "not set". Zero-initialise, then set
 * .port = 0, .status = 0, .bytes_* = -1, .ms = -1 through BT_EVENT. */
struct bt_event {
	const char *event; /* connect, request, blocked, ... never NULL */
	enum bt_verdict verdict;
	uint64_t id; /* of the connection or request, 0: none */
	const char *scanner, *rule;
	const char *host; /* normal form */
	uint16_t port;
	const char *method;
	const char *scheme; /* "http", "https": only used to write a redacted URL */
	const char *path;   /* with the query, as received */
	bool redact_path;   /* the URL held a secret: path is written as scheme://host/[redacted] */
	unsigned route;     /* its place in gate.routes, from 1; 0: none */
	int status;
	const char *pattern; /* name of what matched, several joined by ", " */
	int64_t bytes_out, bytes_in;
	double ms;
	const char *reason;
};

#define BT_EVENT(name)                                                                             \
	((struct bt_event){ .event = (name), .bytes_out = -1, .bytes_in = -1, .ms = -1 })

/* Write ev as one line with its newline into out (cap >= 512); always whole JSON, never longer than
 * cap - 1, terminated. Returns the length. ts_ms: Unix time in milliseconds. Pure. */
size_t bt_event_format(char *out, size_t cap, const struct bt_event *ev, const char *slug,
                       int64_t ts_ms);

struct bt_events; /* opaque: a sink */

/* Write to fd, which stays the caller's. Lines that fd does not take at once wait, up to 1 MiB;
 * beyond it they are dropped and counted. slug is copied; may be NULL. */
struct bt_events *bt_events_open(int fd, const char *slug);
void bt_events_close(
        struct bt_events *s); /* tries once more to write what waits; NULL is a no-op */
BT_OWN_FN(bt_events, bt_events_close)
/* Never blocks. False: the event was dropped (queue full, or fd is gone): who must not act without
 * a record refuses then. */
bool bt_event_write(struct bt_events *s, const struct bt_event *ev);
/* The same, but nothing is written before the next bt_events_flush or bt_event_write: for many
 * events at once. False: the queue is full, the event was dropped. */
bool bt_event_queue(struct bt_events *s, const struct bt_event *ev);
/* Try to write what waits; true: nothing is left. Call it when fd is writable, or from a timer. */
bool bt_events_flush(struct bt_events *s);
/* May something be done that has to be recorded? False: the reader is gone, the last write failed,
 * or so much waits that the rest is for what is under way. Asks the kernel each time. */
bool bt_events_ready(struct bt_events *s);
uint64_t bt_events_dropped(const struct bt_events *s);
#endif
