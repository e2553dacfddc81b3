/* What is forged, replayed, stolen or impossible is refused, counted, and changes nothing. */
/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmocka_all.h"
#include "l3_rig.h"

static uint8_t frames[BMX7_PACKET_MAX];

static struct wr begin(void)
{
	struct wr w = wr_over(frames, sizeof(frames));

	bmx7_aggregations_write(&w, (struct bmx7_aggregations){1, 1});
	return w;
}

static void hello(struct l3_rig *r, unsigned i, uint16_t sqn)
{
	struct wr w = begin();

	bmx7_hello_write(&w, sqn);
	l3_rig_hear(r, i, frames, wr_len(&w));
}

static void hellos_count(void **state)
{
	struct l3_rig r;

	(void)state;
	l3_rig_init(&r, NULL, true);
	for (uint16_t i = 1; i <= 5; i++) {
		hello(&r, 0, i);
		l3_rig_pass(&r, span_ms(100));
	}
	assert_int_equal(r.l3->count.rx_verified, 5);
	assert_int_equal(r.link[0]->rq.told, 26);
	l3_rig_fini(&r);
}

/* The same packet with any byte changed is not believed; nor is it from another address, or
 * after it. */
static void forged(void **state)
{
	struct l3_rig r;
	uint8_t good[200], bad[200];
	struct digest secret = {{0x5e, 0}};
	struct ipv6 from = {{0xfe, 0x80, [15] = 1}, 128};
	struct wr w = begin(), p = wr_over(good, sizeof(good));
	uint8_t mac[BMX7_MAC];

	(void)state;
	bmx7_hello_write(&w, 7);
	l3_rig_init(&r, NULL, true);
	hello(&r, 0, 6);
	w = begin();
	bmx7_hello_write(&w, 7);
	bmx7_packet_write(&p, &r.neighbour[0]->id);
	size_t opened = bmx7_signatures_open(&p, 1, 2, 1);
	struct digest hash = packet_hash(r.l3, &from, good + wr_len(&p) - BMX7_SIGNATURE_HEADER,
					 frames, wr_len(&w));

	packet_mac(r.l3, &hash, &secret, mac);
	bmx7_signature_write(&p, &(struct bmx7_signature){BMX7_DH2048, mac, BMX7_MAC});
	bmx7_close(&p, opened);
	wr_bytes(&p, frames, wr_len(&w));
	/* Version and reserved byte of the header are not signed. */
	for (size_t i = 2; i < wr_len(&p); i++) {
		memcpy(bad, good, sizeof(bad));
		bad[i] ^= 0x10;
		l3_rig_hear_bytes(&r, 0, bad, wr_len(&p));
		assert_int_equal(r.l3->count.rx_verified, 1);
		assert_int_equal(r.link[0]->hellos.newest, 6);
	}
	l3_rig_hear_bytes(&r, 1, good, wr_len(&p));
	assert_int_equal(r.l3->count.rx_verified, 1);
	l3_rig_hear_bytes(&r, 0, good, wr_len(&p));
	assert_int_equal(r.l3->count.rx_verified, 2);
	assert_int_equal(r.link[0]->hellos.newest, 7);
	/* Replayed after a newer one: refused, counted. */
	r.burst = 2;
	hello(&r, 0, 8);
	uint64_t before = r.l3->count.forged;

	l3_rig_hear_bytes(&r, 0, good, wr_len(&p));
	assert_int_equal(r.l3->count.forged, before + 1);
	assert_int_equal(r.link[0]->hellos.newest, 8);
	l3_rig_fini(&r);
}

/* A neighbour dies; somebody who heard its last packet says it again and again. The first of its
 * number may be one of several, but nothing that was heard before keeps a link alive. */
