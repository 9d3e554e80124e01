/* hsdb.c - the compiled default set, which the build put into the binary: compiling it takes some
 * 150 ms, reading it back less than one. On a processor of another kind, or with another Hyperscan,
 * it does not load, and the scanner compiles the patterns as if it were not there. */
#include "scanner.h"

#ifdef BT_HSDB
/* clang-format off */
__asm__(".section .rodata\n"
        ".balign 64\n"
        ".global bt_hsdb\nbt_hsdb:\n.incbin \"" BT_HSDB "\"\n"
        ".global bt_hsdb_end\nbt_hsdb_end:\n.byte 0\n"
        ".previous\n");
/* clang-format on */
extern const char bt_hsdb[], bt_hsdb_end[];

hs_database_t *bt_scan_builtin(void)
{
	hs_database_t *db = NULL;

	return hs_deserialize_database(bt_hsdb, (size_t)(bt_hsdb_end - bt_hsdb), &db) == HS_SUCCESS
	               ? db
	               : NULL;
}
#else
hs_database_t *bt_scan_builtin(void)
{
	return NULL;
}
#endif
