/* exec.c - a program in a running container: make it, start it on a hijacked connection, feed and
 * read it, ask for its exit code. */
#include "impl.h"

#include <string.h>

#include "bottle/mem.h"

enum { MADE, STREAMING, ASKED };
#define ASK_AGAIN_MS 5

/* POST /containers/ID/exec of the spec: also the first half of an attach. */
static int create(struct bt_call *c, struct bt_err *e)
{
	static const struct {
		const char *key, *name;
	} copied[] = {
		{ "cmd", "Cmd" }, { "env", "Env" }, { "user", "User" }, { "workdir", "WorkingDir" }
	};
	cJSON *body = cJSON_CreateObject();

	for (size_t i = 0; i < sizeof copied / sizeof *copied; i++) {
		const cJSON *v = bt_spec(c, copied[i].key);

		if (v && !cJSON_IsObject(v)) /* {}: an empty list */
			cJSON_AddItemToObject(body, copied[i].name, cJSON_Duplicate(v, true));
	}
	cJSON_AddTrueToObject(body, "AttachStdin");
	cJSON_AddTrueToObject(body, "AttachStdout");
	cJSON_AddTrueToObject(body, "AttachStderr");
	cJSON_AddBoolToObject(body, "Tty", bt_spec_bool(c, "tty", false));
	bt_request(c, "POST", "/containers/%/exec", bt_spec_str(c, "id"), NULL);
	bt_request_json(c, body);
	cJSON_Delete(body);
	return bt_request_send(c, BT_SINK_BODY, e);
}

static int exec(struct bt_call *c, struct bt_err *e)
{
	double max = bt_spec_num(c, "max", BT_LIM_ENGINE_OUTPUT);

	if (max < 1 || max > BT_LIM_ENGINE_ANSWER)
		max = BT_LIM_ENGINE_ANSWER;
	c->out[0] = c->out[1] = BT_BUF((size_t)max);
	return create(c, e);
}

static int start(struct bt_call *c, struct bt_err *e)
{
	bool tty = bt_spec_bool(c, "tty", false);
	const char *json =
	        tty ? "{\"Detach\":false,\"Tty\":true}" : "{\"Detach\":false,\"Tty\":false}";
	BT_OWN_MEM char *path = bt_asprintf("/exec/%s/start", c->id);

	c->step = STREAMING;
	c->sink = tty ? BT_SINK_LINES : BT_SINK_MUX;
	if (bt_hijack_open(&c->hijack, c->engine, path, bt_str(json), e) < 0 ||
	    bt_hijack_feed(c->hijack, bt_buf_str(&c->in), e) < 0)
		return -1;
	bt_buf_wipe(&c->in);
	bt_hijack_end_input(c->hijack);
	return 1;
}

static int ask(struct bt_call *c, struct bt_err *e)
{
	c->step = ASKED;
	bt_request(c, "GET", "/exec/%/json", c->id, NULL);
	return bt_request_send(c, BT_SINK_BODY, e) < 0 ? -1 : 1;
}

/* The streams may end a moment before the engine knows the exit code. */
static int told(struct bt_call *c, struct bt_err *e)
{
	if (bt_answer_json(c, e) < 0)
		return -1;
	const cJSON *code = cJSON_GetObjectItemCaseSensitive(c->json, "ExitCode");

	if (cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(c->json, "Running")) ||
	    !cJSON_IsNumber(code)) {
		c->step = STREAMING;
		c->not_before = bt_docker_now() + ASK_AGAIN_MS;
		return 1;
	}
	bt_answer_output(c, code->valueint);
	return 0;
}

static int next(struct bt_call *c, struct bt_err *e)
{
	if (c->step == ASKED)
		return told(c, e);
	if (c->step == MADE) {
		if (bt_answer_json(c, e) < 0)
			return -1;
		c->id = bt_strdup(bt_json_str(c->json, "Id"));
		return start(c, e);
	}
	if (c->hijack && c->sink == BT_SINK_MUX && bt_dockmux_end(&c->mux, e) < 0)
		return -1;
	bt_hijack_close(c->hijack);
	c->hijack = NULL;
	return ask(c, e);
}

static int resize(struct bt_call *c, struct bt_err *e)
{
	bt_request(c, "POST", "/exec/%/resize", bt_spec_str(c, "exec"), NULL);
	bt_request_query(c, "h", bt_spec_str(c, "rows"));
	bt_request_query(c, "w", bt_spec_str(c, "cols"));
	return bt_request_send(c, BT_SINK_BODY, e);
}

static int inspect(struct bt_call *c, struct bt_err *e)
{
	bt_request(c, "GET", "/exec/%/json", bt_spec_str(c, "exec"), NULL);
	return bt_request_send(c, BT_SINK_BODY, e);
}

const struct bt_op bt_ops_exec[] = {
	{ .name = "exec",
	  .keys = "id:s! cmd:a! env:a user:s workdir:s tty:b max:i",
	  .prepare = exec,
	  .finish = next },
	/* The parts of an attach. */
	{ .name = "exec_create",
	  .keys = "id:s! cmd:a! env:a user:s workdir:s tty:b",
	  .prepare = create,
	  .finish = bt_answer_json },
	{ .name = "exec_resize", .keys = "exec:s! rows:s! cols:s!", .prepare = resize },
	{ .name = "exec_inspect", .keys = "exec:s!", .prepare = inspect, .finish = bt_answer_json },
	{ 0 },
};
