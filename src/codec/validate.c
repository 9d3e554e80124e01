/* validate.c - Luhn with issuer ranges, IBAN, WIF, ABA routing numbers. */
#include "validate.h"

#include <openssl/sha.h>
#include <string.h>

static bool digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool alnum(char c)
{
	c = bt_ascii_lower(c);
	return digit(c) || (c >= 'a' && c <= 'z');
}

/* ISO/IEC 7812-1 annex B. */
static bool luhn(const char *d, size_t n)
{
	unsigned sum = 0;

	for (size_t i = 0; i < n; i++) {
		unsigned v = (unsigned)(d[n - 1 - i] - '0') << (i & 1);

		sum += v > 9 ? v - 9 : v;
	}
	return sum % 10 == 0;
}

/* Issuer ranges by their first six digits, with the lengths that are issued. */
static const struct {
	unsigned low, high;
	unsigned char min, max;
} issuers[] = {
	{ 400000, 499999, 16, 19 },                             /* Visa */
	{ 510000, 559999, 16, 16 },                             /* Mastercard */
	{ 222100, 272099, 16, 16 },                             /* Mastercard */
	{ 340000, 349999, 15, 15 },                             /* American Express */
	{ 370000, 379999, 15, 15 }, { 601100, 601199, 16, 19 }, /* Discover */
	{ 622126, 622925, 16, 19 }, { 644000, 659999, 16, 19 },
	{ 620000, 629999, 16, 19 }, /* UnionPay */
	{ 352800, 358999, 16, 19 }, /* JCB */
	{ 300000, 305999, 16, 19 }, /* Diners Club */
	{ 360000, 369999, 16, 19 }, { 380000, 399999, 16, 19 },
	{ 501800, 501899, 16, 19 }, /* Maestro */
	{ 502000, 502099, 16, 19 }, { 503800, 503899, 16, 19 },
	{ 675900, 676399, 16, 19 },
};

static bool issued(const char *d, size_t n)
{
	unsigned head = 0;

	for (size_t i = 0; i < 6; i++)
		head = head * 10 + (unsigned)(d[i] - '0');
	for (size_t i = 0; i < sizeof issuers / sizeof *issuers; i++)
		if (head >= issuers[i].low && head <= issuers[i].high && n >= issuers[i].min &&
		    n <= issuers[i].max)
			return true;
	return false;
}

/* Digits from at on, single spaces or hyphens between them skipped; *end is behind the last. */
static size_t collect(struct bt_str t, size_t at, char *d, size_t max, size_t *end)
{
	size_t n = 0;

	while (n < max && at < t.n) {
		if (digit(t.p[at])) {
			d[n++] = t.p[at++];
			*end = at;
		} else if ((t.p[at] == ' ' || t.p[at] == '-') && at + 1 < t.n &&
		           digit(t.p[at + 1])) {
			at++;
		} else {
			break;
		}
	}
	return n;
}

static bool ends_number(struct bt_str t, size_t end)
{
	if (end == t.n)
		return true;
	if (t.p[end] == '.')
		return end + 1 == t.n || !digit(t.p[end + 1]);
	return !alnum(t.p[end]) && t.p[end] != '_';
}

static bool of_uuid(char c)
{
	return digit(c) || (bt_ascii_lower(c) >= 'a' && bt_ascii_lower(c) <= 'f') || c == '-';
}

/* Is at in a UUID (RFC 9562 §4)? Some of them have digits alone in the middle. */
static bool in_uuid(struct bt_str t, size_t at)
{
	size_t from = at;

	while (from > 0 && at - from < 36 && of_uuid(t.p[from - 1]))
		from--;
	if (t.n - from < 36 || (t.n - from > 36 && of_uuid(t.p[from + 36])))
		return false;
	for (size_t i = 0; i < 36; i++) {
		bool hyphen = i == 8 || i == 13 || i == 18 || i == 23;

		if (!of_uuid(t.p[from + i]) || (t.p[from + i] == '-') != hyphen)
			return false;
	}
	return true;
}

bool bt_valid_card_at(struct bt_str t, size_t to)
{
	size_t at = to, n = 0, end = 0;
	char d[19];

	while (at > 0 && n < 15)
		n += digit(t.p[--at]);
	/* "0.4111…" is a fraction, "a4111…" is no number. */
	if (n < 15 || (at > 0 && (alnum(t.p[at - 1]) || t.p[at - 1] == '.' || t.p[at - 1] == '_')))
		return false;
	for (size_t len = 15; len <= sizeof d; len++) {
		if (collect(t, at, d, len, &end) < len)
			return false;
		if (ends_number(t, end) && issued(d, len) && luhn(d, len))
			return !in_uuid(t, at);
	}
	return false;
}

