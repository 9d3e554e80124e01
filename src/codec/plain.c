/* plain.c - credentials without a telling prefix, by hand: no literal starts them, so a regular
 * expression engine would have to look at every byte with all of its states. */
#include "plain.h"

#include "validate.h"

enum { ALNUM = 1, DIGIT = 2, URL64 = 4 };

static unsigned char kinds[256];

__attribute__((constructor)) static void fill_kinds(void)
{
	for (int c = '0'; c <= 'z'; c++) {
		bool digit = c <= '9', letter = (c | 32) >= 'a' && (c | 32) <= 'z';

		kinds[c] = (unsigned char)((digit ? DIGIT : 0) |
		                           (digit || letter ? ALNUM | URL64 : 0));
	}
	kinds['-'] |= URL64;
	kinds['_'] |= URL64;
}

static unsigned kind(struct bt_str s, size_t i)
{
	return i < s.n ? kinds[(uint8_t)s.p[i]] : 0;
}

static size_t run_of(struct bt_str s, size_t i, unsigned mask, size_t max)
{
	size_t n = 0;

	while (n < max && kind(s, i + n) & mask)
		n++;
	return n;
}

/* ssa.gov: 3-2-4 digits. */
bool bt_plain_ssn(struct bt_str s, size_t i)
{
	return run_of(s, i, DIGIT, 4) == 3 && i + 11 <= s.n && s.p[i + 3] == '-' &&
	       run_of(s, i + 4, DIGIT, 3) == 2 && s.p[i + 6] == '-' &&
	       run_of(s, i + 7, DIGIT, 5) == 4 && !(kind(s, i + 11) & ALNUM) &&
	       (i + 11 == s.n || s.p[i + 11] != '_') &&
	       (i == 0 || (!(kind(s, i - 1) & ALNUM) && s.p[i - 1] != '_'));
}

/* Fifteen digits from i on in groups of three or more, one space or hyphen between: a table of
 * small numbers is no card. */
bool bt_plain_card(struct bt_str s, size_t i)
{
	size_t n = 0, group = 0;

	for (; i < s.n; i++) {
		if (kind(s, i) & DIGIT) {
			group++;
			if (++n == 15)
				return bt_valid_card_at(s, i + 1);
		} else if (group < 3 || (s.p[i] != ' ' && s.p[i] != '-')) {
			break;
		} else {
			group = 0;
		}
	}
	return false;
}

/* The first byte 0x80 makes what the second character can be: 5H 5J 5K, Kw Kx Ky Kz, L1 to L5. */
bool bt_plain_wif(struct bt_str s, size_t i)
{
	char c = s.p[i + 1];

	switch (s.p[i]) {
	case '5':
		if (c != 'H' && c != 'J' && c != 'K')
			return false;
		break;
	case 'K':
		if (c < 'w')
			return false;
		break;
	case 'L':
		if (c > '5')
			return false;
		break;
	default:
		return false;
	}
	return bt_valid_wif_at(s, i + 51);
}

/* discord.com/developers/docs/reference: the bot's id in base64, six, and 27 or more. dot is the
 * first. */
bool bt_plain_discord(struct bt_str s, size_t dot)
{
	size_t i = dot;

	if (dot + 35 > s.n || s.p[dot + 7] != '.' || run_of(s, dot + 1, URL64, 7) != 6 ||
	    run_of(s, dot + 8, URL64, 27) != 27)
		return false;
	while (i > 0 && dot - i < 42 && kind(s, i - 1) & URL64)
		i--;
	for (; dot - i >= 24; i++)
		if ((s.p[i] | 32) == 'm' || (s.p[i] | 32) == 'n')
			return i == 0 || !(kind(s, i - 1) & ALNUM);
	return false;
}
