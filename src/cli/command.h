/* command.h - the table of commands. Floor: cli (private). */
#ifndef BOTTLE_CLI_COMMAND_H
#define BOTTLE_CLI_COMMAND_H
#include "bottle/args.h"
#include "bottle/gateseed.h"

struct bt_command {
	const char *name;
	const char *usage;   /* what follows the name in --help */
	const char *summary; /* one line, lower case, no full stop */
	const struct bt_opt *opts;
	const char *module; /* Lua entry: require(module).main(args); NULL: native */
	/* A command that needs no Lua. Returns the exit status, or -1 with *e set. */
	int (*native)(const struct bt_args *args, struct bt_err *e);
	int words_min, words_max; /* positional arguments; words_max < 0: any number */
	bool takes_rest;          /* may be followed by "-- CMD…" */
};

extern const struct bt_command bt_commands[]; /* ends in a row without a name */

BT_MUST int bt_completion(const struct bt_args *args, struct bt_err *e);

void bt_help_all(void);                       /* bottle --help, on stdout */
void bt_help_one(const struct bt_command *c); /* bottle CMD --help, on stdout */

/* In the engine's module: the native commands, each returns as bt_command.native does, and what a
 * prepared process does (gateseed.h). */
int bt_cmd_gate(const struct bt_args *args, struct bt_err *e);
int bt_cmd_scan(const struct bt_args *args, struct bt_err *e);
void bt_gate_warm(void); /* what every gate does first, whatever its configuration */
BT_MUST int bt_gate_authority(struct bt_gateseed_ca *out, int files[2], const char *slug,
                              struct bt_err *e);
/* The same four: load it, and call them. */
int bt_apart_gate(const struct bt_args *args, struct bt_err *e);
int bt_apart_scan(const struct bt_args *args, struct bt_err *e);
void bt_apart_warm(void);
BT_MUST int bt_apart_ca(struct bt_gateseed_ca *out, int files[2], const char *slug,
                        struct bt_err *e);
/* Will this command line want a gate as a child? */
bool bt_gate_wanted(const struct bt_args *args);
#endif