/* SWIFT IBAN registry: country and total length. */
static const char ibans[] =
        "AD24AE23AL28AT20AZ28BA20BE16BG22BH22BI27BR29BY28CH21CR22CY28CZ24DE22DJ27DK18DO28EE20EG29ES"
        "24"
        "FI18FK18FO18FR27GB22GE22GI23GL18GR27GT28HR21HU28IE22IL23IQ23IS26IT27JO30KW30KZ20LB28LC32"
        "LI21LT20LU20LV21LY25MC27MD24ME22MK19MN20MR27MT31MU30NI28NL18NO15OM23PK24PL28PS29PT25QA29"
        "RO24RS22RU33SA24SC31SD18SE24SI19SK24SM27SO23ST25SV28TL23TN24TR26UA29VA22VG24XK20YE30";

static unsigned char iban_lengths[26][26];

__attribute__((constructor)) static void fill_ibans(void)
{
	for (const char *p = ibans; *p; p += 4)
		iban_lengths[p[0] - 'A'][p[1] - 'A'] =
		        (unsigned char)((p[2] - '0') * 10 + (p[3] - '0'));
}

static size_t iban_length(const char *cc)
{
	unsigned a = (unsigned)(cc[0] | 32) - 'a', b = (unsigned)(cc[1] | 32) - 'a';

	return a < 26 && b < 26 ? iban_lengths[a][b] : 0;
}

/* ISO 7064 MOD 97-10, the first four characters moved to the end. */
static bool mod97(const char *s, size_t n)
{
	unsigned r = 0;

	for (size_t i = 0; i < n; i++) {
		char c = bt_ascii_lower(s[(i + 4) % n]);

		if (!alnum(c))
			return false;
		r = digit(c) ? r * 10 + (unsigned)(c - '0') : r * 100 + (unsigned)(c - 'a') + 10;
		r %= 97;
	}
	return r == 1;
}

static bool iban(struct bt_str s)
{
	return s.n >= 15 && iban_length(s.p) == s.n && mod97(s.p, s.n);
}

bool bt_valid_iban_at(struct bt_str t, size_t to)
{
	if (to < 15)
		return false;
	size_t at = to - 15, n = iban_length(t.p + at);

	if (n == 0 || at + n > t.n || (at > 0 && alnum(t.p[at - 1])) ||
	    (at + n < t.n && alnum(t.p[at + n])))
		return false;
	return mod97(t.p + at, n);
}

/* Base58Check (en.bitcoin.it/wiki/Base58Check_encoding) of at most 38 bytes, right-aligned. */
static bool base58(struct bt_str s, uint8_t out[38])
{
	static const char alphabet[] = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

	memset(out, 0, 38);
	for (size_t i = 0; i < s.n; i++) {
		const char *at = s.p[i] ? strchr(alphabet, s.p[i]) : NULL;
		unsigned carry;

		if (!at)
			return false;
		carry = (unsigned)(at - alphabet);
		for (size_t k = 38; k-- > 0;) {
			carry += 58u * out[k];
			out[k] = (uint8_t)carry;
			carry >>= 8;
		}
		if (carry)
			return false;
	}
	return true;
}

static bool wif(struct bt_str s)
{
	uint8_t raw[38], sum[SHA256_DIGEST_LENGTH];
	size_t n = s.n == 51 ? 37 : 38; /* version, 32 bytes, [compressed flag], checksum */

	if ((s.n != 51 && s.n != 52) || !base58(s, raw))
		return false;
	const uint8_t *p = raw + 38 - n;

	if (p[0] != 0x80 || (n == 37 && raw[0] != 0) || (n == 38 && p[33] != 1))
		return false;
	(void)SHA256(p, n - 4, sum);
	(void)SHA256(sum, sizeof sum, sum);
	return memcmp(sum, p + n - 4, 4) == 0;
}

bool bt_valid_wif_at(struct bt_str t, size_t to)
{
	if (to < 51)
		return false;
	size_t n = t.p[to - 51] == '5' ? 51 : 52;

	return to - 51 + n <= t.n && wif((struct bt_str){ t.p + to - 51, n });
}

/* Unique ids are upper case and stand alone. Without regard to case the pattern would hit "Asia"
 * and letters, and one in two thousand checksums in base64. All lower case is taken too: a caller
 * can undo that. */
bool bt_valid_aws_id_at(struct bt_str t, size_t to)
{
	bool upper = false, lower = false, number = false;

	if (to < 20 || (to > 20 && alnum(t.p[to - 21])))
		return false;
	for (size_t i = to - 20; i < to; i++) {
		upper = upper || (t.p[i] >= 'A' && t.p[i] <= 'Z');
		lower = lower || (t.p[i] >= 'a' && t.p[i] <= 'z');
		number = number || digit(t.p[i]);
	}
	if (upper && lower)
		return false;
	return upper || (number && (to == t.n || !alnum(t.p[to])));
}

