/* config_int.h - reading gate.yaml: the reader, its table of keys, its setters. Floor: gate
 * (private). */
#ifndef BOTTLE_GATE_CONFIG_INT_H
#define BOTTLE_GATE_CONFIG_INT_H
#include <cjson/cJSON.h>
#include "bottle/buf.h"
#include "bottle/gate_config.h"
#include "bottle/places.h"

#define BT_CONFIG_PATH 512 /* longest path of a key, for messages */

struct bt_config_reader {
	struct bt_gate_config *c;
	struct bt_places places;
	const char *name; /* of the document, for messages */
	const char *dir;  /* of relative file names */
	struct bt_err *e;
};

/* "gate.yaml:12: path", or without the line where the key is absent; the caller's. */
char *bt_config_place(const struct bt_config_reader *r, const char *path);
/* "PLACE: why"; -1. */
int bt_config_bad(const struct bt_config_reader *r, const char *path, const char *fmt, ...)
        BT_PRINTF(3, 4);

struct bt_config_key {
	const char *path; /* "forward_proxy.enabled" */
	int (*set)(struct bt_config_reader *r, const struct bt_config_key *k, const cJSON *v);
	size_t off;               /* of the field in struct bt_gate_config */
	double min, max;          /* of numbers */
	const char *const *words; /* of words: the allowed ones, NULL-terminated */
};

/* Check every member of the tree against the table and set what is there. */
BT_MUST int bt_config_walk(struct bt_config_reader *r, const cJSON *root);

/* Setters (config_set.c): a value into its field. */
#define BT_SETTER(name)                                                                            \
	int name(struct bt_config_reader *r, const struct bt_config_key *k, const cJSON *v)
BT_SETTER(bt_set_bool);
BT_SETTER(bt_set_u32);
BT_SETTER(bt_set_u64);
BT_SETTER(bt_set_seconds); /* whole seconds into milliseconds */
BT_SETTER(bt_set_double);
BT_SETTER(bt_set_string); /* not empty */
BT_SETTER(bt_set_file);   /* made absolute by dir */
BT_SETTER(bt_set_files);  /* a list, each made absolute by dir */
BT_SETTER(bt_set_strings);
BT_SETTER(bt_set_lower);    /* strings, lower-cased */
BT_SETTER(bt_set_word);     /* one of words, its index into an enum */
BT_SETTER(bt_set_duration); /* "24h", "1h30m": seconds */
BT_SETTER(bt_set_addr);
/* Setters (config_lists.c). */
BT_SETTER(bt_set_hosts); /* into a bt_hostset, and as written into the list of bt_hosts_of */
BT_SETTER(bt_set_names); /* the same without ports */
BT_SETTER(bt_set_cidrs);
BT_SETTER(bt_set_listen);
BT_SETTER(bt_set_resolvers);
BT_SETTER(bt_set_addresses); /* { name: ip or [ip…] } */
BT_SETTER(bt_set_forwards);
BT_SETTER(bt_set_own);    /* config_own.c */
BT_SETTER(bt_set_routes); /* config_routes.c */
BT_SETTER(bt_set_true);   /* what is only accepted when true */
BT_SETTER(bt_set_parent); /* config_parent.c */
BT_SETTER(bt_set_patterns);
BT_SETTER(bt_set_seed_words);
/* What this engine has not: only its absence, its being off or empty passes. */
BT_SETTER(bt_set_unsupported);
BT_SETTER(bt_set_refused); /* dlp.action: always an error */

struct bt_config_item { /* one step of a list, with its path for messages */
	char path[BT_CONFIG_PATH];
	const cJSON *v;
	size_t i; /* from 0 */
};
/* The items of a list; an empty mapping counts as an empty list (Lua has one empty table). Starts
 * with { .v = NULL }; false at the end. */
bool bt_config_next(const char *path, const cJSON *list, struct bt_config_item *at);
bool bt_config_is_list(const cJSON *v);
/* Refuse members of an item that are not in the list, NULL-terminated. */
BT_MUST int bt_config_only(const struct bt_config_reader *r, const struct bt_config_item *at,
                           const char *const *names);
/* A text member; NULL where absent, and *bad where it is something else. */
const char *bt_config_text(const cJSON *item, const char *name, bool *bad);
BT_MUST int bt_config_addr(const struct bt_config_reader *r, const char *path, const char *text,
                           struct bt_gate_addr *out);
/* Is what routes promise kept by the rest of the configuration? */
BT_MUST int bt_config_check_routes(const struct bt_config_reader *r);
void bt_strs_add(struct bt_strs *s, const char *text);
void bt_strs_free(struct bt_strs *s);
#endif
