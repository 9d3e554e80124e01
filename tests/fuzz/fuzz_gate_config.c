#include "bottle/gate_config.h"
#include <stdlib.h>
#include <string.h>
int LLVMFuzzerTestOneInput(const uint8_t *d, size_t n);

/* Whatever the file says: a whole configuration, or a reason on one line and nothing held. */
int LLVMFuzzerTestOneInput(const uint8_t *d, size_t n)
{
	struct bt_gate_config *c = NULL;
	struct bt_err e = { 0 };
	int rc = bt_gate_config_parse(&c, (struct bt_str){ (const char *)d, n }, "/d", &e);

	if ((rc < 0) != (c == NULL) || (rc < 0 && !*e.msg) || (c && c->nlisten == 0))
		abort();
	bt_gate_config_free(c);
	return 0;
}
