/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/l3/l3.h"
#include <assert.h>
#include "core/l3/internal.h"

enum { TIMERS_PER_CALL = 64 };

static struct digest id_of(const struct l3_conf *conf, const struct crypto *crypto)
{
	const uint8_t flags = 0;
	const struct crypto_part parts[] = {{&flags, 1},
					    {conf->node_public.at, conf->node_public.len}};

	return crypto->sha224(parts, 2);
}

/* In reverse order they go: claims and links with their neighbours before the nodes. */
static enum err nouns_init(struct l3 *x, instant now)
{
	struct digest id = id_of(&x->conf, x->crypto);

	l3_ports_init(x);
	bucket_init(&x->rare, NOTE_RARE_BURST, span_s(NOTE_RARE_S), now);
	jobs_init(x, now);
	nears_init(x);
	list_init(&x->lost);
	floods_init(x);
	hnas_init(x);
	helds_init(x, now);
	if (claims_init(x) != OK)
		return ERR_FULL;
	if (posts_init(x) != OK)
		goto no_posts;
	if (iids_init(x) != OK)
		goto no_iids;
	if (batches_init(x, now) != OK)
		goto no_batches;
	if (link_keys_init(x) != OK)
		goto no_keys;
	if (content_init(x, now) != OK)
		goto no_content;
	if (topology_init(x, now) != OK)
		goto no_topology;
	if (l3_nodes_init(x) != OK)
		goto no_nodes;
	x->self = l3_node_get(x, now, &id, NULL);
	if (!x->self)
		goto no_self;
	list_del(&x->self->unused); /* it was not known to be ourselves yet */
	iid_give(x, x->self);
	assert(x->self->iid == BMX7_IID_SELF);
	return OK;

no_self:
	l3_nodes_fini(x);
no_nodes:
	topology_fini(x);
no_topology:
	content_fini(x);
no_content:
	link_keys_fini(x);
no_keys:
	batches_fini(x);
no_batches:
	iids_fini(x);
no_iids:
	posts_fini(x);
no_posts:
	claims_fini(x);
	return ERR_FULL;
}

struct l3 *l3_new(const struct l3_conf *conf, const struct crypto *crypto, instant now,
		  uint64_t seed)
{
	struct pool pool;

	assert(conf->nodes_max >= 2 && conf->prefix.bits == 16 && conf->node_public.len > 1);
	pool_init(&pool, conf->memory_max_bytes);
	struct l3 *x = pool_alloc(&pool, sizeof(*x));

	if (!x)
		return NULL;
	*x = (struct l3){.conf = *conf, .crypto = crypto, .pool = pool};
	prng_seed(&x->prng, seed);
	timers_init(&x->timers, &x->pool);
	if (nouns_init(x, now) == OK)
		return x;
	timers_fini(&x->timers);
	pool = x->pool;
	pool_free(&pool, x, sizeof(*x));
	pool_fini(&pool);
	return NULL;
}

void l3_free(struct l3 *x)
{
	struct pool pool;

	nears_fini(x);
	claims_fini(x);
	l3_nodes_fini(x);
	hnas_fini(x);
	helds_fini(x);
	topology_fini(x);
	content_fini(x);
	link_keys_fini(x);
	batches_fini(x);
	iids_fini(x);
	posts_fini(x);
	timers_fini(&x->timers);
	pool = x->pool;
	pool_free(&pool, x, sizeof(*x));
	pool_fini(&pool);
}

void l3_note(struct fx *fx, enum network_note what, const struct l3_node *node,
	     const struct l3_node *other, uint8_t port)
{
	struct effect e = {.kind = FX_NETWORK,
			   .network = {.kind = NETWORK_NOTE,
				       .note = {.what = what, .node = node->id, .port = port}}};

	if (other)
		e.network.note.other = other->id;
	fx->emit(fx, &e);
}

void l3_note_rarely(struct l3 *l3, instant now, struct fx *fx, enum network_note what,
		    const struct l3_node *node, const struct l3_node *other)
{
	if (bucket_take(&l3->rare, now))
		l3_note(fx, what, node, other, 0);
}

static void lost(struct l3 *x, instant now, const struct ev_network_lost *lost, struct fx *fx)
{
	if (lost->port >= PORT_MAX)
		return;
	list_each (k, &x->port[lost->port].links, struct l3_link, of_port) {
		if (memcmp(k->link_local.b, lost->link_local.b, 16) != 0)
			continue;
		if (lost->unsure && !l3_link_silent(now, k))
			l3_link_suspect(x, now, k);
		else
			l3_link_gone(x, now, k, fx);
		return;
	}
}

static void network_event(struct l3 *x, instant now, const struct ev_network *ev, struct fx *fx)
{
	enum err e;

	switch (ev->kind) {
	case NETWORK_PORT: l3_port_event(x, now, &ev->port, fx); break;
	case NETWORK_DATAGRAM:
		e = packet_rx(x, now, &ev->datagram, fx);
		x->count.dropped[e]++;
		break;
	case NETWORK_LOST: lost(x, now, &ev->lost, fx); break;
	case NETWORK_JOB_DONE: job_done_event(x, now, &ev->done, fx); break;
	case NETWORK_PUBLISH:
		e = content_publish(x, now, ev->publish.type, ev->publish.data, ev->publish.len);
		if (e != OK)
			x->count.dropped[e]++;
		break;
	case NETWORK_LEAVE: batches_leave(x, now); break;
	}
}

static void timer_fired(struct l3 *x, instant now, struct timer *t, struct fx *fx)
{
	switch ((enum l3_timer)t->kind) {
	case TIMER_CONTENT: content_due(x, now, fx); break;
	case TIMER_KEYS: link_keys_due(x, now, fx); break;
	case TIMER_LATE:
		l3_route_late(x, now, container_of(t, struct late, timer)->node, fx);
		break;
	case TIMER_LINK: l3_link_due(x, now, container_of(t, struct l3_link, silence), fx); break;
	case TIMER_NEAR: near_expire(x, now, container_of(t, struct near, expiry), fx); break;
	case TIMER_NODES: l3_nodes_expire(x, now, fx); break;
	case TIMER_OWN_OGM: batch_own_due(x, now); break;
	case TIMER_POST: posts_run(x, now, fx); break;
	case TIMER_SEARCH: claims_search(x, now, fx); break;
	case TIMER_TOPOLOGY: topology_due(x, now); break;
	}
}

void l3_handle(struct l3 *x, instant now, const struct ev *ev, struct fx *fx)
{
	if (!x->started) {
		x->started = true;
		link_keys_start(x, now, fx);
	}
	if (ev->kind == EV_NETWORK)
		network_event(x, now, &ev->network, fx);
	for (int i = 0; i < TIMERS_PER_CALL; i++) {
		struct timer *t = timers_pop(&x->timers, now);

		if (!t)
			return;
		timer_fired(x, now, t, fx);
	}
}

instant l3_deadline(const struct l3 *x)
{
	return timers_next(&x->timers);
}
