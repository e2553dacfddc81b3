/* Proves how nodes of the network learn who others are: descriptions made, sent, asked for,
 * verified, put together, refused. */
/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <stdlib.h>
#include "cmocka_all.h"
#include "content_forge.h"
#include "content_rig.h"
#include "core/l3/trust.h"
#include "wire/bmx7_prefix.h"

static void all_know_all(struct rig *rig)
{
	for (unsigned i = 0; i < rig->count; i++) {
		for (unsigned j = 0; j < rig->count; j++) {
			if (!station_knows(rig->at[i], rig->at[j]))
				fail_msg("%u does not know %u", i, j);
		}
	}
}

static struct tlv_data own(const struct station *s)
{
	return description_body(s->l3.self->description);
}

/* Contents of its own description, its key too. */
static unsigned own_contents(const struct station *s)
{
	const struct use_set *uses = s->l3.self->content.uses;

	return 1 + (uses ? uses->count : 0);
}

/* ---- our own description ---- */

static void test_own_description(void **state)
{
	struct rig rig;
	struct described_head h;
	char name[BMX7_NAME_MAX + 1];

	(void)state;
	rig_init(&rig, true);
	struct station *a = rig_add(&rig, BMX7_RSA1024, 0);
	rig_ticks(&rig, 4);
	assert_int_equal(a->self_described, 1);
	const struct description *d = a->l3.self->description;
	assert_int_equal(described_head(own(a).at, own(a).len, &h), OK);
	assert_true(digest_equal(&h.node, &a->l3.self->id));
	assert_int_equal(d->version.boot_sqn, 11);
	assert_int_equal(d->version.desc_sqn, 11);
	assert_int_equal(d->version.contents, 1);
	assert_int_equal(d->version.virtual_len, 1 + 128);
	assert_int_equal(d->tlv[BMX7_LLIP].len, 16);
	assert_int_equal(d->tlv[BMX7_HNA6].len, BMX7_HNA_LEN);
	assert_int_equal(d->primary.b[0], 0xfd);
	assert_int_equal(d->primary.b[1], 0x70);
	assert_memory_equal(d->primary.b + 2, a->l3.self->id.b, 14);
	content_name(a->l3.self, name, sizeof(name));
	assert_string_equal(name, "n0");
	assert_int_equal(content_state(a->l3.self), L3_NODE_DESCRIBED);
	/* Each reason makes a new one, soon after one another a single one. */
	content_renew(&a->l3, rig.now);
	content_renew(&a->l3, rig.now);
	rig_ticks(&rig, 3);
	assert_int_equal(a->self_described, 2);
	assert_int_equal(a->l3.self->description->version.desc_sqn, 12);
	assert_int_equal(a->l3.self->description->version.boot_sqn, 11);
	/* One call makes a piece of the hash chain only. */
	self_build(&a->l3, rig.now, &a->fx);
	assert_int_equal(a->l3.contents.self.chain->to_make, 6000 - SELF_CHAIN_SLICE);
	assert_null(a->l3.contents.self.signing);
	rig_fini(&rig);
}

/* Numbers are never used again, wherever between two that were kept the power was lost. */
static void test_numbers_over_restarts(void **state)
{
	static const struct {
		uint32_t kept, first;
	} starts[] = {{0, 11}, {11, 111}, {99, 111}, {100, 211}, {111, 211}, {250, 311}};

	(void)state;
	for (size_t i = 0; i < sizeof(starts) / sizeof(starts[0]); i++) {
		struct rig rig;
		uint32_t last;

		rig_init(&rig, false);
		struct station *a = rig_add(&rig, BMX7_RSA1024, starts[i].kept);
		rig_ticks(&rig, 4);
		last = a->l3.self->description->version.desc_sqn;
		assert_int_equal(last, starts[i].first);
		assert_int_equal(a->kept, last);
		for (unsigned n = 0; n < 250; n++) {
			content_renew(&a->l3, rig.now);
			rig_ticks(&rig, 4);
			assert_int_equal(a->l3.self->description->version.desc_sqn, ++last);
			/* What a start after a loss of power now would begin with. */
			assert_true(a->kept / SELF_SQN_STEP * SELF_SQN_STEP + SELF_SQN_STEP > last);
			assert_int_equal(a->l3.self->description->version.boot_sqn,
					 starts[i].first);
		}
		assert_in_range(a->keeps, 3, 4);
		rig_fini(&rig);
	}
}

