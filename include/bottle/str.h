/* str.h - borrowed slices of text: a pointer and a length, never a terminator. Floor: base. */
#ifndef BOTTLE_STR_H
#define BOTTLE_STR_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bt_str {
	const char *p; /* borrowed; may hold NUL bytes */
	size_t n;
};

#define BT_STR_LIT(s) ((struct bt_str){ (s), sizeof(s) - 1 })

struct bt_str bt_str(const char *z); /* of a terminated string; NULL gives an empty slice */
bool bt_str_eq(struct bt_str a, struct bt_str b);
bool bt_str_ieq(struct bt_str a, struct bt_str b); /* ASCII case only: no locale */
bool bt_str_istarts(struct bt_str s, struct bt_str prefix);
struct bt_str bt_str_trim(struct bt_str s); /* spaces and tabs of both ends (RFC 9110 OWS) */
/* Cut s at the first c: *head gets what is before it, s what is after. False when c is not in s;
 * then *head is all of s and s is empty. */
bool bt_str_cut(struct bt_str *s, char c, struct bt_str *head);
/* Decimal digits only, no sign, no space, value <= max. */
bool bt_str_uint(struct bt_str s, uint64_t max, uint64_t *out);
char bt_ascii_lower(char c);
/* The length of the well-formed UTF-8 sequence (RFC 3629) that s begins with, 0: none. */
size_t bt_utf8_len(const char *s, size_t n);
#endif
