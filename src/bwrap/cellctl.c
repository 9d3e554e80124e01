#include "bottle/cellctl.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "bottle/mem.h"
#include "bottle/own.h"
#include "cell_impl.h"

#define BACKLOG 32

static int address(struct sockaddr_un *sa, socklen_t *len, const char *slug, struct bt_err *e)
{
	int n;

	*sa = (struct sockaddr_un){ .sun_family = AF_UNIX }; /* sun_path[0] == 0: abstract */
	n = snprintf(sa->sun_path + 1, sizeof sa->sun_path - 1, "bottle/%u/%s", (unsigned)getuid(),
	             slug);
	if (n < 0 || (size_t)n >= sizeof sa->sun_path - 1)
		return bt_fail(e, BT_LIMIT, "slug too long: %.60s", slug);
	*len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)n);
	return 0;
}

bool bt_cellctl_trusted(int sock)
{
	struct ucred peer;
	socklen_t n = sizeof peer;

	return getsockopt(sock, SOL_SOCKET, SO_PEERCRED, &peer, &n) == 0 &&
	       (peer.uid == getuid() || peer.uid == 0);
}

int bt_cellctl_listen(const char *slug, int *out, struct bt_err *e)
{
	BT_OWN_FD int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct sockaddr_un sa;
	socklen_t len;

	if (address(&sa, &len, slug, e) < 0)
		return -1;
	if (fd < 0)
		return bt_fail_sys(e, "socket");
	if (bind(fd, (struct sockaddr *)&sa, len) < 0)
		return errno == EADDRINUSE
		               ? bt_fail(e, BT_EXISTS, "a bottle named %s runs already", slug)
		               : bt_fail_sys(e, "name %s", slug);
	if (listen(fd, BACKLOG) < 0)
		return bt_fail_sys(e, "listen");
	*out = bt_fd_steal(&fd);
	return 0;
}

int bt_cellctl_connect(struct bt_cell **out, const char *slug, struct bt_err *e)
{
	BT_OWN(bt_cell) c = bt_calloc(1, sizeof *c);
	struct sockaddr_un sa;
	socklen_t len;

	c->pidfd = c->complain = c->netns = c->mntns = -1;
	c->wire = -1;
	if (address(&sa, &len, slug, e) < 0)
		return -1;
	c->wire = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (c->wire < 0)
		return bt_fail_sys(e, "socket");
	if (connect(c->wire, (struct sockaddr *)&sa, len) < 0)
		return errno == ECONNREFUSED ? bt_fail(e, BT_NOTFOUND, "no bottle %s runs", slug)
		                             : bt_fail_sys(e, "bottle %s", slug);
	/* Anybody may take an abstract name first: what we send are our own descriptors. */
	if (!bt_cellctl_trusted(c->wire))
		return bt_fail(e, BT_DENIED, "bottle %s is of another user", slug);
	*out = BT_STEAL(c);
	return 0;
}

int bt_cellctl_ask(struct bt_cell *c, enum bt_cellctl_op op, char *text, int *fd, struct bt_err *e)
{
	BT_OWN_MEM struct bt_cell_msg *m = bt_calloc(2, sizeof *m);

	m->op = op;
	if (bt_cell_ask(c, m, m + 1, e) < 0)
		return -1;
	if (text)
		memcpy(text, m[1].text, BT_CELL_TEXT);
	if (fd && m[1].nfds != 1) {
		bt_cell_msg_close(m + 1);
		return bt_fail(e, BT_PROTO, "the bottle sent no descriptor");
	}
	if (fd)
		*fd = m[1].fds[0];
	else
		bt_cell_msg_close(m + 1);
	return 0;
}

static int by_bytes(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void add_name(struct bt_cellctl_names *names, const char *line, const char *prefix)
{
	const char *at = strstr(line, prefix);

	if (!at)
		return;
	at += strlen(prefix);
	size_t n = strcspn(at, " \n");

	for (size_t i = 0; i < names->n; i++) /* accepted connections carry the name too */
		if (strlen(names->v[i]) == n && strncmp(names->v[i], at, n) == 0)
			return;
	names->v = bt_realloc(names->v, (names->n + 1) * sizeof *names->v);
	names->v[names->n++] = bt_strndup(at, n);
}

int bt_cellctl_list(struct bt_cellctl_names *out, struct bt_err *e)
{
	FILE *f = fopen("/proc/net/unix", "re");
	BT_OWN_MEM char *prefix = bt_asprintf(" @bottle/%u/", (unsigned)getuid());
	char line[512];

	if (!f)
		return bt_fail_sys(e, "/proc/net/unix");
	while (fgets(line, sizeof line, f))
		add_name(out, line, prefix);
	(void)fclose(f);
	if (out->n)
		qsort(out->v, out->n, sizeof *out->v, by_bytes);
	return 0;
}

void bt_cellctl_names_free(struct bt_cellctl_names *names)
{
	for (size_t i = 0; i < names->n; i++)
		free(names->v[i]);
	free(names->v);
	memset(names, 0, sizeof *names);
}
