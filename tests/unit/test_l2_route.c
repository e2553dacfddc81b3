/* Proves how neighbours and routes come and go, and that no neighbour can do harm. */
/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmocka_all.h"
#include "core/l2/tq.h"
#include "puppet.h"

/* ---- neighbours and routes ---- */

/* FAR is behind both puppets; better by one. */
static void far_speaks(struct air *a, uint8_t tq, uint8_t other_tq)
{
	struct batadv_ogm ogm = puppet_ogm(FAR, 50, ++said[FAR]);

	ogm.tq = tq;
	if (tq > 0)
		puppet_passes_on(a, PUPPET, 0, ogm);
	ogm.tq = other_tq;
	if (other_tq > 0)
		puppet_passes_on(a, OTHER, 0, ogm);
}

static struct air *diamond(void)
{
	struct air *a = bench(NULL);
	static const unsigned two[] = {PUPPET, OTHER};

	acquaint(a, two, 2, 70);
	for (unsigned i = 0; i < 8; i++) {
		far_speaks(a, 225, 150);
		acquaint(a, two, 2, 1);
	}
	assert_true(routed_by(a, FAR, PUPPET));
	assert_int_equal(originator_tq(originator_find(air_l2(a, 0), air_mac(FAR, 0))), 225);
	return a;
}

static struct path *far_path(struct air *a, unsigned puppet)
{
	struct l2 *l2 = air_l2(a, 0);
	struct path *p = path_find(originator_find(l2, air_mac(FAR, 0)),
				   neighbour_find(l2, air_mac(puppet, 0), 0));

	assert_non_null(p);
	return p;
}

/* Echoes in a frame count for all that stands in it, wherever they stand. */
static void test_echo_behind(void **state)
{
	(void)state;
	struct air *a = bench(NULL);
	static const unsigned one[] = {PUPPET};
	struct batadv_ogm ogm[2];

	acquaint(a, one, 1, 80);
	while (a->ogms == 0 || !mac_equal(a->ogm[a->ogms - 1].ogm.orig, air_mac(0, 0)))
		air_run(a, span_ms(10));
	ogm[0] = puppet_ogm(PUPPET, 50, ++said[PUPPET]);
	ogm[1] = a->ogm[a->ogms - 1].ogm;
	ogm[1].ttl--;
	ogm[1].tvlv_len = 0;
	ogm[1].flags = OGM_DIRECTLINK;
	air_hear(a, 0, 0, air_mac(PUPPET, 0), ogm, 2);
	const struct path *p =
		originator_router(originator_find(air_l2(a, 0), air_mac(PUPPET, 0)), OIF_DEFAULT);

	assert_int_equal(p->oif[OIF_DEFAULT].ring[(p->oif[OIF_DEFAULT].ring_at + 4) % TQ_RING],
			 255);
	air_free(a);
}

/* What our router had from itself does not count when another brings it back. */
static void test_circle(void **state)
{
	(void)state;
	struct air *a = diamond();
	struct l2 *l2 = air_l2(a, 0);
	struct batadv_ogm ogm = puppet_ogm(FAR, 48, said[FAR]);

	for (unsigned i = 0; i < TQ_RING; i++) {
		ogm.seqno++;
		ogm.prev_sender = air_mac(PUPPET, 0);
		puppet_passes_on(a, OTHER, 0, ogm);
	}
	assert_int_equal(l2->count.dropped[ERR_LOOP], TQ_RING);
	assert_true(routed_by(a, FAR, PUPPET));
	assert_in_range(far_path(a, OTHER)->oif[OIF_DEFAULT].tq, 140, 150);
	/* From a third node it does, and so does PUPPET's own OGM by way of OTHER. */
	ogm.seqno++;
	ogm.prev_sender = air_mac(FARTHER, 0);
	puppet_passes_on(a, OTHER, 0, ogm);
	ogm = puppet_ogm(PUPPET, 50, ++said[PUPPET]);
	puppet_passes_on(a, OTHER, 0, ogm);
	assert_int_equal(l2->count.dropped[ERR_LOOP], TQ_RING);
	assert_true(far_path(a, OTHER)->oif[OIF_DEFAULT].tq > 150);
	air_free(a);
}

