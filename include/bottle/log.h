/* log.h - prose for people on stderr: one line, topic first, control characters escaped. Floor:
 * base. What a program reads (events) is not a log: see event.h. Never pass a secret. */
#ifndef BOTTLE_LOG_H
#define BOTTLE_LOG_H
#include <stdbool.h>
#include <stddef.h>
#include "bottle/err.h"

enum bt_log_level { BT_LOG_ERROR, BT_LOG_WARN, BT_LOG_INFO, BT_LOG_DEBUG };

#define log_error(topic, ...) bt_log(BT_LOG_ERROR, (topic), __VA_ARGS__)
#define log_warn(topic, ...) bt_log(BT_LOG_WARN, (topic), __VA_ARGS__)
#define log_info(topic, ...) bt_log(BT_LOG_INFO, (topic), __VA_ARGS__)
#define log_debug(topic, ...) bt_log(BT_LOG_DEBUG, (topic), __VA_ARGS__)

void bt_log_set(enum bt_log_level most, int fd); /* default: BT_LOG_WARN, stderr */
bool bt_log_on(enum bt_log_level level);
void bt_log(enum bt_log_level level, const char *topic, const char *fmt, ...) BT_PRINTF(3, 4);
/* The report of one failure: "bottle: msg", and with verbose where it began. */
void bt_log_report(const struct bt_err *e, bool verbose);
/* Make text safe for a terminal: control bytes become \xNN, invalid UTF-8 too, bidirectional
 * overrides are escaped. Always terminates; returns the length written. */
size_t bt_log_escape(char *out, size_t cap, const char *in, size_t n);
#endif
