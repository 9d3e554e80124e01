/* sieve.h - where in a row of masks the survey's finders have to look, all masks of the row at a
 * time. What is found here is a superset of what the finders look for: none of them is asked about
 * another place. Floor: codec (private). */
#ifndef BOTTLE_CODEC_SIEVE_H
#define BOTTLE_CODEC_SIEVE_H
#include "planes.h"

struct bt_sieve {
	bt_row token;             /* a token begins */
	bt_row iban, card;        /* one may begin */
	bt_row wif, pairs, words; /* not 0: one may begin in this mask */
	bt_row ssn;               /* its first hyphen */
	bt_row dot, discord;      /* a dot inside of a token; in front of the middle of one */
	bt_row gap;               /* control characters begin inside of something */
	bt_row mark;              /* may be the end of a prefix; spaces are near */
	bt_row percent;           /* two hexadecimal digits are behind it */
	bt_row escape;            /* digits, or a token, are behind the character behind it */
	bt_row rare;              /* any of iban, card, wif, ssn, discord, escape */
};

/* Of the row whose first mask is w. */
#define BT_PREV(x) (*(const bt_row *)&m->x[w - 1])
#define BT_CUR(x) (*(const bt_row *)&m->x[w])
#define BT_NEXT(x) (*(const bt_row *)&m->x[w + 1])

/* Where so many bits in a row begin, once there are those where by less do: by <= less. */
BT_HOT void bt_rows_more(bt_row *a, bt_row *b, unsigned by)
{
	*a &= *a >> by | *b << (64 - by);
	*b &= *b >> by;
}

BT_HOT void bt_rows_eight(bt_row *a, bt_row *b)
{
	bt_rows_more(a, b, 1);
	bt_rows_more(a, b, 2);
	bt_rows_more(a, b, 4);
}

BT_HOT void bt_sieve_tokens(struct bt_sieve *s, const struct bt_masks *m, unsigned w,
                            unsigned least)
{
	bt_row a = BT_CUR(token), b = BT_NEXT(token);

	bt_rows_eight(&a, &b);
	bt_rows_more(&a, &b, least - 8);
	s->token = a;
}

/* An IBAN begins a word of 15 or more with two letters and two digits; a key in WIF is 51 of base
 * 58 somewhere in a word: it has bits 13 to 50, or 50 to 63 and the next one, or all up to the end
 * and 37 more. */
BT_HOT void bt_sieve_long_words(struct bt_sieve *s, const struct bt_masks *m, unsigned w)
{
	const uint64_t middle = ~(uint64_t)0 >> 26 << 13, end = ~(uint64_t)0 << 50,
	               begin = ~(uint64_t)0 >> 27;
	bt_row a = BT_CUR(word), b = BT_NEXT(word), c = BT_CUR(b58), n = BT_NEXT(b58);
	bt_row iban = a & ~BT_UP(BT_PREV(word), a, 1) & BT_DOWN(BT_CUR(digit), BT_NEXT(digit), 2) &
	              BT_DOWN(BT_CUR(digit), BT_NEXT(digit), 3);

	bt_rows_eight(&a, &b);
	bt_rows_more(&a, &b, 7);
	s->iban = iban & a;
	s->wif = (bt_row)(((c & middle) == middle) | (((c & end) == end) & ((n & 1) != 0)) |
	                  (((n & begin) == begin) & ((c >> 63) != 0)));
}

/* What a card may consist of: digits, and one separator behind each three or more of them. */
#define BT_CARD_BYTES(dp, d, sign)                                                                 \
	((d) | ((sign)&BT_UP(dp, d, 1) & BT_UP(dp, d, 2) & BT_UP(dp, d, 3)))

BT_HOT void bt_sieve_digits(struct bt_sieve *s, const struct bt_masks *m, unsigned w)
{
	const bt_row p = BT_PREV(digit), d = BT_CUR(digit), n = BT_NEXT(digit);
	bt_row a = BT_CARD_BYTES(p, d, BT_CUR(space) | BT_CUR(hyphen));
	bt_row b = BT_CARD_BYTES(d, n, BT_NEXT(space) | BT_NEXT(hyphen));

	bt_rows_eight(&a, &b);
	bt_rows_more(&a, &b, 7);
	s->card = a & d & BT_DOWN(d, n, 1) & BT_DOWN(d, n, 2) &
	          ~BT_UP(BT_PREV(word), BT_CUR(word), 1);
	s->ssn = BT_CUR(hyphen) & BT_DOWN(BT_CUR(hyphen), BT_NEXT(hyphen), 3) & BT_UP(p, d, 3) &
	         BT_UP(p, d, 1);
}

/* What is no letter and no cut, where a word of less than three begins, and where one of more than
 * eight has that many left: not in a seed phrase. */
