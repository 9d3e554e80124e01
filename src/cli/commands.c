/* commands.c - every command, its arguments and its options, in one table: --help, the shell
 * completion and the man page check are made from it. */
#include "command.h"

#define HELP                                                                                       \
	{                                                                                          \
		"help", 'h', NULL, "show this help", NULL                                          \
	}
#define VERBOSE                                                                                    \
	{                                                                                          \
		"verbose", 'v', NULL, "say more; failures come with their traceback", NULL         \
	}
#define FORMAT                                                                                     \
	{                                                                                          \
		"format", 0, "FORMAT", "text or json; json goes to stdout and nothing else does",  \
		        "text|json"                                                                \
	}
#define MANIFEST                                                                                   \
	{                                                                                          \
		"manifest", 'm', "FILE",                                                           \
		        "the manifest (default: ./bottle.json, ./bottle.yaml, then "               \
		        "$XDG_CONFIG_HOME/bottle/)",                                               \
		        NULL                                                                       \
	}
#define BACKEND                                                                                    \
	{                                                                                          \
		"backend", 0, "NAME",                                                              \
		        "docker or native (default: $BOTTLE_BACKEND, else what this host has)",    \
		        "docker|native"                                                            \
	}
#define ENGINE                                                                                     \
	{                                                                                          \
		"engine", 0, "NAME", "gate or pipelock: who guards the way out", "gate|pipelock"   \
	}
#define END                                                                                        \
	{                                                                                          \
		0                                                                                  \
	}

static const struct bt_opt test_opts[] = { HELP, VERBOSE, END };

const struct bt_command bt_commands[] = {
	{ "test", "FILE…", "run Lua tests inside the product's own VM", test_opts,
	  "bottle.cmd.test", NULL, 1, -1, false },
	{ 0 },
};
