/* doc_property.h - what must hold for every document that a decoder takes. */
#ifndef BOTTLE_TESTS_FUZZ_DOC_PROPERTY_H
#define BOTTLE_TESTS_FUZZ_DOC_PROPERTY_H
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bottle/json.h"
#include "bottle/yaml.h"

#define MUST(x)                                                                                    \
	do {                                                                                       \
		if (!(x)) {                                                                        \
			(void)fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #x);              \
			abort();                                                                   \
		}                                                                                  \
	} while (0)

/* JSON and YAML text of the tree decode to an equal tree, and encode to the same text again. */
static inline void round_trips(const cJSON *t)
{
	struct bt_err e = { 0 };

	for (int form = 0; form < 3; form++) {
		BT_OWN_BUF one = BT_BUF(256u << 20);
		BT_OWN_BUF two = BT_BUF(256u << 20);
		cJSON *again = NULL;
		int (*decode)(struct bt_str, cJSON **, struct bt_places *, struct bt_err *) =
		        form == 2 ? bt_yaml_decode : bt_json_decode;

		MUST((form == 2 ? bt_yaml_encode(t, &one, &e)
		                : bt_json_encode(t, (enum bt_json_form)form, &one, &e)) == 0);
		if (decode(bt_buf_str(&one), &again, NULL, &e) < 0) {
			(void)fprintf(stderr, "%s\n%.*s\n", e.msg, (int)one.len, (char *)one.p);
			MUST(e.code == BT_LIMIT); /* indentation may pass the size cap */
			continue;
		}
		MUST(cJSON_Compare(t, again, 1));
		MUST((form == 2 ? bt_yaml_encode(again, &two, &e)
		                : bt_json_encode(again, (enum bt_json_form)form, &two, &e)) == 0);
		MUST(bt_str_eq(bt_buf_str(&one), bt_buf_str(&two)));
		cJSON_Delete(again);
	}
}

/* Every failure has a reason and no tree; places do not change what is taken. */
static inline void decodes(struct bt_str s, int (*decode)(struct bt_str, cJSON **,
                                                          struct bt_places *, struct bt_err *))
{
	struct bt_err e = { 0 };
	struct bt_err again = { 0 };
	struct bt_places places = { 0 };
	cJSON *t = NULL;
	cJSON *u = NULL;
	int rc = decode(s, &t, NULL, &e);

	MUST(decode(s, &u, &places, &again) == rc);
	MUST(rc == 0 ? t != NULL : t == NULL && e.code != BT_OK && *e.msg);
	if (rc == 0)
		round_trips(t);
	cJSON_Delete(t);
	cJSON_Delete(u);
	bt_places_free(&places);
}
#endif
