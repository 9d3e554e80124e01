/* What parses prints, and its print parses to the same; host bits are never kept. */
#include <stdlib.h>
#include "bottle/ip.h"

int LLVMFuzzerTestOneInput(const uint8_t *d, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *d, size_t n)
{
	struct bt_str in = { (const char *)d, n };
	struct bt_err e = { 0 };
	struct bt_ip ip, ip2;
	struct bt_cidr c, c2;
	char text[BT_CIDR_TEXT];

	if (bt_ip_parse(&ip, in, &e) == 0) {
		if (bt_ip_parse(&ip2, bt_str(bt_ip_text(&ip, text)), &e) < 0 ||
		    !bt_ip_eq(&ip, &ip2))
			abort();
		(void)bt_ip_forbidden(&ip, NULL, 0);
	}
	if (bt_cidr_parse(&c, in, &e) == 0) {
		if (bt_cidr_parse(&c2, bt_str(bt_cidr_text(&c, text)), &e) < 0 ||
		    c.bits != c2.bits || !bt_ip_eq(&c.ip, &c2.ip) || !bt_cidr_has(&c, &c.ip))
			abort();
	}
	return 0;
}
