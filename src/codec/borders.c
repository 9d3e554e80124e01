/* borders.c - a mask of 64 bytes at a time, without a step for each string: a sum of two masks
 * carries a bit through a run of bits, from where it begins to behind its end. */
#include "borders.h"

#include <string.h>

#include "pick.h"
#include "strsort.h"

#define LONGEST 512 /* half a credential */
#define WORD 6      /* the longest head of a prefix that is all letters: "github", "sntrys" */
#define SEEN 256    /* strings that come again and again (keys, roles) take part once */
#define BATCH 256   /* room for as many pieces more as there can be on the way */
#define KEPT 4      /* masks of one run that are joined at its beginning, and at its end */

/* head: its first eight bytes. */
struct seen {
	uint32_t at, n;
	uint64_t head;
};

struct walk {
	struct bt_borders *out;
	struct bt_err *e;
	/* Of the byte before: NUL (or none), in a key, in a run that a value begins with, in a run;
	 * in a string that has only these. */
	uint64_t nul, key, head, run, part, digit, letter;
	size_t base;    /* of the mask that is looked at */
	uint64_t begin; /* where strings begin in it, empty ones too */
	size_t string;  /* where the string begins that goes on */
	size_t kind;    /* number of the next one */
	uint8_t *to;    /* of joined */
	unsigned full, held;
	uint64_t control[KEPT]; /* of the latest that were held back */
	struct bt_piece *piece;
	size_t room;
	struct seen seen[SEEN];
	bool failed;
};

/* The masks of a row. */
struct kinds {
	uint64_t nul[BT_ROW], space[BT_ROW], control[BT_ROW];
	uint64_t part[BT_ROW], digit[BT_ROW], letter[BT_ROW], high[BT_ROW];
};

#define TO(x) (*(bt_row *)k->x)

BT_HOT void kinds_of(struct kinds *k, const bt_row b[8])
{
	const bt_row is2 = b[5] & ~(b[7] | b[6] | b[4]), is3 = b[5] & b[4] & ~(b[7] | b[6]);
	const bt_row is46 = b[6] & ~(b[7] | b[4]), is57 = b[6] & b[4] & ~b[7];
	const bt_row low = b[3] | b[2] | b[1] | b[0];
	const bt_row c0 = ~(b[7] | b[6] | b[5]), nul = c0 & ~(low | b[4]);
	const bt_row fifteen = b[3] & b[2] & b[1] & b[0];
	const bt_row digit = is3 & ~(b[3] & (b[2] | b[1]));
	const bt_row letter = (is46 & low) | (is57 & ~(b[3] & (b[2] | (b[1] & b[0]))));

	TO(nul) = nul;
	TO(space) = is2 & ~low;
	TO(control) = (c0 & ~nul) | (is57 & b[5] & fifteen);
	TO(digit) = digit;
	TO(letter) = letter;
	TO(high) = b[7];
	/* + - . /; _; =. */
	TO(part) = digit | letter | b[7] | (is2 & b[3] & ((b[1] & b[0]) | (b[2] & (b[1] | b[0])))) |
	           (is57 & ~b[5] & fifteen) | (is3 & b[3] & b[2] & b[0] & ~b[1]);
}

static bool repeated(struct walk *w, struct bt_str s, struct bt_str left)
{
	const char *text = w->out->strings.p;
	uint64_t head = 0, h;

	if (left.n >= 8)
		memcpy(&head, s.p, 8);
	else
		memcpy(&head, s.p, s.n < 8 ? s.n : 8);
	if (s.n < 8)
		head &= ((uint64_t)1 << 8 * s.n) - 1;
	h = (head ^ s.n << 56 ^ (uint64_t)(uint8_t)s.p[s.n - 1] << 48) * 0x9e3779b97f4a7c15u;
	struct seen *slot = &w->seen[h >> 56];

	if (slot->n == s.n && slot->head == head &&
	    (s.n <= 8 || memcmp(text + slot->at, s.p, s.n) == 0))
		return true;
	*slot = (struct seen){ (uint32_t)(s.p - text), (uint32_t)s.n, head };
	return false;
}

static void add_piece(struct walk *w, size_t from, size_t to)
{
	struct bt_str all = w->out->strings, s = { all.p + from, to - from };

	if (s.n > LONGEST || repeated(w, s, (struct bt_str){ s.p, all.n - from }))
		return;
	if (w->room == 0) {
		w->room = BATCH;
		w->piece = (struct bt_piece *)(void *)bt_buf_reserve(
		        w->out->pieces, w->room * sizeof *w->piece, w->e);
	}
	if (!w->piece) {
		w->failed = true;
		return;
	}
	w->out->low = w->out->low && !bt_has_high(s);
	*w->piece++ = (struct bt_piece){ (uint32_t)from, (uint32_t)s.n, 0 };
	w->room--;
	bt_buf_commit(w->out->pieces, sizeof *w->piece);
}

