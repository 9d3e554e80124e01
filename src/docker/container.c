/* container.c - the life of a container. */
#include "impl.h"

#include <stdio.h>

static int post(struct bt_call *c, const char *path, struct bt_err *e)
{
	bt_request(c, "POST", path, bt_spec_str(c, "id"), NULL);
	return bt_request_send(c, BT_SINK_BODY, e);
}

static int create(struct bt_call *c, struct bt_err *e)
{
	bt_request(c, "POST", "/containers/create", NULL);
	bt_request_query(c, "name", bt_spec_str(c, "name"));
	bt_request_json(c, bt_spec(c, "body"));
	return bt_request_send(c, BT_SINK_BODY, e);
}

static int created(struct bt_call *c, struct bt_err *e)
{
	if (bt_answer_json(c, e) < 0)
		return -1;
	cJSON *json = cJSON_CreateObject();
	cJSON *warnings = cJSON_DetachItemFromObjectCaseSensitive(c->json, "Warnings");

	cJSON_AddStringToObject(json, "id", bt_json_str(c->json, "Id"));
	if (!cJSON_IsArray(warnings)) {
		cJSON_Delete(warnings);
		warnings = cJSON_CreateArray();
	}
	cJSON_AddItemToObject(json, "warnings", warnings);
	bt_answer(c, json);
	return 0;
}

static int start(struct bt_call *c, struct bt_err *e)
{
	return post(c, "/containers/%/start", e);
}

static int inspect(struct bt_call *c, struct bt_err *e)
{
	bt_request(c, "GET", "/containers/%/json", bt_spec_str(c, "id"), NULL);
	return bt_request_send(c, BT_SINK_BODY, e);
}

static int list(struct bt_call *c, struct bt_err *e)
{
	static const char *const keys[] = { "label", "name", NULL };

	bt_request(c, "GET", "/containers/json", NULL);
	bt_request_query(c, "all", bt_spec_bool(c, "all", false) ? "1" : NULL);
	bt_request_filters(c, keys);
	return bt_request_send(c, BT_SINK_BODY, e);
}

static int wait_(struct bt_call *c, struct bt_err *e)
{
	bt_request(c, "POST", "/containers/%/wait", bt_spec_str(c, "id"), NULL);
	bt_request_query(c, "condition", bt_spec_str(c, "condition"));
	return bt_request_send(c, BT_SINK_BODY, e);
}

static int waited(struct bt_call *c, struct bt_err *e)
{
	if (bt_answer_json(c, e) < 0)
		return -1;
	cJSON *json = cJSON_CreateObject();
	const char *error =
	        bt_json_str(cJSON_GetObjectItemCaseSensitive(c->json, "Error"), "Message");

	cJSON_AddNumberToObject(
	        json, "code",
	        cJSON_GetNumberValue(cJSON_GetObjectItemCaseSensitive(c->json, "StatusCode")));
	if (*error)
		cJSON_AddStringToObject(json, "error", error);
	bt_answer(c, json);
	return 0;
}

static int stop(struct bt_call *c, struct bt_err *e)
{
	char grace[24] = "";
	double seconds = bt_spec_num(c, "grace", -1);

	if (seconds >= 0)
		(void)snprintf(grace, sizeof grace, "%.0f", seconds);
	bt_request(c, "POST", "/containers/%/stop", bt_spec_str(c, "id"), NULL);
	bt_request_query(c, "t", *grace ? grace : NULL);
	return bt_request_send(c, BT_SINK_BODY, e);
}

static int kill_(struct bt_call *c, struct bt_err *e)
{
	bt_request(c, "POST", "/containers/%/kill", bt_spec_str(c, "id"), NULL);
	bt_request_query(c, "signal", bt_spec_str(c, "signal"));
	return bt_request_send(c, BT_SINK_BODY, e);
}

static int remove_(struct bt_call *c, struct bt_err *e)
{
	bt_request(c, "DELETE", "/containers/%", bt_spec_str(c, "id"), NULL);
	bt_request_query(c, "force", bt_spec_bool(c, "force", true) ? "1" : NULL);
	bt_request_query(c, "v", bt_spec_bool(c, "volumes", true) ? "1" : NULL);
	return bt_request_send(c, BT_SINK_BODY, e);
}

const struct bt_op bt_ops_container[] = {
	{ .name = "container_create",
	  .keys = "name:s body:o!",
	  .prepare = create,
	  .finish = created },
	{ .name = "container_start", .keys = "id:s!", .prepare = start },
	{ .name = "container_inspect",
	  .keys = "id:s!",
	  .prepare = inspect,
	  .finish = bt_answer_json },
	{ .name = "container_list",
	  .keys = "label:s name:s all:b",
	  .prepare = list,
	  .finish = bt_answer_json },
	{ .name = "container_wait",
	  .keys = "id:s! condition:s",
	  .prepare = wait_,
	  .finish = waited },
	{ .name = "container_stop", .keys = "id:s! grace:i", .prepare = stop },
	{ .name = "container_kill",
	  .keys = "id:s! signal:s",
	  .prepare = kill_,
	  .so_is = "is not running|can only kill running" },
	{ .name = "container_remove",
	  .keys = "id:s! force:b volumes:b",
	  .prepare = remove_,
	  .so_is = "already in progress" },
	{ 0 },
};
