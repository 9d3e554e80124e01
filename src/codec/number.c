#include "number.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void bt_number_text(char out[BT_NUMBER_MAX], double d)
{
	if (d == trunc(d) && fabs(d) < 9223372036854775808.0) {
		(void)snprintf(out, BT_NUMBER_MAX, "%" PRId64, (int64_t)d);
		return;
	}
	for (int digits = 15; digits <= 17; digits++) {
		(void)snprintf(out, BT_NUMBER_MAX, "%.*g", digits, d);
		if (strtod(out, NULL) == d)
			break;
	}
	char *odd = out + strspn(out, "-+0123456789.eE"); /* a locale's decimal comma */

	if (*odd)
		*odd = '.';
	/* YAML 1.1 wants a dot before the exponent. */
	char *exp = strchr(out, 'e');

	if (exp && !strchr(out, '.')) {
		memmove(exp + 2, exp, strlen(exp) + 1);
		exp[0] = '.';
		exp[1] = '0';
	}
}
