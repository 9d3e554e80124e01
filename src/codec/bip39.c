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

/* last holds the latest WINDOW words of the run, newest at its end. */
static bool window_ends_here(const uint16_t *last, int run, int min, bool any_sum)
{
	for (int n = WINDOW; n >= min; n -= 3)
		if (run >= n && (any_sum || sum_holds(last + WINDOW - n, n)))
			return true;
	return false;
}

static bool cuts_table[256];

__attribute__((constructor)) static void fill_cuts(void)
{
	static const char cuts[] = "\t\n\v\f\r ,|;:-\"'.";

	for (size_t i = 0; i < sizeof cuts; i++) /* NUL too */
		cuts_table[(uint8_t)cuts[i]] = true;
}

static bool cuts(char c)
{
	return cuts_table[(uint8_t)c];
}

bool bt_bip39_find(struct bt_str text, int min, bool any_sum)
{
	uint16_t last[WINDOW] = { 0 };
	char token[LONGEST];
	size_t len = 0;
	int run = 0;

	for (size_t i = 0; i <= text.n; i++) {
		char c = i < text.n ? text.p[i] : ' ';

		if (!cuts(c)) {
			if (len < LONGEST) /* a letter; what is none is in no word */
				token[len] = (char)(c | 0x20);
			len++;
			continue;
		}
		if (len == 0)
			continue;
		int w = word_index(token, len);

		len = 0;
		run = w < 0 ? 0 : run + 1;
		if (w < 0)
			continue;
		memmove(last, last + 1, sizeof last - sizeof *last);
		last[WINDOW - 1] = (uint16_t)w;
		if (run >= min && window_ends_here(last, run, min, any_sum))
			return true;
	}
	return false;
}
