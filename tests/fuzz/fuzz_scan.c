/* Whatever a body, URL or header is: it is scanned or refused with a reason, and a finding names a
 * known kind. The first byte picks the type and the coding. */
#include <stdlib.h>
#include <string.h>
#include "bottle/scan.h"

int LLVMFuzzerTestOneInput(const uint8_t *d, size_t n);

static struct bt_scanner *scanner;
static struct bt_scan_scratch *scratch;

static void check(const struct bt_findings *f)
{
	if (f->n > BT_LIM_FINDINGS)
		abort();
	for (size_t i = 0; i < f->n; i++)
		if (!f->at[i].name || strlen(f->at[i].name) > 64 || f->at[i].form >= BT_FORM_COUNT)
			abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *d, size_t n)
{
	static const char *const types[] = { "application/json",
		                             "application/x-www-form-urlencoded",
		                             "multipart/form-data; boundary=b", "text/plain", "" };
	static const char *const codings[] = { "", "gzip", "deflate", "br", "zstd", "gzip, br" };
	struct bt_err e = { 0 };
	struct bt_findings f = { 0 };

	if (!scanner && (bt_scanner_open(&scanner, NULL, &e) < 0 ||
	                 bt_scan_scratch_open(&scratch, scanner, &e) < 0))
		abort();
	if (n == 0)
		return 0;
	struct bt_str in = { (const char *)d + 1, n - 1 };
	struct bt_scan_body b = { bt_str(types[d[0] % 5]), bt_str(codings[d[0] / 5 % 6]), in,
		                  1 << 20 };

	if (bt_scan_body(scanner, scratch, &b, &f, &e) < 0 && e.msg[0] == 0)
		abort();
	check(&f);
	char reason[BT_SCAN_REASON];
	const char *by = NULL;
	struct bt_scan_url u = { bt_str("a.b.wild.test"), in, in, false };

	f.n = 0;
	if (bt_scan_url(scanner, scratch, &u, &f, reason, &by, &e) == 0 &&
	    (by != NULL) != (reason[0] != 0))
		abort();
	check(&f);
	return 0;
}