static void test_no_key_no_room(void **state)
{
	struct rig rig;

	(void)state;
	rig_init(&rig, false);
	struct station *a = rig_add(&rig, BMX7_RSA1024, 0);
	a->link_key.there = false;
	rig_ticks(&rig, 5);
	assert_int_equal(a->self_described, 0);
	assert_true(a->l3.timers.count == 0); /* nothing to do until the key comes */
	a->link_key.there = true;
	a->jobs_full = true;
	content_renew(&a->l3, rig.now);
	rig_ticks(&rig, 20);
	assert_int_equal(a->self_described, 0);
	a->jobs_full = false;
	rig_ticks(&rig, 10);
	assert_int_equal(a->self_described, 1);
	rig_fini(&rig);
}

/* ---- learning of others ---- */

static void test_two(void **state)
{
	(void)state;
	for (unsigned real = 0; real < 2; real++) {
		struct rig rig;

		rig_init(&rig, real);
		struct station *a = rig_add(&rig, BMX7_RSA1024, 0);
		struct station *b = rig_add(&rig, BMX7_RSA1024, 0);
		rig_ticks(&rig, 6);
		all_know_all(&rig);
		assert_int_equal(a->described, 1);
		assert_int_equal(station_node(a, b)->description->version.desc_sqn, 11);
		/* Everything came unasked. */
		assert_int_equal(a->requests[0] + a->requests[1], 0);
		content_renew(&b->l3, rig.now);
		rig_ticks(&rig, 5);
		all_know_all(&rig);
		assert_int_equal(a->described, 2);
		rig_fini(&rig);
	}
}

static void test_crowd_with_loss(void **state)
{
	struct rig rig;

	(void)state;
	rig_init(&rig, false);
	rig.loss = 40;
	for (unsigned i = 0; i < STATIONS_MAX; i++)
		rig_add(&rig, BMX7_RSA2048, 0);
	rig_ticks(&rig, 5);
	for (unsigned i = 0; i < rig.count; i++) {
		for (unsigned j = 0; j < rig.count; j++) {
			struct source from = station_source(rig.at[i], rig.at[j]);

			content_want(&rig.at[i]->l3, rig.now, from.node, 0, &from, &rig.at[i]->fx);
		}
	}
	rig_ticks(&rig, 100);
	all_know_all(&rig);
	rig_ticks(&rig, 200);
	for (unsigned i = 0; i < rig.count; i++) {
		assert_int_equal(rig.at[i]->l3.timers.count, 0);
		assert_int_equal(rig.at[i]->described, rig.count - 1);
	}
	rig_fini(&rig);
}

/* Who comes late asks, and gives up after a while when nobody answers. */
static void test_asking(void **state)
{
	struct rig rig;

	(void)state;
	rig_init(&rig, false);
	struct station *a = rig_add(&rig, BMX7_RSA1024, 0);
	rig_ticks(&rig, 5);
	struct station *b = rig_add(&rig, BMX7_RSA1024, 0);
	a->deaf = true;
	struct source from = station_source(b, a);
	content_want(&b->l3, rig.now, from.node, 0, &from, &b->fx);
	rig_ticks(&rig, 30);
	assert_false(station_knows(b, a));
	assert_int_equal(content_state(from.node), L3_NODE_LISTED);
	assert_in_range(b->requests[0], 3, 4);
	assert_in_range(b->requests[1], 3, 4);
	rig_ticks(&rig, 1000);
	assert_in_range(b->requests[0], 15, 20);
	assert_int_equal(b->l3.timers.count, 0);
	a->deaf = false;
	content_want(&b->l3, rig.now, from.node, 0, &from, &b->fx);
	rig_ticks(&rig, 5);
	assert_true(station_knows(b, a));
	rig_ticks(&rig, 50);
	assert_int_equal(b->l3.timers.count, 0);
	/* A number that is known, or refused, costs nothing. */
	unsigned before = b->requests[0];
	content_want(&b->l3, rig.now, from.node, 11, &from, &b->fx);
	rig_ticks(&rig, 30);
	assert_int_equal(b->requests[0], before);
	rig_fini(&rig);
}

