/* entropy.h - how random a piece of a URL looks. Floor: codec (private). */
#ifndef BOTTLE_CODEC_ENTROPY_H
#define BOTTLE_CODEC_ENTROPY_H
#include "bottle/str.h"

double bt_entropy(struct bt_str s); /* Shannon, bits a byte */
/* A label or a row of labels that carries data rather than a name: see entropy.c. host is a normal
 * form; *label names the offender. */
bool bt_label_exfil(struct bt_str host, double threshold, struct bt_str *label, double *bits);
#endif
