/* cellwire.h - what bottle and the first process of a sandbox say to each other. Floor: bwrap.
 * One SOCK_SEQPACKET pair, one datagram a message, descriptors beside it. Both ends are programs
 * of ours from one build, yet each checks what it gets: the far one lives with the agent. When the
 * near end closes, the sandbox ends: the pair is also the leash. */
#ifndef BOTTLE_CELLWIRE_H
#define BOTTLE_CELLWIRE_H
#include <stdint.h>
#include "bottle/err.h"

#define BT_CELL_FDS 4           /* descriptors of one message */
#define BT_CELL_TEXT 4000       /* bytes of text in one message */
#define BT_CELL_WORDS (1 << 21) /* bytes of argv and environment of one command */

enum bt_cell_op {
	/* from bottle; each is answered with the same id */
	BT_CELL_SPAWN =
	        1,      /* fds: words, then stdin, stdout, stderr unless TTY. a: argc, b: flags */
	BT_CELL_PUT,    /* text: path; fds: content. a: mode. Folders above are made */
	BT_CELL_GET,    /* text: path. b: flags */
	BT_CELL_SIGNAL, /* to the process group of id. a: signal. Not answered */
	BT_CELL_LIMIT,  /* text: bytes and processes of commands, 0: no limit; fds: one that is held
	                   as long as the sandbox is, or none */
	/* from the sandbox */
	BT_CELL_HELLO = 16, /* fds: its network and its mount namespace */
	BT_CELL_DONE,       /* SPAWN: started, fds: the terminal's master with TTY; GET: fds: it */
	BT_CELL_FAILED,     /* a: errno, text: what */
	BT_CELL_EXITED      /* a: wait status of SPAWN id */
};

enum bt_cell_flags {
	BT_CELL_TTY = 1,   /* SPAWN: a terminal of the sandbox's own */
	BT_CELL_LOOK = 2,  /* GET: only to see that it is there (O_PATH) */
	BT_CELL_DIR = 4,   /* PUT: make a folder, no content */
	BT_CELL_AGENT = 8, /* SPAWN: this is the agent; its environment and folder are kept */
	BT_CELL_AS_AGENT =
	        16, /* SPAWN: with the agent's environment after its own, in its folder */
};

struct bt_cell_msg {
	uint32_t op, id;
	int32_t a, b;
	char text[BT_CELL_TEXT]; /* terminated */
	int fds[BT_CELL_FDS];
	uint32_t nfds;
};

/* Send one message; its fds stay the caller's. BT_IO when the other end is gone. */
BT_MUST int bt_cell_send(int sock, const struct bt_cell_msg *m, struct bt_err *e);
/* Receive one; its fds (close-on-exec) are the caller's, see bt_cell_msg_close. BT_IO "gone" at the
 * end, BT_PROTO for a message that is none; nothing is held after a failure. Blocks unless the
 * socket does not; then BT_TIMEOUT. */
BT_MUST int bt_cell_recv(int sock, struct bt_cell_msg *m, struct bt_err *e);
void bt_cell_msg_close(struct bt_cell_msg *m); /* closes its fds; idempotent */

/* argv, then the environment, then the folder to start in, each word terminated by NUL, in a memory
 * file: *fd is the caller's. Past BT_CELL_WORDS it is BT_LIMIT. */
BT_MUST int bt_cell_words_pack(const char *const *argv, const char *const *env, const char *cwd,
                               int *fd, struct bt_err *e);

struct bt_cell_words {
	char *bytes; /* owned: all words */
	char **argv; /* owned arrays of borrowed words, each ends in NULL */
	char **env;
	const char *cwd;
};
/* The same read back: argc words, the environment, the folder. BT_PROTO. */
BT_MUST int bt_cell_words_read(int fd, int32_t argc, struct bt_cell_words *out, struct bt_err *e);
void bt_cell_words_free(struct bt_cell_words *w);
#endif
