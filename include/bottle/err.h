/* err.h - one error value, filled by the callee, owned by the caller's stack. Floor: base. */
#ifndef BOTTLE_ERR_H
#define BOTTLE_ERR_H
#include <errno.h>

#define BT_MUST __attribute__((warn_unused_result))
#define BT_PRINTF(f, a) __attribute__((format(printf, f, a)))
#define BT_STR_(x) #x
#define BT_STR(x) BT_STR_(x)
#define BT_AT __FILE__ ":" BT_STR(__LINE__)

enum bt_code {
	BT_OK,
	BT_INVALID,
	BT_SYS,
	BT_IO,
	BT_PROTO,
	BT_TLS,
	BT_DENIED,
	BT_TIMEOUT,
	BT_NOTFOUND,
	BT_EXISTS,
	BT_LIMIT,
	BT_SCRIPT,
	BT_INTR,
	BT_USAGE,
	BT_CODE_COUNT
};

struct bt_err {
	enum bt_code code;
	int sys;        /* errno when code == BT_SYS, else 0 */
	const char *at; /* static "file:line" of the first failure */
	char msg[480];  /* outermost context first: "load CA: open x: Permission denied" */
};

/* Set the error; evaluates to -1 so callers can `return bt_fail(...)`. */
#define bt_fail(e, code, ...) (bt_err_set((e), (code), 0, BT_AT, __VA_ARGS__), -1)
#define bt_fail_sys(e, ...) (bt_err_set((e), BT_SYS, errno, BT_AT, __VA_ARGS__), -1)
/* Prefix context on the way up; also -1. */
#define bt_wrap(e, ...) (bt_err_wrap((e), __VA_ARGS__), -1)

void bt_err_set(struct bt_err *e, enum bt_code code, int sys, const char *at, const char *fmt, ...)
        BT_PRINTF(5, 6);
void bt_err_wrap(struct bt_err *e, const char *fmt, ...) BT_PRINTF(2, 3);
const char *bt_code_name(enum bt_code code); /* "timeout": the string Lua sees */
#endif