/* We hear our router for FAR no more; OTHER does, and what it brings is the only way. */
static void test_circle_by_a_silent_router(void **state)
{
	(void)state;
	struct air *a = diamond();
	static const unsigned other[] = {OTHER};

	for (unsigned i = 0; i < TQ_RING + 1; i++)
		far_speaks(a, 225, 0);
	acquaint(a, other, 1, 4);
	assert_true(neighbour_find(air_l2(a, 0), air_mac(PUPPET, 0), 0)->doubted);
	assert_true(routed_by(a, FAR, PUPPET));
	struct batadv_ogm ogm = puppet_ogm(FAR, 48, said[FAR] + 1);

	ogm.prev_sender = air_mac(PUPPET, 0);
	puppet_passes_on(a, OTHER, 0, ogm);
	assert_int_equal(air_l2(a, 0)->count.dropped[ERR_LOOP], 0);
	assert_true(routed_by(a, FAR, OTHER));
	air_free(a);
}

static unsigned passed_on(const struct air *a, unsigned orig, uint32_t seqno)
{
	unsigned count = 0;

	for (size_t i = 0; i < a->ogms; i++)
		count += mac_equal(a->ogm[i].ogm.orig, air_mac(orig, 0)) &&
			 a->ogm[i].ogm.seqno == seqno;
	return count;
}

/* What is passed on comes by the best next hop, once. A neighbour's own OGM is
 * echoed as often as it comes. */
static void test_copies(void **state)
{
	(void)state;
	struct air *a = diamond();
	struct batadv_ogm ogm = puppet_ogm(FAR, 50, ++said[FAR]);

	for (unsigned i = 0; i < 3; i++) {
		puppet_passes_on(a, OTHER, 0, ogm);
		puppet_passes_on(a, PUPPET, 0, ogm);
	}
	said[PUPPET]++;
	for (unsigned i = 0; i < 3; i++) {
		said[PUPPET]--;
		puppet_says(a, PUPPET, 0, 50);
	}
	air_run(a, span_ms(1000));
	assert_int_equal(passed_on(a, FAR, said[FAR]), 1);
	assert_int_equal(passed_on(a, PUPPET, said[PUPPET]), 3);
	/* Not what has no life left, nor what was worth nothing from the start. */
	ogm.seqno = ++said[FAR];
	ogm.ttl = 2;
	puppet_passes_on(a, PUPPET, 0, ogm);
	ogm = puppet_ogm(PUPPET, 50, ++said[PUPPET]);
	ogm.tq = 0;
	air_hear(a, 0, 0, air_mac(PUPPET, 0), &ogm, 1);
	air_run(a, span_ms(1000));
	assert_int_equal(passed_on(a, FAR, said[FAR]), 0);
	assert_int_equal(passed_on(a, PUPPET, said[PUPPET]), 0);
	air_free(a);
}

/* Windows of all paths move together; each marks only what came by it. */
static void test_windows(void **state)
{
	static const struct {
		unsigned puppet;
		int32_t step; /* to the newest number so far */
		uint64_t by_puppet, by_other;
	} cases[] = {
		{PUPPET, 1000000, 1, 0}, /* a restart */
		{OTHER, 0, 1, 1},
		{OTHER, 1, 2, 3},
		{PUPPET, 2, 9, 12},
		{OTHER, -1, 9, 14},
		{OTHER, -63, 9, 14 | UINT64_C(1) << 63},
		{PUPPET, 1, 19, 28},
		{PUPPET, 64, 1, 0},
	};
	(void)state;
	struct air *a = diamond();
	uint32_t newest = said[FAR];

	air_run(a, span_s(30)); /* its first number was a restart too */
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct batadv_ogm ogm = puppet_ogm(FAR, 50, newest + (uint32_t)cases[i].step);

		puppet_passes_on(a, cases[i].puppet, 0, ogm);
		assert_true(far_path(a, PUPPET)->oif[OIF_DEFAULT].window == cases[i].by_puppet);
		assert_true(far_path(a, OTHER)->oif[OIF_DEFAULT].window == cases[i].by_other);
		if (cases[i].step > 0)
			newest = ogm.seqno;
	}
	air_free(a);
}

