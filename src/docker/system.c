/* system.c - operations on the engine itself. */
#include "impl.h"

#include <string.h>

static int ping(struct bt_call *c, struct bt_err *e)
{
	bt_request(c, "GET", "/_ping", NULL);
	return bt_request_send(c, BT_SINK_BODY, e);
}

static int pong(struct bt_call *c, struct bt_err *e)
{
	cJSON *json = cJSON_CreateObject();

	(void)e;
	cJSON_AddStringToObject(json, "api", c->version ? c->version : "");
	bt_answer(c, json);
	return 0;
}

static int version(struct bt_call *c, struct bt_err *e)
{
	bt_request(c, "GET", "/version", NULL);
	return bt_request_send(c, BT_SINK_BODY, e);
}

static int info(struct bt_call *c, struct bt_err *e)
{
	bt_request(c, "GET", "/info", NULL);
	return bt_request_send(c, BT_SINK_BODY, e);
}

/* "name=seccomp,profile=default" among SecurityOptions. */
static bool has_option(const cJSON *options, const char *name)
{
	const cJSON *item;
	size_t n = strlen(name);

	cJSON_ArrayForEach(item, options)
	{
		const char *s = cJSON_GetStringValue(item);

		if (s && strncmp(s, "name=", 5) == 0 && strncmp(s + 5, name, n) == 0 &&
		    (s[5 + n] == '\0' || s[5 + n] == ','))
			return true;
	}
	return false;
}

static int facts(struct bt_call *c, struct bt_err *e)
{
	static const struct {
		const char *name, *from;
	} texts[] = { { "os", "OperatingSystem" },    { "kernel", "KernelVersion" },
		      { "version", "ServerVersion" }, { "driver", "Driver" },
		      { "cgroup", "CgroupVersion" },  { "arch", "Architecture" } };
	static const char *const options[] = { "rootless", "selinux", "userns", "seccomp",
		                               "apparmor" };

	if (bt_answer_json(c, e) < 0)
		return -1;
	cJSON *json = cJSON_CreateObject();
	const cJSON *security = cJSON_GetObjectItemCaseSensitive(c->json, "SecurityOptions");

	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		cJSON_AddStringToObject(json, texts[i].name, bt_json_str(c->json, texts[i].from));
	for (size_t i = 0; i < sizeof options / sizeof *options; i++)
		cJSON_AddBoolToObject(json, options[i], has_option(security, options[i]));
	/* What it answers to /_ping: its /info has nothing that every version of it says. */
	cJSON_AddBoolToObject(json, "podman", c->engine->libpod[0] != '\0');
	bt_answer(c, json);
	return 0;
}

const struct bt_op bt_ops_system[] = {
	{ .name = "ping", .keys = "", .prepare = ping, .finish = pong },
	{ .name = "version", .keys = "", .prepare = version, .finish = bt_answer_json },
	{ .name = "info", .keys = "", .prepare = info, .finish = bt_answer_json },
	{ .name = "facts", .keys = "", .prepare = info, .finish = facts },
	{ 0 },
};

const struct bt_op *const bt_docker_tables[] = {
	bt_ops_system,    bt_ops_image,   bt_ops_network,
	bt_ops_container, bt_ops_archive, bt_ops_stream,
	bt_ops_exec,      bt_ops_hold,    NULL,
};
