#include "bottle/args.h"

#include <string.h>

#include "bottle/near.h"
#include "bottle/str.h"

static int unknown(const char *given, const char *name, const struct bt_opt *table,
                   struct bt_err *e)
{
	struct bt_near near = bt_near(name, strlen(name));

	for (const struct bt_opt *o = table; o->name; o++)
		bt_near_try(&near, o->name, strlen(o->name));
	if (near.name)
		return bt_fail(e, BT_USAGE, "unknown option %s (did you mean --%s?)", given,
		               near.name);
	return bt_fail(e, BT_USAGE, "unknown option %s", given);
}

static bool one_of(const char *only, const char *value)
{
	struct bt_str rest = bt_str(only);
	struct bt_str word;
	bool more;

	do {
		more = bt_str_cut(&rest, '|', &word);
		if (bt_str_eq(word, bt_str(value)))
			return true;
	} while (more);
	return false;
}

static int take(struct bt_args *a, const struct bt_opt *o, const char *value, struct bt_err *e)
{
	if (o->only && !one_of(o->only, value))
		return bt_fail(e, BT_USAGE, "--%s %s: want one of %s", o->name, value, o->only);
	if (a->nopts == BT_ARGS_OPTS)
		return bt_fail(e, BT_USAGE, "more than %d options", BT_ARGS_OPTS);
	a->opts[a->nopts++] = (struct bt_arg){ o, value };
	return 0;
}

/* "--name", "--name=value" or "--name value"; *i is left on the last word used. */
static int take_long(struct bt_args *a, const struct bt_opt *table, int argc, char **argv, int *i,
                     struct bt_err *e)
{
	char name[BT_NEAR_MAX + 1];
	const char *word = argv[*i] + 2;
	const char *eq = strchr(word, '=');
	size_t n = eq ? (size_t)(eq - word) : strlen(word);

	if (n > BT_NEAR_MAX)
		return bt_fail(e, BT_USAGE, "unknown option %.40s…", argv[*i]);
	memcpy(name, word, n);
	name[n] = '\0';
	for (const struct bt_opt *o = table; o->name; o++) {
		if (strcmp(o->name, name) != 0)
			continue;
		if (!o->arg)
			return eq ? bt_fail(e, BT_USAGE, "--%s takes no value", name)
			          : take(a, o, NULL, e);
		if (eq)
			return take(a, o, eq + 1, e);
		if (*i + 1 >= argc)
			return bt_fail(e, BT_USAGE, "--%s needs %s", name, o->arg);
		return take(a, o, argv[++*i], e);
	}
	return unknown(argv[*i], name, table, e);
}

/* "-y", "-yv", "-mFILE" or "-m FILE". */
static int take_short(struct bt_args *a, const struct bt_opt *table, int argc, char **argv, int *i,
                      struct bt_err *e)
{
	for (const char *c = argv[*i] + 1; *c; c++) {
		const struct bt_opt *o = table;

		while (o->name && o->letter != *c)
			o++;
		if (!o->name)
			return bt_fail(e, BT_USAGE, "unknown option -%c", *c);
		if (!o->arg) {
			if (take(a, o, NULL, e) < 0)
				return -1;
			continue;
		}
		if (c[1])
			return take(a, o, c + 1, e);
		if (*i + 1 >= argc)
			return bt_fail(e, BT_USAGE, "-%c needs %s", *c, o->arg);
		return take(a, o, argv[++*i], e);
	}
	return 0;
}

int bt_args_parse(struct bt_args *a, const struct bt_opt *table, int argc, char **argv,
                  struct bt_err *e)
{
	a->words = (const char *const *)argv;
	for (int i = 0; i < argc; i++) {
		const char *w = argv[i];

		if (strcmp(w, "--") == 0) {
			a->rest = (const char *const *)argv + i + 1;
			return 0;
		}
		int rc = 0;

		if (w[0] == '-' && w[1] == '-')
			rc = take_long(a, table, argc, argv, &i, e);
		else if (w[0] == '-' && w[1])
			rc = take_short(a, table, argc, argv, &i, e);
		else
			argv[a->nwords++] = argv[i]; /* nwords <= i: only what was read */
		if (rc < 0)
			return -1;
	}
	return 0;
}

const char *bt_args_get(const struct bt_args *a, const char *name)
{
	for (size_t i = a->nopts; i > 0; i--)
		if (strcmp(a->opts[i - 1].opt->name, name) == 0)
			return a->opts[i - 1].value ? a->opts[i - 1].value : "";
	return NULL;
}
