/* bip39.c - github.com/bitcoin/bips/blob/master/bip-0039.mediawiki */
#include "bip39.h"

#include <openssl/crypto.h>
#include <openssl/sha.h>
#include <string.h>

#define WORDS 2048
#define WINDOW 24
#define LONGEST 8

static const char *const words[WORDS] = {
#include "bip39_words.h"
};

/* The first four letters are unique in the list (BIP-39 "Wordlist", point a), so they are the key.
 */
#define SLOTS 8192
static uint16_t slots[SLOTS]; /* index + 1; open addressing */

static uint32_t pack(const char *w, size_t n)
{
	uint32_t key = 0;

	for (size_t i = 0; i < 4; i++)
		key = key << 8 | (i < n ? (uint8_t)w[i] : 0);
	return key;
}

static uint32_t slot_of(uint32_t key)
{
	return key * 2654435761u >> 19;
}

__attribute__((constructor)) static void fill_slots(void)
{
	for (size_t i = 0; i < WORDS; i++) {
		uint32_t at = slot_of(pack(words[i], strlen(words[i])));

		while (slots[at % SLOTS])
			at++;
		slots[at % SLOTS] = (uint16_t)(i + 1);
	}
}

static int word_index(const char *w, size_t n)
{
	if (n < 3 || n > LONGEST)
		return -1;
	for (uint32_t at = slot_of(pack(w, n)); slots[at % SLOTS]; at++) {
		const char *known = words[slots[at % SLOTS] - 1];

		if (strncmp(known, w, n) == 0 && known[n] == 0)
			return slots[at % SLOTS] - 1;
	}
	return -1;
}

/* n words are 11 n bits: 32 n / 3 of entropy, then n / 3 of its SHA-256. */
static bool sum_holds(const uint16_t *w, int n)
{
	uint8_t bits[WINDOW * 11 / 8 + 1] = { 0 }, sum[SHA256_DIGEST_LENGTH];
	int entropy = n / 3 * 32, check = n / 3;

	for (int i = 0; i < n * 11; i++)
		if (w[i / 11] >> (10 - i % 11) & 1)
			bits[i / 8] |= (uint8_t)(0x80 >> i % 8);
	(void)SHA256(bits, (size_t)entropy / 8, sum);
	bool ok = sum[0] >> (8 - check) == bits[entropy / 8] >> (8 - check);

	OPENSSL_cleanse(bits, sizeof bits);
	return ok;
}

/* Lists of property names say the same few words in turn; chance does not, and made-up phrases say
 * one word all along. */
static bool varied(const uint16_t *w, int n)
{
	int different = 0;

	for (int i = 0; i < n; i++) {
		int k = 0;

		while (k < i && w[k] != w[i])
			k++;
		different += k == i;
	}
	return different <= 2 || different >= 8;
}

/* last holds the latest WINDOW words of the run, newest at its end. */
static bool window_ends_here(const uint16_t *last, int run, int min, bool any_sum)
{
	for (int n = WINDOW; n >= min; n -= 3)
		if (run >= n && varied(last + WINDOW - n, n) &&
		    (any_sum || sum_holds(last + WINDOW - n, n)))
			return true;
	return false;
}

static bool cuts_table[256];

__attribute__((constructor)) static void fill_cuts(void)
{
	static const char cuts[] = " ,|;:-\"'.";

	for (int c = 0; c < 32; c++)
		cuts_table[c] = true;
	for (size_t i = 0; cuts[i]; i++)
		cuts_table[(uint8_t)cuts[i]] = true;
}

static bool cuts(char c)
{
	return cuts_table[(uint8_t)c];
}

/* The word at i; *end is behind it. */
static int word_at(struct bt_str text, size_t i, size_t *end)
{
	char token[LONGEST];
	size_t n = 0;

	for (; i + n < text.n && !cuts(text.p[i + n]); n++) {
		if (n == LONGEST) {
			*end = i + n;
			return -1;
		}
		token[n] = (char)(text.p[i + n] | 0x20); /* what is no letter is in no word */
	}
	*end = i + n;
	return word_index(token, n);
}

/* Back over the words of the list before at, at most WINDOW of them. */
static size_t first_word(struct bt_str text, size_t at)
{
	for (int n = 0; n < WINDOW; n++) {
		size_t i = at, end;

		while (i > 0 && cuts(text.p[i - 1]))
			i--;
		end = i;
		while (i > 0 && end - i <= LONGEST && !cuts(text.p[i - 1]))
			i--;
		if (i == end || word_at(text, i, &end) < 0)
			break;
		at = i;
	}
	return at;
}

/* Sums that do not hold, in a row of words of the list: no text says so many by chance. */
#define SUMS 512

bool bt_bip39_around(struct bt_str text, size_t at, size_t *to, int min, bool any_sum)
{
	uint16_t last[WINDOW] = { 0 };
	size_t end;
	int run = 0, same = 0;

	if (word_at(text, at, &end) < 0)
		return false;
	for (size_t i = first_word(text, at); i < text.n; i = end) {
		int w = word_at(text, i, &end);

		*to = end;
		if (w < 0)
			break;
		same = run && last[WINDOW - 1] == w ? same + 1 : 0;
		run++;
		memmove(last, last + 1, sizeof last - sizeof *last);
		last[WINDOW - 1] = (uint16_t)w;
		/* The same word over and over: one look at each length is enough. */
		if (run >= min && same <= WINDOW && window_ends_here(last, run, min, any_sum))
			return true;
		if (run > SUMS && same <= WINDOW)
			return true;
		while (end < text.n && cuts(text.p[end]))
			end++;
	}
	return false;
}
