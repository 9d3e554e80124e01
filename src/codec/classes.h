/* classes.h - what kind each byte of a text is, 64 at a time: bit i of a mask is byte i. Floor:
 * codec (private). */
#ifndef BOTTLE_CODEC_CLASSES_H
#define BOTTLE_CODEC_CLASSES_H
#include "bottle/str.h"

struct bt_masks {
	uint64_t word;  /* letters and digits */
	uint64_t digit; /* 0-9 */
	uint64_t hex;   /* 0-9 a-f A-F */
	uint64_t token; /* word and + / _ - */
	uint64_t b58;   /* word without 0 O I l */
	uint64_t cut;   /* what ends a word of prose: C0, space and , | ; : - " ' . */
	uint64_t space, hyphen, under, dot, percent, plus, back, x; /* x: x or X */
	uint64_t nul, control /* C0 without NUL, DEL */, high;
};

/* The kinds of up to 64 bytes from at on; behind the end all masks are 0. */
void bt_classify(struct bt_masks *m, struct bt_str s, size_t at);
/* The same, byte by byte: for other processors, and to test the one above. */
void bt_classify_slow(struct bt_masks *m, struct bt_str s, size_t at);
/* Behind the token characters that are at at and follow it. */
size_t bt_token_end(struct bt_str s, size_t at);
#endif
