/* gate.c - bottle gate --config FILE: the egress engine alone, and the sidecar's entry point. In
 * the module; how main gets here: apart.c. */
#include "bottle/gate.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "bottle/ca.h"
#include "bottle/gatekeep.h"
#include "bottle/log.h"
#include "bottle/str.h"
#include "bottle/verdict.h"
#include "command.h"

/* --known FD; not given: -1. */
static int known_fd(const struct bt_args *args, int *fd, struct bt_err *e)
{
	const char *text = bt_args_get(args, "known");
	uint64_t n;

	*fd = -1;
	if (!text)
		return 0;
	if (!bt_str_uint(bt_str(text), 1 << 20, &n))
		return bt_fail(e, BT_USAGE, "gate: --known: want a descriptor");
	*fd = (int)n;
	return 0;
}

/* 0: go on, as a gate; 1: it is over, with *status. */
static int kept(const struct bt_args *args, int known, int *status, struct bt_err *e)
{
	if (!bt_args_get(args, "restart") || bt_args_get(args, "check"))
		return 0;
	/* They come once and are kept by nobody but the gate that has them. */
	if (known >= 0)
		return bt_fail(e, BT_USAGE, "gate: --restart: not together with --known");
	return bt_gate_keep(STDOUT_FILENO, status, e);
}

int bt_cmd_gate(const struct bt_args *args, struct bt_err *e)
{
	const char *config = bt_args_get(args, "config");
	struct bt_gate_spec s = { .config = config, .ops = &bt_verdict_ops, .events = 1 };
	BT_OWN(bt_gate) g = NULL;
	int rc, status = 0;

	if (!config)
		return bt_fail(e, BT_USAGE, "gate: want --config FILE; see bottle gate --help");
	if (known_fd(args, &s.known, e) < 0)
		return -1;
	rc = kept(args, s.known, &status, e);
	if (rc != 0)
		return rc < 0 ? -1 : status;
	if (bt_args_get(args, "check"))
		rc = bt_gate_check(config, &bt_verdict_ops, e);
	else
		rc = bt_gate_open(&g, &s, e);
	if (s.known > STDERR_FILENO)
		(void)close(s.known);
	if (rc == 0 && g && bt_args_get(args, "lifeline"))
		rc = bt_gate_lifeline(g, STDIN_FILENO, e);
	if (rc < 0) { /* a configuration error is 1, as pipelock's is, not 125 */
		bt_log_report(e, bt_args_get(args, "verbose") != NULL);
		return 1;
	}
	return g ? bt_gate_run(g, e) : 0;
}

/* What OpenSSL sets up at its first key and signature is half of a gate's start. */
void bt_gate_warm(void)
{
	BT_OWN(bt_ca) ca = NULL;
	struct bt_err e = { 0 };

	(void)!bt_ca_create_memory(&ca, "warm", 0,
	                           &e); /* what fails here fails again where it counts */
}

int bt_gate_authority(struct bt_gateseed_ca *out, int files[2], const char *slug, struct bt_err *e)
{
	BT_OWN(bt_ca) ca = NULL;

	if (bt_ca_create_memory(&ca, slug, BT_CA_DAYS, e) < 0)
		return -1;
	BT_OWN_FD int cert = open(bt_ca_cert_path(ca), O_RDONLY | O_CLOEXEC);
	BT_OWN_FD int key = open(bt_ca_key_path(ca), O_RDONLY | O_CLOEXEC);

	if (cert < 0 || key < 0)
		return bt_fail_sys(e, "the CA's files");
	(void)snprintf(out->pem, sizeof out->pem, "%s", bt_ca_pem(ca));
	(void)snprintf(out->fingerprint, sizeof out->fingerprint, "%s", bt_ca_fingerprint(ca));
	bt_ca_subject_hash(ca, out->hash);
	files[0] = bt_fd_steal(&cert);
	files[1] = bt_fd_steal(&key);
	return 0;
}
