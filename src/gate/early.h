/* early.h - what bt_gate_early made, for the gate that it was made for. Floor: gate (private). */
#ifndef BOTTLE_GATE_EARLY_H
#define BOTTLE_GATE_EARLY_H
#include <stdbool.h>
#include "bottle/gate_config.h"

/* The configuration, read; the caller's. NULL: none, or of another file, or taken before. */
struct bt_gate_config *bt_early_config(const char *path);
/* The socket that listens on this address, the caller's; false: none, or taken before. */
bool bt_early_take(int *fd, const struct bt_gate_addr *a);
/* Bind a new one, and listen. */
BT_MUST int bt_early_bind(int *out, const struct bt_gate_addr *a, struct bt_err *e);
#endif
