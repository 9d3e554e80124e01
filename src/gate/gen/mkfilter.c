/* mkfilter.c - at build time: the gate's filter of system calls as the kernel takes it. mkfilter
 * OUT. */
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "../filter.h"

int main(int argc, char **argv)
{
	struct bt_err e = { 0 };
	int fd = argc == 2 ? open(argv[1], O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644) : -1;

	if (fd < 0) {
		perror(argc == 2 ? argv[1] : "mkfilter OUT");
		return 2;
	}
	if (bt_gate_filter_make(fd, &e) < 0 || close(fd) < 0) {
		fprintf(stderr, "mkfilter: %s\n", e.msg);
		return 1;
	}
	return 0;
}
