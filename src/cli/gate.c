/* gate.c - bottle gate --config FILE: the egress engine alone, and the sidecar's entry point. */
#include "bottle/gate.h"

#include <stdio.h>
#include <unistd.h>

#include "bottle/log.h"
#include "bottle/verdict.h"
#include "command.h"

int bt_cmd_gate(const struct bt_args *args, struct bt_err *e)
{
	const char *config = bt_args_get(args, "config");
	BT_OWN(bt_gate) g = NULL;
	int rc;

	if (!config)
		return bt_fail(e, BT_USAGE, "gate: want --config FILE");
	if (bt_args_get(args, "check"))
		rc = bt_gate_check(config, &bt_verdict_ops, e);
	else
		rc = bt_gate_open(&g, config, &bt_verdict_ops, 1, e);
	if (rc == 0 && g && bt_args_get(args, "lifeline"))
		rc = bt_gate_lifeline(g, STDIN_FILENO, e);
	if (rc < 0) { /* a configuration error is 1, as pipelock's is, not 125 */
		bt_log_report(e, bt_args_get(args, "verbose") != NULL);
		return 1;
	}
	return g ? bt_gate_run(g, e) : 0;
}
