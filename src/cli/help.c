#include "command.h"

#include <stdio.h>

void bt_help_all(void)
{
	puts("bottle: run a coding agent in a box with one guarded way out\n\n"
	     "usage: bottle COMMAND [OPTION…] [ARGUMENT…]\n\ncommands:");
	for (const struct bt_command *c = bt_commands; c->name; c++)
		printf("  %-10s %s\n", c->name, c->summary);
	puts("\n  bottle COMMAND --help   the arguments and options of one command\n"
	     "  bottle --version        the version of bottle\n\n"
	     "exit status: the agent's own for run; 125 bottle itself failed; 2 usage");
}

void bt_help_one(const struct bt_command *c)
{
	printf("usage: bottle %s%s%s\n\n%s\n\noptions:\n", c->name, *c->usage ? " " : "", c->usage,
	       c->summary);
	for (const struct bt_opt *o = c->opts; o->name; o++) {
		char left[64];

		(void)snprintf(left, sizeof left, "%c%c%s --%s%s%s", o->letter ? '-' : ' ',
		               o->letter ? o->letter : ' ', o->letter ? "," : " ", o->name,
		               o->arg ? " " : "", o->arg ? o->arg : "");
		printf("  %-24s %s\n", left, o->help);
	}
}