/* Strings that could be a part of a credential: no words of prose, no plain number. */
BT_HOT void candidates(struct walk *w, const struct kinds *k, unsigned i)
{
	uint64_t nul = k->nul[i];
	uint64_t part = bt_ripple(k->part[i], w->begin & k->part[i], &w->part) & nul;
	uint64_t digit = bt_ripple(k->digit[i], w->begin & k->digit[i], &w->digit) & nul;
	uint64_t letter = bt_ripple(k->letter[i], w->begin & k->letter[i], &w->letter) & nul;

	for (uint64_t hits = part & ~digit; hits; hits &= hits - 1) {
		uint64_t one = hits & -hits, below = nul & (one - 1);
		size_t from = below ? w->base + 64 - (size_t)__builtin_clzll(below) : w->string;
		size_t to = w->base + (size_t)__builtin_ctzll(one);

		if (letter & one && to - from > WORD && to - from <= 15)
			continue;
		add_piece(w, from, to);
	}
	if (nul)
		w->string = w->base + 64 - (size_t)__builtin_clzll(nul);
}

/* Bit j: string number w->kind + j is a value. */
BT_HOT uint64_t next_kinds(const struct walk *w)
{
	const struct bt_kinds *kinds = w->out->kinds;
	const uint64_t *words = (const uint64_t *)(const void *)kinds->bits->p;
	size_t i = w->kind / 64, last = (kinds->n + 63) / 64;
	unsigned by = w->kind % 64;
	uint64_t low = i < last ? words[i] : 0, high = by && i + 1 < last ? words[i + 1] : 0;

	return by ? low >> by | high << (64 - by) : low;
}

/* A run goes on and on: of what was held back its end. */
BT_HOT void let_go(struct walk *w, bt_bytes_fn *put)
{
	unsigned n = w->held < KEPT ? w->held : KEPT;

	if (w->held > KEPT)
		*w->to++ = ' ';
	for (; n; n--) {
		const char *from = w->out->strings.p + w->base - 64 * (size_t)n;

		w->to = put(w->to, from, ~w->control[(w->held - n) % KEPT], 0,
		            w->out->strings.n - (w->base - 64 * (size_t)n));
	}
	w->held = 0;
}

/* Of the values what is beside their borders, up to a space, with a space between. What goes on in
 * the next mask may be; it is taken for it. */
BT_HOT void borders(struct walk *w, const struct kinds *k, unsigned i, bt_bits_fn *deposit,
                    bt_bits_fn *extract, bt_bytes_fn *put)
{
	const uint64_t begin = w->begin;
	uint64_t inner = ~k->nul[i], keys = deposit(~next_kinds(w), begin);
	uint64_t value = inner & bt_ripple(inner, keys & inner, &w->key);
	uint64_t space = k->space[i] & value, runs = value & ~space, before = runs << 1 | w->run;
	uint64_t head = bt_ripple(runs, begin & runs, &w->head);
	uint64_t starts = (runs & ~before) | (runs & w->run), ends = ~runs & before;
	uint64_t goes_on = w->run ? ends & -ends : 0; /* the end of what did */
	uint64_t here = w->run && !(runs & 1) ? ends & (ends - 1) : ends;
	uint64_t tails = deposit(extract(k->nul[i], here), starts);
	uint64_t open =
	        runs >> 63 ? (~runs ? ~(uint64_t)0 << (64 - __builtin_clzll(~runs)) : runs) : 0;
	uint64_t spaces = (head & ~runs) | begin | goes_on | (tails | (open & -open)) >> 1;
	uint64_t keep = (((runs & ~head) | ((here & k->nul[i]) - tails) | open) & ~k->control[i]) |
	                (spaces & space);

	w->full = !~runs && w->run ? w->full + 1 : 0;
	if (w->full > KEPT) {
		w->control[w->held++ % KEPT] = k->control[i];
		keep = 0;
	} else if (w->held) {
		let_go(w, put);
	}
	w->run = runs >> 63;
	w->kind += bt_ones(begin);
	w->to = put(w->to, w->out->strings.p + w->base, keep, 0, w->out->strings.n - w->base);
}

/* What has been seen of the row before: each of these characters, of either case. */
enum { S, E, C, R, T, Y, B, QUOTE, HYPHEN, LETTERS };
struct letters {
	bt_row last[LETTERS], found;
};