static void test_silence(void **state)
{
	(void)state;
	struct air *a = diamond();
	static const unsigned other[] = {OTHER};
	instant silent = a->now;

	/* PUPPET falls silent, OTHER goes on, and FAR by way of it. */
	air_forget(a);
	while (routed_by(a, FAR, PUPPET)) {
		air_run(a, span_ms(10));
		assert_true(instant_since(a->now, silent).us < 2400000);
		if (span_to_ms(instant_since(a->now, silent)) % 1000 != 0)
			continue;
		puppet_says(a, OTHER, 0, 50);
		far_speaks(a, 0, 150);
	}
	assert_true(instant_since(a->now, silent).us >= 2100000);
	assert_true(routed_by(a, FAR, OTHER));
	assert_int_equal(air_noted(a, 0, NOTE_NEIGHBOUR_DOUBTED), 1);
	/* Its own route had no alternative. */
	assert_true(routed_by(a, PUPPET, PUPPET));
	/* Nobody else is left: a doubted router is better than none. */
	air_run(a, span_s(5));
	assert_true(routed_by(a, FAR, OTHER));
	/* It is back: the kernel's rules choose again. */
	static const unsigned two[] = {PUPPET, OTHER};

	for (unsigned i = 0; i < 8; i++) {
		far_speaks(a, 225, 150);
		acquaint(a, two, 2, 1);
	}
	assert_true(routed_by(a, FAR, PUPPET));
	/* 200 s of silence: gone. */
	for (unsigned i = 0; i < 199; i++)
		acquaint(a, other, 1, 1);
	assert_non_null(neighbour_find(air_l2(a, 0), air_mac(PUPPET, 0), 0));
	for (unsigned i = 0; i < 3; i++)
		acquaint(a, other, 1, 1);
	assert_null(neighbour_find(air_l2(a, 0), air_mac(PUPPET, 0), 0));
	assert_true(routed_by(a, PUPPET, FARTHER) == false);
	air_free(a);
}

/* A node dies. Who passed on its last OGM, even the last of all, is no way to it: we
 * would be its way, too. Who brings a newer one is. */
static void test_dead_node(void **state)
{
	(void)state;
	struct air *a = diamond();
	static const unsigned two[] = {PUPPET, OTHER}, other[] = {OTHER};

	for (unsigned i = 0; i < 8; i++) {
		acquaint(a, two, 2, 1);
		puppet_passes_on(a, OTHER, 0, puppet_ogm(PUPPET, 50, said[PUPPET]));
	}
	acquaint(a, other, 1, 4);
	assert_true(neighbour_find(air_l2(a, 0), air_mac(PUPPET, 0), 0)->doubted);
	assert_true(routed_by(a, PUPPET, PUPPET));
	puppet_passes_on(a, OTHER, 0, puppet_ogm(PUPPET, 50, said[PUPPET] + 1));
	assert_true(routed_by(a, PUPPET, OTHER));
	air_free(a);
}

/* A router that is doubted gives way to the first that delivers, however bad. */
static void test_doubted_gives_way(void **state)
{
	(void)state;
	struct air *a = diamond();
	static const unsigned other[] = {OTHER};

	for (unsigned i = 0; i < TQ_RING + 1; i++)
		far_speaks(a, 225, 0);
	acquaint(a, other, 1, 4);
	assert_true(neighbour_find(air_l2(a, 0), air_mac(PUPPET, 0), 0)->doubted);
	assert_true(routed_by(a, FAR, PUPPET)); /* OTHER has not delivered of late */
	far_speaks(a, 0, 20);
	assert_true(routed_by(a, FAR, OTHER));
	air_free(a);
}

/* Who has not delivered within the last five numbers is no alternative. */
static void test_stale_path(void **state)
{
	struct ev gone = {.kind = EV_STATION, .station = {.port = 0, .mac = air_mac(PUPPET, 0)}};

	(void)state;
	struct air *a = diamond();

	for (unsigned i = 0; i < TQ_RING + 1; i++)
		far_speaks(a, 225, 0);
	air_event(a, 0, &gone);
	assert_true(mac_is_zero(air_router(a, 0, air_mac(FAR, 0))));
	air_free(a);
}