/* Without room for requests or jobs it is later, not never. */
static void test_refused_for_now(void **state)
{
	struct rig rig;

	(void)state;
	rig_init(&rig, false);
	struct station *a = rig_add(&rig, BMX7_RSA1024, 0);
	rig_ticks(&rig, 5);
	struct station *b = rig_add(&rig, BMX7_RSA1024, 0);
	rig_ticks(&rig, 5);
	b->posts_full = true;
	struct source from = station_source(b, a);
	content_want(&b->l3, rig.now, from.node, 0, &from, &b->fx);
	rig_ticks(&rig, 20);
	assert_false(station_knows(b, a));
	b->posts_full = false;
	b->jobs_full = true;
	rig_ticks(&rig, 20);
	assert_false(station_knows(b, a));
	assert_int_equal(content_state(from.node), L3_NODE_TRACKED);
	b->jobs_full = false;
	rig_ticks(&rig, 10);
	assert_true(station_knows(b, a));
	rig_fini(&rig);
}

/* Strangers get our own description and its contents, nothing about others. */
static void test_strangers(void **state)
{
	struct rig rig;

	(void)state;
	rig_init(&rig, false);
	struct station *a = rig_add(&rig, BMX7_RSA1024, 0);
	struct station *b = rig_add(&rig, BMX7_RSA1024, 0);
	rig_ticks(&rig, 6);
	assert_true(station_knows(a, b));
	rig.strangers = true;
	struct station *c = rig_add(&rig, BMX7_RSA1024, 0);
	struct source from = station_source(a, c);
	struct fx *fx = &a->fx;
	const struct digest *self = &a->l3.self->id, *other = &b->l3.self->id;
	assert_false(from.verified);
	assert_int_equal(content_rx_description_request(&a->l3, rig.now, &from, self, fx), OK);
	assert_int_equal(content_rx_content_request(&a->l3, rig.now, &from, self, fx), OK);
	assert_int_equal(content_rx_description_request(&a->l3, rig.now, &from, other, fx),
			 ERR_UNKNOWN);
	assert_int_equal(content_rx_content_request(&a->l3, rig.now, &from, other, fx),
			 ERR_UNKNOWN);
	from.verified = true;
	assert_int_equal(content_rx_description_request(&a->l3, rig.now, &from, other, fx), OK);
	assert_int_equal(content_rx_content_request(&a->l3, rig.now, &from, other, fx), OK);
	/* Nor does a stranger make us learn of third nodes. */
	struct station *d = rig_add(&rig, BMX7_RSA1024, 0);
	rig_ticks(&rig, 3);
	c->deaf = false;
	unsigned nodes = a->l3.nodes.count;
	struct station *e = rig_add(&rig, BMX7_RSA1024, 0);
	a->deaf = true;
	rig_ticks(&rig, 4);
	assert_int_equal(station_frame(a, d, BMX7_DESC_ADV, own(e).at, own(e).len), OK);
	assert_int_equal(a->l3.nodes.count, nodes);
	rig_fini(&rig);
}

