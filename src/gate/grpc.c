/* grpc.c - messages of gRPC (its "HTTP/2 protocol mapping"): a body is a row of them, each with a
 * byte that says whether it is compressed and a length. A compressed one is not looked into. */
#include "policy.h"

#include <string.h>

#define PREFIX BT_GRPC_PREFIX /* flag, length */

static bool is_grpc(struct bt_str type)
{
	return bt_str_istarts(type, BT_STR_LIT("application/grpc")) &&
	       !bt_str_istarts(type, BT_STR_LIT("application/grpc-web-text"));
}

static size_t length_of(const char *p)
{
	const unsigned char *b = (const unsigned char *)p;

	return (size_t)b[0] << 24 | (size_t)b[1] << 16 | (size_t)b[2] << 8 | b[3];
}

bool bt_grpc_is(const struct bt_http_head *h)
{
	const struct bt_http_field *type = bt_http_find(h, "content-type");

	return type && is_grpc(type->value);
}

struct bt_str bt_grpc_first(struct bt_str *rest, uint64_t max, bool *too_long)
{
	struct bt_str none = { NULL, 0 }, one;
	size_t n = rest->n < PREFIX ? 0 : length_of(rest->p + 1);

	*too_long = n > max;
	if (rest->n < PREFIX || n > rest->n - PREFIX)
		return none;
	one = (struct bt_str){ rest->p, PREFIX + n };
	*rest = (struct bt_str){ rest->p + one.n, rest->n - one.n };
	return one;
}

bool bt_grpc_opaque(const struct bt_http_head *h, struct bt_str body)
{
	const struct bt_http_field *type = bt_http_find(h, "content-type");
	const struct bt_http_field *coding = bt_http_find(h, "grpc-encoding");

	if (coding && !bt_str_ieq(coding->value, BT_STR_LIT("identity")))
		return true;
	if (!type || !is_grpc(type->value))
		return false;
	while (body.n) {
		size_t n = body.n < PREFIX ? 0 : length_of(body.p + 1);

		if (body.n < PREFIX || body.p[0] != 0 || n > body.n - PREFIX)
			return true;
		body.p += PREFIX + n;
		body.n -= PREFIX + n;
	}
	return false;
}
