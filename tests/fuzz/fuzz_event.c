#include "bottle/event.h"
#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>
int LLVMFuzzerTestOneInput(const uint8_t *d, size_t n);

/* Whatever strangers sent, a line is one line of JSON. */
int LLVMFuzzerTestOneInput(const uint8_t *d, size_t n)
{
	char line[BT_EVENT_LINE], *s = strndup((const char *)d, n);
	struct bt_event ev = BT_EVENT("blocked");

	ev.host = ev.path = ev.reason = ev.method = s;
	ev.redact_path = n % 2;
	size_t cap = 512 + n % (sizeof line - 512),
	       len = bt_event_format(line, cap, &ev, s, (int64_t)n);
	cJSON *j = cJSON_Parse(line);

	if (!j || len >= cap || strchr(line, '\n') != line + len - 1)
		abort();
	cJSON_Delete(j);
	free(s);
	return 0;
}
