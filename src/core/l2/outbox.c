/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/l2/outbox.h"
#include <assert.h>
#include "base/seqno.h"
#include "core/l2/internal.h"

enum {
	NEWS_JITTER_MS = 9,
	STEADY_MIN_MS = 80, /* some jitter, or all who heard it would speak at once */
	STEADY_MAX_MS = 100,
};

struct outbox *outbox_new(struct l2 *l2, uint8_t port)
{
	struct outbox *o = pool_alloc(&l2->pool, sizeof(*o));

	if (!o)
		return NULL;
	if (!timer_init(&l2->timers, &o->due, TIMER_OUTBOX)) {
		pool_free(&l2->pool, o, sizeof(*o));
		return NULL;
	}
	o->port = port;
	list_init(&o->waiting);
	return o;
}

static void drop(struct l2 *l2, struct outbox *o, struct outbox_ogm *w)
{
	assert(o->count > 0);
	o->count--;
	list_del(&w->waiting);
	pool_free(&l2->pool, w, sizeof(*w) + w->room);
}

void outbox_clear(struct l2 *l2, struct outbox *o)
{
	list_each (w, &o->waiting, struct outbox_ogm, waiting)
		drop(l2, o, w);
	timer_cancel(&l2->timers, &o->due);
}

void outbox_free(struct l2 *l2, struct outbox *o)
{
	outbox_clear(l2, o);
	timer_fini(&l2->timers, &o->due);
	pool_free(&l2->pool, o, sizeof(*o));
}

/* ---- leaving ---- */

/* A frame that is being filled. */
struct filling {
	struct l2 *l2;
	struct outbox *o;
	struct fx *fx;
	uint8_t bytes[PACKET_MAX];
	struct wr w;
};

static void frame_begin(struct filling *f)
{
	f->w = wr_over(f->bytes + ETHERNET_HEADER, sizeof(f->bytes) - ETHERNET_HEADER);
}

static void frame_send(struct filling *f)
{
	size_t len = wr_len(&f->w);

	assert(!f->w.bad);
	if (len == 0)
		return;
	f->l2->count.mgmt_tx++;
	f->l2->count.mgmt_tx_bytes += len + ETHERNET_HEADER;
	port_send(f->l2, f->o->port, MAC_BROADCAST, f->w.start, len, f->fx);
	frame_begin(f);
}

static size_t ogm_size(const struct batadv_ogm *ogm)
{
	return BATADV_OGM_LEN + (size_t)ogm->tvlv_len;
}

/* One that is larger than an aggregate may be leaves alone; one for which the
 * port's MTU became too small while it waited, never. */
static void frame_add(struct filling *f, const struct batadv_ogm *ogm)
{
	size_t mtu = f->l2->ports.at[f->o->port].mtu_bytes;
	size_t most = mtu < OUTBOX_FRAME_MAX_BYTES ? mtu : OUTBOX_FRAME_MAX_BYTES;

	if (ogm_size(ogm) > mtu)
		return;
	if (wr_len(&f->w) + ogm_size(ogm) > most)
		frame_send(f);
	batadv_ogm_write(&f->w, ogm);
}

static void flush_with(struct l2 *l2, struct outbox *o, const struct batadv_ogm *own, struct fx *fx)
{
	struct filling f = {.l2 = l2, .o = o, .fx = fx};

	timer_cancel(&l2->timers, &o->due);
	frame_begin(&f);
	list_each (w, &o->waiting, struct outbox_ogm, waiting) {
		if (own && w->rank > RANK_OWN) {
			frame_add(&f, own);
			own = NULL;
		}
		frame_add(&f, &w->ogm);
		l2->count.ogm_forwarded++;
		drop(l2, o, w);
	}
	if (own)
		frame_add(&f, own);
	frame_send(&f);
}

void outbox_flush(struct l2 *l2, instant now, struct outbox *o, struct fx *fx)
{
	(void)now;
	flush_with(l2, o, NULL, fx);
}

/* ---- waiting ---- */

static instant lane_due(struct l2 *l2, instant now, const struct batadv_ogm *ogm, enum lane lane,
			uint8_t port)
{
	const struct neighbour *n;
	span wait = l2->conf.orig_interval;

	switch (lane) {
	case LANE_NOW: break;
	case LANE_NEWS:
		return instant_add(now, prng_span(&l2->prng, span_us(0), span_ms(NEWS_JITTER_MS)));
	case LANE_STEADY:
		return instant_add(
			now, prng_span(&l2->prng, span_ms(STEADY_MIN_MS), span_ms(STEADY_MAX_MS)));
	case LANE_ECHO:
		/* An originator much faster than we are must not miss too many. */
		n = neighbour_find(l2, ogm->orig, port);
		if (n && span_less(n->pace.interval, wait))
			wait = n->pace.interval;
		return instant_add(now, span_us(wait.us / 2));
	}
	return now;
}

/* The newer OGM says it all: see the head of outbox.h. */
static void supersede(struct outbox *o, const struct batadv_ogm *newer)
{
	list_each (w, &o->waiting, struct outbox_ogm, waiting) {
		if (mac_equal(w->ogm.orig, newer->orig) &&
		    seqno_diff(newer->seqno, w->ogm.seqno) > 0)
			w->ogm.tvlv_len = 0;
	}
}

static enum outbox_rank rank_of(const struct batadv_ogm *ogm, enum lane lane)
{
	if (lane == LANE_ECHO)
		return RANK_PURE_ECHO;
	return ogm->flags & OGM_DIRECTLINK ? RANK_ECHO : RANK_OTHER;
}

/* By rank, each in order of arrival. */
static void queue(struct outbox *o, struct outbox_ogm *new)
{
	struct list *last = o->waiting.prev;

	while (last != &o->waiting &&
	       container_of(last, struct outbox_ogm, waiting)->rank > new->rank)
		last = last->prev;
	list_insert(last->next, &new->waiting);
	o->count++;
}

enum err outbox_put(struct l2 *l2, instant now, struct outbox *o, const struct batadv_ogm *ogm,
		    enum lane lane, struct fx *fx)
{
	size_t size = ogm_size(ogm);

	if (size > l2->ports.at[o->port].mtu_bytes || size > PACKET_MAX - ETHERNET_HEADER)
		return ERR_TOO_BIG;
	if (lane == LANE_NOW) {
		flush_with(l2, o, ogm, fx);
		return OK;
	}
	struct outbox_ogm *w = NULL;

	if (o->count < l2->conf.forwards_max)
		w = pool_alloc(&l2->pool, sizeof(*w) + ogm->tvlv_len);
	if (!w) {
		l2->count.ogm_queue_full++;
		return ERR_FULL;
	}
	w->ogm = *ogm;
	w->ogm.tvlv = w->bytes;
	w->room = ogm->tvlv_len;
	w->rank = rank_of(ogm, lane);
	if (ogm->tvlv_len > 0) {
		memcpy(w->bytes, ogm->tvlv, ogm->tvlv_len);
		supersede(o, ogm);
	}
	queue(o, w);
	instant due = lane_due(l2, now, ogm, lane, o->port);

	if (!timer_is_set(&o->due) || instant_before(due, o->due.at))
		timer_set(&l2->timers, &o->due, due);
	return OK;
}
