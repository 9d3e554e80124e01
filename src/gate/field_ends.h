/* field_ends.h - request fields that end at the gate: hop by hop (RFC 9110 §7.6.1), written anew,
 * or claims about who asks and for what that only a trusted proxy may make. Floor: gate (private).
 */
#ifndef BOTTLE_GATE_FIELD_ENDS_H
#define BOTTLE_GATE_FIELD_ENDS_H
#include <stdbool.h>
#include "bottle/str.h"

bool bt_field_ends_here(struct bt_str name); /* in any case */
#endif
