/* call.c - one operation from its spec to its result, over one or more requests. */
#include "impl.h"

#include <string.h>

#include "bottle/mem.h"

static const struct bt_op *find(const char *name)
{
	for (size_t t = 0; bt_docker_tables[t]; t++)
		for (const struct bt_op *op = bt_docker_tables[t]; op->name; op++)
			if (strcmp(op->name, name) == 0)
				return op;
	return NULL;
}

static void link_call(struct bt_call *c, struct bt_engine *g)
{
	c->engine = g;
	c->next = g->calls;
	g->calls = c;
}

int bt_call_begin(struct bt_call **out, struct bt_engine *g, const char *name,
                  struct bt_call_spec *spec, struct bt_err *e)
{
	const struct bt_op *op = find(name);
	BT_OWN(bt_call) c = bt_calloc(1, sizeof *c);

	c->spec = spec->json ? spec->json : cJSON_CreateObject();
	c->up_fd = spec->fd;
	c->sink_fd = -1;
	c->result.code = -1;
	c->out[0] = c->out[1] = BT_BUF(BT_LIM_ENGINE_OUTPUT);
	c->in = BT_BUF(BT_LIM_ENGINE_ANSWER);
	spec->json = NULL;
	spec->fd = -1;
	if (!op)
		return bt_fail(e, BT_USAGE, "the engine has no operation '%.40s'", name);
	c->op = op;
	if (bt_spec_check(op, c->spec, e) < 0)
		return bt_wrap(e, "%s", name);
	if (bt_buf_add(&c->in, spec->stdin_.p, spec->stdin_.n, e) < 0)
		return bt_wrap(e, "%s: stdin", name);
	link_call(c, g);
	if (op->prepare(c, e) < 0)
		return bt_wrap(e, "%s", name);
	*out = BT_STEAL(c);
	return 0;
}

bool bt_call_done(const struct bt_call *c)
{
	return c->done;
}

struct bt_result bt_call_result(const struct bt_call *c)
{
	return c->result;
}

static int64_t deadline(int ms)
{
	return ms < 0 ? INT64_MAX : bt_docker_now() + ms;
}

static int left(int64_t until)
{
	int64_t n = until - bt_docker_now();

	return until == INT64_MAX ? -1 : n < 0 ? 0 : n > 60000 ? 60000 : (int)n;
}

/* Nobody reads the lines of a call that is waited for: they are looked at and dropped. */
static int drain(struct bt_call *c, struct bt_err *e)
{
	BT_OWN_BUF line = BT_BUF(BT_LIM_ENGINE_LINE);
	int stream, rc = 1;

	while (rc == 1) {
		bt_buf_clear(&line);
		rc = bt_call_line(c, 0, &line, &stream, e);
	}
	return rc < 0 && e->code == BT_TIMEOUT ? 0 : rc;
}

int bt_call_wait(struct bt_call *c, int ms, struct bt_err *e)
{
	int64_t until = deadline(ms);

	while (!c->done) {
		int wait = left(until);

		if (bt_engine_poll(c->engine, wait, e) < 0)
			return -1;
		if (c->lined && drain(c, e) < 0)
			return -1;
		if (!c->done && wait == 0)
			return bt_fail(e, BT_TIMEOUT, "%s: not done in time", c->op->name);
	}
	if (c->failed) {
		*e = c->err;
		return -1;
	}
	return c->lined ? drain(c, e) : 0;
}

/* Cut one line from the front of b. last: the rest counts as a line without its newline. */
static int cut(struct bt_buf *b, bool last, struct bt_buf *line, struct bt_err *e)
{
	const uint8_t *nl = b->len ? memchr(b->p, '\n', b->len) : NULL;

	if (!nl && !(last && b->len)) {
		if (b->len > BT_LIM_ENGINE_LINE)
			return bt_fail(e, BT_LIMIT, "a line of more than %u bytes",
			               BT_LIM_ENGINE_LINE);
		return 0;
	}
	size_t n = nl ? (size_t)(nl - b->p) : b->len;
	size_t text = n && b->p[n - 1] == '\r' ? n - 1 : n;

	if (bt_buf_add(line, b->p, text, e) < 0)
		return -1;
	bt_buf_eat(b, nl ? n + 1 : n);
	return 1;
}

static int line_ready(struct bt_call *c, struct bt_buf *line, int *stream, struct bt_err *e)
{
	int rc = 0;

	for (int i = 0; i < 2 && rc == 0; i++) {
		*stream = i + 1;
		rc = cut(&c->out[i], c->done, line, e);
	}
	if (c->paused && c->easy && !bt_sink_full(c)) {
		c->paused = false;
		(void)curl_easy_pause(c->easy, CURLPAUSE_CONT);
	}
	if (rc == 1 && c->op->line && c->op->line(c, bt_buf_str(line), e) < 0)
		return -1;
	return rc;
}

int bt_call_line(struct bt_call *c, int ms, struct bt_buf *line, int *stream, struct bt_err *e)
{
	int64_t until = deadline(ms);

	if (!c->lined)
		return bt_fail(e, BT_USAGE, "%s: not a stream of lines", c->op->name);
	for (;;) {
		int rc = line_ready(c, line, stream, e);
		int wait = left(until);

		if (rc)
			return rc;
		if (c->done && c->failed) {
			*e = c->err;
			return -1;
		}
		if (c->done)
			return 0;
		if (wait == 0)
			return bt_fail(e, BT_TIMEOUT, "%s: no line in time", c->op->name);
		if (bt_engine_poll(c->engine, wait, e) < 0)
			return -1;
	}
}

void bt_call_close(struct bt_call *c)
{
	if (!c)
		return;
	if (c->engine) {
		bt_request_reset(c);
		for (struct bt_call **p = &c->engine->calls; *p; p = &(*p)->next)
			if (*p == c) {
				*p = c->next;
				break;
			}
	}
	bt_hijack_close(c->hijack);
	bt_buf_wipe(&c->in);
	bt_buf_wipe(&c->up);
	bt_buf_free(&c->body);
	bt_buf_free(&c->out[0]);
	bt_buf_free(&c->out[1]);
	if (c->up_fd >= 0)
		(void)close(c->up_fd);
	if (c->sink_fd >= 0)
		(void)close(c->sink_fd);
	cJSON_Delete(c->spec);
	cJSON_Delete(c->json);
	free(c->path_stat);
	free(c->version);
	free(c->libpod);
	free(c->id);
	free(c);
}

int bt_call_run(struct bt_call **out, struct bt_engine *g, const char *op, cJSON *json,
                struct bt_err *e)
{
	struct bt_call_spec spec = { .json = json, .fd = -1 };
	BT_OWN(bt_call) c = NULL;

	if (bt_call_begin(&c, g, op, &spec, e) < 0 || bt_call_wait(c, -1, e) < 0)
		return -1;
	*out = BT_STEAL(c);
	return 0;
}