/* What came by a wire with one end goes on by all others, but not back by that. */
static void test_not_flooded_back(void **state)
{
	struct rig rig;

	(void)state;
	for (unsigned links = 0; links < 3; links++) {
		struct near near = {.node = NULL};
		struct l3_link link = {.near = &near};
		unsigned back = 0, on = 0;

		rig_init(&rig, false);
		struct station *a = rig_add(&rig, BMX7_RSA1024, 0);
		struct station *b = rig_add(&rig, BMX7_RSA1024, 0);
		a->link_key.there = false;
		rig_ticks(&rig, 3);
		a->l3.port[1] = (struct l3_port){.up = true};
		near.node = station_source(a, b).node;
		list_init(&a->l3.port[0].links);
		list_append(&a->l3.port[0].links, &link.of_port);
		a->l3.port[0].link_count = links;
		rig_ticks(&rig, 4);
		assert_true(station_knows(a, b));
		for (unsigned i = 0; i < a->sent; i++) {
			back += a->sent_port[i] == 0;
			on += a->sent_port[i] == 1;
		}
		assert_int_equal(on, 2); /* the key too */
		assert_int_equal(back, links == 1 ? 0 : 2);
		rig_fini(&rig);
	}
}

/* The host has lost what it kept: a description of ours is still known, with a higher number than
 * those that we begin with. The next is above it. */
static void test_lost_numbers(void **state)
{
	struct rig rig;
	struct forge f;

	(void)state;
	rig_init(&rig, false);
	struct station *a = rig_add(&rig, BMX7_RSA1024, 0);
	struct station *b = rig_add(&rig, BMX7_RSA1024, 0);
	rig_ticks(&rig, 6);
	forge_plain(&f, a, 5000, NULL);
	f.body[f.len - 1] ^= 1;
	assert_int_equal(station_frame(a, b, BMX7_DESC_ADV, f.body, f.len), OK);
	rig_ticks(&rig, 6);
	assert_int_equal(a->l3.self->description->version.desc_sqn, 11);
	assert_int_equal(a->l3.count.forged, 1);
	f.body[f.len - 1] ^= 1;
	assert_int_equal(station_frame(a, b, BMX7_DESC_ADV, f.body, f.len), OK);
	assert_int_equal(station_frame(b, a, BMX7_DESC_ADV, f.body, f.len), OK);
	rig_ticks(&rig, 6);
	assert_int_equal(a->l3.self->description->version.desc_sqn, 5001);
	assert_int_equal(a->l3.count.attacks, 1);
	assert_int_equal(a->kept, 5001);
	assert_true(station_knows(b, a));
	/* Our own one that comes back is nothing; and a twin is not chased for ever. */
	unsigned jobs = a->jobs_asked;
	assert_int_equal(station_frame(a, b, BMX7_DESC_ADV, own(a).at, own(a).len), OK);
	for (uint32_t i = 0; i < 20; i++) {
		forge_plain(&f, a, 6000 + i, NULL);
		assert_int_equal(station_frame(a, b, BMX7_DESC_ADV, f.body, f.len), OK);
		rig_ticks(&rig, 6);
	}
	assert_int_equal(a->jobs_asked, jobs);
	rig_fini(&rig);
}

/* ---- contents ---- */

/* Many networks: first they become one content, then lists, then lists that are compressed. */
static void test_large_descriptions(void **state)
{
	static const unsigned sizes[] = {1, 40, 100, 149, 150, 400, 800, 1024};

	(void)state;
	for (unsigned real = 0; real < 2; real++) {
		struct rig rig;
		rig_init(&rig, real);
		struct station *a = rig_add(&rig, BMX7_RSA1024, 0);
		struct station *b = rig_add(&rig, BMX7_RSA1024, 0);
		for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
			uint8_t nets[SELF_TLV_MAX];
			struct wr w = wr_over(nets, sizeof(nets));

			for (unsigned n = 0; n < sizes[i]; n++) {
				struct bmx7_net4 net = {
					.bandwidth = (uint8_t)prng_u64(&rig.prng),
					.net = {{10, (uint8_t)n, (uint8_t)(n >> 8), 0}, 24}};

				bmx7_net4_write(&w, &net);
			}
			assert_int_equal(content_publish(&a->l3, rig.now, BMX7_TUN4IN6_NET, nets,
							 wr_len(&w)),
					 OK);
			assert_int_equal(content_publish(&a->l3, rig.now, BMX7_SMS, nets, 5),
					 ERR_MALFORMED);
			rig_ticks(&rig, 12);
			all_know_all(&rig);
			const struct description *d = station_node(b, a)->description;
			assert_int_equal(d->tlv[BMX7_TUN4IN6_NET].len, wr_len(&w));
			assert_memory_equal(d->tlv[BMX7_TUN4IN6_NET].at, nets, wr_len(&w));
			assert_true(d->version.contents >= own_contents(a) || own_contents(a) > 1);
			assert_int_equal(own_contents(a),
					 d->version.contents - (d->version.contents > 2 ? 1 : 0));
		}
		assert_int_equal(content_publish(&a->l3, rig.now, BMX7_TUN4IN6_NET, NULL, 0), OK);
		rig_ticks(&rig, 8);
		all_know_all(&rig);
		assert_int_equal(own_contents(a), 1);
		rig_fini(&rig);
	}
}

