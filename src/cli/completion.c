/* completion.c - bottle completion SHELL: a completion script made from the table of commands. */
#include "command.h"

#include <stdio.h>
#include <string.h>

/* "a|b" printed with another separator. */
static void print_only(const char *only, char sep)
{
	for (const char *p = only; *p; p++)
		putchar(*p == '|' ? sep : *p);
}

static void bash_values(const struct bt_command *c)
{
	for (const struct bt_opt *o = c->opts; o->name; o++) {
		if (!o->only)
			continue;
		printf("\t%s:--%s) COMPREPLY=($(compgen -W '", c->name, o->name);
		print_only(o->only, ' ');
		puts("' -- \"$cur\")); return ;;");
	}
}

static void bash_options(const struct bt_command *c)
{
	printf("\t%s) opts='", c->name);
	for (const struct bt_opt *o = c->opts; o->name; o++)
		printf("%s--%s", o == c->opts ? "" : " ", o->name);
	puts("' ;;");
}

static void bash(void)
{
	puts("# bash completion for bottle: source <(bottle completion bash)\n"
	     "_bottle() {\n"
	     "\tlocal cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} opts=\n"
	     "\tif [ \"$COMP_CWORD\" -eq 1 ]; then");
	printf("\t\tCOMPREPLY=($(compgen -W '");
	for (const struct bt_command *c = bt_commands; c->name; c++)
		printf("%s%s", c == bt_commands ? "" : " ", c->name);
	puts("' -- \"$cur\")); return\n\tfi\n\tcase ${COMP_WORDS[1]}:$prev in");
	for (const struct bt_command *c = bt_commands; c->name; c++)
		bash_values(c);
	puts("\tesac\n\tcase ${COMP_WORDS[1]} in");
	for (const struct bt_command *c = bt_commands; c->name; c++)
		bash_options(c);
	puts("\tesac\n"
	     "\tcase $cur in\n"
	     "\t-*) COMPREPLY=($(compgen -W \"$opts\" -- \"$cur\")) ;;\n"
	     "\t*) COMPREPLY=($(compgen -f -- \"$cur\")) ;;\n"
	     "\tesac\n}\ncomplete -o filenames -F _bottle bottle");
}

/* Help texts go into single quotes; what zsh's _arguments reads as its own is escaped. */
static void zsh_text(const char *s)
{
	for (; *s; s++) {
		if (*s == '\'')
			fputs("'\\''", stdout);
		else if (strchr("[]:\\", *s))
			printf("\\%c", *s);
		else
			putchar(*s);
	}
}

static void zsh_option(const struct bt_opt *o)
{
	printf(" \\\n\t\t\t'--%s[", o->name);
	zsh_text(o->help);
	putchar(']');
	if (o->arg) {
		printf(":%s:", o->arg);
		if (o->only) {
			putchar('(');
			print_only(o->only, ' ');
			putchar(')');
		} else if (strcmp(o->arg, "FILE") == 0) {
			fputs("_files", stdout);
		}
	}
	putchar('\'');
}

static void zsh(void)
{
	puts("#compdef bottle\n"
	     "# zsh completion for bottle: bottle completion zsh >\"${fpath[1]}/_bottle\"\n"
	     "_bottle() {\n"
	     "\tlocal -a commands=(");
	for (const struct bt_command *c = bt_commands; c->name; c++) {
		printf("\t\t'%s:", c->name);
		zsh_text(c->summary);
		puts("'");
	}
	puts("\t)\n"
	     "\tif ((CURRENT == 2)); then _describe command commands; return; fi\n"
	     "\tlocal command=$words[2]; shift words; ((CURRENT--))\n"
	     "\tcase $command in");
	for (const struct bt_command *c = bt_commands; c->name; c++) {
		printf("\t%s) _arguments", c->name);
		for (const struct bt_opt *o = c->opts; o->name; o++)
			zsh_option(o);
		puts(" \\\n\t\t\t'*:file:_files' ;;");
	}
	puts("\tesac\n}\n_bottle \"$@\"");
}

static void fish_text(const char *s)
{
	for (; *s; s++) {
		if (*s == '\'' || *s == '\\')
			putchar('\\');
		putchar(*s);
	}
}

static void fish_option(const struct bt_command *c, const struct bt_opt *o)
{
	printf("complete -c bottle -n '__fish_seen_subcommand_from %s' -l %s", c->name, o->name);
	if (o->letter)
		printf(" -s %c", o->letter);
	if (o->arg)
		fputs(o->only ? " -x" : " -r", stdout);
	if (o->only) {
		fputs(" -a '", stdout);
		print_only(o->only, ' ');
		putchar('\'');
	}
	fputs(" -d '", stdout);
	fish_text(o->help);
	puts("'");
}

static void fish(void)
{
	puts("# fish completion for bottle: bottle completion fish | source");
	for (const struct bt_command *c = bt_commands; c->name; c++) {
		printf("complete -c bottle -n __fish_use_subcommand -f -a %s -d '", c->name);
		fish_text(c->summary);
		puts("'");
		for (const struct bt_opt *o = c->opts; o->name; o++)
			fish_option(c, o);
	}
}

int bt_completion(const struct bt_args *args, struct bt_err *e)
{
	static const struct {
		const char *name;
		void (*print)(void);
	} shells[] = { { "bash", bash }, { "zsh", zsh }, { "fish", fish } };

	for (size_t i = 0; i < sizeof shells / sizeof *shells; i++) {
		if (strcmp(args->words[0], shells[i].name) != 0)
			continue;
		shells[i].print();
		return 0;
	}
	return bt_fail(e, BT_USAGE, "completion: want bash, zsh or fish, got '%.40s'",
	               args->words[0]);
}
