/* hostset.c - open addressing over the hash of the name or suffix; the texts in one arena. */
#include "bottle/hostset.h"

#include <stdlib.h>
#include <string.h>

#include "bottle/mem.h"

#define DEAD UINT32_MAX /* slot of a removed entry: probing goes on past it */

struct entry {
	size_t text;    /* offset into the arena: the entry as people write it */
	uint32_t hash;  /* of the name or suffix */
	int source;     /* < 0: removed */
	uint16_t len;   /* of the text */
	uint16_t n;     /* of the name in it */
	uint16_t port;  /* 0: 80 and 443 */
	uint8_t at;     /* where the name starts in the text: 2 after "*." */
	uint8_t labels; /* dots in the name, capped at 63 */
};

struct slot {
	uint32_t hash;
	uint32_t entry; /* index + 1; 0: free */
};

struct bt_hostset {
	struct entry *entries;
	struct slot *slots;
	uint32_t *order; /* live entries by text, after sort */
	char *arena;
	size_t nentries, nslots, used, live;
	size_t entries_cap, arena_len, arena_cap;
	uint64_t exact, wild; /* bit i: some entry of that kind has i dots */
	bool sorted;
};

struct bt_hostset *bt_hostset_new(void)
{
	return bt_calloc(1, sizeof(struct bt_hostset));
}

void bt_hostset_close(struct bt_hostset *s)
{
	if (!s)
		return;
	free(s->entries);
	free(s->slots);
	free(s->order);
	free(s->arena);
	free(s);
}

/* From the end to the front, so that one walk over a name gives the hash of each of its suffixes.
 */
static uint32_t step(uint32_t h, char c)
{
	return (h ^ (uint8_t)c) * 16777619u;
}

static uint32_t finish(uint32_t h)
{
	h ^= h >> 15;
	h *= 0x2c1b3c6du;
	return h ^ (h >> 13);
}

static unsigned hash_name(const char *s, size_t n, uint32_t *hash)
{
	uint32_t h = 2166136261u;
	unsigned dots = 0;

	for (size_t i = n; i-- > 0;) {
		h = step(h, s[i]);
		dots += s[i] == '.';
	}
	*hash = finish(h);
	return dots > 63 ? 63 : dots;
}

static const char *name_of(const struct bt_hostset *s, const struct entry *en)
{
	return s->arena + en->text + en->at;
}

static struct entry *find(const struct bt_hostset *s, const struct bt_host_pattern *p,
                          struct slot **at)
{
	uint32_t hash;

	(void)hash_name(p->host.s, p->host.n, &hash);
	for (size_t i = hash; s->nslots; i++) {
		struct slot *sl = &s->slots[i & (s->nslots - 1)];

		if (sl->entry == 0)
			break;
		if (sl->entry == DEAD || sl->hash != hash)
			continue;
		struct entry *en = &s->entries[sl->entry - 1];

		if (en->port == p->port && (en->at == 2) == p->wildcard && en->n == p->host.n &&
		    memcmp(name_of(s, en), p->host.s, en->n) == 0) {
			*at = sl;
			return en;
		}
	}
	return NULL;
}

static void put_slot(struct bt_hostset *s, uint32_t hash, uint32_t entry)
{
	size_t i = hash;

	while (s->slots[i & (s->nslots - 1)].entry != 0)
		i++;
	s->slots[i & (s->nslots - 1)] = (struct slot){ hash, entry };
	s->used++;
}

static void grow(struct bt_hostset *s)
{
	if (s->used * 2 < s->nslots)
		return;
	free(s->slots);
	s->nslots = s->nslots ? s->nslots * 2 : 64;
	s->slots = bt_calloc(s->nslots, sizeof *s->slots);
	s->used = 0;
	for (size_t i = 0; i < s->nentries; i++)
		if (s->entries[i].source >= 0)
			put_slot(s, s->entries[i].hash, (uint32_t)i + 1);
}

static size_t keep_text(struct bt_hostset *s, const char *text, size_t n)
{
	if (s->arena_len + n > s->arena_cap) {
		s->arena_cap = s->arena_cap ? s->arena_cap * 2 : 4096;
		s->arena = bt_realloc(s->arena, s->arena_cap);
	}
	memcpy(s->arena + s->arena_len, text, n);
	s->arena_len += n;
	return s->arena_len - n;
}

int bt_hostset_add(struct bt_hostset *s, const struct bt_host_pattern *p, int source,
                   struct bt_err *e)
{
	char text[BT_HOST_PATTERN_TEXT];
	struct entry en = { .source = source, .n = p->host.n, .port = p->port };
	struct slot *sl;

