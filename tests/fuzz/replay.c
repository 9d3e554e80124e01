/* replay.c - run a fuzz target over a folder of saved inputs: replay NAME DIR. */
#include <dirent.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *d, size_t n);

static int replay(const char *path)
{
	FILE *f = fopen(path, "rb");
	static uint8_t buf[1 << 20];

	if (!f) {
		perror(path);
		return -1;
	}
	size_t n = fread(buf, 1, sizeof buf, f);

	(void)fclose(f);
	/* An exact copy, so that a sanitizer sees reads past the end. */
	uint8_t *exact = malloc(n ? n : 1);

	for (size_t i = 0; exact && i < n; i++)
		exact[i] = buf[i];
	(void)LLVMFuzzerTestOneInput(exact, n);
	free(exact);
	return 0;
}

int main(int argc, char **argv)
{
	unsigned passed = 0;

	if (argc != 3)
		return 2;
	DIR *d = opendir(argv[2]);

	if (!d) {
		perror(argv[2]);
		return 1;
	}
	for (struct dirent *ent; (ent = readdir(d));) {
		char path[PATH_MAX];

		if (ent->d_name[0] == '.')
			continue;
		(void)snprintf(path, sizeof path, "%s/%s", argv[2], ent->d_name);
		if (replay(path) < 0)
			return 1;
		passed++;
	}
	(void)closedir(d);
	printf("fuzz corpus %s: %u passed, 0 failed\n", argv[1], passed);
	return passed == 0; /* an empty corpus tests nothing */
}
