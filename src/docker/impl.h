/* impl.h - the insides of engine and call. Floor: docker (private).
 * endpoint.c finds the engine; engine.c opens it and drives all calls; request.c is one HTTP
 * exchange; ops.c checks specs; container.c, network.c, … are rows of operations; hijack.c is a
 * connection that stops being HTTP. */
#ifndef BOTTLE_DOCKER_IMPL_H
#define BOTTLE_DOCKER_IMPL_H
#include <curl/curl.h>
#include <stdbool.h>
#include <stdint.h>
#include "bottle/docker.h"
#include "bottle/dockmux.h"
#include "bottle/limits.h"

#define BT_DOCKER_API_MIN 41 /* 1.41: Docker 20.10 */
#define BT_DOCKER_API_MAX 47

/* Where an engine may be. Strings are owned. */
struct bt_endpoint {
	char *url;     /* as people write it: unix:///path, tcp://host:port */
	char *socket;  /* of a unix: URL; NULL otherwise */
	char *base;    /* what requests begin with: http://localhost, https://host:port */
	char *tls_dir; /* ca.pem, cert.pem, key.pem; NULL: no TLS */
	bool tls_verify;
	char *source; /* "DOCKER_HOST", "context desktop", "default" */
};
#define BT_ENDPOINTS_MAX 8
struct bt_endpoints {
	struct bt_endpoint v[BT_ENDPOINTS_MAX];
	size_t n;
};
/* Every place to try, best first: one when the user named it. */
BT_MUST int bt_endpoints_find(struct bt_endpoints *out, const char *host, struct bt_err *e);
void bt_endpoint_free(struct bt_endpoint *p);
void bt_endpoints_free(struct bt_endpoints *p);
/* Set *p from a URL; source is copied. */
BT_MUST int bt_endpoint_parse(struct bt_endpoint *p, const char *url, const char *source,
                              struct bt_err *e);

struct bt_engine {
	struct bt_endpoint at;
	char api[16], server_api[16]; /* "1.41" */
	char libpod[16];              /* "4.3.1": speaks Podman's own API too; "": no */
	CURLM *multi;
	struct bt_call *calls; /* under way or waiting to be taken; not owned */
};

struct bt_op {
	const char *name;
	const char *keys; /* "id:s! force:b": key, type (s b i o a), ! when it must be there */
	int (*prepare)(struct bt_call *c, struct bt_err *e); /* make the first request */
	/* The answer is here and was no error. 0: the result is set; 1: another request is under
	 * way; -1. NULL: nothing to say but success. */
	int (*finish)(struct bt_call *c, struct bt_err *e);
	/* Look at a line before its reader does; NULL: no matter. */
	int (*line)(struct bt_call *c, struct bt_str line, struct bt_err *e);
	bool when_open;    /* done when the hijacked stream is open, not when it ends */
	const char *so_is; /* "a|b": an error with one of these texts is success: already so */
};
extern const struct bt_op *const bt_docker_tables[]; /* rows end in a name NULL; NULL ends */
extern const struct bt_op bt_ops_system[], bt_ops_image[], bt_ops_network[], bt_ops_container[],
        bt_ops_archive[], bt_ops_stream[], bt_ops_exec[], bt_ops_hold[];

enum bt_sink { BT_SINK_BODY, BT_SINK_FILE, BT_SINK_LINES, BT_SINK_MUX };

struct bt_hijack;

struct bt_call {
	struct bt_call *next;
	struct bt_engine *engine;
	const struct bt_op *op;
	cJSON *spec;
	int step; /* for operations of several requests */
	bool done, failed;
	struct bt_err err;
	struct bt_result result;
	cJSON *json;        /* what result.json points to */
	int64_t not_before; /* monotonic ms: finish is asked again then; 0: no */

	/* the request under way */
	CURL *easy;
	const char *method;
	struct bt_buf url, up;
	struct curl_slist *headers;
	int up_fd; /* body from a file; -1: from up */
	uint64_t up_at, up_size;
	enum bt_sink sink;
	long status;
	struct bt_buf body; /* the answer; error texts always */
	int sink_fd;
	uint64_t sink_left;
	struct bt_buf out[2];
	struct bt_dockmux mux;
	bool lined;      /* read line by line: the sender waits for the reader */
	bool paused;     /* it does now */
	bool overflow;   /* err is set by the sink */
	char *path_stat; /* X-Docker-Container-Path-Stat */
	char *version;   /* Api-Version */
	char *libpod;    /* Libpod-API-Version */
	struct bt_hijack *hijack;
	struct bt_buf in; /* exec's stdin */
	char *id;         /* what an earlier request of the same call made */
};

