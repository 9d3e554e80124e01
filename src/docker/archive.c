/* archive.c - files into and out of a container, as tar. */
#include "impl.h"

#include <errno.h>
#include <openssl/evp.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "bottle/mem.h"
#include "bottle/tar.h"

static int put(struct bt_call *c, struct bt_err *e)
{
	struct stat st;

	if (c->up_fd < 0)
		return bt_fail(e, BT_USAGE, "want one of tar and entries");
	if (fstat(c->up_fd, &st) < 0)
		return bt_fail_sys(e, "archive");
	c->up_size = (uint64_t)st.st_size;
	bt_request(c, "PUT", "/containers/%/archive", bt_spec_str(c, "id"), NULL);
	bt_request_query(c, "path", bt_spec_str(c, "path"));
	/* A folder where a file stands, or the reverse, is a mistake to hear about. */
	bt_request_query(c, "noOverwriteDirNonDir", "1");
	bt_request_fd(c, "application/x-tar");
	return bt_request_send(c, BT_SINK_BODY, e);
}

static int get(struct bt_call *c, struct bt_err *e)
{
	double max = bt_spec_num(c, "max", BT_LIM_ENGINE_FILE);
	bool tree = bt_spec_str(c, "to") != NULL;

	if (max < 0 || max > BT_LIM_ENGINE_FILE)
		max = BT_LIM_ENGINE_FILE;
	c->out[0] = BT_BUF((size_t)max);
	c->sink_fd = memfd_create("bottle-archive", MFD_CLOEXEC);
	if (c->sink_fd < 0)
		return bt_fail_sys(e, "memfd");
	/* The cap is on content: a tar has at least a head and two empty blocks more. */
	c->sink_left = tree ? BT_LIM_ENGINE_TREE : (uint64_t)max + 64 * BT_KIB;
	bt_request(c, "GET", "/containers/%/archive", bt_spec_str(c, "id"), NULL);
	bt_request_query(c, "path", bt_spec_str(c, "path"));
	return bt_request_send(c, BT_SINK_FILE, e);
}

static int got(struct bt_call *c, struct bt_err *e)
{
	struct bt_untar_count n = { 0 };
	const char *to = bt_spec_str(c, "to");
	const char *path = bt_spec_str(c, "path");

	if (!to) {
		if (bt_untar_file(c->sink_fd, &c->out[0], e) < 0)
			return bt_wrap(e, "%s", path);
		c->result = (struct bt_result){ .kind = BT_RESULT_BYTES,
			                        .out = { bt_buf_str(&c->out[0]) },
			                        .code = -1 };
		return 0;
	}
	if (bt_untar_tree(c->sink_fd, to, bt_spec_bool(c, "links", false), &n, e) < 0)
		return bt_wrap(e, "%s", path);
	cJSON *json = cJSON_CreateObject();

	cJSON_AddNumberToObject(json, "files", (double)n.files);
	cJSON_AddNumberToObject(json, "bytes", (double)n.bytes);
	bt_answer(c, json);
	return 0;
}

static int stat_(struct bt_call *c, struct bt_err *e)
{
	bt_request(c, "HEAD", "/containers/%/archive", bt_spec_str(c, "id"), NULL);
	bt_request_query(c, "path", bt_spec_str(c, "path"));
	return bt_request_send(c, BT_SINK_BODY, e);
}

/* The header is base64 of {"name","size","mode","mtime","linkTarget"}; mode is Go's. */
static int statted(struct bt_call *c, struct bt_err *e)
{
	size_t n = c->path_stat ? strlen(c->path_stat) : 0;
	BT_OWN_MEM unsigned char *text = bt_calloc(n + 1, 1);
	int len = n && n % 4 == 0 && n < BT_KIB * 64
	                  ? EVP_DecodeBlock(text, (unsigned char *)c->path_stat, (int)n)
	                  : -1;
	cJSON *stat = len > 0 ? cJSON_ParseWithLength((char *)text, (size_t)len) : NULL;

	if (!stat)
		return bt_fail(e, BT_PROTO, "the engine does not say what the path is");
	cJSON *json = cJSON_CreateObject();
	double mode = cJSON_GetNumberValue(cJSON_GetObjectItemCaseSensitive(stat, "mode"));
	uint64_t bits = mode >= 0 && mode <= UINT32_MAX ? (uint64_t)mode : 0;
	const char *link = bt_json_str(stat, "linkTarget");

	cJSON_AddStringToObject(json, "name", bt_json_str(stat, "name"));
	cJSON_AddStringToObject(json, "type",
	                        bits & 1u << 31   ? "dir"
	                        : bits & 1u << 27 ? "link"
	                        : bits & 1u << 26 || bits & 1u << 25 || bits & 1u << 24 ||
	                                        bits & 1u << 21
	                                ? "other"
	                                : "file");
	cJSON_AddNumberToObject(json, "mode", (double)(bits & 0777));
	cJSON_AddNumberToObject(
	        json, "size", cJSON_GetNumberValue(cJSON_GetObjectItemCaseSensitive(stat, "size")));
	if (*link)
		cJSON_AddStringToObject(json, "link", link);
	cJSON_Delete(stat);
	bt_answer(c, json);
	return 0;
}

const struct bt_op bt_ops_archive[] = {
	{ .name = "archive_put", .keys = "id:s! path:s!", .prepare = put },
	{ .name = "archive_get",
	  .keys = "id:s! path:s! max:i to:s links:b",
	  .prepare = get,
	  .finish = got },
	{ .name = "archive_stat", .keys = "id:s! path:s!", .prepare = stat_, .finish = statted },
	{ 0 },
};