static void last_packet_again(void **state)
{
	struct l3_rig r;
	uint8_t told = 0;

	(void)state;
	l3_rig_init(&r, NULL, true);
	r.link[0]->pace = span_ms(LINK_PACE_MS);
	r.l3->conf.link_timeout = span_s(20);
	for (uint16_t sqn = 1; sqn <= 10; sqn++) {
		hello(&r, 0, sqn);
		told = r.link[0]->rq.told;
		l3_rig_pass(&r, span_ms(100));
	}
	for (unsigned i = 0; i < 25; i++) {
		r.burst--;
		hello(&r, 0, 10);
		l3_rig_pass(&r, span_ms(200));
	}
	assert_true(r.link[0]->doubted);
	assert_int_equal(r.link[0]->rq.told, told);
	for (unsigned i = 0; i < 100; i++) {
		r.burst--;
		hello(&r, 0, 10);
		l3_rig_pass(&r, span_ms(200));
	}
	/* That link is gone. The same packet may begin one, which is good for nothing. */
	assert_int_equal(l3_link_find(r.neighbour[0]->near, 1, 0)->rq.told, 5);
	assert_false(l3_link_find(r.neighbour[0]->near, 1, 0)->usable);
	/* Nor does an older one that it said as a neighbour. */
	r.burst -= 3;
	for (uint16_t sqn = 8; sqn <= 10; sqn++)
		hello(&r, 0, sqn);
	r.burst -= 2;
	hello(&r, 0, 9);
	assert_int_equal(r.l3->count.forged, 3);
	l3_rig_fini(&r);
}

/* Somebody has our key, or sends our own packets back: told, and nothing else. */
static void ourselves(void **state)
{
	struct l3_rig r;
	uint8_t packet[BMX7_HEADER];
	struct wr w = wr_over(packet, sizeof(packet));

	(void)state;
	l3_rig_init(&r, NULL, true);
	uint32_t nodes = r.l3->nodes.count;
	unsigned notes = r.notes;

	bmx7_packet_write(&w, &r.l3->self->id);
	for (unsigned i = 0; i < 100; i++)
		l3_rig_hear_bytes(&r, 0, packet, sizeof(packet));
	assert_int_equal(r.l3->count.attacks, 100);
	assert_int_equal(r.l3->count.dropped[ERR_OWN], 100);
	assert_in_range(r.notes, notes + 1, notes + NOTE_RARE_BURST);
	assert_int_equal(r.l3->nodes.count, nodes);
	assert_null(r.l3->self->near);
	l3_rig_fini(&r);
}

/* A neighbour that passes on an OGM of ours that we did not send, or better than we sent it. */
static void attacks(void **state)
{
	static const struct {
		const char *what;
		int ahead; /* of our last number */
		uint64_t metric;
		bool attack;
	} cases[] = {
		{"ours, as it should be", 0, METRIC_MAX / 2, false},
		{"an older one", -1, METRIC_MAX, false},
		{"as good as ours", 0, METRIC_MAX, true},
		{"newer", 1, 1000000, true},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct l3_rig r;

		l3_rig_init(&r, NULL, true);
		for (unsigned k = 0; k < 20; k++)
			l3_rig_pass(&r, span_s(1));
		assert_non_null(r.l3->self->description);
		assert_true(r.l3->self->route.sqn >= 2);
		uint16_t sqn = (uint16_t)(r.l3->self->route.sqn + cases[i].ahead);
		struct bmx7_link chain = own_chain_link(&r.l3->chain, r.l3->crypto, sqn);
		struct bmx7_iid iid = {5, r.l3->self->description->version.desc_sqn, chain,
				       r.l3->self->id};
		struct bmx7_ogm o = {.chain = chain, .iid = 5, .hops = 1};
		struct wr w = begin();

		/* What goes over the wire is a float. */
		o.metric = bmx7_metric_round(cases[i].metric);
		size_t opened = bmx7_open(&w, BMX7_IID_ADV);

		bmx7_iid_write(&w, &iid);
		bmx7_close(&w, opened);
		opened = bmx7_batch_open(&w, 1);
		bmx7_ogm_write(&w, &o);
		bmx7_close(&w, opened);
		l3_rig_hear(&r, 0, frames, wr_len(&w));
		if ((r.l3->count.attacks > 0) != cases[i].attack ||
		    (r.neighbour[0]->near == NULL) != cases[i].attack)
			fail_msg("%s", cases[i].what);
		/* It is not believed again with the same description. */
		uint64_t verified = r.l3->count.rx_verified;

		r.link[0] = NULL;
		l3_rig_hear(&r, 0, frames, wr_len(&w));
		l3_rig_hear(&r, 0, frames, wr_len(&w));
		assert_int_equal(r.l3->count.rx_verified > verified, !cases[i].attack);
		l3_rig_fini(&r);
	}
}

/* Who speaks with an older number than its description, or from an address that is not in it, is
 * sent its description: twice, not each time. */
