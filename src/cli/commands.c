/* commands.c - every command, its arguments and its options, in one table: --help, the shell
 * completion and the man page check are made from it. */
#include "command.h"

/* Tables are read by their columns. */
/* clang-format off */

/* name, letter, argument, help, the values that are taken */
#define BACKEND  { "backend",  0,   "NAME", \
                   "docker or native (default: $BOTTLE_BACKEND, else what this host has)", \
                   "docker|native" }
#define CHECK    { "check",    0,   NULL,     "read and check the configuration, then exit", NULL }
#define CONFIG   { "config",   'c', "FILE",   "the configuration (bottle-gate(8))", NULL }
#define CWD      { "cwd",      0,   "HOW", \
                   "the project folder in the bottle: bind (default), copy or none", \
                   "copy|bind|none" }
#define DETACH   { "detach",   'd', NULL,     "leave the bottle running; see list and stop", NULL }
#define DRY_RUN  { "dry-run",  0,   NULL,     "say what would be done, and do none of it", NULL }
#define ENGINE   { "engine",   0,   "NAME", \
                   "gate or pipelock: who guards the way out", "gate|pipelock" }
#define FOLLOW   { "follow",   'f', NULL,     "go on as more is decided", NULL }
#define FORMAT   { "format",   0,   "FORMAT", \
                   "text or json; json goes to stdout and nothing else does", "text|json" }
#define GIT      { "git",      0,   "RANGE",  \
                   "what the commits of a range add (main..HEAD), instead of files", NULL }
#define HELP     { "help",     'h', NULL,     "show this help", NULL }
#define KNOWN    { "known",    0,   "FD",     "read values that must not leave from a descriptor", NULL }
#define LIFELINE { "lifeline", 0,   NULL,     "end when standard input ends", NULL }
#define RESTART  { "restart",  0,   NULL,     "start the gate anew when it crashes", NULL }
#define MANIFEST { "manifest", 'm', "FILE", \
                   "the manifest (default: ./bottle.json, ./bottle.yaml, " \
                   "then $XDG_CONFIG_HOME/bottle/)", NULL }
#define NAME     { "name",     0,   "SLUG", \
                   "the bottle's name (default: the agent's, and 5 random characters)", NULL }
#define SHAPE    { "format",   0,   "FORMAT", \
                   "text, json or sarif; the last two go to stdout and nothing else does", \
                   "text|json|sarif" }
#define VERBOSE  { "verbose",  'v', NULL,     "say more; failures come with their traceback", NULL }
#define YAML     { "yaml",     0,   NULL,     "write bottle.yaml instead of bottle.json", NULL }
#define YES      { "yes",      'y', NULL,     "start without asking", NULL }

#define OPTS(...) (const struct bt_opt[]){ __VA_ARGS__, { 0 } }
#define LUA(name) "bottle.cmd." name, NULL
#define C(entry)  NULL, entry
#define ANY       (-1) /* number of arguments */

/* Name, arguments, summary; options; entry, fewest and most arguments, may "-- CMD…" follow. */
const struct bt_command bt_commands[] = {
	{ "run", "POLICY [AGENT] [-- CMD…]", "start an agent in a bottle",
	  OPTS(MANIFEST, BACKEND, ENGINE, NAME, CWD, DRY_RUN, FORMAT, YES, DETACH, HELP, VERBOSE),
	  LUA("run"), 1, 2, true },
	{ "check", "POLICY [AGENT]", "say everything that is wrong, launch nothing",
	  OPTS(MANIFEST, BACKEND, ENGINE, HELP, VERBOSE),
	  LUA("check"), 1, 2, false },
	{ "explain", "POLICY [AGENT] HOST[:PORT] or URL", "say what would happen to it, and why",
	  OPTS(MANIFEST, FORMAT, HELP, VERBOSE),
	  LUA("explain"), 2, 3, false },
	{ "repl", "[POLICY] [AGENT]",
	  "an interactive Lua prompt with the policy and the plan loaded",
	  OPTS(MANIFEST, HELP, VERBOSE),
	  LUA("repl"), 0, 2, false },
	{ "init", "", "write a manifest and a policy to begin with",
	  OPTS(YAML, HELP, VERBOSE),
	  LUA("init"), 0, 0, false },
	{ "completion", "bash|zsh|fish", "print a completion script for a shell",
	  OPTS(HELP),
	  C(bt_completion), 1, 1, false },
	{ "image", "build|ls", "the gate's own image, made from this binary",
	  OPTS(FORMAT, HELP, VERBOSE),
	  LUA("image"), 1, 1, false },
	{ "scan", "[FILE…]",
	  "look for credentials in files, in standard input, or in the commits of a range",
	  OPTS(GIT, SHAPE, HELP, VERBOSE),
	  C(bt_apart_scan), 0, ANY, false },
	{ "gate", "--config FILE", "run the egress engine alone",
	  OPTS(CONFIG, CHECK, KNOWN, LIFELINE, RESTART, HELP, VERBOSE),
	  C(bt_apart_gate), 0, 0, false },
	{ "list", "", "the bottles of the Docker Engine, and this user's native ones",
	  OPTS(FORMAT, HELP, VERBOSE),
	  LUA("list"), 0, 0, false },
	{ "logs", "SLUG", "what a bottle's gate decided",
	  OPTS(FOLLOW, FORMAT, HELP, VERBOSE),
	  LUA("logs"), 1, 1, false },
	{ "exec", "SLUG -- CMD…", "run a program in a bottle, beside its agent",
	  OPTS(HELP, VERBOSE),
	  LUA("exec"), 1, 1, true },
	{ "stop", "SLUG…", "end bottles and remove what they made",
	  OPTS(HELP, VERBOSE),
	  LUA("stop"), 1, ANY, false },
	{ "cleanup", "", "remove what dead bottles left, and gate images that nothing uses",
	  OPTS(DRY_RUN, HELP, VERBOSE),
	  LUA("cleanup"), 0, 0, false },
	{ "doctor", "[SLUG]",
	  "what this host offers, what is missing and what mends it; of a bottle: who trusts its CA",
	  OPTS(FORMAT, HELP, VERBOSE),
	  LUA("doctor"), 0, 1, false },
	{ "test", "FILE…", "run Lua tests inside the product's own VM",
	  OPTS(HELP, VERBOSE),
	  LUA("test"), 1, ANY, false },
	{ 0 },
};
