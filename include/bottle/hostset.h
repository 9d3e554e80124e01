/* hostset.h - a set of host patterns, each with where it came from; asked on every connection.
 * Floor: codec. Looking up costs one hash probe a label, whatever the size of the set. */
#ifndef BOTTLE_HOSTSET_H
#define BOTTLE_HOSTSET_H
#include "bottle/host.h"
#include "bottle/own.h"

struct bt_hostset; /* opaque */

struct bt_hostset *bt_hostset_new(void);     /* owned by the caller */
void bt_hostset_close(struct bt_hostset *s); /* NULL is a no-op */
BT_OWN_FN(bt_hostset, bt_hostset_close)

/* Room for that many more, so that adding a long list need not move the table as it grows. */
void bt_hostset_reserve(struct bt_hostset *s, size_t more);
/* source is the caller's own tag (>= 0). False: it was there already, and keeps its first source.
 * BT_LIM_HOSTSET entries at most: beyond, -1 with BT_LIMIT; else 1 added, 0 already there. */
BT_MUST int bt_hostset_add(struct bt_hostset *s, const struct bt_host_pattern *p, int source,
                           struct bt_err *e);
/* Exactly this entry (not what it matches). False: not there. */
bool bt_hostset_remove(struct bt_hostset *s, const struct bt_host_pattern *p);
/* Does an entry match? *source (may be NULL) becomes that of the most specific one: the exact name
 * before wildcards, a longer suffix before a shorter one. */
bool bt_hostset_has(const struct bt_hostset *s, const struct bt_host *h, uint16_t port,
                    int *source);
/* The source of exactly this entry, -1: not there. */
int bt_hostset_source(const struct bt_hostset *s, const struct bt_host_pattern *p);
size_t bt_hostset_count(const struct bt_hostset *s);

/* Entry i of the sorted list (bytewise by text), i < count. Borrowed until the next change.
 * bt_hostset_sort must have run since the last change; it is cheap when nothing changed. */
void bt_hostset_sort(struct bt_hostset *s);
struct bt_str bt_hostset_at(const struct bt_hostset *s, size_t i, int *source);
#endif
