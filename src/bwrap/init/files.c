#include "init.h"

#include <fcntl.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bottle/own.h"

/* Make the folders above path; each is fit for its owner only. */
static int make_above(char *path, struct bt_err *e)
{
	for (char *p = strchr(path + 1, '/'); p; p = strchr(p + 1, '/')) {
		*p = '\0';
		int rc = mkdir(path, 0700);

		if (rc < 0 && errno != EEXIST && errno != EROFS)
			return bt_fail_sys(e, "mkdir %s", path);
		*p = '/';
	}
	return 0;
}

static int copy_all(int from, int to, const char *path, struct bt_err *e)
{
	ssize_t n;

	while ((n = sendfile(to, from, NULL, 1 << 30)) > 0)
		;
	return n < 0 ? bt_fail_sys(e, "write %s", path) : 0;
}

int bt_init_put(struct bt_cell_msg *m, struct bt_err *e)
{
	mode_t mode = (mode_t)m->a & 07777;

	if (m->text[0] != '/')
		return bt_fail(e, BT_PROTO, "not an absolute path: %s", m->text);
	if (make_above(m->text, e) < 0)
		return -1;
	if (m->b & BT_CELL_DIR) {
		if (mkdir(m->text, mode) < 0 && errno != EEXIST)
			return bt_fail_sys(e, "mkdir %s", m->text);
		return chmod(m->text, mode) < 0 ? bt_fail_sys(e, "chmod %s", m->text) : 0;
	}
	if (m->nfds != 1)
		return bt_fail(e, BT_PROTO, "a file without content");
	/* Non-blocking: whatever lies there, pid 1 does not wait for it. */
	BT_OWN_FD int fd = open(
	        m->text, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
	struct stat st;

	if (fd < 0)
		return bt_fail_sys(e, "create %s", m->text);
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return bt_fail(e, BT_INVALID, "%s is no file", m->text);
	if (copy_all(m->fds[0], fd, m->text, e) < 0)
		return -1;
	if (fchmod(fd, mode) < 0)
		return bt_fail_sys(e, "chmod %s", m->text);
	return 0;
}

int bt_init_get(struct bt_cell_msg *m, struct bt_cell_msg *answer, struct bt_err *e)
{
	int flags = m->b & BT_CELL_LOOK ? O_PATH | O_NOFOLLOW : O_RDONLY | O_NONBLOCK | O_NOCTTY;
	int fd = open(m->text, flags | O_CLOEXEC);

	if (fd < 0)
		return bt_fail_sys(e, "open %s", m->text);
	answer->fds[0] = fd;
	answer->nfds = 1;
	return 0;
}
