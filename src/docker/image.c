/* image.c - images: list, look at, make from a root filesystem, name, remove. Pull: stream.c. */
#include "impl.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "bottle/mem.h"

static int list(struct bt_call *c, struct bt_err *e)
{
	static const char *const keys[] = { "label", "reference", NULL };

	bt_request(c, "GET", "/images/json", NULL);
	bt_request_query(c, "all", bt_spec_bool(c, "all", false) ? "1" : NULL);
	bt_request_filters(c, keys);
	return bt_request_send(c, BT_SINK_BODY, e);
}

static int inspect(struct bt_call *c, struct bt_err *e)
{
	bt_request(c, "GET", "/images/%/json", bt_spec_str(c, "id"), NULL);
	return bt_request_send(c, BT_SINK_BODY, e);
}

static int tag(struct bt_call *c, struct bt_err *e)
{
	bt_request(c, "POST", "/images/%/tag", bt_spec_str(c, "id"), NULL);
	bt_request_query(c, "repo", bt_spec_str(c, "repo"));
	bt_request_query(c, "tag", bt_spec_str(c, "tag"));
	return bt_request_send(c, BT_SINK_BODY, e);
}

static int remove_(struct bt_call *c, struct bt_err *e)
{
	bt_request(c, "DELETE", "/images/%", bt_spec_str(c, "id"), NULL);
	bt_request_query(c, "force", bt_spec_bool(c, "force", false) ? "1" : NULL);
	return bt_request_send(c, BT_SINK_BODY, e);
}

static int open_file(struct bt_call *c, struct bt_err *e)
{
	const char *path = bt_spec_str(c, "file");
	struct stat st;

	if (c->up_fd < 0 && !path)
		return bt_fail(e, BT_USAGE, "want one of file, tar and entries");
	if (c->up_fd < 0)
		c->up_fd = open(path, O_RDONLY | O_CLOEXEC);
	if (c->up_fd < 0 || fstat(c->up_fd, &st) < 0)
		return bt_fail_sys(e, "open %s", path ? path : "archive");
	if (st.st_size == 0)
		return bt_fail(e, BT_INVALID, "%s is empty", path ? path : "the archive");
	c->up_size = (uint64_t)st.st_size;
	return 0;
}

static int import_(struct bt_call *c, struct bt_err *e)
{
	const char *name = bt_spec_str(c, "tag");
	const char *colon = strrchr(name, ':');
	bool tagged = colon && !strchr(colon, '/');
	const cJSON *change;

	if (open_file(c, e) < 0)
		return -1;
	BT_OWN_MEM char *full = bt_asprintf("%s%s", name, tagged ? "" : ":latest");

	bt_request(c, "POST", "/images/create", NULL);
	bt_request_query(c, "fromSrc", "-");
	bt_request_query(c, "repo", full); /* whole: Podman does not look at tag */
	cJSON_ArrayForEach(change, bt_spec(c, "changes"))
	        bt_request_query(c, "changes", cJSON_GetStringValue(change));
	bt_request_fd(c, "application/x-tar");
	return bt_request_send(c, BT_SINK_BODY, e);
}

/* A row of JSON objects; the last one's status is the image's id, an error comes as a member. */
static int imported(struct bt_call *c, struct bt_err *e)
{
	const char *at = (const char *)c->body.p, *end = at + c->body.len;
	cJSON *json = cJSON_CreateObject();

	while (at && at < end) {
		const char *next = NULL;
		cJSON *part = cJSON_ParseWithLengthOpts(at, (size_t)(end - at), &next, false);
		const char *error = bt_json_str(part, "error");
		const char *status = bt_json_str(part, "status");

		if (*error) {
			(void)bt_fail(e, BT_IO, "%s", error);
			cJSON_Delete(part);
			cJSON_Delete(json);
			return -1;
		}
		if (strncmp(status, "sha256:", 7) == 0 && !cJSON_HasObjectItem(json, "id"))
			cJSON_AddStringToObject(json, "id", status);
		cJSON_Delete(part);
		if (!part || next <= at)
			break;
		for (at = next; at < end && strchr(" \r\n\t", *at); at++)
			;
	}
	bt_answer(c, json);
	if (!cJSON_HasObjectItem(json, "id"))
		return bt_fail(e, BT_PROTO, "the engine names no new image");
	return 0;
}

const struct bt_op bt_ops_image[] = {
	{ .name = "image_list",
	  .keys = "label:s reference:s all:b",
	  .prepare = list,
	  .finish = bt_answer_json },
	{ .name = "image_inspect", .keys = "id:s!", .prepare = inspect, .finish = bt_answer_json },
	{ .name = "image_tag", .keys = "id:s! repo:s! tag:s!", .prepare = tag },
	{ .name = "image_remove", .keys = "id:s! force:b", .prepare = remove_ },
	{ .name = "image_import",
	  .keys = "tag:s! file:s changes:a",
	  .prepare = import_,
	  .finish = imported },
	{ 0 },
};
