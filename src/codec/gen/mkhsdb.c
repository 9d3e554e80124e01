/* mkhsdb.c - at build time: compile the default patterns and write the database as C bytes' file.
 * mkhsdb OUT. Linked with everything of codec and base but hsdb.c. */
#include <stdio.h>
#include <stdlib.h>

#include "../scanner.h"

hs_database_t *bt_scan_builtin(void)
{
	return NULL; /* this is what makes it */
}

int main(int argc, char **argv)
{
	BT_OWN(bt_scanner) s = NULL;
	BT_OWN_MEM char *bytes = NULL;
	struct bt_err e = { 0 };
	size_t n = 0;

	if (argc != 2)
		return 2;
	if (bt_scanner_open(&s, NULL, &e) < 0) {
		fprintf(stderr, "mkhsdb: %s\n", e.msg);
		return 1;
	}
	if (hs_serialize_database(s->db, &bytes, &n) != HS_SUCCESS)
		return 1;
	FILE *f = fopen(argv[1], "wb");

	if (!f || fwrite(bytes, 1, n, f) != n || fclose(f) != 0) {
		perror(argv[1]);
		return 1;
	}
	return 0;
}
