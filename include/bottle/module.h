/* module.h - the shared modules that are this program's own (docs/adr/0025, 0063). Floor: sys. */
#ifndef BOTTLE_MODULE_H
#define BOTTLE_MODULE_H
#include "bottle/err.h"

#define BT_MODULE_GATE "bottle-gate.so"     /* the engine, and all that needs OpenSSL */
#define BT_MODULE_DOCKER "bottle-docker.so" /* what talks to an Engine */

/* Where the module's file is, an absolute path; owned by the caller. It lies beside the program
 * (the build tree) or in ../lib/bottle (installed): neither the environment nor the current folder
 * has a say. BT_NOTFOUND names both places. */
BT_MUST int bt_module_path(char **out, const char *file, struct bt_err *e);
/* A function of it, to be cast to what it is; the module is loaded with the first and stays. */
BT_MUST int bt_module_symbol(void (**out)(void), const char *file, const char *symbol,
                             struct bt_err *e);
#endif