static void reminders(void **state)
{
	static const struct {
		uint32_t desc_sqn;
		unsigned from; /* whose address */
		unsigned reminders;
	} cases[] = {{4, 0, NEAR_REMINDERS_BURST}, {5, 1, NEAR_REMINDERS_BURST}, {5, 0, 0}};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint8_t packet[100];
		struct wr w = begin(), p = wr_over(packet, sizeof(packet));
		unsigned posted = 0;
		struct l3_rig r;

		l3_rig_init(&r, NULL, false);
		r.described[0].version.desc_sqn = 5;
		bmx7_packet_write(&p, &r.neighbour[0]->id);
		size_t opened = bmx7_signatures_open(&p, cases[i].desc_sqn, 1, 1);

		bmx7_close(&p, opened);
		wr_bytes(&p, frames, wr_len(&w));
		for (unsigned k = 0; k < 20; k++) {
			l3_rig_hear_bytes(&r, cases[i].from, packet, wr_len(&p));
			posted += !list_empty(&r.l3->posts.queue[cases[i].from][POST_DESC_ADV]);
			posts_drop(r.l3, (uint8_t)cases[i].from);
		}
		assert_int_equal(posted, cases[i].reminders);
		l3_rig_fini(&r);
	}
}

/* Numbers far ahead are searched in pieces, one claim after the other; what comes meanwhile is not
 * forgotten. */
static void far_numbers(void **state)
{
	enum { AHEAD = 5000 };
	struct l3_rig r;

	(void)state;
	l3_rig_init(&r, NULL, false);
	for (unsigned i = 0; i < RIG_NEIGHBOURS; i++) {
		struct bmx7_link chain =
			own_chain_link(&r.far_chain, r.l3->crypto, (uint16_t)(AHEAD + i));
		struct bmx7_iid iid = {9, 1, chain, r.far->id};
		struct bmx7_ogm o = {
			.chain = chain, .iid = 9, .hops = 1, .metric = METRIC_MAX / (8 - i)};
		struct wr w = begin();
		size_t opened = bmx7_batch_open(&w, 1);

		o.metric = bmx7_metric_round(o.metric);
		bmx7_ogm_write(&w, &o);
		bmx7_close(&w, opened);
		l3_rig_hear(&r, i, frames, wr_len(&w));
		w = begin();
		opened = bmx7_open(&w, BMX7_IID_ADV);
		bmx7_iid_write(&w, &iid);
		bmx7_close(&w, opened);
		uint64_t steps = r.l3->count.chain_steps;

		l3_rig_hear(&r, i, frames, wr_len(&w));
		assert_true(r.l3->count.chain_steps - steps <= CLAIM_SEARCH_SLICE + CHAIN_STEPS);
		assert_true(i > 0 || l3_rig_route(&r) == RIG_NOBODY);
	}
	l3_rig_pass(&r, span_ms(CLAIM_SEARCH_MS * 10));
	/* The first was searched, the others are near it; each was first looked for nearby. */
	assert_in_range(r.l3->count.chain_steps, AHEAD, AHEAD + 50 + RIG_NEIGHBOURS * CHAIN_STEPS);
	assert_int_not_equal(l3_rig_route(&r), RIG_NOBODY);
	assert_int_equal(r.far->chain.newest, AHEAD + RIG_NEIGHBOURS - 1);
	assert_true(list_empty(&r.l3->claims.searching));
	l3_rig_fini(&r);
}

/* A number that any OGM would be found by costs no search: at a start each node has thousands. */
static void near_numbers(void **state)
{
	struct l3_rig r;

	(void)state;
	l3_rig_init(&r, NULL, false);
	struct near *near = r.neighbour[0]->near;
	struct bmx7_link chain = own_chain_link(&r.far_chain, r.l3->crypto, CHAIN_STEPS);
	struct bmx7_iid iid = {9, 1, chain, r.far->id};
	struct bmx7_ogm o = {.chain = chain, .iid = 9, .hops = 1, .metric = METRIC_ROUTABLE + 2};

	near->searches.tokens = 0;
	near->searches.filled = r.now;
	claim_ogm(r.l3, r.now, near, 1, &o, &r.fx);
	assert_int_equal(l3_rig_route(&r), RIG_NOBODY);
	assert_int_equal(claim_iid(r.l3, r.now, near, &iid, &r.fx), OK);
	assert_int_equal(l3_rig_route(&r), 0);
	l3_rig_fini(&r);
}

