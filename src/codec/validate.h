/* validate.h - check digits of what looks like a number of some kind. Floor: codec (private). */
#ifndef BOTTLE_CODEC_VALIDATE_H
#define BOTTLE_CODEC_VALIDATE_H
#include "bottle/scan.h"

/* A default pattern matched text[..to): does the candidate that starts at its front hold? */
bool bt_valid_card_at(struct bt_str text, size_t to);
bool bt_valid_iban_at(struct bt_str text, size_t to);
bool bt_valid_wif_at(struct bt_str text, size_t to);
bool bt_valid_aws_id_at(struct bt_str text, size_t to);
/* Exactly this candidate (an operator's pattern). BT_VALID_NONE holds always. */
bool bt_valid(enum bt_validator v, struct bt_str candidate);
#endif
