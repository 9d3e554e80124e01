/* hostset.c - open addressing over the hash of the name or suffix; a slot points at a record, which
 * is a few fields and the text behind them: a look-up touches one slot and one record. */
#include "bottle/hostset.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "bottle/mem.h"
#include "hostsort.h"

#define DEAD UINT32_MAX /* slot of a removed entry: probing goes on past it */
#define UNIT 4u         /* records lie at multiples of this, so that 32 bits address 16 GiB */

struct record {
	int32_t source; /* < 0: removed */
	uint16_t len;   /* of the text */
	uint16_t n;     /* of the name in it */
	uint16_t port;  /* 0: 80 and 443 */
	uint16_t at;    /* where the name starts in the text: 2 after "*." */
	char text[];    /* the entry as people write it */
};

struct slot {
	uint32_t hash;
	uint32_t record; /* its offset in units + 1; 0: free */
};

struct bt_hostset {
	char *arena;
	struct slot *slots;
	struct bt_sort_key *order; /* live entries by text, after sort */
	size_t arena_len, arena_cap;
	size_t nslots, used, live, records; /* records: removed ones too */
	uint64_t exact, wild; /* bit i: some entry of that kind has i dots, 63: that many or more */
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
	free(s->arena);
	free(s->slots);
	free(s->order);
	free(s);
}

static struct record *record_of(const struct bt_hostset *s, const struct slot *sl)
{
	return (struct record *)(void *)(s->arena + (size_t)(sl->record - 1) * UNIT);
}

static size_t record_size(size_t len)
{
	return (sizeof(struct record) + len + UNIT - 1) & ~(size_t)(UNIT - 1);
}

/* From the end to the front, so that one walk over a name gives the hash of each of its suffixes.
 */
#define HASH_START 2166136261u

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

static unsigned bit_of(unsigned dots)
{
	return dots > 63 ? 63 : dots;
}

/* *hash of the name, and its dots as a bit of exact and wild. */
static unsigned hash_name(const char *s, size_t n, uint32_t *hash)
{
	uint32_t h = HASH_START;
	unsigned dots = 0;

	for (size_t i = n; i-- > 0;) {
		h = step(h, s[i]);
		dots += s[i] == '.';
	}
	*hash = finish(h);
	return bit_of(dots);
}

static bool usual_port(uint16_t port)
{
	return port == 80 || port == 443;
}

static bool named(const struct record *r, const char *name, size_t n, bool wildcard)
{
	return (r->at == 2) == wildcard && r->n == n && memcmp(r->text + r->at, name, n) == 0;
}

/* The slot of exactly this entry, or NULL. */
static struct slot *find(const struct bt_hostset *s, const struct bt_host_pattern *p, uint32_t hash)
{
	for (size_t i = hash; s->nslots; i++) {
		struct slot *sl = &s->slots[i & (s->nslots - 1)];

		if (sl->record == 0)
			break;
		if (sl->record == DEAD || sl->hash != hash)
			continue;
		const struct record *r = record_of(s, sl);

		if (r->port == p->port && named(r, p->host.s, p->host.n, p->wildcard))
			return sl;
	}
	return NULL;
}

static void put_slot(struct bt_hostset *s, struct slot sl)
{
	size_t i = sl.hash;

	while (s->slots[i & (s->nslots - 1)].record != 0)
		i++;
	s->slots[i & (s->nslots - 1)] = sl;
	s->used++;
}

/* At most half of the slots are taken, so that a probe that finds nothing is short. */
static void rehash(struct bt_hostset *s, size_t nslots)
{
	struct slot *old = s->slots;
	size_t nold = s->nslots;

	s->nslots = nslots;
	s->slots = bt_calloc(nslots, sizeof *s->slots);
	s->used = 0;
	for (size_t i = 0; i < nold; i++)
		if (old[i].record != 0 && old[i].record != DEAD)
			put_slot(s, old[i]);
	free(old);
}

void bt_hostset_reserve(struct bt_hostset *s, size_t more)
{
	size_t want = s->nslots ? s->nslots : 64;

	if (more > BT_LIM_HOSTSET)
		more = BT_LIM_HOSTSET;
	while ((s->used + more) * 2 > want)
		want *= 2;
	if (want != s->nslots)
		rehash(s, want);
}

static struct record *new_record(struct bt_hostset *s, size_t len, uint32_t *offset)
{
	size_t size = record_size(len);

	if (s->arena_len + size > s->arena_cap) {
		s->arena_cap = s->arena_cap ? s->arena_cap * 2 : 4096;
		s->arena = bt_realloc(s->arena, s->arena_cap);
	}
	struct record *r = (struct record *)(void *)(s->arena + s->arena_len);