static void test_gone_at_once(void **state)
{
	struct ev gone = {.kind = EV_STATION, .station = {.port = 0, .mac = air_mac(PUPPET, 0)}};

	(void)state;
	struct air *a = diamond();

	air_event(a, 0, &gone);
	assert_true(routed_by(a, FAR, OTHER));
	assert_int_equal(air_noted(a, 0, NOTE_NEIGHBOUR_GONE), 1);
	assert_null(neighbour_find(air_l2(a, 0), air_mac(PUPPET, 0), 0));
	gone.station.mac = air_mac(OTHER, 0);
	air_event(a, 0, &gone);
	assert_true(mac_is_zero(air_router(a, 0, air_mac(FAR, 0))));
	assert_int_equal(air_noted(a, 0, NOTE_ROUTE_LOST), 3); /* both puppets and FAR */
	air_free(a);

	a = diamond();
	air_down(a, 0, 0);
	assert_true(mac_is_zero(air_router(a, 0, air_mac(FAR, 0))));
	assert_int_equal(air_noted(a, 0, NOTE_NEIGHBOUR_GONE), 2);
	air_forget(a);
	air_run(a, span_s(3));
	assert_int_equal(a->ogms, 0);
	air_free(a);
}

/* A cable that is pulled does not rename the node: its OGM leaves by the other port. */
static void test_primary_stays(void **state)
{
	(void)state;
	struct air *a = bench(NULL);

	air_up(a, 0, 3, 1);
	air_run(a, span_ms(3300));
	uint32_t newest = air_l2(a, 0)->ports.at[0].ogm_seqno;

	for (unsigned i = 0; i < 4; i++) {
		bool down = i % 2 == 0;
		size_t full = 0;

		if (down)
			air_down(a, 0, 0);
		else
			air_up(a, 0, 0, 0);
		air_forget(a);
		air_run(a, span_ms(2500));
		for (size_t k = 0; k < a->ogms; k++) {
			if (a->ogm[k].ogm.ttl != 50)
				continue;
			assert_true(mac_equal(a->ogm[k].ogm.orig, air_mac(0, 0)));
			assert_false(down && a->ogm[k].port == 0);
			if (a->ogm[k].port != 3)
				continue;
			assert_true(a->ogm[k].ogm.seqno > newest);
			newest = a->ogm[k].ogm.seqno;
			full++;
		}
		assert_in_range(full, 2, 3);
	}
	/* With the other gone too nothing leaves; when it comes, it tells at once. */
	air_down(a, 0, 0);
	air_down(a, 0, 3);
	air_forget(a);
	air_run(a, span_ms(2500));
	assert_int_equal(a->ogms, 0);
	air_up(a, 0, 3, 1);
	air_run(a, span_ms(60));
	bool told = false;

	for (size_t k = 0; k < a->ogms; k++)
		told = told || a->ogm[k].ogm.ttl == 50;
	assert_true(told);
	air_free(a);
}

/* What leaves by a port that just came up tells of the nodes behind the others what was
 * known already: their links did not change. */
static void test_new_port(void **state)
{
	struct air *a = air_new();
	size_t told = 0;

	(void)state;
	for (unsigned i = 0; i < 3; i++)
		air_node(a, NULL);
	air_up(a, 0, 0, 0);
	air_up(a, 1, 0, 0);
	air_run(a, span_s(20));
	for (unsigned round = 0; round < 2; round++) {
		air_up(a, 1, 1, 1);
		air_up(a, 2, 0, 1);
		air_forget(a);
		air_run(a, span_s(4));
		for (size_t k = 0; k < a->ogms; k++) {
			const struct air_ogm *o = &a->ogm[k];

			if (o->node != 1 || o->port != 1 || !mac_equal(o->ogm.orig, air_mac(0, 0)))
				continue;
			assert_in_range(o->ogm.tq, tq_penalise(250, 30), tq_penalise(255, 30));
			told++;
		}
		assert_true(told > 3 * round);
		air_down(a, 1, 1);
		air_down(a, 2, 0);
	}
	air_free(a);
}

/* How often a neighbour with this rhythm is doubted in ten minutes, a start of two
 * intervals left aside. */
static unsigned doubts(unsigned interval_ms, unsigned shorts_each, bool shorts_only, unsigned loss)
{
	struct air *a = bench(NULL);
	uint32_t dice = 1;
	unsigned gap_ms = interval_ms / (shorts_each + 1);

	puppet_says(a, PUPPET, 0, shorts_only ? 2 : 50);
	air_run(a, span_ms(interval_ms));
	puppet_says(a, PUPPET, 0, shorts_only ? 2 : 50);
	air_run(a, span_ms(interval_ms));
	air_forget(a);
	for (unsigned i = 1; i < 600000 / gap_ms; i++) {
		/* Short ones for a while, then none: the link is warm. */
		bool is_short = i % (shorts_each + 1) != 0;

		air_run(a, span_ms(gap_ms));
		if (is_short && i > 64)
			continue;
		dice = dice * 1664525 + 1013904223;
		if ((dice >> 16) % 100 < loss)
			said[PUPPET]++;
		else
			puppet_says(a, PUPPET, 0, is_short || shorts_only ? 2 : 50);
	}
	unsigned count = air_noted(a, 0, NOTE_NEIGHBOUR_DOUBTED);

	air_free(a);
	return count;
}

