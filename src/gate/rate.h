/* rate.h - requests a minute to one site (its last two labels), counted in two windows: the share
 * of the last minute that still counts, and this one. Floor: gate (private). */
#ifndef BOTTLE_GATE_RATE_H
#define BOTTLE_GATE_RATE_H
#include <stdbool.h>
#include <stdint.h>

#include "bottle/host.h"

struct bt_rate;

struct bt_rate *bt_rate_new(uint32_t per_minute); /* owned by the caller; 0: no limit */
void bt_rate_free(struct bt_rate *r);             /* NULL is a no-op */
/* May one more go there now? Only what may go is counted. */
bool bt_rate_take(struct bt_rate *r, const struct bt_host *h, uint64_t now_ms);
#endif
