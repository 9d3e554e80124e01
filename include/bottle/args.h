/* args.h - a command line after parsing: what a command is given. Floor: base.
 * All strings are borrowed from argv and live as long as the process. */
#ifndef BOTTLE_ARGS_H
#define BOTTLE_ARGS_H
#include <stdbool.h>
#include <stddef.h>
#include "bottle/err.h"

/* One option of a command; the tables end in a row without a name. */
struct bt_opt {
	const char *name; /* long name without dashes */
	char letter;      /* short name, 0: none */
	const char *arg;  /* name of the value in --help; NULL: a flag */
	const char *help;
	const char *only; /* "a|b": the values that are taken; NULL: any */
};

struct bt_arg {
	const struct bt_opt *opt;
	const char *value; /* NULL for a flag */
};

#define BT_ARGS_OPTS 64

struct bt_args {
	const char *command;
	struct bt_arg opts[BT_ARGS_OPTS]; /* in the order given; the last of a name wins */
	size_t nopts;
	const char *const *words; /* positional, any number: the front of argv */
	size_t nwords;
	const char *const *rest; /* what follows "--", terminated by NULL; NULL: no "--" */
};

/* Parse argv (without the command's own name) by the table. Unknown options, missing and
 * unexpected values are BT_USAGE, naming the nearest known option. "--" ends the options. The
 * words are moved to the front of argv, over the options that stood there. */
BT_MUST int bt_args_parse(struct bt_args *a, const struct bt_opt *table, int argc, char **argv,
                          struct bt_err *e);
/* The value of the last --name; "" for a flag; NULL when it was not given. */
const char *bt_args_get(const struct bt_args *a, const char *name);
#endif
