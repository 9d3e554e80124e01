/* target.h - what a request is aimed at (RFC 9112 §3.2). Floor: codec.
 * There is no percent-decoding of an authority, no userinfo and no second try: one that needs
 * interpreting is refused. */
#ifndef BOTTLE_TARGET_H
#define BOTTLE_TARGET_H
#include <stdbool.h>
#include <stdint.h>

#include "bottle/host.h"

enum bt_target_form {
	BT_TARGET_ORIGIN,
	BT_TARGET_ABSOLUTE,
	BT_TARGET_AUTHORITY,
	BT_TARGET_ASTERISK
};

struct bt_target {
	enum bt_target_form form;
	bool https;          /* absolute form: the scheme */
	struct bt_host host; /* absolute and authority form */
	uint16_t port;       /* absolute and authority form; never 0 */
	struct bt_str path;  /* path and query, borrowed from the target; may be empty or begin with
	                      * "?" in the absolute form, where "/" has to be put before it */
};

/* The form follows from the method and the first byte: CONNECT takes host:port and nothing else,
 * OPTIONS alone may take "*"; schemes are http and https. BT_PROTO or BT_INVALID says what is
 * wrong; *t is undefined then. */
BT_MUST int bt_target_parse(struct bt_target *t, struct bt_str method, struct bt_str target,
                            struct bt_err *e);
#endif
