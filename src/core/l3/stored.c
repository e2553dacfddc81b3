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

struct bmx7_content stored_key(const struct description *d)
{
	struct tlv_data key = d->tlv[BMX7_NODE_PUBKEY];

	return (struct bmx7_content){.body = key.at, .body_len = key.len};
}

/* Is it the key of a node that is described? */
static void key_restore(struct l3 *l3, struct stored *s)
{
	const struct l3_node *n = l3_node_by_id(l3, &s->hash);
	uint8_t bytes[2 + BMX7_KEY_MAX]; /* flags, type */

	if (!n || !n->description || n->description->tlv[BMX7_NODE_PUBKEY].len == 0)
		return;
	const struct bmx7_content c = stored_key(n->description);

	assert(1 + c.body_len <= sizeof(bytes));
	bytes[0] = bmx7_content_flags(false, 0);
	memcpy(bytes + 1, c.body, c.body_len);
	stored_fill(l3, s, bytes, 1 + c.body_len);
}

struct use *use_new(struct l3 *l3, const struct digest *hash, struct l3_node *node)
{
	struct stored *s = stored_find(l3, hash);
	struct use *u = pool_alloc(&l3->pool, sizeof(*u));

	if (u && !s) {
		s = stored_new(l3, hash);
		if (s)
			key_restore(l3, s);
	}
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
