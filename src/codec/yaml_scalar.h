/* yaml_scalar.h - what a plain scalar means, and which strings may be written plain. Floor: codec
 * (private). */
#ifndef BOTTLE_CODEC_YAML_SCALAR_H
#define BOTTLE_CODEC_YAML_SCALAR_H
#include <cjson/cJSON.h>
#include <stdbool.h>
#include "bottle/err.h"

/* The value of a plain scalar by the 1.2 core schema; owned by the caller. NULL: refused, *e says
 * why. */
cJSON *bt_yaml_resolve(const char *text, struct bt_err *e);
/* True when every reader, 1.1 or 1.2, takes the plain text for this very string. Errs on the side
 * of quotes. */
bool bt_yaml_plain(const char *text);
#endif
