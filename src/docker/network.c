/* network.c - operations on networks. */
#include "impl.h"

#include <string.h>

#define INHIBIT "com.docker.network.bridge.inhibit_ipv4"

static bool hostless(const struct bt_call *c)
{
	return bt_spec_bool(c, "hostless", false);
}

/* Podman does not know INHIBIT, and its compatible API runs a resolver on every bridge, which is an
 * address of the host. Its own API makes an internal network that has neither. */
static cJSON *libpod_body(struct bt_call *c, const cJSON *body)
{
	const cJSON *ipam = cJSON_GetObjectItemCaseSensitive(body, "IPAM");
	const cJSON *pool, *pools = cJSON_GetObjectItemCaseSensitive(ipam, "Config");
	const cJSON *labels = cJSON_GetObjectItemCaseSensitive(body, "Labels");
	cJSON *json = cJSON_CreateObject();
	cJSON *subnets = cJSON_AddArrayToObject(json, "subnets");

	cJSON_AddStringToObject(json, "name", bt_spec_str(c, "name"));
	cJSON_AddStringToObject(json, "driver", "bridge");
	cJSON_AddTrueToObject(json, "internal");
	cJSON_AddFalseToObject(json, "dns_enabled");
	cJSON_AddFalseToObject(json, "ipv6_enabled");
	if (labels)
		cJSON_AddItemToObject(json, "labels", cJSON_Duplicate(labels, true));
	cJSON_ArrayForEach(pool, pools)
	{
		cJSON *one = cJSON_CreateObject();

		cJSON_AddStringToObject(one, "subnet", bt_json_str(pool, "Subnet"));
		cJSON_AddItemToArray(subnets, one);
	}
	return json;
}

static int create(struct bt_call *c, struct bt_err *e)
{
	bool libpod = hostless(c) && c->engine->libpod[0];
	cJSON *body = bt_spec_body(c);

	cJSON_DeleteItemFromObjectCaseSensitive(body, "Name");
	cJSON_AddStringToObject(body, "Name", bt_spec_str(c, "name"));
	/* Two networks of one name would be two answers to every later question. */
	cJSON_DeleteItemFromObjectCaseSensitive(body, "CheckDuplicate");
	cJSON_AddTrueToObject(body, "CheckDuplicate");
	if (hostless(c)) {
		cJSON *options = cJSON_GetObjectItemCaseSensitive(body, "Options");

		cJSON_DeleteItemFromObjectCaseSensitive(body, "Internal");
		cJSON_AddTrueToObject(body, "Internal");
		if (!options)
			options = cJSON_AddObjectToObject(body, "Options");
		cJSON_DeleteItemFromObjectCaseSensitive(options, INHIBIT);
		cJSON_AddStringToObject(options, INHIBIT, "true");
	}
	if (libpod) {
		cJSON *own = libpod_body(c, body);

		cJSON_Delete(body);
		body = own;
	}
	bt_request(c, "POST", libpod ? "/libpod/networks/create" : "/networks/create", NULL);
	bt_request_json(c, body);
	cJSON_Delete(body);
	return bt_request_send(c, BT_SINK_BODY, e);
}

/* What the engine made is believed, not what it was asked for. */
static bool host_kept_off(const struct bt_call *c)
{
	const cJSON *subnet, *made = c->json;

	if (!c->engine->libpod[0])
		return !strstr(bt_json_str(made, "Warning"), INHIBIT);
	cJSON_ArrayForEach(subnet, cJSON_GetObjectItemCaseSensitive(made, "subnets"))
	{
		if (cJSON_HasObjectItem(subnet, "gateway"))
			return false;
	}
	return cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(made, "internal")) &&
	       cJSON_IsFalse(cJSON_GetObjectItemCaseSensitive(made, "dns_enabled"));
}

static int created(struct bt_call *c, struct bt_err *e)
{
	if (bt_answer_json(c, e) < 0)
		return -1;
	if (hostless(c) && !host_kept_off(c))
		return bt_fail(e, BT_INVALID, "the engine cannot keep the host off this network");
	cJSON *json = cJSON_CreateObject();
	const char *id = bt_json_str(c->json, "Id");

	cJSON_AddStringToObject(json, "id", *id ? id : bt_json_str(c->json, "id"));
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
	  .keys = "name:s! body:o hostless:b",
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
