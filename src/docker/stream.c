/* stream.c - logs and events: what comes line by line, for as long as somebody reads. */
#include "impl.h"

#include <stdio.h>
#include <string.h>

static void make_lined(struct bt_call *c)
{
	c->lined = true;
	/* One piece beyond the mark at which the sender is held back. */
	c->out[0] = c->out[1] = BT_BUF(BT_LIM_ENGINE_LINES + BT_LIM_ENGINE_LINE);
}

static const char *number(const struct bt_call *c, const char *key, char text[32])
{
	double n = bt_spec_num(c, key, -1);

	if (n < 0)
		return NULL;
	(void)snprintf(text, 32, "%.0f", n);
	return text;
}

static int logs(struct bt_call *c, struct bt_err *e)
{
	if (bt_spec_bool(c, "follow", false))
		make_lined(c);
	else
		c->out[0] = c->out[1] = BT_BUF(BT_LIM_ENGINE_ANSWER);
	/* Only the container's configuration tells whether its log is in frames. */
	bt_request(c, "GET", "/containers/%/json", bt_spec_str(c, "id"), NULL);
	return bt_request_send(c, BT_SINK_BODY, e);
}

static int logs_ask(struct bt_call *c, struct bt_err *e)
{
	char since[32], tail[32];

	if (bt_answer_json(c, e) < 0)
		return -1;
	const cJSON *config = cJSON_GetObjectItemCaseSensitive(c->json, "Config");
	bool tty = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(config, "Tty"));

	c->step = 1;
	bt_request(c, "GET", "/containers/%/logs", bt_spec_str(c, "id"), NULL);
	bt_request_query(c, "stdout", "1");
	bt_request_query(c, "stderr", "1");
	bt_request_query(c, "follow", c->lined ? "1" : NULL);
	bt_request_query(c, "timestamps", bt_spec_bool(c, "timestamps", false) ? "1" : NULL);
	bt_request_query(c, "since", number(c, "since", since));
	bt_request_query(c, "tail", number(c, "tail", tail));
	return bt_request_send(c, tty ? BT_SINK_LINES : BT_SINK_MUX, e) < 0 ? -1 : 1;
}

static int logs_next(struct bt_call *c, struct bt_err *e)
{
	if (c->step == 0)
		return logs_ask(c, e);
	if (c->sink == BT_SINK_MUX && bt_dockmux_end(&c->mux, e) < 0)
		return -1;
	if (c->lined)
		c->result = (struct bt_result){ .kind = BT_RESULT_NONE, .code = -1 };
	else
		bt_answer_output(c, -1);
	return 0;
}

static int events(struct bt_call *c, struct bt_err *e)
{
	static const char *const keys[] = { "label", NULL };
	char since[32], till[32];

	make_lined(c);
	bt_request(c, "GET", "/events", NULL);
	bt_request_query(c, "since", number(c, "since", since));
	bt_request_query(c, "until", number(c, "till", till));
	bt_request_filters(c, keys);
	return bt_request_send(c, BT_SINK_LINES, e);
}

/* "repo:tag", "repo@sha256:…": the part behind the last / decides where the tag begins; without
 * one every tag would be fetched. */
static int pull(struct bt_call *c, struct bt_err *e)
{
	make_lined(c);
	bt_request(c, "POST", "/images/create", NULL);
	bt_request_query(c, "fromImage", bt_spec_str(c, "name"));
	const char *name = bt_spec_str(c, "name");
	const char *slash = strrchr(name, '/');
	bool tagged = strpbrk(slash ? slash : name, ":@") != NULL;

	bt_request_query(c, "tag", tagged ? NULL : "latest");
	return bt_request_send(c, BT_SINK_LINES, e);
}

/* The status was 200 before the trouble began: it comes as a line. */
static int pull_line(struct bt_call *c, struct bt_str line, struct bt_err *e)
{
	cJSON *json = cJSON_ParseWithLength(line.p, line.n);
	const char *error = bt_json_str(json, "error");
	int rc = *error ? bt_fail(e, BT_IO, "%s: %s", bt_spec_str(c, "name"), error) : 0;

	cJSON_Delete(json);
	return rc;
}

const struct bt_op bt_ops_stream[] = {
	{ .name = "logs",
	  .keys = "id:s! follow:b since:i tail:i timestamps:b",
	  .prepare = logs,
	  .finish = logs_next },
	{ .name = "events", .keys = "since:i till:i label:s", .prepare = events },
	{ .name = "image_pull", .keys = "name:s!", .prepare = pull, .line = pull_line },
	{ 0 },
};
