#include <arpa/inet.h>
#include <math.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "bottle/mem.h"
#include "bottle/str.h"
#include "config_int.h"

#define FIELD(T) ((T *)(void *)((char *)r->c + k->off))

char *bt_config_place(const struct bt_config_reader *r, const char *path)
{
	unsigned line = 0;

	for (size_t i = 0; i < r->places.n && !line; i++)
		if (strcmp(r->places.v[i].path, path) == 0)
			line = r->places.v[i].line;
	return line ? bt_asprintf("%s:%u: %s", r->name, line, path)
	            : bt_asprintf("%s: %s", r->name, path);
}

int bt_config_bad(const struct bt_config_reader *r, const char *path, const char *fmt, ...)
{
	BT_OWN_MEM char *place = bt_config_place(r, path);
	char why[256];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(why, sizeof why, fmt, ap);
	va_end(ap);
	return bt_fail(r->e, BT_INVALID, "%s: %s", place, why);
}

void bt_strs_add(struct bt_strs *s, const char *text)
{
	s->v = bt_realloc(s->v, (s->n + 1) * sizeof *s->v);
	s->v[s->n++] = bt_strdup(text);
}

void bt_strs_free(struct bt_strs *s)
{
	for (size_t i = 0; i < s->n; i++)
		free(s->v[i]);
	free(s->v);
	*s = (struct bt_strs){ 0 };
}

bool bt_config_is_list(const cJSON *v)
{
	return cJSON_IsArray(v) || (cJSON_IsObject(v) && !v->child);
}

bool bt_config_next(const char *path, const cJSON *list, struct bt_config_item *at)
{
	at->i = at->v ? at->i + 1 : 0;
	at->v = at->v ? at->v->next : list->child;
	(void)snprintf(at->path, sizeof at->path, "%s[%zu]", path, at->i + 1);
	return at->v != NULL;
}

BT_SETTER(bt_set_bool)
{
	if (!cJSON_IsBool(v))
		return bt_config_bad(r, k->path, "want true or false");
	*FIELD(bool) = cJSON_IsTrue(v);
	return 0;
}

/* A whole number within the key's bounds. */
static int whole(struct bt_config_reader *r, const struct bt_config_key *k, const cJSON *v,
                 double *out)
{
	if (!cJSON_IsNumber(v) || v->valuedouble != floor(v->valuedouble))
		return bt_config_bad(r, k->path, "want a whole number");
	if (v->valuedouble < 0)
		return bt_config_bad(r, k->path, "must not be negative");
	if (v->valuedouble < k->min)
		return bt_config_bad(r, k->path, "%.0f is too small, want %.0f or more",
		                     v->valuedouble, k->min);
	if (v->valuedouble > k->max)
		return bt_config_bad(r, k->path, "%.0f is too large, want %.0f or less",
		                     v->valuedouble, k->max);
	*out = v->valuedouble;
	return 0;
}

BT_SETTER(bt_set_u32)
{
	double d = 0;

	if (whole(r, k, v, &d) < 0)
		return -1;
	*FIELD(uint32_t) = (uint32_t)d;
	return 0;
}

BT_SETTER(bt_set_u64)
{
	double d = 0;

	if (whole(r, k, v, &d) < 0)
		return -1;
	*FIELD(uint64_t) = (uint64_t)d;
	return 0;
}

BT_SETTER(bt_set_seconds)
{
	double d = 0;

	if (whole(r, k, v, &d) < 0)
		return -1;
	*FIELD(uint64_t) = (uint64_t)d * 1000;
	return 0;
}

BT_SETTER(bt_set_double)
{
	if (!cJSON_IsNumber(v) || v->valuedouble < k->min || v->valuedouble > k->max)
		return bt_config_bad(r, k->path, "want a number from %g to %g", k->min, k->max);
	*FIELD(double) = v->valuedouble;
	return 0;
}

BT_SETTER(bt_set_true)
{
	if (!cJSON_IsTrue(v))
		return bt_config_bad(r, k->path, "not supported by this engine: want true");
	*FIELD(bool) = true;
	return 0;
}

BT_SETTER(bt_set_string)
{
	if (!cJSON_IsString(v) || !*v->valuestring)
		return bt_config_bad(r, k->path, "want a text that is not empty");
	free(*FIELD(char *));
	*FIELD(char *) = bt_strdup(v->valuestring);
	return 0;
}

BT_SETTER(bt_set_file)
{
	if (!cJSON_IsString(v) || !*v->valuestring)
		return bt_config_bad(r, k->path, "want a file name");
	free(*FIELD(char *));
	*FIELD(char *) = *v->valuestring == '/' ? bt_strdup(v->valuestring)
	                                        : bt_asprintf("%s/%s", r->dir, v->valuestring);
	return 0;
}

BT_SETTER(bt_set_strings)
{
	struct bt_config_item at = { .v = NULL };

	if (!bt_config_is_list(v))
		return bt_config_bad(r, k->path, "want a list");
	bt_strs_free(FIELD(struct bt_strs));
	while (bt_config_next(k->path, v, &at)) {
		if (!cJSON_IsString(at.v) || !*at.v->valuestring)
			return bt_config_bad(r, at.path, "want a text that is not empty");
		bt_strs_add(FIELD(struct bt_strs), at.v->valuestring);
	}
	return 0;
}

