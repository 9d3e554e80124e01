/* validate.h - check digits of what looks like a number of some kind. Floor: codec (private). */
#ifndef BOTTLE_CODEC_VALIDATE_H
#define BOTTLE_CODEC_VALIDATE_H
#include "bottle/scan.h"

/* The candidate whose first 15 digits (card), first 15 characters (IBAN) or first 51 (WIF) end at
 * to. */
bool bt_valid_card_at(struct bt_str text, size_t to);
bool bt_valid_iban_at(struct bt_str text, size_t to);
bool bt_valid_wif_at(struct bt_str text, size_t to);
/* The expression of the table ends at to: does what stands before it agree? */
bool bt_valid_aws_id_at(struct bt_str text, size_t to);    /* one case, alone */
bool bt_valid_env_at(struct bt_str text, size_t to);       /* a name like ACME_API_KEY */
bool bt_valid_jwt_at(struct bt_str text, size_t to);       /* the header part */
bool bt_valid_client_id_at(struct bt_str text, size_t to); /* digits, hyphen, 32 */
/* Exactly this candidate (an operator's pattern). BT_VALID_NONE holds always. */
bool bt_valid(enum bt_validator v, struct bt_str candidate);
#endif