#define BT_NO_SEED(p, c, letter, nine)                                                             \
	((nine) | ~((c) | (letter)) | (((c) >> 1 | (c) >> 2) & ~(c)&BT_UP(p, c, 1)))

/* Twelve words of three letters or more are 44 bytes up to the last one's beginning. */
BT_HOT void bt_sieve_words(struct bt_sieve *s, const struct bt_masks *m, unsigned w)
{
	const bt_row p = BT_PREV(cut), c = BT_CUR(cut), n = BT_NEXT(cut);
	bt_row x = ~c, y = ~n;

	bt_rows_eight(&x, &y);
	bt_rows_more(&x, &y, 1);
	bt_row a = ~BT_NO_SEED(p, c, BT_CUR(word) & ~BT_CUR(digit), x);
	bt_row b = ~BT_NO_SEED(c, n, BT_NEXT(word) & ~BT_NEXT(digit), y);

	bt_rows_eight(&a, &b);
	bt_rows_more(&a, &b, 8);
	bt_rows_more(&a, &b, 16);
	bt_rows_more(&a, &b, 12);
	s->words = a;
}

/* A pair of hexadecimal digits that stands alone or behind an x. */
#define BT_PAIR(hc, hn, wp, wc, wn, xp, xc)                                                        \
	((hc)&BT_DOWN(hc, hn, 1) & ~BT_DOWN(wc, wn, 2) & (~BT_UP(wp, wc, 1) | BT_UP(xp, xc, 1)))

/* Six of them: three are in this mask, or in the next one. */
BT_HOT void bt_sieve_pairs(struct bt_sieve *s, const struct bt_masks *m, unsigned w)
{
	const bt_row none = { 0 };
	bt_row a = BT_PAIR(BT_CUR(hex), BT_NEXT(hex), BT_PREV(word), BT_CUR(word), BT_NEXT(word),
	                   BT_PREV(x), BT_CUR(x));
	bt_row b = BT_PAIR(BT_NEXT(hex), none, BT_CUR(word), BT_NEXT(word), none, BT_CUR(x),
	                   BT_NEXT(x));
	bt_row two = a & (a - 1), here = (bt_row)(a != 0);

	b &= b - 1;
	s->pairs = (two & (two - 1)) | (b & (b - 1) & here);
}

BT_HOT void bt_sieve_signs(struct bt_sieve *s, const struct bt_masks *m, unsigned w, bool nul)
{
	const uint64_t with_nul = nul ? ~(uint64_t)0 : 0;
	const bt_row dot = BT_CUR(dot), word = BT_CUR(word);
	bt_row cur = BT_CUR(control) | (BT_CUR(nul) & with_nul);
	bt_row before = BT_PREV(control) | (BT_PREV(nul) & with_nul);
	bt_row joins = BT_CUR(joins);
	bt_row mark = BT_CUR(hyphen) | BT_CUR(under) | dot;
	bt_row blank = BT_CUR(space) | BT_CUR(control) | BT_CUR(nul);
	bt_row blank_before = BT_PREV(space) | BT_PREV(control) | BT_PREV(nul);
	bt_row space = BT_PREV(space) | BT_CUR(space) | BT_NEXT(space);

	s->gap = cur & ~BT_UP(before, cur, 1) & BT_UP(BT_PREV(joins), joins, 1) &
	         (BT_DOWN(joins, BT_NEXT(joins), 1) |
	          BT_DOWN(cur, BT_NEXT(control) | (BT_NEXT(nul) & with_nul), 1));
	s->mark = mark & ~(mark << 1) & (bt_row)(space != 0) &
	          (BT_UP(blank_before, blank, 1) |
	           (dot & BT_UP(BT_PREV(tail_dot), BT_CUR(tail_dot), 1)) |
	           (~dot & BT_UP(BT_PREV(tail), BT_CUR(tail), 1)));
	s->discord = dot & BT_UP(BT_PREV(token), BT_CUR(token), 1) & BT_DOWN(dot, BT_NEXT(dot), 7);
	s->dot = dot & BT_UP(BT_PREV(word), word, 1) & BT_DOWN(word, BT_NEXT(word), 1);
	s->escape =
	        BT_CUR(back) &
	        ((BT_DOWN(BT_CUR(hex), BT_NEXT(hex), 2) & BT_DOWN(BT_CUR(hex), BT_NEXT(hex), 3)) |
	         (BT_UP(BT_PREV(token) | BT_PREV(back), BT_CUR(token) | BT_CUR(back), 1) &
	          BT_DOWN(BT_CUR(token), BT_NEXT(token), 2) &
	          BT_DOWN(BT_CUR(token), BT_NEXT(token), 5)));
	s->percent = BT_CUR(percent) & BT_DOWN(BT_CUR(hex), BT_NEXT(hex), 1) &
	             BT_DOWN(BT_CUR(hex), BT_NEXT(hex), 2);
}
#endif
