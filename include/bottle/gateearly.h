/* gateearly.h - a gate that listens before it is one (docs/adr/0064). Floor: gate. */
#ifndef BOTTLE_GATEEARLY_H
#define BOTTLE_GATEEARLY_H

/* Give up what a gate gives up first, read the configuration, and listen where it says. Who
 * connects waits in the kernel's queue, is accepted by the gate when all of it is checked and
 * ready, and otherwise sees the connection end with this process: nobody answers before that. Needs
 * neither OpenSSL nor a scanner. What cannot be read or bound is left to bt_gate_open, which says
 * why; so is everything where sockets are handed over (BOTTLE_GATE_SOCKETS). Once, before
 * bt_gate_open. */
void bt_gate_early(const char *config);
#endif
