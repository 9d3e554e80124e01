#include "bottle/module.h"

#include <dlfcn.h>
#include <string.h>
#include <unistd.h>

#include "bottle/mem.h"
#include "bottle/own.h"
#include "bottle/self.h"

int bt_module_path(char **out, const char *file, struct bt_err *e)
{
	static const char *const places[] = { "", "../lib/bottle/" };
	BT_OWN_MEM char *exe = NULL;

	if (bt_self_path(&exe, e) < 0)
		return -1;
	char *slash = strrchr(exe, '/');

	slash[1] = '\0'; /* the kernel gives an absolute path */
	for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
		BT_OWN_MEM char *path = bt_asprintf("%s%s%s", exe, places[i], file);

		if (access(path, R_OK) != 0)
			continue;
		*out = BT_STEAL(path);
		return 0;
	}
	return bt_fail(e, BT_NOTFOUND,
	               "%s is neither in %s nor in %s../lib/bottle: run make install", file, exe,
	               exe);
}

int bt_module_symbol(void (**out)(void), const char *file, const char *symbol, struct bt_err *e)
{
	BT_OWN_MEM char *path = NULL;
	void *at;

	if (bt_module_path(&path, file, e) < 0)
		return -1;
	/* Never closed: its functions are in tables, its classes in a Lua state that outlives us.
	 */
	void *lib = dlopen(path, RTLD_NOW | RTLD_LOCAL);

	if (!lib)
		return bt_fail(e, BT_INVALID, "%s", dlerror());
	at = dlsym(lib, symbol);
	if (!at)
		return bt_fail(e, BT_INVALID, "%s", dlerror());
	memcpy(out, &at, sizeof at); /* POSIX promises what ISO C does not */
	return 0;
}
