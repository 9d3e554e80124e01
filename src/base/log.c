#include "bottle/log.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "bottle/str.h"

static enum bt_log_level most = BT_LOG_WARN;
static int sink = STDERR_FILENO;

void bt_log_set(enum bt_log_level level, int fd)
{
	most = level;
	sink = fd;
}

bool bt_log_on(enum bt_log_level level)
{
	return level <= most;
}

/* C1 controls, and the marks that reorder or hide text in a terminal. */
static bool deceptive(const uint8_t *p, size_t n)
{
	if (n == 2)
		return p[0] == 0xc2 && p[1] < 0xa0;
	if (n != 3 || p[0] != 0xe2)
		return false;
	return (p[1] == 0x80 &&
	        ((p[2] >= 0x8b && p[2] <= 0x8f) || (p[2] >= 0xa8 && p[2] <= 0xae))) ||
	       (p[1] == 0x81 && p[2] >= 0xa0 && p[2] <= 0xaf);
}

size_t bt_log_escape(char *out, size_t cap, const char *in, size_t n)
{
	const uint8_t *p = (const uint8_t *)in;
	size_t o = 0;

	for (size_t i = 0; i < n;) {
		size_t len = bt_utf8_len(in + i, n - i);
		bool bad = len == 0 || p[i] < 0x20 || p[i] == 0x7f || deceptive(p + i, len);

		if (o + (bad ? 4 * (len ? len : 1) : len) + 1 > cap)
			break;
		if (!bad) {
			memcpy(out + o, p + i, len);
			o += len;
		} else {
			for (size_t k = 0; k < (len ? len : 1); k++, o += 4)
				(void)snprintf(out + o, 5, "\\x%02x", p[i + k]);
		}
		i += len ? len : 1;
	}
	if (cap)
		out[o] = '\0';
	return o;
}

static void put(const char *head, const char *text)
{
	char safe[2048];
	char line[2304];

	bt_log_escape(safe, sizeof safe, text, strlen(text));
	int n = snprintf(line, sizeof line, "%s%s\n", head, safe);
	/* One write a line, so that lines of several processes do not mix. */
	if (n > 0)
		(void)!write(sink, line, (size_t)n < sizeof line ? (size_t)n : sizeof line - 1);
}

void bt_log(enum bt_log_level level, const char *topic, const char *fmt, ...)
{
	static const char *const names[] = { "error", "warn", "info", "debug" };
	char text[1024];
	char head[128];
	va_list ap;

	if (level > most)
		return;
	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	(void)snprintf(head, sizeof head, "bottle: %s: %s: ", names[level], topic);
	put(head, text);
}

void bt_log_report(const struct bt_err *e, bool verbose)
{
	char text[sizeof e->msg + 256];

	if (verbose && e->at)
		(void)snprintf(text, sizeof text, "%s [%s, %s]", e->msg, bt_code_name(e->code),
		               e->at);
	else
		(void)snprintf(text, sizeof text, "%s", e->msg);
	put("bottle: ", text);
}
