/* main.c - find the command, parse its line, open a VM, call one Lua entry. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bottle/log.h"
#include "bottle/near.h"
#include "bottle/vm.h"
#include "command.h"
#include "version.h"

#define EXIT_USAGE 2
#define EXIT_BOTTLE 125 /* as docker: the tool failed, not what it ran */

static const struct bt_command *find(const char *name)
{
	for (const struct bt_command *c = bt_commands; c->name; c++)
		if (strcmp(c->name, name) == 0)
			return c;
	return NULL;
}

static int usage_error(const char *name)
{
	struct bt_near near = bt_near(name, strlen(name));

	for (const struct bt_command *c = bt_commands; c->name; c++)
		bt_near_try(&near, c->name, strlen(c->name));
	fprintf(stderr, "bottle: no command '%.40s'%s%s%s; see bottle --help\n", name,
	        near.name ? " (did you mean " : "", near.name ? near.name : "",
	        near.name ? "?)" : "");
	return EXIT_USAGE;
}

static int run_lua(const struct bt_command *c, const struct bt_args *args, int *status,
                   struct bt_err *e)
{
	struct bt_vm *vm = NULL;
	BT_OWN_MEM char *share = NULL;

	*status = EXIT_BOTTLE;
	if (bt_share_find(&share, e) < 0 || bt_vm_open(&vm, share, e) < 0)
		return -1;
	int rc = bt_vm_main(vm, c->module, args, status, e);

	bt_vm_leave(vm);
	return rc;
}

static int check_words(const struct bt_command *c, const struct bt_args *a, struct bt_err *e)
{
	if ((int)a->nwords < c->words_min)
		return bt_fail(e, BT_USAGE, "%s: want %s", c->name, c->usage);
	if (c->words_max >= 0 && (int)a->nwords > c->words_max)
		return bt_fail(e, BT_USAGE, "%s: unexpected argument '%s'", c->name,
		               a->words[c->words_max]);
	if (a->rest && !c->takes_rest)
		return bt_fail(e, BT_USAGE, "%s takes no command after --", c->name);
	return 0;
}

/* One failure, one line: what is wrong with the command line, and where the right one stands. */
static int misused(const struct bt_command *c, const struct bt_err *why)
{
	struct bt_err e = { 0 };

	(void)!bt_fail(&e, BT_USAGE, "%s; see bottle %s --help", why->msg, c->name);
	bt_log_report(&e, false);
	return EXIT_USAGE;
}

static int command(int argc, char **argv);

static const struct bt_gateseed_ops prepared = { bt_apart_warm, bt_apart_ca, command };

/* Before there is a VM: see gateseed.h. Without it the gate is started later, which takes longer.
 */
static void prepare_gate(const struct bt_args *args, char **argv)
{
	struct bt_err e = { 0 };

	if (bt_gate_wanted(args))
		(void)!bt_gateseed_plant(&prepared, argv, &e);
}

static int dispatch(const struct bt_command *c, int argc, char **argv)
{
	struct bt_args args = { .command = c->name };
	struct bt_err e = { 0 };
	int status = EXIT_USAGE;
	int rc = bt_args_parse(&args, c->opts, argc, argv, &e);
	bool verbose = bt_args_get(&args, "verbose") != NULL;

	if (rc == 0 && bt_args_get(&args, "help")) {
		bt_help_one(c);
		return 0;
	}
	if (rc == 0)
		rc = check_words(c, &args, &e);
	if (rc < 0)
		return misused(c, &e);
	if (verbose)
		bt_log_set(BT_LOG_DEBUG, 2);
	bt_vm_verbose(verbose);
	if (c->native) {
		status = c->native(&args, &e);
		rc = status < 0 ? -1 : 0;
		if (rc < 0)
			status = e.code == BT_USAGE ? EXIT_USAGE : EXIT_BOTTLE;
	} else {
		prepare_gate(&args, argv - 2);
		rc = run_lua(c, &args, &status, &e);
		bt_gateseed_drop();
	}
	if (rc < 0)
		bt_log_report(&e, verbose);
	return status;
}

/* A descriptor 0, 1 or 2 that is closed would be the number of the next file or socket that is
 * opened, and what is meant for people would go there. Reading or writing these fails. */
static void fill_standard_streams(void)
{
	int fd = open("/dev/null", O_RDONLY);

	while (fd >= 0 && fd <= 2)
		fd = dup(fd);
	if (fd >= 0)
		(void)close(fd);
}

static int command(int argc, char **argv)
{
	if (argc < 2) {
		bt_help_all();
		return EXIT_USAGE;
	}
	if (strcmp(argv[1], "--version") == 0 || strcmp(argv[1], "version") == 0) {
		puts("bottle " BT_VERSION);
		return 0;
	}
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 ||
	    (strcmp(argv[1], "help") == 0 && argc == 2)) {
		bt_help_all();
		return 0;
	}
	if (strcmp(argv[1], "help") == 0) {
		const struct bt_command *c = find(argv[2]);

		if (!c)
			return usage_error(argv[2]);
		bt_help_one(c);
		return 0;
	}
	const struct bt_command *c = find(argv[1]);

	return c ? dispatch(c, argc - 2, argv + 2) : usage_error(argv[1]);
}

int main(int argc, char **argv)
{
	fill_standard_streams();
	bool seed = argc == 2 && strcmp(argv[1], "gate") == 0 && getenv(BT_GATESEED_ENV);
	int status = seed ? bt_gateseed_serve(&prepared) : command(argc, argv);

	if (fflush(stdout) == 0 && !ferror(stdout))
		return status;
	struct bt_err e = { 0 };

	(void)!bt_fail_sys(&e, "standard output");
	bt_log_report(&e, false);
	return status ? status : EXIT_BOTTLE;
}
