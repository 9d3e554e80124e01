/* The first byte says how many words are arguments when the rest is read as a command; the rest is
 * also one datagram of the wire. Nothing may be held after a failure, and what was taken goes back
 * on the wire byte for byte. */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bottle/cellwire.h"

int LLVMFuzzerTestOneInput(const uint8_t *d, size_t n);

static void datagram(const uint8_t *d, size_t n)
{
	static struct bt_cell_msg m;
	static uint8_t again[sizeof m + 64];
	struct bt_err e = { 0 };
	int pair[2];

	if (n == 0 || socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, pair) < 0)
		return;
	if (send(pair[0], d, n, MSG_NOSIGNAL) == (ssize_t)n) {
		int rc = bt_cell_recv(pair[1], &m, &e);

		if (m.nfds != 0 || (rc == 0 && strlen(m.text) >= sizeof m.text))
			abort();
		if (rc == 0 && (bt_cell_send(pair[1], &m, &e) < 0 ||
		                recv(pair[0], again, sizeof again, 0) != (ssize_t)n ||
		                memcmp(again, d, n) != 0))
			abort();
	}
	(void)close(pair[0]);
	(void)close(pair[1]);
}

static void command(int32_t argc, const uint8_t *d, size_t n)
{
	struct bt_cell_words w = { 0 };
	struct bt_err e = { 0 };
	int fd = memfd_create("words", MFD_CLOEXEC);
	size_t words = 0, all = 0;

	if (fd < 0)
		return;
	if (write(fd, d, n) == (ssize_t)n && bt_cell_words_read(fd, argc, &w, &e) == 0) {
		for (char **p = w.argv; *p; p++, words++)
			all += strlen(*p) + 1;
		if (words != (size_t)argc)
			abort();
		for (char **p = w.env; *p; p++)
			all += strlen(*p) + 1;
		if (all + strlen(w.cwd) + 1 != n)
			abort();
	} else if (w.bytes || w.argv) {
		abort();
	}
	bt_cell_words_free(&w);
	(void)close(fd);
}

int LLVMFuzzerTestOneInput(const uint8_t *d, size_t n)
{
	if (n == 0)
		return 0;
	datagram(d + 1, n - 1);
	command((int8_t)d[0], d + 1, n - 1);
	return 0;
}