/* Begin to build: path holds % where the next argument (a string) goes, percent-encoded. NULL ends
 * the arguments. A path under /libpod/ is of Podman's own API, in the version that it offers. */
void bt_request(struct bt_call *c, const char *method, const char *path, ...)
        __attribute__((sentinel));
void bt_request_query(struct bt_call *c, const char *key, const char *value); /* NULL: left out */
void bt_request_json(struct bt_call *c, const cJSON *body);
void bt_request_fd(struct bt_call *c, const char *type); /* sends c->up_fd */
BT_MUST int bt_request_send(struct bt_call *c, enum bt_sink sink, struct bt_err *e);
void bt_request_reset(struct bt_call *c); /* frees what the last request held */
/* Options that every connection to this engine has. */
void bt_request_connection(CURL *h, const struct bt_engine *g);
/* curl's view of a failure in words, and its code. */
int bt_request_failed(const struct bt_engine *g, CURL *h, CURLcode rc, struct bt_err *e);
/* A status of 400 and more, with the engine's own words. */
int bt_request_refused(long status, struct bt_str body, struct bt_err *e);
/* Hand bytes of the answer to the sink of the call. */
BT_MUST int bt_sink_take(struct bt_call *c, struct bt_str in, struct bt_err *e);
bool bt_sink_full(const struct bt_call *c);

/* The answer's body as JSON into c->json and the result. */
BT_MUST int bt_answer_json(struct bt_call *c, struct bt_err *e);
/* The result is this new object (taken over). */
void bt_answer(struct bt_call *c, cJSON *json);
void bt_answer_output(struct bt_call *c, int code);
/* A string of the answer in c->json, "" when it is not there. */
const char *bt_json_str(const cJSON *object, const char *key);

/* The spec. */
const char *bt_spec_str(const struct bt_call *c, const char *key); /* NULL when absent */
bool bt_spec_bool(const struct bt_call *c, const char *key, bool absent);
double bt_spec_num(const struct bt_call *c, const char *key, double absent);
const cJSON *bt_spec(const struct bt_call *c, const char *key);
/* A copy of the spec's body, or a new object; owned by the caller. */
cJSON *bt_spec_body(const struct bt_call *c);
/* {"label":["…"]} of the spec's keys, as the filters parameter. */
void bt_request_filters(struct bt_call *c, const char *const *keys);
BT_MUST int bt_spec_check(const struct bt_op *op, const cJSON *spec, struct bt_err *e);

/* A connection that becomes a raw stream after one request. */
BT_MUST int bt_hijack_open(struct bt_hijack **out, const struct bt_engine *g, const char *path,
                           struct bt_str json, struct bt_err *e);
void bt_hijack_close(struct bt_hijack *h);
BT_OWN_FN(bt_hijack, bt_hijack_close)
int bt_hijack_fd(const struct bt_hijack *h);
bool bt_hijack_wants_write(const struct bt_hijack *h);
bool bt_hijack_open_for_input(const struct bt_hijack *h); /* the head has come */
bool bt_hijack_ended(const struct bt_hijack *h);          /* the engine closed its side */
size_t bt_hijack_queued(const struct bt_hijack *h);
BT_MUST int bt_hijack_feed(struct bt_hijack *h, struct bt_str in, struct bt_err *e);
void bt_hijack_end_input(struct bt_hijack *h); /* half-close when all is sent */
/* Send and receive what goes without waiting; take gets the stream's bytes. */
BT_MUST int bt_hijack_move(struct bt_hijack *h,
                           int (*take)(void *cookie, struct bt_str in, struct bt_err *e),
                           void *cookie, struct bt_err *e);
/* Run one call to its end: for the engine's own use. */
BT_MUST int bt_call_run(struct bt_call **out, struct bt_engine *g, const char *op, cJSON *spec,
                        struct bt_err *e);
int64_t bt_docker_now(void); /* monotonic ms */
#endif