static void test_pace(void **state)
{
	(void)state;
	assert_int_equal(doubts(1000, 0, false, 0), 0);
	assert_int_equal(doubts(1000, 4, false, 0), 0); /* warms up, then five times slower */
	assert_int_equal(doubts(1000, 4, true, 0), 0);	/* a non-primary port that does so */
	assert_int_equal(doubts(2000, 0, false, 0), 0); /* slower than we are */
	assert_int_equal(doubts(2000, 4, false, 0), 0);
	assert_int_equal(doubts(10000, 0, false, 0), 0);
	assert_int_equal(doubts(300, 0, false, 0), 0);
	assert_int_equal(doubts(1000, 4, false, 20) > 0, true); /* two in a row are lost */

	/* A burst of extra OGMs is no reason to expect more of them. */
	struct air *a = bench(NULL);

	for (unsigned i = 0; i < 60; i++) {
		puppet_says(a, PUPPET, 0, 50);
		for (unsigned k = 0; k < 5 && i % 10 == 0; k++) {
			air_run(a, span_ms(50));
			puppet_says(a, PUPPET, 0, 50);
		}
		air_run(a, span_ms(1020));
	}
	assert_int_equal(air_noted(a, 0, NOTE_NEIGHBOUR_DOUBTED), 0);
	/* A fast neighbour is soon known as such. */
	for (unsigned i = 0; i < 200; i++) {
		puppet_says(a, PUPPET, 0, 50);
		air_run(a, span_ms(200));
	}
	assert_int_equal(air_noted(a, 0, NOTE_NEIGHBOUR_DOUBTED), 0);
	air_run(a, span_ms(300));
	assert_int_equal(air_noted(a, 0, NOTE_NEIGHBOUR_DOUBTED), 1);
	air_free(a);
}

static void test_expiry(void **state)
{
	(void)state;
	struct air *a = diamond();
	static const unsigned other[] = {OTHER};

	/* FAR is not heard any more, PUPPET neither; OTHER stays. */
	for (unsigned i = 0; i < 205; i++)
		acquaint(a, other, 1, 1);
	const struct originator *far = originator_find(air_l2(a, 0), air_mac(FAR, 0));

	assert_non_null(far);
	assert_null(originator_router(far, OIF_DEFAULT));
	assert_true(list_empty(&far->paths));
	for (unsigned i = 0; i < 200; i++)
		acquaint(a, other, 1, 1);
	assert_null(originator_find(air_l2(a, 0), air_mac(FAR, 0)));
	assert_null(originator_find(air_l2(a, 0), air_mac(PUPPET, 0)));
	assert_true(routed_by(a, OTHER, OTHER));
	assert_int_equal(air_l2(a, 0)->originators.count, 1);
	air_free(a);
}

/* ---- hostile ---- */

