/* classes.h - what kind each byte of a text is, 64 bytes in a mask: bit i of one is byte i. Floor:
 * codec (private). */
#ifndef BOTTLE_CODEC_CLASSES_H
#define BOTTLE_CODEC_CLASSES_H
#include "bottle/str.h"

/* Masks of a row are looked at together: those of a block of rows are made together, behind the
 * last one of the block before, and with the first row of the block behind. */
#define BT_ROW 8u
#define BT_BLOCK 4u
#define BT_MASKS (1 + (BT_BLOCK + 1) * BT_ROW)
typedef uint64_t bt_masks_of[BT_MASKS];

struct bt_masks {
	bt_masks_of word;  /* letters and digits */
	bt_masks_of digit; /* 0-9 */
	bt_masks_of hex;   /* 0-9 a-f A-F */
	bt_masks_of token; /* word and + / _ - */
	bt_masks_of b58;   /* word without 0 O I l */
	bt_masks_of cut;   /* what ends a word of prose: C0, space and , | ; : - " ' . */
	bt_masks_of joins; /* what stands beside a gap inside of a credential (glue.c) */
	/* What may be the last but one of a prefix, in front of '-' and '_', and in front of '.'.
	 */
	bt_masks_of tail, tail_dot;
	bt_masks_of space, hyphen, under, dot, percent, plus, back, x; /* x: x or X */
	bt_masks_of nul, control /* C0 without NUL, DEL */, high;
};

/* The kinds of the bytes from at on: 64 into each of the masks w up to, but not with, to, of which
 * there are whole rows. Behind the end of the text there is what bt_classify_none makes. */
void bt_classify(struct bt_masks *m, unsigned w, unsigned to, struct bt_str s, size_t at);
/* The same, byte by byte: to test the one above. */
void bt_classify_slow(struct bt_masks *m, unsigned w, unsigned to, struct bt_str s, size_t at);
/* One mask of each kind, of no text: cuts and nothing else. */
void bt_classify_none(struct bt_masks *m, unsigned w);
/* 64 or 32: bytes of a register, where the processor has AVX-512 (F, BW, DQ, VL) or AVX2, and BMI2
 * and POPCNT; 16 elsewhere. */
int bt_registers(void);
/* Behind the token characters that are at at and follow it. */
size_t bt_token_end(struct bt_str s, size_t at);
#endif
