/* unit.h - what every C unit test includes first. */
#ifndef BOTTLE_TESTS_UNIT_H
#define BOTTLE_TESTS_UNIT_H
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define assert_ok(call, e)                                                                         \
	do {                                                                                       \
		if ((call) < 0)                                                                    \
			fail_msg("%s: %s [%s]", #call, (e)->msg, (e)->at);                         \
	} while (0)
#endif