static void test_refused(void **state)
{
	(void)state;
	struct air *a = bench(NULL);
	struct l2 *l2 = air_l2(a, 0);
	struct batadv_ogm ogm = puppet_ogm(FAR, 49, 5);
	uint8_t bytes[120] = {0};
	struct wr w = wr_over(bytes, sizeof(bytes));

	/* A stranger tells of others: nothing is kept. */
	for (unsigned i = 0; i < 1000; i++) {
		ogm.orig.b[3] = (uint8_t)i;
		ogm.orig.b[2] = (uint8_t)(i >> 8);
		air_hear(a, 0, 0, air_mac(PUPPET, 0), &ogm, 1);
	}
	assert_int_equal(l2->originators.count, 0);
	assert_int_equal(l2->ports.at[0].neighbour_count, 0);
	assert_int_equal(l2->count.dropped[ERR_UNKNOWN], 1000);

	/* Padding behind an OGM is no OGM; a cut one is none either. */
	ogm = puppet_ogm(PUPPET, 50, 7);
	batadv_ogm_write(&w, &ogm);
	air_hear_bytes(a, 0, 0, air_mac(PUPPET, 0), bytes, sizeof(bytes));
	assert_int_equal(l2->originators.count, 1);
	air_hear_bytes(a, 0, 0, air_mac(OTHER, 0), bytes, BATADV_OGM_LEN - 1);
	assert_int_equal(l2->count.dropped[ERR_SHORT], 1);

	/* Our own address as a sender, and multicast ones. */
	uint64_t own = l2->count.dropped[ERR_OWN];

	air_hear(a, 0, 0, air_mac(0, 0), &ogm, 1);
	assert_int_equal(l2->count.dropped[ERR_OWN], own + 1);
	air_hear(a, 0, 0, (struct mac){{3}}, &ogm, 1);
	ogm.orig = MAC_BROADCAST;
	air_hear(a, 0, 0, air_mac(OTHER, 0), &ogm, 1);
	assert_int_equal(l2->originators.count, 1);

	/* Echoes of OGMs that we never sent, or long ago. */
	ogm = puppet_ogm(0, 49, 0);
	ogm.flags = OGM_DIRECTLINK;
	static const int32_t age[] = {-1, -1000, 64, INT32_MAX, INT32_MIN};

	for (size_t i = 0; i < sizeof(age) / sizeof(age[0]); i++) {
		ogm.seqno = l2->ports.at[0].ogm_seqno - (uint32_t)age[i];
		air_hear(a, 0, 0, air_mac(PUPPET, 0), &ogm, 1);
	}
	const struct neighbour *n = neighbour_find(l2, air_mac(PUPPET, 0), 0);

	assert_true(n->own_window == 0);
	ogm.seqno = l2->ports.at[0].ogm_seqno;
	ogm.flags = 0;
	air_hear(a, 0, 0, air_mac(PUPPET, 0), &ogm, 1);
	assert_true(n->own_window == 0);
	ogm.flags = OGM_DIRECTLINK;
	air_hear(a, 0, 0, air_mac(PUPPET, 0), &ogm, 1);
	assert_true(n->own_window == 1);
	air_free(a);
}

/* A stranger tells of a node that we know: not believed, not passed on. */
static void test_stranger(void **state)
{
	(void)state;
	struct air *a = diamond();
	struct batadv_ogm ogm = puppet_ogm(FAR, 50, said[FAR] + 1);

	ogm.tvlv = (const uint8_t[]){TVLV_GW, 1, 0, 8, 0, 0, 0, 100, 0, 0, 0, 20};
	ogm.tvlv_len = 12;
	for (unsigned i = 0; i < 10; i++) {
		ogm.seqno++;
		puppet_passes_on(a, FARTHER, 0, ogm);
	}
	const struct originator *far = originator_find(air_l2(a, 0), air_mac(FAR, 0));

	assert_int_equal(air_l2(a, 0)->count.dropped[ERR_UNKNOWN], 10);
	assert_int_equal(far->gw_down_100kbit, 0);
	assert_int_equal(originator_tq(far), 225);
	assert_null(neighbour_find(air_l2(a, 0), air_mac(FARTHER, 0), 0));
	air_run(a, span_ms(1000));
	for (uint32_t i = 0; i < 10; i++)
		assert_int_equal(passed_on(a, FAR, ogm.seqno - i), 0);
	air_free(a);
}

