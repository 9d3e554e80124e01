#include "bottle/near.h"

unsigned bt_edit_distance(const char *a, size_t na, const char *b, size_t nb)
{
	unsigned row[BT_NEAR_MAX + 1];

	if (na > BT_NEAR_MAX || nb > BT_NEAR_MAX)
		return 99;
	for (size_t j = 0; j <= nb; j++)
		row[j] = (unsigned)j;
	for (size_t i = 1; i <= na; i++) {
		unsigned diag = row[0];

		row[0] = (unsigned)i;
		for (size_t j = 1; j <= nb; j++) {
			unsigned best = diag + (a[i - 1] != b[j - 1]);

			diag = row[j];
			if (row[j] + 1 < best)
				best = row[j] + 1;
			if (row[j - 1] + 1 < best)
				best = row[j - 1] + 1;
			row[j] = best;
		}
	}
	return row[nb];
}

struct bt_near bt_near(const char *given, size_t len)
{
	unsigned most = len / 2 < 3 ? (unsigned)(len / 2) : 3;

	return (struct bt_near){ .given = given, .len = len, .best = most + 1 };
}

void bt_near_try(struct bt_near *near, const char *name, size_t len)
{
	unsigned d = bt_edit_distance(near->given, near->len, name, len);

	if (d >= near->best)
		return;
	near->best = d;
	near->name = name;
	near->name_len = len;
}