/* ---- trust ---- */

static void trusts_publish(struct rig *rig, struct station *s, struct station *const *whom,
			   const uint8_t *levels, unsigned count)
{
	uint8_t bytes[300];
	struct wr w = wr_over(bytes, sizeof(bytes));
	bool done[STATIONS_MAX] = {false};

	for (unsigned n = 0; n < count; n++) {
		unsigned next = count;
		for (unsigned i = 0; i < count; i++) {
			if (!done[i] &&
			    (next == count ||
			     digest_compare(&whom[i]->l3.self->id, &whom[next]->l3.self->id) < 0))
				next = i;
		}
		done[next] = true;
		struct bmx7_trust t = {whom[next]->l3.self->id, levels[next]};
		bmx7_trust_write(&w, &t);
	}
	assert_int_equal(content_publish(&s->l3, rig->now, BMX7_TRUSTS, bytes, wr_len(&w)), OK);
}

static void test_trust(void **state)
{
	struct rig rig;
	struct station *s[5];

	(void)state;
	rig_init(&rig, false);
	for (unsigned i = 0; i < 5; i++)
		s[i] = rig_add(&rig, BMX7_RSA1024, 0);
	rig_ticks(&rig, 6);
	all_know_all(&rig);
	struct l3 *l3 = &s[0]->l3;
	struct l3_node *n[5];
	for (unsigned i = 0; i < 5; i++)
		n[i] = station_node(s[0], s[i]);
	/* 1 trusts 2 to route and 3 to name others; 3 names 4. */
	for (unsigned i = 0; i < 5; i++)
		assert_true(trust_allows(l3, n[1], n[i]));
	trusts_publish(&rig, s[1], (struct station *[]){s[2], s[3], s[0]}, (uint8_t[]){2, 3, 1}, 3);
	trusts_publish(&rig, s[3], (struct station *[]){s[4]}, (uint8_t[]){2}, 1);
	rig_ticks(&rig, 8);
	all_know_all(&rig);
	static const bool allowed[] = {false, true, true, true, true};
	for (unsigned i = 0; i < 5; i++)
		assert_int_equal(trust_allows(l3, n[1], n[i]), allowed[i]);
	/* An empty list: only itself. */
	trusts_publish(&rig, s[1], NULL, NULL, 0);
	rig_ticks(&rig, 8);
	for (unsigned i = 0; i < 5; i++)
		assert_int_equal(trust_allows(l3, n[1], n[i]), i == 1);
	rig_fini(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_own_description),
		cmocka_unit_test(test_numbers_over_restarts),
		cmocka_unit_test(test_no_key_no_room),
		cmocka_unit_test(test_two),
		cmocka_unit_test(test_crowd_with_loss),
		cmocka_unit_test(test_asking),
		cmocka_unit_test(test_refused_for_now),
		cmocka_unit_test(test_strangers),
		cmocka_unit_test(test_not_flooded_back),
		cmocka_unit_test(test_lost_numbers),
		cmocka_unit_test(test_large_descriptions),
		cmocka_unit_test(test_trust),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
