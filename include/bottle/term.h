/* term.h - the operator's terminal: raw mode that is always given back, questions, colour. Floor:
 * sys. */
#ifndef BOTTLE_TERM_H
#define BOTTLE_TERM_H
#include <stdbool.h>
#include "bottle/buf.h"
#include "bottle/err.h"

/* Columns and rows of fd's terminal; BT_NOTFOUND when it is none or does not know. */
BT_MUST int bt_term_size(int fd, unsigned *columns, unsigned *rows, struct bt_err *e);
/* Colour for what goes to fd: a terminal, TERM is not dumb, NO_COLOR is unset or empty. */
bool bt_term_color(int fd);

/* Bytes as they are typed, no echo, no signals (cfmakeraw). One terminal at a time: raw twice is a
 * no-op. Given back by bt_term_restore, at exit, and before a signal that ends the process. */
BT_MUST int bt_term_raw(int fd, struct bt_err *e);
void bt_term_restore(void); /* nothing to restore is a no-op; async-signal-safe */

/* Ask on the terminal and read a line: y or yes is true, n or no false, an empty one the default;
 * anything else asks again, three times at most, then it is no. Standard input must be a terminal:
 * BT_NOTFOUND otherwise, so that piped text is never an answer. End of input is no. BT_INTR. */
BT_MUST int bt_term_confirm(const char *question, bool preset, bool *yes, struct bt_err *e);
/* Read a line without echo from the controlling terminal into out, whose owner wipes it. Control
 * characters of the label are escaped. BT_NOTFOUND without a terminal. */
BT_MUST int bt_term_secret(const char *label, struct bt_buf *out, struct bt_err *e);
#endif