	*offset = (uint32_t)(s->arena_len / UNIT);
	s->arena_len += size;
	return r;
}

int bt_hostset_add(struct bt_hostset *s, const struct bt_host_pattern *p, int source,
                   struct bt_err *e)
{
	char text[BT_HOST_PATTERN_TEXT];
	struct slot sl;
	unsigned dots = hash_name(p->host.s, p->host.n, &sl.hash);

	if (find(s, p, sl.hash))
		return 0;
	if (s->records >= BT_LIM_HOSTSET)
		return bt_fail(e, BT_LIMIT, "more than %d hosts", BT_LIM_HOSTSET);
	bt_hostset_reserve(s, 1);
	size_t len = bt_host_pattern_text(p, text);
	struct record *r = new_record(s, len, &sl.record);

	r->source = source;
	r->len = (uint16_t)len;
	r->n = p->host.n;
	r->port = p->port;
	r->at = p->wildcard ? 2 : p->host.kind == BT_HOST_V6;
	memcpy(r->text, text, len);
	sl.record++;
	put_slot(s, sl);
	*(p->wildcard ? &s->wild : &s->exact) |= 1ull << dots;
	s->live++;
	s->records++;
	s->sorted = false;
	return 1;
}

static struct slot *find_hashed(const struct bt_hostset *s, const struct bt_host_pattern *p)
{
	uint32_t hash;

	(void)hash_name(p->host.s, p->host.n, &hash);
	return find(s, p, hash);
}

bool bt_hostset_remove(struct bt_hostset *s, const struct bt_host_pattern *p)
{
	struct slot *sl = find_hashed(s, p);

	if (!sl)
		return false;
	record_of(s, sl)->source = -1;
	sl->record = DEAD;
	s->live--;
	s->sorted = false;
	return true;
}

/* One probe: the entries whose name is exactly these bytes. */
static const struct record *probe(const struct bt_hostset *s, struct bt_str name, uint32_t hash,
                                  bool wildcard, uint16_t port)
{
	for (size_t i = hash;; i++) {
		const struct slot *sl = &s->slots[i & (s->nslots - 1)];

		if (sl->record == 0)
			return NULL;
		if (sl->record == DEAD || sl->hash != hash)
			continue;
		const struct record *r = record_of(s, sl);

		if ((r->port == port || (r->port == 0 && usual_port(port))) &&
		    named(r, name.p, name.n, wildcard))
			return r;
	}
}

bool bt_hostset_has(const struct bt_hostset *s, const struct bt_host *h, uint16_t port, int *source)
{
	const struct record *best = NULL, *r = NULL;
	uint32_t hash = HASH_START;
	unsigned dots = 0;

	if (s->live == 0)
		return false;
	for (size_t i = h->n; i-- > 0;) {
		if (h->s[i] == '.') {
			if (h->kind == BT_HOST_NAME && s->wild >> bit_of(dots) & 1)
				r = probe(s, (struct bt_str){ h->s + i + 1, h->n - i - 1 },
				          finish(hash), true, port);
			best = r ? r : best;
			r = NULL;
			dots++;
		}
		hash = step(hash, h->s[i]);
	}
	if (s->exact >> bit_of(dots) & 1)
		r = probe(s, (struct bt_str){ h->s, h->n }, finish(hash), false, port);
	best = r ? r : best;
	if (best && source)
		*source = best->source;
	return best != NULL;
}

int bt_hostset_source(const struct bt_hostset *s, const struct bt_host_pattern *p)
{
	const struct slot *sl = find_hashed(s, p);

	return sl ? record_of(s, sl)->source : -1;
}

size_t bt_hostset_count(const struct bt_hostset *s)
{
	return s->live;
}

void bt_hostset_sort(struct bt_hostset *s)
{
	if (s->sorted)
		return;
	size_t n = 0;

	free(s->order);
	s->order = bt_calloc(s->live, sizeof *s->order);
	for (size_t at = 0; at < s->arena_len;) {
		const struct record *r = (const struct record *)(void *)(s->arena + at);

		at += record_size(r->len);
		if (r->source >= 0)
			s->order[n++] = (struct bt_sort_key){ 0, r->text, r->len };
	}
	bt_sort_texts(s->order, n);
	s->sorted = true;
}

struct bt_str bt_hostset_at(const struct bt_hostset *s, size_t i, int *source)
{
	const struct bt_sort_key *k = &s->order[i];

	if (source)
		*source = ((const struct record *)(const void *)(k->text -
		                                                 offsetof(struct record, text)))
		                  ->source;
	return (struct bt_str){ k->text, k->len };
}