/* "0x10306," of an enumeration: up to eight hexadecimal digits, and then no more of a word. */
static bool small_number(struct bt_str t, size_t at)
{
	size_t n = 0;

	if (at + 2 >= t.n || t.p[at] != '0' || bt_ascii_lower(t.p[at + 1]) != 'x')
		return false;
	for (at += 2; at < t.n && alnum(t.p[at]); at++, n++)
		if (!digit(t.p[at]) && bt_ascii_lower(t.p[at]) > 'f')
			return false;
	return n <= 8 && (at == t.n || strchr(",; \t\r\n)", t.p[at]));
}

/* "exports.NAME": a constant of an object; of "process.env.NAME" the environment itself. */
static bool is_member(struct bt_str t, size_t at)
{
	if (at < 2 || t.p[at - 1] != '.')
		return false;
	if (at >= 4 && memcmp(t.p + at - 4, "env", 3) == 0)
		return false;
	return alnum(t.p[at - 2]) || memchr("_$])", t.p[at - 2], sizeof "_$])" - 1) != NULL;
}

/* Not a value at i but the next line's NAME=value, the break between them taken out. */
static bool is_next_name(struct bt_str t, size_t i)
{
	size_t n = i;

	while (n < t.n &&
	       ((t.p[n] >= 'A' && t.p[n] <= 'Z') || t.p[n] == '_' || (n > i && digit(t.p[n]))))
		n++;
	if (n < i + 2 || n + 1 >= t.n || t.p[n] != '=')
		return false;
	char c = t.p[n + 1];

	return alnum(c) || c == '"' || c == '\'' || c == '/' || c == '$' || c == '.';
}

/* 12factor.net/config: upper-case words joined by '_', the last one SECRET, …KEY, PASSWORD or
 * TOKEN. to is eight characters into the value. */
bool bt_valid_env_at(struct bt_str t, size_t to)
{
	size_t end = to - 9, i = end;

	if (small_number(t, to - 8) || is_next_name(t, to - 8))
		return false;
	/* The line ends there, in a string of a program or of JSON. */
	if (t.p[to - 8] == '\\' && (t.p[to - 7] == 'n' || t.p[to - 7] == 'r'))
		return false;
	while (i > 0 && end - i < 64 &&
	       (t.p[i - 1] == '_' || digit(t.p[i - 1]) || (t.p[i - 1] >= 'A' && t.p[i - 1] <= 'Z')))
		i--;
	return end - i > 4 && memchr(t.p + i + 1, '_', end - i - 4) != NULL && !is_member(t, i);
}

static bool url64(char c)
{
	return alnum(c) || c == '-' || c == '_';
}

/* Walk back over the signature and the payload to the header, which starts with "ey" too. */
bool bt_valid_jwt_at(struct bt_str t, size_t to)
{
	size_t dot = to - 11;

	while (dot > 0 && t.p[dot - 1] != '.')
		dot--;
	size_t end = dot ? dot - 1 : 0, i = end;

	while (i > 0 && url64(t.p[i - 1]))
		i--;
	for (; end - i >= 12; i++)
		if (bt_ascii_lower(t.p[i]) == 'e' && bt_ascii_lower(t.p[i + 1]) == 'y')
			return true;
	return false;
}

bool bt_valid_client_id_at(struct bt_str t, size_t to)
{
	size_t at = to - sizeof ".apps.googleusercontent.com" + 1;

	if (at < 34 || t.p[at - 33] != '-' || !digit(t.p[at - 34]))
		return false;
	for (size_t i = at - 32; i < at; i++)
		if (!alnum(t.p[i]))
			return false;
	return true;
}

/* aba.com routing number policy: nine digits, weights 3 7 1. */
static bool aba(const char *d, size_t n)
{
	static const unsigned weight[3] = { 3, 7, 1 };
	unsigned sum = 0;

	if (n != 9)
		return false;
	for (size_t i = 0; i < n; i++)
		sum += weight[i % 3] * (unsigned)(d[i] - '0');
	return sum != 0 && sum % 10 == 0;
}

bool bt_valid(enum bt_validator v, struct bt_str s)
{
	char d[19];
	size_t end = 0, n;

	switch (v) {
	case BT_VALID_LUHN:
		n = collect(s, 0, d, sizeof d, &end);
		return n >= 12 && end == s.n && luhn(d, n);
	case BT_VALID_ABA:
		n = collect(s, 0, d, sizeof d, &end);
		return end == s.n && aba(d, n);
	case BT_VALID_MOD97:
		return iban(s);
	case BT_VALID_WIF:
		return wif(s);
	case BT_VALID_NONE:
		break;
	}
	return true;
}
