#include "doc_property.h"

int LLVMFuzzerTestOneInput(const uint8_t *d, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *d, size_t n)
{
	decodes((struct bt_str){ (const char *)d, n }, bt_json_decode);
	return 0;
}
