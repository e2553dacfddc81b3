/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/l2/ogm.h"
#include <assert.h>
#include "core/l2/internal.h"
#include "core/l2/tq.h"

enum err ogm_init(struct l2 *l2, instant now)
{
	bucket_init(&l2->ogm.extras, OGM_EXTRA_BURST, span_ms(OGM_EXTRA_PERIOD_MS), now);
	l2->ogm.last_full = now;
	return timer_init(&l2->timers, &l2->ogm.extra_timer, TIMER_OGM_EXTRA) ? OK : ERR_FULL;
}

void ogm_fini(struct l2 *l2)
{
	timer_fini(&l2->timers, &l2->ogm.extra_timer);
}

static struct port *primary_port(struct l2 *l2)
{
	return l2->ports.primary < 0 ? NULL : &l2->ports.at[l2->ports.primary];
}

/* ---- ours ---- */

/* What containers may take up, so that the OGM fits every port. */
static size_t containers_max(const struct l2 *l2)
{
	size_t most = OUTBOX_FRAME_MAX_BYTES;

	for (unsigned i = 0; i < l2->conf.ports_max; i++) {
		const struct port *p = &l2->ports.at[i];

		if (p->up && p->mtu_bytes < most)
			most = p->mtu_bytes;
	}
	return most - BATADV_OGM_LEN;
}

static struct batadv_ogm own_ogm(struct l2 *l2, struct port *p, uint8_t ttl)
{
	l2->count.ogm_own++;
	return (struct batadv_ogm){
		.ttl = ttl,
		.seqno = port_count_ogm(p),
		.orig = p->mac,
		.prev_sender = p->mac,
		.tq = TQ_MAX,
	};
}

/* The one that makes the node known: out of every port, with all containers. */
static void full_send(struct l2 *l2, instant now, struct port *primary, struct fx *fx)
{
	uint8_t containers[PACKET_MAX];
	size_t room = containers_max(l2);
	struct batadv_ogm ogm = own_ogm(l2, primary, BATADV_TTL);
	struct wr w = wr_over(containers, room);

	assert(room <= sizeof(containers));
	tt_local_commit(l2, now);
	tt_local_write_ogm(l2, &w, room);
	if (!w.bad) {
		ogm.tvlv = containers;
		ogm.tvlv_len = (uint16_t)wr_len(&w);
	}
	l2->ogm.last_full = now;
	timer_cancel(&l2->timers, &l2->ogm.extra_timer);
	for (unsigned i = 0; i < l2->conf.ports_max; i++) {
		if (l2->ports.at[i].up)
			(void)outbox_put(l2, now, l2->ports.at[i].outbox, &ogm, LANE_NOW, fx);
	}
}

/* One that only neighbours on the port use: to know the link. */
static void short_send(struct l2 *l2, instant now, struct port *p, struct fx *fx)
{
	struct batadv_ogm ogm = own_ogm(l2, p, OGM_SHORT_TTL);

	(void)outbox_put(l2, now, p->outbox, &ogm, LANE_NOW, fx);
}

static instant jittered(struct l2 *l2, instant now, span interval, span jitter)
{
	span low = span_us(interval.us - jitter.us), high = span_us(interval.us + jitter.us);

	return instant_add(now, prng_span(&l2->prng, low, high));
}

static void regular_arm(struct l2 *l2, instant now, struct port *p)
{
	timer_set(&l2->timers, &p->ogm_timer,
		  jittered(l2, now, l2->conf.orig_interval, span_ms(OGM_JITTER_MS)));
}

void ogm_due(struct l2 *l2, instant now, struct port *p, struct fx *fx)
{
	if (p == primary_port(l2))
		full_send(l2, now, p, fx);
	else
		short_send(l2, now, p, fx);
	regular_arm(l2, now, p);
}

void ogm_hasten(struct l2 *l2, instant now)
{
	struct ogm *own = &l2->ogm;

	if (timer_is_set(&own->extra_timer))
		return;
	instant spaced = instant_add(own->last_full, span_ms(OGM_EXTRA_GAP_MS));
	instant token;

	bucket_fill(&own->extras, now);
	token = bucket_next(&own->extras, now);
	instant at = instant_before(spaced, token) ? token : spaced;

	instant collected = instant_add(now, span_ms(OGM_EXTRA_COLLECT_MS));

	timer_set(&l2->timers, &own->extra_timer, instant_before(at, collected) ? collected : at);
}

void ogm_extra_due(struct l2 *l2, instant now, struct fx *fx)
{
	struct port *primary = primary_port(l2);

	if (!primary)
		return; /* the first OGM of a port that comes up tells all */
	if (!bucket_take(&l2->ogm.extras, now)) {
		timer_set(&l2->timers, &l2->ogm.extra_timer, bucket_next(&l2->ogm.extras, now));
		return;
	}
	l2->count.ogm_extra++;
	full_send(l2, now, primary, fx);
	regular_arm(l2, now, primary);
}

static span warm_interval(const struct l2 *l2)
{
	return span_us(l2->conf.orig_interval.us / OGM_WARM_PACE);
}

void ogm_warm_due(struct l2 *l2, instant now, struct port *p, struct fx *fx)
{
	assert(p->up);
	if (p->neighbour_count == 0)
		p->warm_left = 0;
	if (p->warm_left == 0)
		return;
	p->warm_left--;
	l2->count.ogm_warm++;
	short_send(l2, now, p, fx);
	if (p->warm_left == 0)
		return;
	span pace = warm_interval(l2);

	timer_set(&l2->timers, &p->warm_timer, jittered(l2, now, pace, span_us(pace.us / 10)));
}

void ogm_warm(struct l2 *l2, instant now, struct port *p)
{
	assert(p->up);
	p->warm_left = OGM_WARM_COUNT;
	if (!timer_is_set(&p->warm_timer))
		timer_set(&l2->timers, &p->warm_timer, instant_add(now, warm_interval(l2)));
}

void ogm_port_up(struct l2 *l2, instant now, struct port *p, bool renamed)
{
	if (renamed)
		p->ogm_seqno = l2_seqno_start(l2, now);
	timer_set(&l2->timers, &p->ogm_timer, now);
	if (primary_port(l2)->up || p == primary_port(l2))
		return;
	ogm_hasten(l2, now); /* a way out again, for the OGM of a primary that is down */
}
