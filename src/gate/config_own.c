/* config_own.c - gate.own_credentials: { NAME: [host, …] }. */
#include "bottle/hostset.h"
#include "bottle/mem.h"
#include "config_int.h"

static int add_host(const struct bt_config_reader *r, const struct bt_config_item *at,
                    struct bt_hostset *set)
{
	struct bt_host_pattern p;
	struct bt_err why = { 0 };

	if (!cJSON_IsString(at->v))
		return bt_config_bad(r, at->path, "want a host");
	if (bt_host_pattern_parse(&p, bt_str(at->v->valuestring), &why) < 0 ||
	    bt_hostset_add(set, &p, (int)at->i, &why) < 0)
		return bt_config_bad(r, at->path, "%s", why.msg);
	return 0;
}

BT_SETTER(bt_set_own)
{
	struct bt_gate_config *c = r->c;

	if (!cJSON_IsObject(v) && !bt_config_is_list(v))
		return bt_config_bad(r, k->path, "want a mapping of credentials to hosts");
	for (const cJSON *m = v->child; m; m = m->next) {
		struct bt_config_item at = { .v = NULL };

		if (!m->string || !bt_config_is_list(m) || !m->child)
			return bt_config_bad(r, k->path,
			                     "want a list of hosts for each credential");
		c->own = bt_realloc(c->own, (c->nown + 1) * sizeof *c->own);
		c->own[c->nown] = (struct bt_gate_own){ bt_strdup(m->string), bt_hostset_new() };
		c->nown++;
		while (bt_config_next(k->path, m, &at))
			if (add_host(r, &at, c->own[c->nown - 1].hosts) < 0)
				return -1;
	}
	return 0;
}
