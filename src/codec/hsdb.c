/* hsdb.c - the compiled default set, where the build put one into the binary. */
#include "scanner.h"

hs_database_t *bt_scan_builtin(void)
{
	return NULL;
}
