/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/map.h"
#include <assert.h>
#include <string.h>
#include "base/prng.h"

enum { SLOTS_MIN = 16 };

void map_init(struct map *m, struct pool *pool, uint64_t key)
{
	*m = (struct map){.pool = pool, .key = key};
}

void map_fini(struct map *m)
{
	assert(m->count == 0);
	pool_free(m->pool, m->slot, m->slots * sizeof(*m->slot));
	m->slot = NULL;
	m->slots = 0;
}

uint32_t map_hash(const struct map *m, const void *data, size_t len)
{
	const uint8_t *p = data;
	uint64_t h = m->key ^ len;

	while (len >= 8) {
		uint64_t word;
		memcpy(&word, p, 8);
		h = prng_mix(h ^ word);
		p += 8;
		len -= 8;
	}
	if (len > 0) {
		uint64_t word = 0;
		memcpy(&word, p, len);
		h = prng_mix(h ^ word);
	}
	return (uint32_t)(h >> 32);
}

static bool map_grow(struct map *m)
{
	uint32_t slots = m->slots ? m->slots * 2 : SLOTS_MIN;
	struct map_node **slot = pool_alloc(m->pool, slots * sizeof(*slot));

	if (!slot)
		return false;
	for (uint32_t i = 0; i < m->slots; i++) {
		struct map_node *n = m->slot[i], *next;
		for (; n; n = next) {
			next = n->next;
			n->next = slot[n->hash & (slots - 1)];
			slot[n->hash & (slots - 1)] = n;
		}
	}
	pool_free(m->pool, m->slot, m->slots * sizeof(*m->slot));
	m->slot = slot;
	m->slots = slots;
	return true;
}

bool map_add(struct map *m, struct map_node *n, uint32_t hash)
{
	/* A table that cannot grow still works, only slower. */
	if (m->count >= m->slots && !map_grow(m) && m->slots == 0)
		return false;
	struct map_node **head = &m->slot[hash & (m->slots - 1)];
	n->hash = hash;
	n->next = *head;
	*head = n;
	m->count++;
	return true;
}

void map_del(struct map *m, struct map_node *n)
{
	struct map_node **at = &m->slot[n->hash & (m->slots - 1)];

	while (*at != n) {
		assert(*at);
		at = &(*at)->next;
	}
	*at = n->next;
	n->next = NULL;
	m->count--;
}

static struct map_node *same_hash(struct map_node *n, uint32_t hash)
{
	while (n && n->hash != hash)
		n = n->next;
	return n;
}

struct map_node *map_first(const struct map *m, uint32_t hash)
{
	return m->slots ? same_hash(m->slot[hash & (m->slots - 1)], hash) : NULL;
}

struct map_node *map_next(const struct map_node *n)
{
	return same_hash(n->next, n->hash);
}
