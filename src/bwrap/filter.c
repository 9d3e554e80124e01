/* filter.c - the sandbox's filter as the build made it: for one machine it is always the same, and
 * libseccomp takes 0.7 ms. */
#include "bottle/cellseccomp.h"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "bottle/own.h"

#ifdef __clang_analyzer__ /* which is not told where the build has it */
#define BT_FILTER "/dev/null"
#endif

/* clang-format off */
__asm__(".section .rodata\n"
        ".balign 8\n"
        ".global bt_filter\nbt_filter:\n.incbin \"" BT_FILTER "\"\n"
        "bt_filter_end:\n"
        ".balign 4\n"
        ".global bt_filter_size\nbt_filter_size:\n.int bt_filter_end - bt_filter\n"
        ".previous\n");
/* clang-format on */
extern const struct sock_filter bt_filter[];
extern const uint32_t bt_filter_size; /* bytes */

int bt_cell_seccomp(int *out, struct bt_err *e)
{
	BT_OWN_FD int fd = memfd_create("seccomp", MFD_CLOEXEC);

	if (fd < 0)
		return bt_fail_sys(e, "memfd_create");
	if (write(fd, bt_filter, bt_filter_size) != (ssize_t)bt_filter_size ||
	    lseek(fd, 0, SEEK_SET) < 0)
		return bt_fail_sys(e, "write the seccomp filter");
	*out = bt_fd_steal(&fd);
	return 0;
}

int bt_cell_seccomp_load(struct bt_err *e)
{
	const struct sock_fprog program = {
		.len = (unsigned short)(bt_filter_size / sizeof *bt_filter),
		.filter = (struct sock_filter *)(uintptr_t)bt_filter,
	};

	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) < 0)
		return bt_fail_sys(e, "load the seccomp filter");
	return 0;
}
