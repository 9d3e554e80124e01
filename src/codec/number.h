/* number.h - one spelling for each number, in JSON and YAML. Floor: codec (private). */
#ifndef BOTTLE_CODEC_NUMBER_H
#define BOTTLE_CODEC_NUMBER_H

#define BT_NUMBER_MAX 40

/* The shortest decimal text that reads back as d, which is finite: integral values below 2^63 as
 * digits only (Go's decoder takes 2e+15 for no integer), -0 as 0, a dot in whatever locale. */
void bt_number_text(char out[BT_NUMBER_MAX], double d);
#endif