	if (find(s, p, &sl))
		return 0;
	if (s->nentries >= BT_LIM_HOSTSET)
		return bt_fail(e, BT_LIMIT, "more than %d hosts", BT_LIM_HOSTSET);
	if (s->nentries == s->entries_cap) {
		s->entries_cap = s->entries_cap ? s->entries_cap * 2 : 64;
		s->entries = bt_realloc(s->entries, s->entries_cap * sizeof *s->entries);
	}
	grow(s);
	en.labels = (uint8_t)hash_name(p->host.s, p->host.n, &en.hash);
	en.len = (uint16_t)bt_host_pattern_text(p, text);
	en.at = p->wildcard ? 2 : p->host.kind == BT_HOST_V6;
	en.text = keep_text(s, text, en.len);
	s->entries[s->nentries++] = en;
	put_slot(s, en.hash, (uint32_t)s->nentries);
	*(p->wildcard ? &s->wild : &s->exact) |= 1ull << en.labels;
	s->live++;
	s->sorted = false;
	return 1;
}

bool bt_hostset_remove(struct bt_hostset *s, const struct bt_host_pattern *p)
{
	struct slot *sl;
	struct entry *en = find(s, p, &sl);

	if (!en)
		return false;
	en->source = -1;
	sl->entry = DEAD;
	s->live--;
	s->sorted = false;
	return true;
}

/* One probe: the entries whose name is exactly these bytes. */
static const struct entry *probe(const struct bt_hostset *s, struct bt_str name, uint32_t hash,
                                 bool wildcard, uint16_t port)
{
	bool usual = port == 80 || port == 443;

	for (size_t i = hash;; i++) {
		const struct slot *sl = &s->slots[i & (s->nslots - 1)];

		if (sl->entry == 0)
			return NULL;
		if (sl->entry == DEAD || sl->hash != hash)
			continue;
		const struct entry *en = &s->entries[sl->entry - 1];

		if ((en->port == port || (en->port == 0 && usual)) && (en->at == 2) == wildcard &&
		    en->n == name.n && memcmp(name_of(s, en), name.p, name.n) == 0)
			return en;
	}
}

bool bt_hostset_has(const struct bt_hostset *s, const struct bt_host *h, uint16_t port, int *source)
{
	const struct entry *best = NULL;
	uint32_t hash = 2166136261u;
	unsigned dots = 0;

	if (s->live == 0)
		return false;
	for (size_t i = h->n; i-- > 0;) {
		if (h->s[i] == '.' && h->kind == BT_HOST_NAME) {
			struct bt_str suffix = { h->s + i + 1, h->n - i - 1 };
			unsigned bit = dots > 63 ? 63 : dots;
			const struct entry *en = NULL;

			if (s->wild >> bit & 1)
				en = probe(s, suffix, finish(hash), true, port);
			best = en ? en : best;
			dots++;
		}
		hash = step(hash, h->s[i]);
	}
	/* An address counts its dots as a name does: hash_name is of the text alone. */
	unsigned all = h->kind == BT_HOST_V4 ? 3 : dots;
	const struct entry *en = NULL;

	if (h->kind == BT_HOST_V6 || s->exact >> (all > 63 ? 63 : all) & 1)
		en = probe(s, (struct bt_str){ h->s, h->n }, finish(hash), false, port);
	best = en ? en : best;
	if (best && source)
		*source = best->source;
	return best != NULL;
}

int bt_hostset_source(const struct bt_hostset *s, const struct bt_host_pattern *p)
{
	struct slot *sl;
	const struct entry *en = find(s, p, &sl);

	return en ? en->source : -1;
}

size_t bt_hostset_count(const struct bt_hostset *s)
{
	return s->live;
}

struct key {
	uint64_t head; /* first eight bytes, big-endian: most comparisons end here */
	const char *text;
	uint32_t len, entry;
};

static int by_text(const void *a, const void *b)
{
	const struct key *x = a, *y = b;
	size_t n = x->len < y->len ? x->len : y->len;

	if (x->head != y->head)
		return x->head < y->head ? -1 : 1;
	int d = memcmp(x->text, y->text, n);

	return d ? d : (x->len > y->len) - (x->len < y->len);
}

static uint64_t head_of(const char *s, size_t n)
{
	uint64_t v = 0;

	for (size_t i = 0; i < 8; i++)
		v = v << 8 | (i < n ? (uint8_t)s[i] : 0);
	return v;
}

void bt_hostset_sort(struct bt_hostset *s)
{
	if (s->sorted)
		return;
	struct key *keys = bt_calloc(s->live, sizeof *keys);
	size_t n = 0;
	bool ordered = true;

	for (size_t i = 0; i < s->nentries; i++) {
		const struct entry *en = &s->entries[i];
		const char *text = s->arena + en->text;

		if (en->source < 0)
			continue;
		keys[n] = (struct key){ head_of(text, en->len), text, en->len, (uint32_t)i };
		ordered = ordered && (n == 0 || by_text(&keys[n - 1], &keys[n]) < 0);
		n++;
	}
	if (!ordered)
		qsort(keys, n, sizeof *keys, by_text);
	s->order = bt_realloc(s->order, n * sizeof *s->order);
	for (size_t i = 0; i < n; i++)
		s->order[i] = keys[i].entry;
	free(keys);
	s->sorted = true;
}

struct bt_str bt_hostset_at(const struct bt_hostset *s, size_t i, int *source)
{
	const struct entry *en = &s->entries[s->order[i]];

	if (source)
		*source = en->source;
	return (struct bt_str){ s->arena + en->text, en->len };
}
