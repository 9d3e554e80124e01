#include "bottle/gateearly.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bottle/own.h"
#include "early.h"
#include "gate_int.h"

#define BACKLOG 1024
#define EARLY_MAX 64 /* more are bound later */

static struct {
	struct bt_gate_config *cfg;
	struct {
		int fd;
		struct bt_gate_addr addr;
	} sockets[EARLY_MAX];
	size_t n;
} early;

int bt_early_bind(int *out, const struct bt_gate_addr *a, struct bt_err *e)
{
	BT_OWN_FD int fd = socket(a->sa.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int on = 1;

	if (fd < 0)
		return bt_fail_sys(e, "socket");
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	if (bind(fd, (const struct sockaddr *)&a->sa, a->len) < 0 || listen(fd, BACKLOG) < 0)
		return bt_fail_sys(e, "listen on %s", a->text);
	*out = bt_fd_steal(&fd);
	return 0;
}

static void begin(const struct bt_gate_addr *a)
{
	struct bt_err e = { 0 };
	int fd;

	if (!a->len || early.n == EARLY_MAX || bt_early_bind(&fd, a, &e) < 0)
		return;
	early.sockets[early.n].fd = fd;
	early.sockets[early.n++].addr = *a;
}

void bt_gate_early(const char *config)
{
	struct bt_err e = { 0 };

	if (getenv("BOTTLE_GATE_SOCKETS") || bt_harden(&e) < 0 ||
	    bt_gate_config_load(&early.cfg, config, &e) < 0)
		return;
	for (size_t i = 0; i < early.cfg->nlisten; i++)
		begin(&early.cfg->listen[i]);
	begin(&early.cfg->transparent_tls);
	begin(&early.cfg->transparent_http);
	for (size_t i = 0; i < early.cfg->nforwards; i++)
		begin(&early.cfg->forwards[i].listen);
}

struct bt_gate_config *bt_early_config(const char *path)
{
	return early.cfg && strcmp(early.cfg->path, path) == 0 ? BT_STEAL(early.cfg) : NULL;
}

bool bt_early_take(int *fd, const struct bt_gate_addr *a)
{
	for (size_t i = 0; i < early.n; i++) {
		const struct bt_gate_addr *b = &early.sockets[i].addr;

		if (early.sockets[i].fd < 0 || a->len != b->len ||
		    memcmp(&a->sa, &b->sa, a->len) != 0)
			continue;
		*fd = bt_fd_steal(&early.sockets[i].fd);
		return true;
	}
	return false;
}
