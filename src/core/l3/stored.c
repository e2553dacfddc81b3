/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/l3/stored.h"
#include <assert.h>
#include "core/l3/internal.h"

static uint32_t hash_of(const struct map *m, const struct digest *hash)
{
	return map_hash(m, hash->b, sizeof(hash->b));
}

struct stored *stored_find(const struct l3 *l3, const struct digest *hash)
{
	const struct map *m = &l3->contents.by_hash;

	for (struct map_node *at = map_first(m, hash_of(m, hash)); at; at = map_next(at)) {
		struct stored *s = container_of(at, struct stored, by_hash);

		if (digest_equal(&s->hash, hash))
			return s;
	}
	return NULL;
}

static struct stored *stored_new(struct l3 *l3, const struct digest *hash)
{
	struct map *m = &l3->contents.by_hash;
	struct stored *s = pool_alloc(&l3->pool, sizeof(*s));

	if (!s)
		return NULL;
	s->hash = *hash;
	list_init(&s->uses);
	if (!map_add(m, &s->by_hash, hash_of(m, hash))) {
		pool_free(&l3->pool, s, sizeof(*s));
		return NULL;
	}
	return s;
}

static void stored_free(struct l3 *l3, struct stored *s)
{
	assert(list_empty(&s->uses));
	map_del(&l3->contents.by_hash, &s->by_hash);
	pool_free(&l3->pool, s->bytes, s->len);
	pool_free(&l3->pool, s, sizeof(*s));
}

bool stored_fill(struct l3 *l3, struct stored *s, const uint8_t *bytes, size_t len)
{
	uint8_t *copy = pool_alloc(&l3->pool, len);

	assert(!s->bytes);
	if (!copy)
		return false;
	memcpy(copy, bytes, len);
	enum err e = bmx7_content_parse(copy, len, &s->c);
	assert(e == OK);
	(void)e;
	s->bytes = copy;
	s->len = len;
	return true;
}

struct use *use_new(struct l3 *l3, const struct digest *hash, struct l3_node *node)
{
	struct stored *s = stored_find(l3, hash);
	struct use *u = pool_alloc(&l3->pool, sizeof(*u));

	if (u && !s)
		s = stored_new(l3, hash);
	if (!u || !s) {
		pool_free(&l3->pool, u, sizeof(*u));
		return NULL;
	}
	u->stored = s;
	u->node = node;
	list_init(&u->of_user);
	list_append(&s->uses, &u->of_stored);
	return u;
}

void use_free(struct l3 *l3, struct use *u)
{
	if (!u)
		return;
	struct stored *s = u->stored;
	list_del(&u->of_stored);
	list_del(&u->of_user);
	pool_free(&l3->pool, u, sizeof(*u));
	if (list_empty(&s->uses))
		stored_free(l3, s);
}
