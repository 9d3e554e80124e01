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

static const struct bt_opt run_opts[] = {
	MANIFEST,
	BACKEND,
	ENGINE,
	{ "name", 0, "SLUG", "the bottle's name (default: the agent's, and 5 random characters)",
	  NULL },
	{ "cwd", 0, "HOW", "the project folder in the bottle: bind (default), copy or none",
	  "copy|bind|none" },
	{ "dry-run", 0, NULL, "print the plan and create nothing", NULL },
	FORMAT,
	{ "yes", 'y', NULL, "start without asking", NULL },
	{ "detach", 'd', NULL, "leave the bottle running; see list, logs, stop", NULL },
	HELP,
	VERBOSE,
	END,
};

static const struct bt_opt check_opts[] = { MANIFEST, BACKEND, ENGINE, HELP, VERBOSE, END };
static const struct bt_opt explain_opts[] = { MANIFEST, FORMAT, HELP, VERBOSE, END };
static const struct bt_opt repl_opts[] = { MANIFEST, HELP, VERBOSE, END };
static const struct bt_opt init_opts[] = {
	{ "yaml", 0, NULL, "write bottle.yaml instead of bottle.json", NULL }, HELP, VERBOSE, END
};
static const struct bt_opt completion_opts[] = { HELP, END };
static const struct bt_opt image_opts[] = { HELP, VERBOSE, FORMAT, END };
static const struct bt_opt scan_opts[] = { FORMAT, HELP, VERBOSE, END };
static const struct bt_opt test_opts[] = { HELP, VERBOSE, END };

static const struct bt_opt gate_opts[] = {
	HELP,
	VERBOSE,
	{ "config", 'c', "FILE", "the configuration (bottle-gate(8))", NULL },
	{ "check", 0, NULL, "read and check the configuration, then exit", NULL },
	END,
};
static const struct bt_opt list_opts[] = { FORMAT, HELP, VERBOSE, END };
static const struct bt_opt logs_opts[] = {
	{ "follow", 'f', NULL, "go on as more is decided", NULL }, FORMAT, HELP, VERBOSE, END
};
static const struct bt_opt plain_opts[] = { HELP, VERBOSE, END };
static const struct bt_opt cleanup_opts[] = {
	{ "dry-run", 0, NULL, "say what would be removed", NULL }, HELP, VERBOSE, END
};

const struct bt_command bt_commands[] = {
	{ "run", "POLICY [AGENT] [-- CMD…]", "start an agent in a bottle", run_opts,
	  "bottle.cmd.run", NULL, 1, 2, true },
	{ "check", "POLICY [AGENT]", "say everything that is wrong, launch nothing", check_opts,
	  "bottle.cmd.check", NULL, 1, 2, false },
	{ "explain", "POLICY [AGENT] HOST[:PORT] or URL", "say what would happen to it, and why",
	  explain_opts, "bottle.cmd.explain", NULL, 2, 3, false },
	{ "repl", "[POLICY] [AGENT]",
	  "an interactive Lua prompt with the policy and the plan loaded", repl_opts,
	  "bottle.cmd.repl", NULL, 0, 2, false },
	{ "init", "", "write a manifest and a policy to begin with", init_opts, "bottle.cmd.init",
	  NULL, 0, 0, false },
	{ "completion", "bash|zsh|fish", "print a completion script for a shell", completion_opts,
	  NULL, bt_completion, 1, 1, false },
	{ "image", "build|ls", "the gate's own image, made from this binary", image_opts,
	  "bottle.cmd.image", NULL, 1, 1, false },
	{ "scan", "[FILE…]", "look for credentials in files, or in standard input", scan_opts, NULL,
	  bt_cmd_scan, 0, -1, false },
	{ "gate", "--config FILE", "run the egress engine alone", gate_opts, NULL, bt_cmd_gate, 0,
	  0, false },
	{ "list", "", "the bottles of this engine", list_opts, "bottle.cmd.list", NULL, 0, 0,
	  false },
	{ "logs", "SLUG", "what a bottle's gate decided", logs_opts, "bottle.cmd.logs", NULL, 1, 1,
	  false },
	{ "exec", "SLUG -- CMD…", "run a program in a bottle, beside its agent", plain_opts,
	  "bottle.cmd.exec", NULL, 1, 1, true },
	{ "stop", "SLUG…", "end bottles and remove what they made", plain_opts, "bottle.cmd.stop",
	  NULL, 1, -1, false },
	{ "cleanup", "", "remove what bottles left behind whose bottle is dead", cleanup_opts,
	  "bottle.cmd.cleanup", NULL, 0, 0, false },
	{ "doctor", "", "what this host offers, what is missing and what mends it", list_opts,
	  "bottle.cmd.doctor", NULL, 0, 0, false },
	{ "test", "FILE…", "run Lua tests inside the product's own VM", test_opts,
	  "bottle.cmd.test", NULL, 1, -1, false },
	{ 0 },
};
