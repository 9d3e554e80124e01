#include "yaml_scalar.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define DIGITS "0123456789"
#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define NUMBER_MAX 60

static bool one_of(const char *text, const char *const *words)
{
	for (; *words; words++)
		if (strcmp(text, *words) == 0)
			return true;
	return false;
}

/* [-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)? */
static bool is_float(const char *s)
{
	s += *s == '-' || *s == '+';
	size_t whole = strspn(s, DIGITS);

	s += whole;
	if (*s == '.') {
		size_t part = strspn(s + 1, DIGITS);

		if (whole + part == 0)
			return false;
		s += 1 + part;
	} else if (whole == 0) {
		return false;
	}
	if (*s == 'e' || *s == 'E') {
		s++;
		s += *s == '-' || *s == '+';
		if (!strspn(s, DIGITS))
			return false;
		s += strspn(s, DIGITS);
	}
	return *s == '\0';
}

static bool all(const char *s, const char *set)
{
	return *s && s[strspn(s, set)] == '\0';
}

/* 0644, -07, 00: decimal digits behind a leading zero. */
static bool two_readings(const char *s)
{
	s += *s == '-' || *s == '+';
	return s[0] == '0' && all(s + 1, DIGITS);
}

static cJSON *number(const char *s, struct bt_err *e)
{
	double d;

	if (strlen(s) > NUMBER_MAX) {
		(void)bt_fail(e, BT_LIMIT, "a number of more than %d digits", NUMBER_MAX);
		return NULL;
	}
	errno = 0;
	d = s[0] == '0' && s[1] == 'o' ? (double)strtoull(s + 2, NULL, 8) : strtod(s, NULL);
	if (!isfinite(d) || (s[1] == 'o' && errno == ERANGE)) {
		(void)bt_fail(e, BT_LIMIT, "a number too large");
		return NULL;
	}
	return cJSON_CreateNumber(d);
}

cJSON *bt_yaml_resolve(const char *s, struct bt_err *e)
{
	static const char *const nulls[] = { "", "~", "null", "Null", "NULL", NULL };
	static const char *const trues[] = { "true", "True", "TRUE", NULL };
	static const char *const falses[] = { "false", "False", "FALSE", NULL };
	static const char *const odd[] = { ".inf",  ".Inf",  ".INF",  "+.inf", "+.Inf",
		                           "+.INF", "-.inf", "-.Inf", "-.INF", ".nan",
		                           ".NaN",  ".NAN",  NULL };

	if (one_of(s, nulls))
		return cJSON_CreateNull();
	if (one_of(s, trues))
		return cJSON_CreateTrue();
	if (one_of(s, falses))
		return cJSON_CreateFalse();
	if (one_of(s, odd)) {
		(void)bt_fail(e, BT_INVALID, "%s has no place here: quote it if it is text", s);
		return NULL;
	}
	if (two_readings(s)) {
		(void)bt_fail(e, BT_INVALID,
		              "%.40s is octal to YAML 1.1 and decimal to 1.2: quote it, or write "
		              "0o for octal",
		              s);
		return NULL;
	}
	if (s[0] == '0' && s[1] == 'x' && all(s + 2, DIGITS "abcdefABCDEF"))
		return number(s, e);
	if (s[0] == '0' && s[1] == 'o' && all(s + 2, "01234567"))
		return number(s, e);
	return is_float(s) ? number(s, e) : cJSON_CreateString(s);
}

bool bt_yaml_plain(const char *s)
{
	static const char *const words[] = { "null", "true", "false", "yes", "no",
		                             "on",   "off",  "y",     "n",   NULL };

	/* Whatever begins like a number, a date, a time or an indicator is quoted unseen. */
	if (!*s || !strchr(LETTERS "/_", *s))
		return false;
	for (const char *const *w = words; *w; w++)
		if (strcasecmp(s, *w) == 0)
			return false;
	for (; *s; s++) {
		if (strchr(LETTERS DIGITS "_./@+-", *s))
			continue;
		/* Between two words only: ": " and " #" mean something. */
		if ((*s != ' ' && *s != ':') || !s[1] || !strchr(LETTERS DIGITS "/", s[1]))
			return false;
	}
	return true;
}