static void test_tables_are_bounded(void **state)
{
	(void)state;
	struct l2_conf conf = l2_conf_default();

	conf.originators_max = 300;
	struct air *a = bench(&conf);
	struct l2 *l2 = air_l2(a, 0);
	static const unsigned one[] = {PUPPET};

	acquaint(a, one, 1, 5);
	/* Strangers by the hundred. */
	for (unsigned i = 0; i < 1000; i++) {
		struct batadv_ogm ogm = puppet_ogm(OTHER, 50, i * 7919);

		ogm.orig.b[2] = (uint8_t)(1 + (i >> 8));
		ogm.orig.b[3] = (uint8_t)i;
		ogm.prev_sender = ogm.orig;
		air_hear(a, 0, 0, ogm.orig, &ogm, 1);
	}
	assert_int_equal(l2->ports.at[0].neighbour_count, NEIGHBOURS_PER_PORT_MAX);
	assert_int_equal(l2->originators.count, NEIGHBOURS_PER_PORT_MAX);
	/* A neighbour that tells of nodes without end. */
	for (unsigned i = 0; i < 1000; i++) {
		struct batadv_ogm ogm = puppet_ogm(FAR, 50, 1);

		ogm.orig.b[2] = (uint8_t)(0x40 + (i >> 8));
		ogm.orig.b[3] = (uint8_t)i;
		air_hear(a, 0, 0, air_mac(PUPPET, 0), &ogm, 1);
	}
	assert_int_equal(l2->originators.count, 300);
	assert_true(l2->count.originator_full >= 1000);
	assert_int_equal(air_noted(a, 0, NOTE_TABLE_FULL), 1);
	/* Whom we know already is not harmed. */
	for (unsigned i = 0; i < 3; i++)
		acquaint(a, one, 1, 1);
	assert_true(routed_by(a, PUPPET, PUPPET));
	/* The strangers fade away. */
	for (unsigned i = 0; i < 410; i++)
		acquaint(a, one, 1, 1);
	assert_int_equal(l2->ports.at[0].neighbour_count, 1);
	assert_int_equal(l2->originators.count, 1);
	air_free(a);
}

static void test_protection(void **state)
{
	(void)state;
	struct air *a = bench(NULL);
	static const unsigned one[] = {PUPPET};
	struct l2 *l2 = air_l2(a, 0);

	acquaint(a, one, 1, 70);
	assert_int_equal(originator_tq(originator_find(l2, air_mac(PUPPET, 0))), 255);
	/* A restart is believed once in 30 s. */
	said[PUPPET] += 1000000;
	puppet_says(a, PUPPET, 0, 50);
	uint32_t accepted = said[PUPPET];
	struct batadv_ogm forged = puppet_ogm(PUPPET, 50, 17);

	air_run(a, span_s(29));
	air_hear(a, 0, 0, air_mac(PUPPET, 0), &forged, 1);
	assert_int_equal(l2->count.dropped[ERR_PROTECTED], 1);
	assert_int_equal(originator_find(l2, air_mac(PUPPET, 0))->route[OIF_DEFAULT].last_seqno,
			 accepted);
	air_run(a, span_ms(1001));
	air_hear(a, 0, 0, air_mac(PUPPET, 0), &forged, 1);
	assert_int_equal(originator_find(l2, air_mac(PUPPET, 0))->route[OIF_DEFAULT].last_seqno,
			 17);
	air_free(a);
}

/* Whatever allocation is refused: nothing leaks, nothing breaks. */
static void test_no_memory(void **state)
{
	static const unsigned two[] = {PUPPET, OTHER};

	(void)state;
	for (size_t limit = 1000; limit < 80000; limit += 900) {
		struct l2_conf conf = l2_conf_default();
		struct l2 *probe = test_calloc(1, sizeof(*probe));

		conf.memory_max_bytes = limit;
		conf.ports_max = 2;
		bool there = l2_init(probe, &conf, (instant){0}, 1) == OK;

		if (there)
			l2_fini(probe);
		test_free(probe);
		if (!there)
			continue;
		struct air *a = bench(&conf);

		acquaint(a, two, 2, 3);
		for (unsigned i = 0; i < 40; i++) {
			far_speaks(a, 225, 150);
			struct batadv_ogm ogm = puppet_ogm(120 + i, 50, ++said[120 + i]);

			puppet_passes_on(a, PUPPET, 0, ogm);
			puppet_passes_on(a, PUPPET, 0, ogm);
		}
		acquaint(a, two, 2, 3);
		air_free(a);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_echo_behind),
		cmocka_unit_test(test_circle),
		cmocka_unit_test(test_circle_by_a_silent_router),
		cmocka_unit_test(test_copies),
		cmocka_unit_test(test_windows),
		cmocka_unit_test(test_silence),
		cmocka_unit_test(test_dead_node),
		cmocka_unit_test(test_doubted_gives_way),
		cmocka_unit_test(test_stale_path),
		cmocka_unit_test(test_gone_at_once),
		cmocka_unit_test(test_primary_stays),
		cmocka_unit_test(test_new_port),
		cmocka_unit_test(test_pace),
		cmocka_unit_test(test_expiry),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_stranger),
		cmocka_unit_test(test_tables_are_bounded),
		cmocka_unit_test(test_protection),
		cmocka_unit_test(test_no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
