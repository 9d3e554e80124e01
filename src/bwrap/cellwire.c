#include "bottle/cellwire.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bottle/mem.h"
#include "bottle/own.h"

#define MAGIC 0x62744331u /* "btC1" */

struct head {
	uint32_t magic, op, id;
	int32_t a, b;
	uint32_t text; /* bytes that follow, without a NUL */
};

int bt_cell_send(int sock, const struct bt_cell_msg *m, struct bt_err *e)
{
	struct head h = { MAGIC, m->op, m->id,
		          m->a,  m->b,  (uint32_t)strnlen(m->text, sizeof m->text - 1) };
	struct iovec iov[2] = { { &h, sizeof h }, { (void *)(uintptr_t)m->text, h.text } };
	union {
		struct cmsghdr align;
		char room[CMSG_SPACE(sizeof m->fds)];
	} control = { 0 };
	struct msghdr msg = { .msg_iov = iov, .msg_iovlen = 2 };
	size_t bytes = m->nfds * sizeof *m->fds;

	if (m->nfds > BT_CELL_FDS)
		return bt_fail(e, BT_INVALID, "%u descriptors in one message", m->nfds);
	if (m->nfds) {
		msg.msg_control = control.room;
		msg.msg_controllen = CMSG_SPACE(bytes);
		struct cmsghdr *c = CMSG_FIRSTHDR(&msg);

		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(bytes);
		memcpy(CMSG_DATA(c), m->fds, bytes);
	}
	ssize_t n;

	do
		n = sendmsg(sock, &msg, MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	if (n < 0 && (errno == EPIPE || errno == ECONNRESET || errno == ENOTCONN))
		return bt_fail(e, BT_IO, "the sandbox is gone");
	if (n < 0)
		return bt_fail_sys(e, "send to the sandbox");
	return 0;
}

static void take_fds(struct msghdr *msg, struct bt_cell_msg *m)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(msg); c; c = CMSG_NXTHDR(msg, c)) {
		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		size_t n = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);

		if (n > BT_CELL_FDS - m->nfds) /* the control buffer has no room for more */
			n = BT_CELL_FDS - m->nfds;
		memcpy(m->fds + m->nfds, CMSG_DATA(c), n * sizeof(int));
		m->nfds += (uint32_t)n;
	}
}

int bt_cell_recv(int sock, struct bt_cell_msg *m, struct bt_err *e)
{
	struct head h;
	struct iovec iov[2] = { { &h, sizeof h }, { m->text, sizeof m->text - 1 } };
	union {
		struct cmsghdr align;
		char room[CMSG_SPACE(sizeof m->fds)];
	} control = { 0 };
	struct msghdr msg = { .msg_iov = iov,
		              .msg_iovlen = 2,
		              .msg_control = control.room,
		              .msg_controllen = sizeof control.room };
	ssize_t n;

	m->nfds = 0;
	do
		n = recvmsg(sock, &msg, MSG_CMSG_CLOEXEC);
	while (n < 0 && errno == EINTR);
	if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
		return bt_fail(e, BT_TIMEOUT, "nothing to receive");
	if (n < 0 && errno != ECONNRESET)
		return bt_fail_sys(e, "receive from the sandbox");
	if (n <= 0)
		return bt_fail(e, BT_IO, "the sandbox is gone");
	take_fds(&msg, m);
	if (msg.msg_flags & (MSG_TRUNC | MSG_CTRUNC) || (size_t)n < sizeof h || h.magic != MAGIC ||
	    h.text != (size_t)n - sizeof h || memchr(m->text, 0, h.text)) {
		bt_cell_msg_close(m);
		return bt_fail(e, BT_PROTO, "the sandbox sent what is no message");
	}
	m->text[h.text] = '\0';
	m->op = h.op;
	m->id = h.id;
	m->a = h.a;
	m->b = h.b;
	return 0;
}

void bt_cell_msg_close(struct bt_cell_msg *m)
{
	for (uint32_t i = 0; i < m->nfds; i++)
		if (m->fds[i] >= 0)
			(void)close(m->fds[i]);
	m->nfds = 0;
}

static int write_word(int fd, const char *word, size_t *left, struct bt_err *e)
{
	size_t n = strlen(word) + 1;

	if (n > *left)
		return bt_fail(e, BT_LIMIT, "command and environment are over %d bytes",
		               BT_CELL_WORDS);
	*left -= n;
	while (n > 0) {
		ssize_t w = write(fd, word, n);

		if (w < 0)
			return bt_fail_sys(e, "write command");
		word += w;
		n -= (size_t)w;
	}
	return 0;
}

int bt_cell_words_pack(const char *const *argv, const char *const *env, const char *cwd, int *out,
                       struct bt_err *e)
{
	BT_OWN_FD int fd = memfd_create("command", MFD_CLOEXEC);
	size_t left = BT_CELL_WORDS;

	if (fd < 0)
		return bt_fail_sys(e, "memfd_create");
	for (; *argv; argv++)
		if (write_word(fd, *argv, &left, e) < 0)
			return -1;
	for (; env && *env; env++)
		if (write_word(fd, *env, &left, e) < 0)
			return -1;
	if (write_word(fd, cwd ? cwd : "", &left, e) < 0)
		return -1;
	*out = bt_fd_steal(&fd);
	return 0;
}

static size_t count_words(const char *p, size_t n)
{
	size_t words = 0;

	for (size_t i = 0; i < n; i++)
		words += p[i] == '\0';
	return words;
}

int bt_cell_words_read(int fd, int32_t argc, struct bt_cell_words *out, struct bt_err *e)
{
	struct stat st;

	if (fstat(fd, &st) < 0 || st.st_size <= 0 || st.st_size > BT_CELL_WORDS)
		return bt_fail(e, BT_PROTO, "a command of no or too many bytes");
	size_t size = (size_t)st.st_size;
	BT_OWN_MEM char *bytes = bt_calloc(1, size);

	if (pread(fd, bytes, size, 0) != st.st_size || bytes[size - 1] != '\0')
		return bt_fail(e, BT_PROTO, "a command without its end");
	size_t words = count_words(bytes, size);

	if (argc < 1 || (size_t)argc + 1 > words)
		return bt_fail(e, BT_PROTO, "a command of %d words in %zu", (int)argc, words);
	size_t nargs = (size_t)argc, nenv = words - nargs - 1;

	out->argv = bt_calloc(nargs + 1, sizeof *out->argv);
	out->env = bt_calloc(nenv + 1, sizeof *out->env);
	char *p = bytes;

	for (size_t i = 0; i < words; i++) {
		if (i < nargs)
			out->argv[i] = p;
		else if (i < words - 1)
			out->env[i - nargs] = p;
		else
			out->cwd = p;
		p += strlen(p) + 1;
	}
	out->bytes = BT_STEAL(bytes);
	return 0;
}

void bt_cell_words_free(struct bt_cell_words *w)
{
	free(w->bytes);
	free(w->argv);
	free(w->env);
	memset(w, 0, sizeof *w);
}
