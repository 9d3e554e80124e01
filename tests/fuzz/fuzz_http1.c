/* What our reading takes, llhttp takes too and frames alike: head, body and where the next request
 * begins. The other way round is not asked: being stricter is the point. */
#include <stdlib.h>
#include <string.h>

#include <llhttp.h>

#include "bottle/http1.h"

struct second {
	size_t body, messages;
};

static int on_body(llhttp_t *p, const char *at, size_t n)
{
	(void)at;
	((struct second *)p->data)->body += n;
	return 0;
}

static int on_complete(llhttp_t *p)
{
	((struct second *)p->data)->messages++;
	return HPE_PAUSED;
}

static void must(int fact)
{
	if (!fact)
		abort();
}

/* Read one body by ours; *used: bytes of it. -1: refused or incomplete. */
static int body(const struct bt_http_head *h, struct bt_str in, size_t *used, size_t *len)
{
	struct bt_chunked c = { 0 };
	struct bt_err e = { 0 };

	*used = *len = 0;
	if (h->body == BT_BODY_LENGTH)
		*used = *len = (size_t)h->length;
	if (h->body != BT_BODY_CHUNKED)
		return h->length <= in.n ? 0 : -1;
	for (;;) {
		struct bt_str data = { NULL, 0 };
		size_t n = 0;
		int s = bt_chunked_step(&c, in, &n, &data, &e);

		if (s < 0 || s == BT_CHUNK_MORE)
			return -1;
		must(n <= in.n && data.n <= n);
		in.p += n;
		in.n -= n;
		*used += n;
		*len += data.n;
		if (s == BT_CHUNK_END)
			return 0;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *d, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *d, size_t n)
{
	static struct bt_http_head h;
	struct second two = { 0, 0 };
	struct bt_err e = { 0 };
	size_t seen = 0, len = 0, used, blen;
	llhttp_settings_t set;
	llhttp_t p;

	if (bt_http_head_end(d, n, &seen, &len, &e) != 1)
		return 0;
	must(len <= n);
	(void)!bt_http_response(&h, d, len, BT_STR_LIT("GET"), &e);
	if (bt_http_request(&h, d, len, &e) < 0)
		return 0;
	if (bt_str_eq(h.method, BT_STR_LIT("CONNECT")) || bt_http_find(&h, "upgrade") ||
	    body(&h, (struct bt_str){ (const char *)d + len, n - len }, &used, &blen) < 0)
		return 0;
	llhttp_settings_init(&set);
	set.on_body = on_body;
	set.on_message_complete = on_complete;
	llhttp_init(&p, HTTP_REQUEST, &set);
	p.data = &two;
	must(llhttp_execute(&p, (const char *)d, len + used) == HPE_PAUSED);
	must(two.messages == 1 && two.body == blen);
	return 0;
}
