/* entropy.c - Shannon entropy, and labels that carry data.
 * Hexadecimal never exceeds 4.0 bits a character and base32 seldom reaches it within 63, so entropy
 * alone lets both pass as labels. Refused as well: one label of 32 or more hexadecimal digits that
 * is no UUID, and two or more labels of 16 or more; and the same for base32 of mixed letters and
 * digits. Left alone: a UUID as one label, and one short hash as CDNs use (d111111abcdef8, 16
 * digits). */
#include "entropy.h"

#include <math.h>
#include <string.h>

double bt_entropy(struct bt_str s)
{
	size_t count[256] = { 0 };
	double bits = 0;

	for (size_t i = 0; i < s.n; i++)
		count[(uint8_t)s.p[i]]++;
	for (size_t c = 0; c < 256; c++) {
		if (count[c] == 0)
			continue;
		double p = (double)count[c] / (double)s.n;

		bits -= p * log2(p);
	}
	return bits;
}

static bool digit(char c)
{
	return c >= '0' && c <= '9';
}

#define LONG_LABEL 32
#define ROW_LABEL 16

/* Hexadecimal digits, at least one of them a number: "deadbeefcafe" alone is a word. */
static bool is_hex(struct bt_str l)
{
	size_t digits = 0;

	for (size_t i = 0; i < l.n; i++) {
		if (!digit(l.p[i]) && (l.p[i] < 'a' || l.p[i] > 'f'))
			return false;
		digits += digit(l.p[i]);
	}
	return digits > 0;
}

/* Letters and 2-7 only, with as many numbers as chance gives: 6 in 32, so at least one in ten. */
static bool is_base32(struct bt_str l)
{
	size_t digits = 0;

	for (size_t i = 0; i < l.n; i++) {
		if (!(l.p[i] >= 'a' && l.p[i] <= 'z') && !(l.p[i] >= '2' && l.p[i] <= '7'))
			return false;
		digits += digit(l.p[i]);
	}
	return digits * 10 >= l.n;
}

static bool is_data(struct bt_str l, size_t least)
{
	return l.n >= least && (is_hex(l) || is_base32(l));
}

static bool flag(struct bt_str l, double threshold, unsigned *row, double *bits)
{
	*bits = l.n >= 8 ? bt_entropy(l) : 0;
	if (*bits > threshold)
		return true;
	if (is_data(l, ROW_LABEL))
		++*row;
	return is_data(l, LONG_LABEL) || *row >= 2;
}

bool bt_label_exfil(struct bt_str host, double threshold, struct bt_str *label, double *bits)
{
	struct bt_str rest = host, l;
	unsigned dots = 0, row = 0;

	for (size_t i = 0; i < host.n; i++)
		dots += host.p[i] == '.';
	while (dots >= 2 && bt_str_cut(&rest, '.', &l)) {
		dots--;
		if (flag(l, threshold, &row, bits)) {
			*label = l;
			return true;
		}
	}
	return false;
}
