/* cell_bind.h - what the bindings of the native backend share. Floor: script (private). */
#ifndef BOTTLE_SCRIPT_CELL_BIND_H
#define BOTTLE_SCRIPT_CELL_BIND_H
#include <lua.h>
#include "bottle/cell.h"
#include "bottle/gatechild.h"
#include "bottle/guard.h"

struct stat;

#define BT_GATECHILD_CLASS "bottle.gatechild"
#define BT_GUARD_CLASS "bottle.guard"

struct bt_gatechild_box {
	struct bt_gatechild *gate; /* NULL: closed */
	int log;                   /* -1: closed */
};
struct bt_guard_box {
	struct bt_guard *guard;
};

/* The array of strings at index as words that end in NULL; the array is a userdata on the stack,
 * its words are held by the table. Raises on anything else. */
const char *const *bt_words_check(lua_State *L, int index);
/* A memory file of bytes, rewound; raises. It is in the set on top of the stack, which closes it.
 */
struct bt_fdset {
	size_t n, cap;
	int fd[];
};
struct bt_fdset *bt_fdset_new(lua_State *L, size_t cap);
int bt_fdset_add(lua_State *L, struct bt_fdset *set, struct bt_str bytes);
void bt_fdset_close(struct bt_fdset *set); /* all of them, now; also done when it is collected */
/* The view in field "view" of the table at opts; what it needs stays on the stack. Raises. */
void bt_view_read(lua_State *L, int opts, struct bt_cell_spec *s);
/* cell:settle(lines, gate): its results. Raises on a bad line. */
int bt_settle(lua_State *L, struct bt_cell *c);
/* { memory?, pids?, guard? } of the table at index 2; the guard is borrowed. Raises. */
struct bt_cell_limits bt_limits_read(lua_State *L);
/* { argv, env, cwd?, tty? } of the table at index 2; what it needs stays on the stack. Raises. */
struct bt_cell_command bt_command_read(lua_State *L);
/* A regular file of at most BT_LIM_FILE_READ, whole; what out held is wiped. */
BT_MUST int bt_file_slurp(struct bt_buf *out, int fd, const char *path, struct bt_err *e);
/* Only to see what it is (O_PATH); direct: no symbolic link on the way. The descriptor, or -1. */
BT_MUST int bt_path_open(const char *path, bool direct, struct bt_err *e);
/* A folder outside, to be read, if it has this device and inode: BT_DENIED else. The descriptor, or
 * -1. */
BT_MUST int bt_folder_open(const char *path, dev_t dev, ino_t ino, struct bt_err *e);
/* What stands at a path inside; of a link itself. */
BT_MUST int bt_path_stat(struct bt_cell *c, const char *path, struct stat *st, struct bt_err *e);
/* A cell, or a connection to one that another process keeps. */
#define BT_CELL_CLASS "bottle.cell"
struct bt_cell_box {
	struct bt_cell *cell;
	struct bt_celltty *tty;
	struct bt_cellstdio *stdio;
	struct bt_buf out, err; /* of the command that is being run */
	int control, log;       /* -1: none */
};
struct bt_cell_box *bt_cell_live(lua_State *L); /* the one at index 1; raises where it is closed */

int l_cell_names(lua_State *L); /* cell.names() */
/* Methods (cell_files.c). */
int l_cell_put(lua_State *L);
int l_cell_mkdir(lua_State *L);
int l_cell_get(lua_State *L);
int l_cell_look(lua_State *L);
int l_cell_same(lua_State *L);
int l_cell_copy(lua_State *L);
#endif
