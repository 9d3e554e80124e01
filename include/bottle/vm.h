/* vm.h - the control VM: Lua with every primitive, for the command line. Floor: script.
 * The gate's VM is another, poorer one: see gatevm.h. Above this line nothing includes lua.h. */
#ifndef BOTTLE_VM_H
#define BOTTLE_VM_H
#include "bottle/args.h"
#include "bottle/err.h"
#include "bottle/own.h"

struct bt_vm; /* opaque: owns the Lua state */

/* Open a state that finds Lua modules below share (share/lua, share/policies) and nowhere else.
 * share is copied. On success *out is owned by the caller. */
BT_MUST int bt_vm_open(struct bt_vm **out, const char *share, struct bt_err *e);
void bt_vm_close(struct bt_vm *vm); /* NULL is a no-op */
BT_OWN_FN(bt_vm, bt_vm_close)
/* The same for a process that ends now: what must be undone is, memory is left to the kernel. */
void bt_vm_leave(struct bt_vm *vm);

/* require(module).main(args) -> exit status. args becomes
 * { command =, opts = { name = value|true }, words = {…}, rest = {…}|nil }. Where main raises,
 * the error's message is in *e: one line, and the traceback only where verbose is set. A raised
 * table { message =, status = } sets the exit status too. */
BT_MUST int bt_vm_main(struct bt_vm *vm, const char *module, const struct bt_args *args,
                       int *status, struct bt_err *e);
void bt_vm_verbose(bool on); /* failures carry the traceback */
/* Where the Lua files are: beside the binary ($PREFIX/share/bottle) or in the tree it was built in.
 * Owned by the caller. */
BT_MUST int bt_share_find(char **out, struct bt_err *e);
#endif
