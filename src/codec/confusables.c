/* confusables.c - letters of other scripts that are drawn like Latin ones, read off the Unicode
 * code charts (Greek, Cyrillic, Armenian, Hebrew, Cherokee, Latin extensions, letter-like and IPA).
 * Compatibility forms (full-width, mathematical, circled) are not here: NFKC folds those. */
#include <stdlib.h>

#include "normal.h"

struct row {
	uint16_t cp;
	char latin;
};

/* Sorted by code point. */
/* clang-format off */
static const struct row rows[] = {
	{ 0x00d8, 'O' }, { 0x00f8, 'o' }, { 0x0110, 'D' }, { 0x0111, 'd' }, { 0x0126, 'H' }, { 0x0127, 'h' },
	{ 0x0131, 'i' }, { 0x0138, 'k' }, { 0x0141, 'L' }, { 0x0142, 'l' }, { 0x0166, 'T' }, { 0x0167, 't' },
	{ 0x0180, 'b' }, { 0x0197, 'I' }, { 0x019a, 'l' }, { 0x01b6, 'z' }, { 0x01c0, 'l' }, { 0x0237, 'j' },
	{ 0x023c, 'c' }, { 0x0251, 'a' }, { 0x0261, 'g' }, { 0x0262, 'G' }, { 0x0268, 'i' }, { 0x0269, 'i' },
	{ 0x026a, 'i' }, { 0x026f, 'w' }, { 0x0274, 'N' }, { 0x0280, 'R' }, { 0x0281, 'R' }, { 0x028b, 'u' },
	{ 0x028f, 'y' }, { 0x0290, 'z' }, { 0x0299, 'B' }, { 0x029c, 'H' }, { 0x029f, 'L' }, { 0x0391, 'A' },
	{ 0x0392, 'B' }, { 0x0395, 'E' }, { 0x0396, 'Z' }, { 0x0397, 'H' }, { 0x0399, 'I' }, { 0x039a, 'K' },
	{ 0x039c, 'M' }, { 0x039d, 'N' }, { 0x039f, 'O' }, { 0x03a1, 'P' }, { 0x03a4, 'T' }, { 0x03a5, 'Y' },
	{ 0x03a7, 'X' }, { 0x03b1, 'a' }, { 0x03b3, 'y' }, { 0x03b7, 'n' }, { 0x03b9, 'i' }, { 0x03ba, 'k' },
	{ 0x03bd, 'v' }, { 0x03bf, 'o' }, { 0x03c1, 'p' }, { 0x03c3, 'o' }, { 0x03c4, 't' }, { 0x03c5, 'u' },
	{ 0x03c7, 'x' }, { 0x03c9, 'w' }, { 0x03f2, 'c' }, { 0x03f3, 'j' }, { 0x03f9, 'C' }, { 0x0405, 'S' },
	{ 0x0406, 'I' }, { 0x0408, 'J' }, { 0x0410, 'A' }, { 0x0412, 'B' }, { 0x0415, 'E' }, { 0x0417, '3' },
	{ 0x041a, 'K' }, { 0x041c, 'M' }, { 0x041d, 'H' }, { 0x041e, 'O' }, { 0x0420, 'P' }, { 0x0421, 'C' },
	{ 0x0422, 'T' }, { 0x0423, 'Y' }, { 0x0425, 'X' }, { 0x042c, 'b' }, { 0x0430, 'a' }, { 0x0431, '6' },
	{ 0x0432, 'B' }, { 0x0433, 'r' }, { 0x0435, 'e' }, { 0x043a, 'k' }, { 0x043c, 'M' }, { 0x043d, 'H' },
	{ 0x043e, 'o' }, { 0x043f, 'n' }, { 0x0440, 'p' }, { 0x0441, 'c' }, { 0x0442, 'T' }, { 0x0443, 'y' },
	{ 0x0445, 'x' }, { 0x044c, 'b' }, { 0x0455, 's' }, { 0x0456, 'i' }, { 0x0458, 'j' }, { 0x0461, 'w' },
	{ 0x0474, 'V' }, { 0x0475, 'v' }, { 0x04ae, 'Y' }, { 0x04af, 'y' }, { 0x04bb, 'h' }, { 0x04c0, 'I' },
	{ 0x04cf, 'l' }, { 0x0501, 'd' }, { 0x050c, 'G' }, { 0x051a, 'Q' }, { 0x051b, 'q' }, { 0x051c, 'W' },
	{ 0x051d, 'w' }, { 0x054d, 'U' }, { 0x0555, 'O' }, { 0x0561, 'w' }, { 0x0563, 'q' }, { 0x0566, 'q' },
	{ 0x0570, 'h' }, { 0x0578, 'n' }, { 0x057a, 'w' }, { 0x057c, 'n' }, { 0x057d, 'u' }, { 0x0581, 'g' },
	{ 0x0584, 'p' }, { 0x0585, 'o' }, { 0x05c0, 'l' }, { 0x05d5, 'l' }, { 0x05d8, 'v' }, { 0x05e1, 'o' },
	{ 0x13a0, 'D' }, { 0x13a1, 'R' }, { 0x13a2, 'T' }, { 0x13a9, 'Y' }, { 0x13aa, 'A' }, { 0x13ab, 'J' },
	{ 0x13ac, 'E' }, { 0x13b3, 'W' }, { 0x13b7, 'M' }, { 0x13bb, 'H' }, { 0x13c0, 'G' }, { 0x13c2, 'h' },
	{ 0x13c3, 'Z' }, { 0x13cf, 'b' }, { 0x13d2, 'R' }, { 0x13d4, 'W' }, { 0x13d5, 'S' }, { 0x13d9, 'V' },
	{ 0x13da, 'S' }, { 0x13de, 'L' }, { 0x13df, 'C' }, { 0x13e2, 'P' }, { 0x13e6, 'K' }, { 0x13e7, 'd' },
	{ 0x13f3, 'G' }, { 0x13f4, 'B' }, { 0x1d00, 'A' }, { 0x1d04, 'c' }, { 0x1d05, 'D' }, { 0x1d07, 'E' },
	{ 0x1d0a, 'J' }, { 0x1d0b, 'K' }, { 0x1d0d, 'M' }, { 0x1d0f, 'o' }, { 0x1d18, 'P' }, { 0x1d1b, 'T' },
	{ 0x1d1c, 'u' }, { 0x1d20, 'v' }, { 0x1d21, 'w' }, { 0x1d22, 'z' }, { 0x2010, '-' }, { 0x2011, '-' },
	{ 0x2012, '-' }, { 0x2013, '-' }, { 0x2014, '-' }, { 0x2212, '-' }, { 0x2215, '/' }, { 0xa4d0, 'B' },
	{ 0xff3f, '_' },
};
/* clang-format on */

static int by_cp(const void *key, const void *row)
{
	uint32_t cp = *(const uint32_t *)key, other = ((const struct row *)row)->cp;

	return (cp > other) - (cp < other);
}

char bt_confusable(uint32_t cp)
{
	const struct row *r = bsearch(&cp, rows, sizeof rows / sizeof *rows, sizeof *rows, by_cp);

	return r ? r->latin : 0;
}
