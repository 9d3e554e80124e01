#include "bottle/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const char *const names[BT_CODE_COUNT] = {
	[BT_OK] = "ok",
	[BT_INVALID] = "invalid",
	[BT_SYS] = "sys",
	[BT_IO] = "io",
	[BT_PROTO] = "proto",
	[BT_TLS] = "tls",
	[BT_DENIED] = "denied",
	[BT_TIMEOUT] = "timeout",
	[BT_NOTFOUND] = "notfound",
	[BT_EXISTS] = "exists",
	[BT_LIMIT] = "limit",
	[BT_SCRIPT] = "script",
	[BT_INTR] = "interrupted",
	[BT_USAGE] = "usage",
};

const char *bt_code_name(enum bt_code code)
{
	return (unsigned)code < BT_CODE_COUNT ? names[code] : "unknown";
}

void bt_err_set(struct bt_err *e, enum bt_code code, int sys, const char *at, const char *fmt, ...)
{
	va_list ap;

	e->code = code;
	e->sys = sys;
	e->at = at;
	va_start(ap, fmt);
	int n = vsnprintf(e->msg, sizeof e->msg, fmt, ap);
	va_end(ap);
	if (sys && n >= 0 && (size_t)n < sizeof e->msg)
		snprintf(e->msg + n, sizeof e->msg - (size_t)n, ": %s", strerror(sys));
}

void bt_err_wrap(struct bt_err *e, const char *fmt, ...)
{
	char whole[2 * sizeof e->msg];
	va_list ap;

	va_start(ap, fmt);
	int n = vsnprintf(whole, sizeof e->msg, fmt, ap);
	va_end(ap);
	size_t head = n < 0 ? 0 : (size_t)n;
	if (head >= sizeof e->msg)
		head = sizeof e->msg - 1;
	(void)snprintf(whole + head, sizeof whole - head, ": %s", e->msg);
	/* Truncation drops the innermost detail: the outer context is read first. */
	memcpy(e->msg, whole, sizeof e->msg - 1);
	e->msg[sizeof e->msg - 1] = '\0';
}
