#include "bottle/dns.h"
#include <stdlib.h>
#include <string.h>
int LLVMFuzzerTestOneInput(const uint8_t *d, size_t n);

/* What was parsed can be answered, and the answer is short and repeats the question. */
int LLVMFuzzerTestOneInput(const uint8_t *d, size_t n)
{
	static const struct bt_dns_addr a[40] = { [1] = { .v6 = true } };
	struct bt_dns_query q = { 0 };
	struct bt_err e = { 0 };
	uint8_t out[BT_DNS_MAX];

	if (bt_dns_parse(&q, d, n, &e) < 0)
		return 0;
	if (strlen(q.name) > BT_LIM_HOST || memcmp(q.question, d + BT_DNS_HEAD, q.nquestion) != 0)
		abort();
	if (bt_dns_answer(out, &q, BT_DNS_NOERROR, a, 40, 60) > sizeof out)
		abort();
	return 0;
}
