/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "node/admit.h"

/* Who sends records in the name of an originator. */
struct sender {
	struct map_node node;
	struct list all;
	struct mac originator;
	struct mac mac;
	bool certain; /* by (a) or (b) */
	instant heard;
};

void admit_init(struct admit *a, const struct l2 *l2, uint64_t seed)
{
	*a = (struct admit){.l2 = l2};
	/* Twice, for the table of the map while it grows. */
	pool_init(&a->pool, 2 * ADMIT_MAX * (sizeof(struct sender) + 4 * sizeof(void *)));
	map_init(&a->map, &a->pool, seed);
	list_init(&a->senders);
}

static void sender_free(struct admit *a, struct sender *s)
{
	list_del(&s->all);
	map_del(&a->map, &s->node);
	pool_free(&a->pool, s, sizeof(*s));
	a->count--;
}

void admit_fini(struct admit *a)
{
	list_each (s, &a->senders, struct sender, all)
		sender_free(a, s);
	map_fini(&a->map);
	pool_fini(&a->pool);
}

static uint32_t hash(const struct admit *a, struct mac originator)
{
	return map_hash(&a->map, originator.b, sizeof(originator.b));
}

static struct sender *sender_find(const struct admit *a, struct mac originator)
{
	struct map_node *n = map_first(&a->map, hash(a, originator));

	for (; n; n = map_next(n)) {
		struct sender *s = container_of(n, struct sender, node);

		if (mac_equal(s->originator, originator))
			return s;
	}
	return NULL;
}

static struct sender *sender_get(struct admit *a, struct mac originator)
{
	struct sender *s = sender_find(a, originator);

	if (s)
		return s;
	if (a->count == ADMIT_MAX)
		sender_free(a, container_of(a->senders.next, struct sender, all));
	s = pool_alloc(&a->pool, sizeof(*s));
	if (!s)
		return NULL;
	s->originator = originator;
	if (!map_add(&a->map, &s->node, hash(a, originator))) {
		pool_free(&a->pool, s, sizeof(*s));
		return NULL;
	}
	list_append(&a->senders, &s->all);
	a->count++;
	return s;
}

static void sender_heard(struct admit *a, instant now, struct mac originator, struct mac who,
			 bool certain)
{
	struct sender *s = sender_get(a, originator);

	if (!s)
		return;
	s->mac = who;
	s->certain = certain;
	s->heard = now;
	list_del(&s->all);
	list_append(&a->senders, &s->all);
}

/* (c): is there nobody else who speaks for this originator? */
static bool is_only_sender(const struct admit *a, instant now, struct mac originator,
			   struct mac who)
{
	const struct sender *s = sender_find(a, originator);

	return !s || (mac_equal(s->mac, who) && !s->certain) ||
	       instant_reached(instant_add(s->heard, span_s(ADMIT_ALIVE_S)), now);
}

bool admit_ask(struct admit *a, instant now, struct mac who)
{
	const struct l2_owner o = l2_owner(a->l2, who);
	bool derived = o.announced && memcmp(o.home.b + 3, who.b + 3, 3) == 0;

	if (o.here)
		return false;
	if (o.originator || derived) {
		sender_heard(a, now, o.originator ? who : o.home, who, true);
		return true;
	}
	if (!o.announced || o.wifi || !is_only_sender(a, now, o.home, who))
		return false;
	sender_heard(a, now, o.home, who, false);
	return true;
}
