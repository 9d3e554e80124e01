/* yaml.h - YAML to and from the same tree as json.h, without what makes YAML dangerous. Floor:
 * codec. One document of mappings, sequences and scalars; anchors, aliases, tags, merge keys and
 * duplicate keys are refused, and so are limits.h's BT_LIM_DOC_{BYTES,DEPTH,NODES}.
 * Plain scalars follow the 1.2 core schema (null ~ true false 12 0x1f 0o17 1.5e3); anything else,
 * and whatever is quoted, is a string: yes, no, on and off too. 0644 is refused: YAML 1.1 reads 420
 * and 1.2 reads 644. So are .inf and .nan, which the tree cannot hold. Keys are strings always. */
#ifndef BOTTLE_YAML_H
#define BOTTLE_YAML_H
#include "bottle/json.h"

/* As bt_json_decode. An empty document is null. */
BT_MUST int bt_yaml_decode(struct bt_str text, cJSON **out, struct bt_places *places,
                           struct bt_err *e);
/* Append the tree as block YAML, keys sorted; a string that a YAML 1.1 or 1.2 reader would take for
 * something else is quoted. cJSON_Raw holds a number. On failure out may hold a part. */
BT_MUST int bt_yaml_encode(const cJSON *tree, struct bt_buf *out, struct bt_err *e);
#endif
