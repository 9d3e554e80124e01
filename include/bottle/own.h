/* own.h - scope-bound ownership. Never use in a function that takes a lua_State. Floor: base. */
#ifndef BOTTLE_OWN_H
#define BOTTLE_OWN_H
#include <stdlib.h>
#include <unistd.h>

/* BT_OWN(bt_scratch) s = NULL;  -> closed on every return path */
#define BT_OWN(T) __attribute__((cleanup(T##_ownp))) struct T *
#define BT_OWN_FN(T, close_fn)                                                                     \
	static inline void T##_ownp(struct T **p)                                                  \
	{                                                                                          \
		close_fn(*p);                                                                      \
	}
#define BT_STEAL(p)                                                                                \
	__extension__({                                                                            \
		__typeof__(p) p_ = (p);                                                            \
		(p) = NULL;                                                                        \
		p_;                                                                                \
	})

static inline void bt_free_p(void *p)
{
	free(*(void **)p);
}
static inline void bt_fd_p(int *p)
{
	if (*p >= 0)
		(void)close(*p);
}
/* Take the descriptor out of its scope: it is the caller's from here on. */
static inline int bt_fd_steal(int *p)
{
	int fd = *p;

	*p = -1;
	return fd;
}
#define BT_OWN_MEM __attribute__((cleanup(bt_free_p)))
#define BT_OWN_FD __attribute__((cleanup(bt_fd_p)))
#endif