BT_HOT void spell(struct letters *l, const bt_row b[8])
{
	const bt_row is46 = b[6] & ~(b[7] | b[4]), is57 = b[6] & b[4] & ~b[7];
	const bt_row is2 = b[5] & ~(b[7] | b[6] | b[4]), low12 = b[1] & ~(b[3] | b[2]);
	const bt_row x[LETTERS] = {
		[S] = is57 & low12 & b[0],
		[E] = is46 & b[2] & b[0] & ~(b[3] | b[1]),
		[C] = is46 & low12 & b[0],
		[R] = is57 & low12 & ~b[0],
		[T] = is57 & b[2] & ~(b[3] | b[1] | b[0]),
		[Y] = is57 & b[3] & b[0] & ~(b[2] | b[1]),
		[B] = is46 & low12 & ~b[0],
		[QUOTE] = is2 & low12 & ~b[0],
		[HYPHEN] = is2 & b[3] & b[2] & b[0] & ~b[1],
	};
/* Each mask of a row with the one before it. */
#define BEFORE(c, by)                                                                              \
	BT_UP(__builtin_shufflevector(l->last[c], x[c], 7, 8, 9, 10, 11, 12, 13, 14), x[c], by)
	l->found |= x[T] & BEFORE(E, 1) & BEFORE(R, 2) & BEFORE(C, 3) & BEFORE(E, 4) & BEFORE(S, 5);
	l->found |= x[Y] & BEFORE(T, 1) & BEFORE(QUOTE, 2);
	l->found |= x[B] & BEFORE(HYPHEN, 1) & BEFORE(HYPHEN, 2) & BEFORE(HYPHEN, 3) &
	            BEFORE(HYPHEN, 4) & BEFORE(HYPHEN, 5);
#undef BEFORE
	for (unsigned i = 0; i < LETTERS; i++)
		l->last[i] = x[i];
}

BT_HOT bool spelled(struct bt_str s, bt_planes_fn *planes_at)
{
	struct letters l = { 0 };
	bt_row b[8];

	for (size_t at = 0; at < s.n; at += BT_ROW_BYTES) {
		bt_planes_row(b, s, at, planes_at);
		spell(&l, b);
	}
	return bt_row_any(&l.found);
}

BT_HOT void run(struct walk *w, bt_planes_fn *planes, bt_bits_fn *deposit, bt_bits_fn *extract,
                bt_bytes_fn *put)
{
	struct bt_str s = w->out->strings;
	struct letters l = { 0 };
	struct kinds k;
	bt_row b[8];

	while (w->base < s.n && !w->failed) {
		bt_planes_row(b, s, w->base, planes);
		spell(&l, b);
		kinds_of(&k, b);
		for (unsigned i = 0; i < BT_ROW && w->base < s.n; i++, w->base += 64) {
			w->begin = k.nul[i] << 1 | w->nul;
			candidates(w, &k, i);
			if (w->to)
				borders(w, &k, i, deposit, extract, put);
			w->nul = k.nul[i] >> 63;
		}
	}
	w->out->spaced = bt_row_any(&l.found);
}

static void run_any(struct walk *w)
{
	run(w, bt_planes_any, bt_deposit_any, bt_extract_any, bt_bytes_any);
}

#if defined __x86_64__ && defined __GNUC__
BT_VBMI2 static void run_vbmi2(struct walk *w)
{
	run(w, bt_planes_avx512, bt_deposit_bmi2, bt_extract_bmi2, bt_bytes_vbmi2);
}

BT_AVX2 static void run_avx2(struct walk *w)
{
	run(w, bt_planes_avx2, bt_deposit_bmi2, bt_extract_bmi2, bt_bytes_any);
}

BT_AVX512 static bool spelled_avx512(struct bt_str s)
{
	return spelled(s, bt_planes_avx512);
}

BT_AVX2 static bool spelled_avx2(struct bt_str s)
{
	return spelled(s, bt_planes_avx2);
}

static void run_here(struct walk *w)
{
	if (bt_has_vbmi2())
		run_vbmi2(w);
	else if (bt_registers() >= 32)
		run_avx2(w);
	else
		run_any(w);
}

bool bt_borders_spaced(struct bt_str s)
{
	if (bt_registers() == 64)
		return spelled_avx512(s);
	return bt_registers() == 32 ? spelled_avx2(s) : spelled(s, bt_planes_any);
}
#else
static void run_here(struct walk *w)
{
	run_any(w);
}

bool bt_borders_spaced(struct bt_str s)
{
	return spelled(s, bt_planes_any);
}
#endif

int bt_borders_run(struct bt_borders *b, struct bt_err *e)
{
	struct walk w = { .out = b, .e = e, .nul = 1 };
	/* All of it, a space for what is left out of a run, and what is written behind the end. */
	size_t most = b->strings.n + b->strings.n / (64 * KEPT) + 128;

	b->low = true;
	if (b->kinds->n) {
		w.to = bt_buf_reserve(b->joined, most, e);
		if (!w.to)
			return -1;
	}
	run_here(&w);
	if (w.to)
		bt_buf_commit(b->joined, (size_t)(w.to - b->joined->p) - b->joined->len);
	return w.failed ? -1 : 0;
}
