/* json_scan.h - the strict grammar in front of cJSON's lenient one. Floor: codec (private). */
#ifndef BOTTLE_CODEC_JSON_SCAN_H
#define BOTTLE_CODEC_JSON_SCAN_H
#include "bottle/err.h"
#include "bottle/places.h"
#include "bottle/str.h"

/* 0 when text is one JSON document within the limits, else the reason with line and column. places
 * may be NULL. */
BT_MUST int bt_json_scan(struct bt_str text, struct bt_places *places, struct bt_err *e);
#endif
