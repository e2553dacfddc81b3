/* SPDX-License-Identifier: GPL-2.0-or-later */
/* teller - the nodes; see leases_internal.h. */
#include "core/share/leases_internal.h"

struct teller *teller_find(const struct leases *l, struct mac mac)
{
	const struct map *m = &l->tellers_by_mac;
	struct map_node *n = map_first(m, map_hash(m, mac.b, sizeof(mac.b)));

	for (; n; n = map_next(n)) {
		struct teller *t = container_of(n, struct teller, by_mac);

		if (mac_equal(t->holder.mac, mac))
			return t;
	}
	return NULL;
}

struct teller *teller_get(struct leases *l, struct mac mac)
{
	struct teller *t = teller_find(l, mac);

	if (t)
		return t;
	if (l->teller_count < TELLERS_MAX)
		t = pool_alloc(&l->pool, sizeof(*t));
	if (!t) {
		l->count[LEASES_FULL]++;
		return NULL;
	}
	t->holder = (struct holder){.kind = HOLDER_NODE, .mac = mac};
	list_init(&t->entries);
	list_init(&t->claims);
	if (!map_add(&l->tellers_by_mac, &t->by_mac,
		     map_hash(&l->tellers_by_mac, mac.b, sizeof(mac.b)))) {
		pool_free(&l->pool, t, sizeof(*t));
		l->count[LEASES_FULL]++;
		return NULL;
	}
	list_append(&l->tellers, &t->all);
	l->teller_count++;
	return t;
}

void teller_alive(struct leases *l, instant now, struct teller *t, bool alive)
{
	if (t->alive == alive)
		return;
	t->alive = alive;
	if (!alive)
		list_each (e, &t->entries, struct entry, of_teller)
			entry_untold(l, now, e, span_s(ADOPT_S));
}

struct doubt {
	struct leases *l;
	instant now;
};

static bool doubt_peer(void *ctx, const struct share_peer *p)
{
	const struct doubt *d = ctx;
	struct teller *t = teller_find(d->l, p->mac);

	if (t && !span_less(p->heard, d->l->conf.silent))
		list_each (e, &t->entries, struct entry, of_teller)
			entry_untold(d->l, d->now, e, span_s(ADOPT_SILENT_S));
	return true;
}

void tellers_doubt(struct leases *l, instant now)
{
	struct doubt d = {l, now};

	share_each_peer(l->share, now, doubt_peer, &d);
}

void teller_clear(struct leases *l, instant now, struct teller *t, struct fx *fx)
{
	address_leave(l, now, &t->holder, fx);
	pool_free(&l->pool, t->ranges, t->range_count * sizeof(*t->ranges));
	t->ranges = NULL;
	t->range_count = 0;
	t->known = false;
	t->hostname[0] = '\0';
	slices_changed(l);
}

void teller_forget(struct leases *l, instant now, struct teller *t, struct fx *fx)
{
	if (t == l->self || t->alive || t->records || !list_empty(&t->entries) ||
	    !list_empty(&t->claims))
		return;
	teller_clear(l, now, t, fx);
	list_del(&t->all);
	map_del(&l->tellers_by_mac, &t->by_mac);
	l->teller_count--;
	pool_free(&l->pool, t, sizeof(*t));
}
