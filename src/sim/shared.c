/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What all nodes of a world know alike: see core/shared.h. */
#include <assert.h>
#include <stdlib.h>
#include "sim/world_internal.h"

struct common {
	struct map_node by_name;
	struct digest name;
	uint32_t users;
	max_align_t bytes[];
};

static struct world *world_of(struct shared *s)
{
	return container_of(s, struct world, shared);
}

static uint32_t hash_of(const struct world *w, const struct digest *name)
{
	return map_hash(&w->commons, name->b, sizeof(name->b));
}

static struct common *common_find(const struct world *w, const struct digest *name)
{
	struct map_node *n = map_first(&w->commons, hash_of(w, name));

	for (; n; n = map_next(n)) {
		struct common *c = container_of(n, struct common, by_name);

		if (digest_equal(&c->name, name))
			return c;
	}
	return NULL;
}

static void *shared_take(struct shared *s, const struct digest *name)
{
	struct common *c = common_find(world_of(s), name);

	if (!c)
		return NULL;
	c->users++;
	return c->bytes;
}

static void *shared_make(struct shared *s, const struct digest *name, size_t size)
{
	struct world *w = world_of(s);
	struct common *c = world_alloc(sizeof(*c) + size);
	bool added;

	c->name = *name;
	c->users = 1;
	added = map_add(&w->commons, &c->by_name, hash_of(w, name));
	assert(added);
	(void)added;
	return c->bytes;
}

static void shared_drop(struct shared *s, const struct digest *name)
{
	struct world *w = world_of(s);
	struct common *c = common_find(w, name);

	assert(c);
	if (--c->users > 0)
		return;
	map_del(&w->commons, &c->by_name);
	free(c);
}

void shared_init(struct world *w)
{
	w->shared = (struct shared){shared_take, shared_make, shared_drop};
	map_init(&w->commons, &w->pool, prng_mix(1));
}

void shared_fini(struct world *w)
{
	map_fini(&w->commons);
}
