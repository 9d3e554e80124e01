#include "field_ends.h"

/* A trailing "-" stands for any name beginning so. */
bool bt_field_ends_here(struct bt_str name)
{
	static const char *const all[] = {
		"connection",
		"keep-alive",
		"proxy-",
		"te",
		"trailer",
		"transfer-encoding",
		"upgrade",
		"http2-settings",
		"content-length",
		"expect",
		"host",
		"x-forwarded-",
		"x-real-ip",
		"forwarded",
		"via",
		"x-original-url",
		"x-rewrite-url",
		"x-http-method-override",
		"x-http-method",
		"x-method-override",
		"x-middleware-subrequest",
	};

	for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
		struct bt_str s = bt_str(all[i]);

		if (s.p[s.n - 1] == '-' ? bt_str_istarts(name, s) : bt_str_ieq(name, s))
			return true;
	}
	return false;
}
