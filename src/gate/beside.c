/* beside.c - what runs beside the data path: the DNS listener and the admin socket. */
#include "gate_int.h"

int bt_beside_open(struct bt_gate *g, struct bt_err *e)
{
	(void)g;
	(void)e;
	return 0;
}

void bt_beside_close(struct bt_gate *g)
{
	(void)g;
}

void bt_gate_policy_changed(struct bt_gate *g)
{
	(void)g;
}
