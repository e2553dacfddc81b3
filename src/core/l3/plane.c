/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <assert.h>
#include "core/l3/internal.h"

const struct l3_node *plane_conflict(const struct l3 *l3, const struct l3_node *n,
				     const struct description *d)
{
	return hna_conflict(l3, n, d);
}

/* What it said of others was with numbers that are none any more; it has to hear us anew. */
static void near_restarted(struct l3 *l3, instant now, struct l3_node *n, struct fx *fx)
{
	uint16_t ports = n->near->ports;

	near_gone(l3, now, n->near, fx);
	for (uint8_t i = 0; i < PORT_MAX; i++) {
		if (ports & 1u << i)
			near_heard(l3, now, n, i, fx);
	}
}

/* Other cores hear of it: tunnels are offered in descriptions. */
static void described_tell(const struct l3_node *n, struct fx *fx)
{
	struct effect e = {.kind = FX_NETWORK, .network = {.kind = NETWORK_DESCRIBED}};

	e.network.described.node = n->id;
	e.network.described.description = n->description;
	e.network.described.metric = n->route.metric_told;
	fx->emit(fx, &e);
}

/* Nodes of other programs want OGMs more often; see batch.h. */
static void foreign_count(struct l3 *l3, instant now, const struct description *old,
			  const struct description *d)
{
	bool was = old && content_is_foreign(old), is = d && content_is_foreign(d);

	l3->nodes.foreign += (uint32_t)is - (uint32_t)was;
	if (is && !was && l3->nodes.foreign == 1)
		batch_own_review(l3, now);
}

void plane_described(struct l3 *l3, instant now, struct l3_node *n, const struct description *old,
		     struct fx *fx)
{
	const struct description *d = n->description;
	bool restarted = old && old->version.boot_sqn != d->version.boot_sqn;

	assert(n != l3->self);
	foreign_count(l3, now, old, d);
	if (old)
		hnas_remove(l3, n, old);
	hnas_add(l3, n, d);
	chain_init(&n->chain, l3->crypto, &n->id, &d->version, &d->hash);
	if (iid_give(l3, n) != OK)
		l3_note_rarely(l3, now, fx, NETWORK_NOTE_TABLE_FULL, n, NULL);
	l3_route_described(l3, n, old, fx);
	if (restarted)
		claims_forget(l3, now, n, fx);
	if (!old || restarted)
		l3_note(fx, restarted ? NETWORK_NOTE_NODE_RESTART : NETWORK_NOTE_NODE_NEW, n, NULL,
			0);
	if (n->near && restarted)
		near_restarted(l3, now, n, fx);
	else if (n->near)
		near_described(l3, now, n->near, fx);
	claims_described(l3, now, n, fx);
	described_tell(n, fx);
}

void plane_undescribed(struct l3 *l3, instant now, struct l3_node *n, const struct description *old,
		       struct fx *fx)
{
	assert(n != l3->self && !n->description);
	foreign_count(l3, now, old, NULL);
	hnas_remove(l3, n, old);
	l3_route_undescribed(l3, n, old, fx);
	n->chain = (struct chain){.newest = 0};
	flood_free(l3, n);
	iid_take(l3, n);
	if (n->near)
		near_described(l3, now, n->near, fx);
	described_tell(n, fx);
}

void plane_self_described(struct l3 *l3, instant now, const struct description *old,
			  const struct own_chain *chain, struct fx *fx)
{
	struct l3_node *self = l3->self;
	const struct description *d = self->description;

	if (old)
		hnas_remove(l3, self, old);
	hnas_add(l3, self, d);
	l3->chain = *chain;
	own_chain_disguise(&l3->chain, l3->crypto, &d->hash);
	chain_init(&self->chain, l3->crypto, &self->id, &d->version, &d->hash);
	batch_drop(l3, self);
	self->route.sqn = 0;
	l3->posts.burst_sqn = 0;
	link_keys_turn(l3, now, fx);
	batch_own_soon(l3, now);
	for (uint8_t i = 0; i < PORT_MAX; i++)
		l3->port[i].hello_at = instant_min(l3->port[i].hello_at, now);
	post_hurry(l3, now, now);
}
