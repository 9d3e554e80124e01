/* plain.c - credentials without a telling prefix, by hand: no literal starts them, so a regular
 * expression engine would have to look at every byte with all of its states. */
#include "plain.h"

#include <string.h>

#include "validate.h"

enum { ALNUM = 1, DIGIT = 2, HEAD58 = 4, B58 = 8, URL64 = 16 };

static unsigned char kinds[256];

__attribute__((constructor)) static void fill_kinds(void)
{
	static const char base58[] = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

	for (int c = '0'; c <= 'z'; c++) {
		bool digit = c <= '9', letter = (c | 32) >= 'a' && (c | 32) <= 'z';

		kinds[c] = (unsigned char)((digit ? DIGIT : 0) |
		                           (digit || letter ? ALNUM | URL64 : 0));
		if (strchr(base58, c))
			kinds[c] |= B58;
	}
	kinds['5'] |= HEAD58;
	kinds['K'] |= HEAD58;
	kinds['L'] |= HEAD58;
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
static bool card_from(struct bt_str s, size_t i)
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

bool bt_plain_cards(struct bt_str s, size_t i, size_t *to)
{
	bool found = false;

	for (; i < s.n && (kind(s, i) & DIGIT || s.p[i] == ' ' || s.p[i] == '-'); i++)
		if (kind(s, i) & DIGIT && (i == 0 || !(kind(s, i - 1) & ALNUM)))
			found = found || card_from(s, i);
	*to = i;
	return found;
}

/* n letters and digits from i on. A run of 51 that ends at k is a key that begins there. */
static bool wif_in(struct bt_str s, size_t i, size_t n)
{
	size_t row = 0;

	for (size_t k = i; k < i + n; k++) {
		row = kind(s, k) & B58 ? row + 1 : 0;
		if (row >= 51 && kind(s, k - 50) & HEAD58 && bt_valid_wif_at(s, k + 1))
			return true;
	}
	return false;
}

/* discord.com/developers/docs/reference: the bot's id in base64, six, and 27 or more. dot is the
 * first. */
static bool discord_at(struct bt_str s, size_t dot)
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

/* One word of letters and digits, from i on. */
static unsigned word(struct bt_str s, size_t i, size_t n)
{
	unsigned hits = 0;

	if (kind(s, i + 2) & kind(s, i + 3) & DIGIT && bt_valid_iban_at(s, i + 15))
		hits |= 1u << BT_PLAIN_IBAN;
	if (n >= 51 && wif_in(s, i, n))
		hits |= 1u << BT_PLAIN_WIF;
	return hits;
}

unsigned bt_plain_token(struct bt_str s, size_t from, size_t to)
{
	unsigned hits = 0;

	while (from < to) {
		size_t i = from;

		while (i < to && kinds[(uint8_t)s.p[i]] & ALNUM)
			i++;
		if (i - from >= 15)
			hits |= word(s, from, i - from);
		from = i + 1;
	}
	if (to < s.n && s.p[to] == '.' && to + 7 < s.n && s.p[to + 7] == '.' && discord_at(s, to))
		hits |= 1u << BT_PLAIN_DISCORD;
	return hits;
}