/* One whose search is under way goes. */
static void searched_claim_goes(void **state)
{
	struct l3_rig r;

	(void)state;
	l3_rig_init(&r, NULL, false);
	struct bmx7_link chain = own_chain_link(&r.far_chain, r.l3->crypto, 5900);
	struct bmx7_iid iid = {9, 1, chain, r.far->id};
	struct bmx7_ogm o = {.chain = chain, .iid = 9, .hops = 1, .metric = METRIC_ROUTABLE};

	claim_ogm(r.l3, r.now, r.neighbour[0]->near, 1, &o, &r.fx);
	assert_int_equal(claim_iid(r.l3, r.now, r.neighbour[0]->near, &iid, &r.fx), OK);
	claims_search(r.l3, r.now, &r.fx);
	assert_non_null(r.l3->claims.walking);
	l3_link_gone(r.l3, r.now, r.link[0], &r.fx);
	r.link[0] = NULL;
	assert_null(r.l3->claims.walking);
	assert_true(list_empty(&r.l3->claims.searching));
	l3_rig_pass(&r, span_s(1));
	l3_rig_fini(&r);
}

/* Batches: each once, lost ones are asked for, what is malformed anywhere counts nowhere. */
static void batches(void **state)
{
	struct l3_rig r;
	struct wr w;

	(void)state;
	l3_rig_init(&r, NULL, true);
	w = begin();
	size_t opened = bmx7_batch_open(&w, 1);
	struct bmx7_ogm o = {.iid = 9, .hops = 1, .metric = METRIC_ROUTABLE};

	bmx7_ogm_write(&w, &o);
	bmx7_close(&w, opened);
	l3_rig_hear(&r, 0, frames, wr_len(&w));
	assert_int_equal(r.l3->count.ogm_rx, 1);
	l3_rig_hear(&r, 0, frames, wr_len(&w));
	assert_int_equal(r.l3->count.ogm_rx, 1);
	/* Numbers 2 to 4 are told of; 4 comes, broken: an iid of 0 in its second OGM. */
	w = wr_over(frames, sizeof(frames));
	bmx7_aggregations_write(&w, (struct bmx7_aggregations){4, 4});
	opened = bmx7_batch_open(&w, 4);
	bmx7_ogm_write(&w, &o);
	bmx7_ogm_write(&w, &o);
	bmx7_close(&w, opened);
	size_t second = wr_len(&w) - 4;

	frames[second] = frames[second + 1] = 0;
	l3_rig_hear(&r, 0, frames, wr_len(&w));
	assert_int_equal(r.l3->count.ogm_rx, 1);
	assert_false(batch_wanted(r.neighbour[0]->near, 1));
	assert_true(batch_wanted(r.neighbour[0]->near, 2));
	assert_true(batch_wanted(r.neighbour[0]->near, 3));
	assert_false(batch_wanted(r.neighbour[0]->near, 4));
	assert_false(batch_wanted(r.neighbour[0]->near, 5));
	assert_false(batch_wanted(r.neighbour[0]->near, 0));
	l3_rig_fini(&r);
}

/* Strangers take no room from neighbours, and no more than there is. */
static void a_crowd_of_strangers(void **state)
{
	struct l3_conf conf = l3_conf_default();
	struct l3_rig r;

	(void)state;
	conf.neighbours_max = 20;
	conf.nodes_max = 40;
	l3_rig_init(&r, &conf, true);
	l3_rig_claim(&r, 0, 1, METRIC_MAX / 2);
	for (unsigned i = 0; i < 1000; i++) {
		uint8_t packet[BMX7_HEADER];
		struct wr w = wr_over(packet, sizeof(packet));
		struct digest id = {{9, (uint8_t)(i >> 8), (uint8_t)i}};

		bmx7_packet_write(&w, &id);
		l3_rig_hear_bytes(&r, i % RIG_NEIGHBOURS, packet, sizeof(packet));
		assert_true(r.l3->nears.count <= 20 && r.l3->nodes.count <= 40);
	}
	for (unsigned i = 0; i < RIG_NEIGHBOURS; i++)
		assert_non_null(r.neighbour[i]->near);
	l3_rig_pass(&r, span_s(65));
	assert_int_equal(r.l3->nears.count, RIG_NEIGHBOURS);
	l3_rig_fini(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hellos_count),
		cmocka_unit_test(forged),
		cmocka_unit_test(ourselves),
		cmocka_unit_test(attacks),
		cmocka_unit_test(last_packet_again),
		cmocka_unit_test(batches),
		cmocka_unit_test(a_crowd_of_strangers),
		cmocka_unit_test(reminders),
		cmocka_unit_test(far_numbers),
		cmocka_unit_test(near_numbers),
		cmocka_unit_test(searched_claim_goes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
