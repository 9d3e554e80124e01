/* network.c - operations on networks. */
#include "impl.h"

static int create(struct bt_call *c, struct bt_err *e)
{
	cJSON *body = bt_spec_body(c);

	cJSON_DeleteItemFromObjectCaseSensitive(body, "Name");
	cJSON_AddStringToObject(body, "Name", bt_spec_str(c, "name"));
	/* Two networks of one name would be two answers to every later question. */
	cJSON_DeleteItemFromObjectCaseSensitive(body, "CheckDuplicate");
	cJSON_AddTrueToObject(body, "CheckDuplicate");
	bt_request(c, "POST", "/networks/create", NULL);
	bt_request_json(c, body);
	cJSON_Delete(body);
	return bt_request_send(c, BT_SINK_BODY, e);
}

static int created(struct bt_call *c, struct bt_err *e)
{
	if (bt_answer_json(c, e) < 0)
		return -1;
	cJSON *json = cJSON_CreateObject();

	cJSON_AddStringToObject(json, "id", bt_json_str(c->json, "Id"));
	cJSON_AddStringToObject(json, "warning", bt_json_str(c->json, "Warning"));
	bt_answer(c, json);
	return 0;
}

static int inspect(struct bt_call *c, struct bt_err *e)
{
	bt_request(c, "GET", "/networks/%", bt_spec_str(c, "id"), NULL);
	return bt_request_send(c, BT_SINK_BODY, e);
}

static int list(struct bt_call *c, struct bt_err *e)
{
	static const char *const keys[] = { "label", "name", NULL };

	bt_request(c, "GET", "/networks", NULL);
	bt_request_filters(c, keys);
	return bt_request_send(c, BT_SINK_BODY, e);
}

static int connect_(struct bt_call *c, struct bt_err *e)
{
	cJSON *body = cJSON_CreateObject();
	cJSON *end = cJSON_AddObjectToObject(body, "EndpointConfig");
	const char *ip = bt_spec_str(c, "ip");
	const cJSON *aliases = bt_spec(c, "aliases");

	cJSON_AddStringToObject(body, "Container", bt_spec_str(c, "container"));
	if (ip)
		cJSON_AddStringToObject(cJSON_AddObjectToObject(end, "IPAMConfig"), "IPv4Address",
		                        ip);
	if (cJSON_IsArray(aliases))
		cJSON_AddItemToObject(end, "Aliases", cJSON_Duplicate(aliases, true));
	bt_request(c, "POST", "/networks/%/connect", bt_spec_str(c, "id"), NULL);
	bt_request_json(c, body);
	cJSON_Delete(body);
	return bt_request_send(c, BT_SINK_BODY, e);
}

static int disconnect(struct bt_call *c, struct bt_err *e)
{
	cJSON *body = cJSON_CreateObject();

	cJSON_AddStringToObject(body, "Container", bt_spec_str(c, "container"));
	cJSON_AddBoolToObject(body, "Force", bt_spec_bool(c, "force", true));
	bt_request(c, "POST", "/networks/%/disconnect", bt_spec_str(c, "id"), NULL);
	bt_request_json(c, body);
	cJSON_Delete(body);
	return bt_request_send(c, BT_SINK_BODY, e);
}

static int remove_(struct bt_call *c, struct bt_err *e)
{
	bt_request(c, "DELETE", "/networks/%", bt_spec_str(c, "id"), NULL);
	return bt_request_send(c, BT_SINK_BODY, e);
}

const struct bt_op bt_ops_network[] = {
	{ .name = "network_create",
	  .keys = "name:s! body:o",
	  .prepare = create,
	  .finish = created },
	{ .name = "network_inspect",
	  .keys = "id:s!",
	  .prepare = inspect,
	  .finish = bt_answer_json },
	{ .name = "network_list",
	  .keys = "label:s name:s",
	  .prepare = list,
	  .finish = bt_answer_json },
	{ .name = "network_connect",
	  .keys = "id:s! container:s! ip:s aliases:a",
	  .prepare = connect_ },
	{ .name = "network_disconnect",
	  .keys = "id:s! container:s! force:b",
	  .prepare = disconnect },
	{ .name = "network_remove", .keys = "id:s!", .prepare = remove_ },
	{ 0 },
};
