/* open_scanner.h - the default scanner, opened once for a group of tests. */
#ifndef BOTTLE_TESTS_OPEN_SCANNER_H
#define BOTTLE_TESTS_OPEN_SCANNER_H
#include "unit.h"

#include "bottle/scan.h"

static struct bt_scanner *scanner;
static struct bt_scan_scratch *scratch;

static int open_scanner(void **state)
{
	struct bt_err e = { 0 };

	(void)state;
	assert_ok(bt_scanner_open(&scanner, NULL, &e), &e);
	assert_ok(bt_scan_scratch_open(&scratch, scanner, &e), &e);
	return 0;
}

static int close_scanner(void **state)
{
	(void)state;
	bt_scan_scratch_close(scratch);
	bt_scanner_close(scanner);
	return 0;
}
#endif
