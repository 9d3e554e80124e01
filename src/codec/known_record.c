#include "known_record.h"

#include <string.h>

#include "bottle/limits.h"

#define NAME_ROOM 128u

static const struct {
	const char *prefix, *before;
} kinds[] = {
	[BT_KNOWN_SECRET] = { "", "Known Secret (" },
	[BT_KNOWN_CREDENTIAL] = { "credential:", "Known Secret (" },
	[BT_KNOWN_PLACEHOLDER] = { "placeholder:", "Placeholder (" },
};

const char *bt_known_before(enum bt_known_kind kind)
{
	return kinds[kind].before;
}

static void take_kind(struct bt_known_record *r)
{
	for (enum bt_known_kind k = BT_KNOWN_CREDENTIAL; k <= BT_KNOWN_PLACEHOLDER; k++) {
		size_t n = strlen(kinds[k].prefix);

		if (r->name.n < n || memcmp(r->name.p, kinds[k].prefix, n) != 0)
			continue;
		r->kind = k;
		r->name = (struct bt_str){ r->name.p + n, r->name.n - n };
		return;
	}
}

bool bt_known_next(struct bt_str *rest, struct bt_known_record *r)
{
	const char *end = rest->n ? memchr(rest->p, 0, rest->n) : NULL;

	if (rest->n == 0)
		return false;
	*r = (struct bt_known_record){ .value = { rest->p, end ? (size_t)(end - rest->p) : 0 } };
	if (end && memchr(r->value.p, '=', r->value.n))
		(void)bt_str_cut(&r->value, '=', &r->name);
	*rest = end ? (struct bt_str){ end + 1, rest->n - (size_t)(end + 1 - rest->p) }
	            : (struct bt_str){ 0 };
	take_kind(r);
	return true;
}

static bool is_text(struct bt_str s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((uint8_t)s.p[i] < 0x20 || s.p[i] == 0x7f)
			return false;
	return true;
}

int bt_known_check(const struct bt_known_record *r, struct bt_err *e)
{
	const char *what = r->kind == BT_KNOWN_CREDENTIAL ? "credential" : "placeholder";
	int n = (int)r->name.n;

	if (r->name.n == 0 || r->name.n > NAME_ROOM)
		return bt_fail(e, BT_INVALID, "known secrets: want NAME=VALUE and a NUL each");
	if (r->kind == BT_KNOWN_SECRET)
		return 0;
	if (!is_text(r->value))
		return bt_fail(e, BT_INVALID, "%s %.*s: holds a control character", what, n,
		               r->name.p);
	if (r->value.n > BT_LIM_CREDENTIAL)
		return bt_fail(e, BT_INVALID, "%s %.*s: longer than %u bytes", what, n, r->name.p,
		               BT_LIM_CREDENTIAL);
	if (!bt_known_worth(r->value))
		return bt_fail(e, BT_INVALID,
		               "%s %.*s: too short, or of too few different characters, to be "
		               "watched for",
		               what, n, r->name.p);
	return 0;
}
