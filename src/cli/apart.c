/* apart.c - what of the commands is in the engine's module, which few of them load: OpenSSL alone
 * takes longer to load than most of them run (docs/adr/0063). */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bottle/gateearly.h"
#include "bottle/module.h"
#include "command.h"

static int call(const char *entry, const struct bt_args *args, struct bt_err *e)
{
	void (*at)(void);

	if (bt_module_symbol(&at, BT_MODULE_GATE, entry, e) < 0)
		return -1;
	return ((int (*)(const struct bt_args *, struct bt_err *))at)(args, e);
}

int bt_apart_gate(const struct bt_args *args, struct bt_err *e)
{
	const char *config = bt_args_get(args, "config");

	/* Of a gate that is started anew the sockets are each child's own. */
	if (config && !bt_args_get(args, "check") && !bt_args_get(args, "restart"))
		bt_gate_early(config);
	return call("bt_cmd_gate", args, e);
}

int bt_apart_scan(const struct bt_args *args, struct bt_err *e)
{
	return call("bt_cmd_scan", args, e);
}

void bt_apart_warm(void)
{
	struct bt_err e = { 0 };
	void (*at)(void);

	if (bt_module_symbol(&at, BT_MODULE_GATE, "bt_gate_warm", &e) == 0)
		at(); /* what fails here fails again where it counts */
}

int bt_apart_ca(struct bt_gateseed_ca *out, int files[2], const char *slug, struct bt_err *e)
{
	void (*at)(void);

	if (bt_module_symbol(&at, BT_MODULE_GATE, "bt_gate_authority", e) < 0)
		return -1;
	return ((int (*)(struct bt_gateseed_ca *, int *, const char *, struct bt_err *))at)(
	        out, files, slug, e);
}

/* A guess, and no more: a gate that is not wanted waits in vain, one that was not begun is begun
 * later. */
static bool native_likely(const struct bt_args *args)
{
	const char *backend = bt_args_get(args, "backend");

	if (!backend)
		backend = getenv("BOTTLE_BACKEND");
	if (backend && *backend)
		return strcmp(backend, "native") == 0;
	return !getenv("DOCKER_HOST") && access("/var/run/docker.sock", F_OK) != 0;
}

bool bt_gate_wanted(const struct bt_args *args)
{
	/* A detached bottle's keeper is another process than this one. */
	return strcmp(args->command, "run") == 0 && !bt_args_get(args, "dry-run") &&
	       !bt_args_get(args, "detach") && native_likely(args);
}
