/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tt_check.h"

enum { VLANS_MAX = 64 };

/* Says what is wrong, and ends the function that uses it. */
#define CHECK(condition)                                                                           \
	do {                                                                                       \
		if (!(condition))                                                                  \
			return #condition;                                                         \
	} while (0)
#define PASS_ON(call)                                                                              \
	do {                                                                                       \
		const char *wrong = (call);                                                        \
		if (wrong)                                                                         \
			return wrong;                                                              \
	} while (0)

struct sums {
	struct tt_vlan vlan[VLANS_MAX];
	unsigned used;
	uint32_t counted;
};

static const char *sum(struct sums *s, struct mac mac, uint16_t vid, uint8_t flags, bool counted)
{
	unsigned i = 0;

	while (i < s->used && s->vlan[i].vid != vid)
		i++;
	CHECK(i < VLANS_MAX);
	if (i == s->used)
		s->vlan[s->used++] = (struct tt_vlan){.vid = vid};
	s->vlan[i].members++;
	if (!counted)
		return NULL;
	s->vlan[i].count++;
	s->vlan[i].crc ^= tt_entry_crc(mac, vid, flags);
	s->counted++;
	return NULL;
}

static const char *sums_check(const struct sums *s, const struct tt_vlans *vs)
{
	CHECK(s->used == vs->used);
	for (unsigned i = 0; i < s->used; i++) {
		const struct tt_vlan *v = tt_vlans_find(vs, s->vlan[i].vid);

		CHECK(v);
		CHECK(v->crc == s->vlan[i].crc);
		CHECK(v->count == s->vlan[i].count);
		CHECK(v->members == s->vlan[i].members);
	}
	for (unsigned i = 1; i < vs->used; i++)
		CHECK(vs->at[i - 1].vid < vs->at[i].vid);
	return NULL;
}

/* ---- clients here ---- */

static const char *clients_sum(const struct l2 *l2, const struct list *clients, bool leaving,
			       struct sums *s, uint32_t *n, uint32_t *changes)
{
	list_each (c, clients, struct local_client, all) {
		bool changed = tt_local_changed(c);

		CHECK(tt_local_find(l2, c->mac, c->vid) == c);
		CHECK(c->leaving == leaving);
		CHECK(!(c->leaving && c->fresh));
		CHECK(changed == !list_empty(&c->change));
		PASS_ON(sum(s, c->mac, c->vid, c->announced_flags, !c->fresh));
		(*n)++;
		*changes += changed;
	}
	return NULL;
}

static const char *local_check(const struct l2 *l2)
{
	const struct tt_local *t = &l2->local;
	struct sums s = {0};
	uint32_t n = 0, changes = 0;

	PASS_ON(clients_sum(l2, &t->all, false, &s, &n, &changes));
	PASS_ON(clients_sum(l2, &t->leaving, true, &s, &n, &changes));
	CHECK(n == t->count && n <= l2->conf.clients_here_max);
	CHECK(changes == t->change_count);
	return sums_check(&s, &t->vlans);
}

/* ---- clients elsewhere ---- */

static const char *client_check(const struct l2 *l2, const struct global_client *g)
{
	bool hint = false;

	CHECK(tt_global_find(l2, g->mac, g->vid) == g);
	CHECK(!list_empty(&g->homes));
	CHECK(!(g->temporary && g->roaming));
	list_each (h, &g->homes, struct tt_home, of_client) {
		CHECK(h->client == g);
		hint = hint || !h->counted;
	}
	CHECK(hint == !list_empty(&g->fading));
	return NULL;
}

static const char *homes_check(const struct l2 *l2, const struct originator *o, uint32_t *homes,
			       uint32_t *clients)
{
	struct sums s = {0};

	list_each (h, &o->tt.homes, struct tt_home, of_originator) {
		const struct global_client *g = h->client;

		CHECK(h->originator == o);
		if (h->counted)
			PASS_ON(sum(&s, g->mac, g->vid, h->flags, true));
		PASS_ON(client_check(l2, g));
		(*homes)++;
		*clients += g->homes.next == &h->of_client; /* once for each */
	}
	CHECK(s.counted == o->tt.client_count);
	return sums_check(&s, &o->tt.vlans);
}

static const char *global_check(const struct l2 *l2)
{
	const struct tt_global *t = &l2->global;
	uint32_t homes = 0, clients = 0, fading = 0;
	instant last = {0};

	list_each (o, &l2->originators.all, struct originator, all)
		PASS_ON(homes_check(l2, o, &homes, &clients));
	list_each (g, &t->fading, struct global_client, fading) {
		CHECK(g->since.us >= last.us);
		last = g->since;
		fading++;
	}
	CHECK(homes == t->home_count);
	CHECK(clients == t->count && clients <= l2->conf.clients_max);
	CHECK(fading == t->fading_count);
	CHECK((fading > 0) == timer_is_set(&t->fade));
	return NULL;
}

const char *tt_check(const struct l2 *l2)
{
	const char *wrong = local_check(l2);

	return wrong ? wrong : global_check(l2);
}
