/* A configuration of the gate that is taken, and one that is refused with a message. */
#ifndef GATE_CONFIG_TEXT_H
#define GATE_CONFIG_TEXT_H
#include "unit.h"
#include "bottle/gate_config.h"
#include "bottle/str.h"

static struct bt_gate_config *good(const char *text)
{
	struct bt_gate_config *c = NULL;
	struct bt_err e = { 0 };

	if (bt_gate_config_parse(&c, bt_str(text), "/etc/bottle", &e) < 0)
		fail_msg("%s\n%s", text, e.msg);
	return c;
}

static void bad(const char *text, const char *message)
{
	struct bt_gate_config *c = NULL;
	struct bt_err e = { 0 };

	if (bt_gate_config_parse(&c, bt_str(text), "/etc/bottle", &e) == 0)
		fail_msg("taken: %s", text);
	assert_null(c);
	if (!strstr(e.msg, message))
		fail_msg("%s\nwant: %s\ngot:  %s", text, message, e.msg);
}
#endif