BT_SETTER(bt_set_files)
{
	if (bt_set_strings(r, k, v) < 0)
		return -1;
	for (size_t i = 0; i < FIELD(struct bt_strs)->n; i++) {
		char *name = FIELD(struct bt_strs)->v[i];

		if (*name == '/')
			continue;
		FIELD(struct bt_strs)->v[i] = bt_asprintf("%s/%s", r->dir, name);
		free(name);
	}
	return 0;
}

BT_SETTER(bt_set_lower)
{
	if (bt_set_strings(r, k, v) < 0)
		return -1;
	for (size_t i = 0; i < FIELD(struct bt_strs)->n; i++)
		for (char *p = FIELD(struct bt_strs)->v[i]; *p; p++)
			*p = bt_ascii_lower(*p);
	return 0;
}

BT_SETTER(bt_set_word)
{
	char list[128] = "";

	for (unsigned i = 0; k->words[i]; i++) {
		if (cJSON_IsString(v) && strcmp(v->valuestring, k->words[i]) == 0) {
			*FIELD(unsigned) = i;
			return 0;
		}
		size_t n = strlen(list);

		(void)snprintf(list + n, sizeof list - n, "%s%s", i ? ", " : "", k->words[i]);
	}
	return bt_config_bad(r, k->path, "want one of: %s", list);
}

/* A duration as Go writes it, down to whole seconds. */
static bool duration(const char *s, uint64_t *out)
{
	uint64_t total = 0;

	if (!*s)
		return false;
	while (*s) {
		size_t n = strspn(s, "0123456789");
		uint64_t v;

		if (!bt_str_uint((struct bt_str){ s, n }, 10000000, &v))
			return false;
		s += n;
		if (*s != 'h' && *s != 'm' && *s != 's')
			return false;
		total += v * (*s == 'h' ? 3600u : *s == 'm' ? 60u : 1u);
		s++;
	}
	*out = total;
	return total > 0;
}

BT_SETTER(bt_set_duration)
{
	uint64_t s;

	if (!cJSON_IsString(v) || !duration(v->valuestring, &s))
		return bt_config_bad(r, k->path,
		                     "want a duration like \"24h\" or \"1h30m\", above 0");
	*FIELD(uint64_t) = s;
	return 0;
}

int bt_config_addr(const struct bt_config_reader *r, const char *path, const char *text,
                   struct bt_gate_addr *out)
{
	struct bt_gate_addr a = { 0 };
	struct sockaddr_in *v4 = (struct sockaddr_in *)&a.sa;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&a.sa;
	const char *colon = strrchr(text, ':');
	size_t n = colon ? (size_t)(colon - text) : 0;
	bool brackets = n > 2 && text[0] == '[' && text[n - 1] == ']';
	char ip[48];
	uint64_t port;

	if (!colon || n >= sizeof ip || !bt_str_uint(bt_str(colon + 1), 65535, &port))
		return bt_config_bad(r, path, "\"%s\" is no ADDRESS:PORT", text);
	(void)snprintf(ip, sizeof ip, "%.*s", (int)(brackets ? n - 2 : n), text + brackets);
	if (!brackets && inet_pton(AF_INET, ip, &v4->sin_addr) == 1) {
		v4->sin_family = AF_INET;
		v4->sin_port = htons((uint16_t)port);
		a.len = sizeof *v4;
	} else if (brackets && inet_pton(AF_INET6, ip, &v6->sin6_addr) == 1) {
		v6->sin6_family = AF_INET6;
		v6->sin6_port = htons((uint16_t)port);
		a.len = sizeof *v6;
	} else {
		return bt_config_bad(r, path, "\"%s\": want an IP address and a port, not a name",
		                     text);
	}
	(void)snprintf(a.text, sizeof a.text, "%s", text);
	*out = a;
	return 0;
}

BT_SETTER(bt_set_addr)
{
	if (!cJSON_IsString(v))
		return bt_config_bad(r, k->path, "want ADDRESS:PORT");
	return bt_config_addr(r, k->path, v->valuestring, FIELD(struct bt_gate_addr));
}

BT_SETTER(bt_set_refused)
{
	(void)v;
	return bt_config_bad(r, k->path,
	                     "refused: the action is set by request_body_scanning.action");
}

/* Off: false, 0, nothing, an empty list, or a section whose enabled is false. */
BT_SETTER(bt_set_unsupported)
{
	const cJSON *on = cJSON_IsObject(v) ? cJSON_GetObjectItemCaseSensitive(v, "enabled") : NULL;
	bool off = cJSON_IsFalse(v) || cJSON_IsNull(v) || cJSON_IsFalse(on) ||
	           (cJSON_IsNumber(v) && v->valuedouble == 0) ||
	           (cJSON_IsString(v) && !*v->valuestring) ||
	           ((cJSON_IsArray(v) || cJSON_IsObject(v)) && !v->child);

	return off ? 0 : bt_config_bad(r, k->path, "not supported by this engine");
}
