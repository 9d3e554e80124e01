/* filter.c - the gate's filter as the build made it; only its own number is put in. To make it
 * takes libseccomp as long as a gate takes for all its sockets. */
#include "filter.h"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdint.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "bottle/log.h"
#include "bottle/mem.h"
#include "bottle/own.h"
#include "gate_int.h"

#ifdef __clang_analyzer__ /* which is not told where the build has it */
#define BT_GATE_FILTER "/dev/null"
#endif

/* clang-format off */
__asm__(".section .rodata\n"
        ".balign 8\n"
        ".hidden bt_gate_filter\n.global bt_gate_filter\n"
        "bt_gate_filter:\n.incbin \"" BT_GATE_FILTER "\"\n"
        "bt_gate_filter_end:\n"
        ".balign 4\n"
        ".hidden bt_gate_filter_size\n.global bt_gate_filter_size\n"
        "bt_gate_filter_size:\n.int bt_gate_filter_end - bt_gate_filter\n"
        ".previous\n");
/* clang-format on */
extern const struct sock_filter bt_gate_filter[];
extern const uint32_t bt_gate_filter_size; /* bytes */

static int load(void)
{
	size_t n = bt_gate_filter_size / sizeof *bt_gate_filter, own = 0;
	BT_OWN_MEM struct sock_filter *filter = bt_calloc(n + 1, sizeof *filter);
	const struct sock_fprog program = { .len = (unsigned short)n, .filter = filter };

	memcpy(filter, bt_gate_filter, n * sizeof *filter);
	for (size_t i = 0; i < n; i++)
		if (filter[i].k == BT_GATE_FILTER_PID) {
			filter[i].k = (uint32_t)getpid();
			own++;
		}
	if (own != 1) {
		errno = EINVAL;
		return -1;
	}
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return -1;
	return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}

void bt_harden_calls(void)
{
#ifdef BT_GATE_ANY_CALL /* sanitizers and coverage write files of their own */
	return;
#endif
	if (load() < 0)
		log_warn("gate.seccomp", "no filter of system calls: %s", strerror(errno));
}
