/* Proves what of an offer one client may expect: the offer is shared among those who use it,
 * limited by the path, and loss and delay count; and that a crowd spreads over gateways by what
 * they carry, and then stays. */
/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <stdlib.h>
#include "base/prng.h"
#include "gw_rig.h"

enum { GATEWAYS = 3, NODES = 40, HOURS = 3, IDLE_S = 120 };

static struct rig one;

static int setup(void **state)
{
	struct gw_search s = gw_search_default(prefix("0.0.0.0", 0));

	(void)state;
	rig_make(&one, roomy);
	one.now = (instant){1000000};
	gw_prove(one.g, false, true);
	gw_search_set(one.g, 0, &s);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	rig_end(&one);
	return 0;
}

static void good(struct rig *r, unsigned n)
{
	const struct digest id = id_of(n);

	gw_judge(r->g, false, &id, GW_GOOD);
}

static unsigned by(const struct rig *r)
{
	return r->count == 1 ? r->told[0].to.node.b[1] : 99;
}

/* ---- of one node ---- */

static void shares(void **state)
{
	static const struct {
		unsigned mbit, path, users, damage; /* of gateway 1; 2 has 20 Mbit/s for itself */
		unsigned by;
	} cases[] = {
		{50, 100, 0, 0, 1},
		{50, 100, 1, 0, 1},
		{50, 100, 2, 0, 2},
		{1000, 100, 40, 0, 1},
		{1000, 100, 60, 0, 2},
		{1000, 15, 0, 0, 2}, /* the path is less than a share */
		{50, 100, 0, 500, 1},
		{50, 100, 0, 750, 2},
		{1000, 100, 0, 750, 1},
		{1000, 100, 0, 900, 2}, /* lost behind it: of what the path
					   lets through */
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct digest id = id_of(1);

		teardown(state);
		setup(state);
		offer(&one, 1, prefix("0.0.0.0", 0), cases[i].mbit * (uint64_t)MBIT,
		      cases[i].path * (uint64_t)MBIT);
		offer(&one, 2, prefix("0.0.0.0", 0), 20 * MBIT, 100 * MBIT);
		good(&one, 1);
		good(&one, 2);
		gw_users_set(one.g, false, &id, cases[i].users);
		gw_damage_set(one.g, false, &id, cases[i].damage);
		settle(&one);
		if (by(&one) != cases[i].by)
			fail_msg("case %zu: by %u", i, by(&one));
	}
}

/* None of it counts where the reference's rules hold. */
static void not_without_proving(void **state)
{
	const struct digest id = id_of(1);

	(void)state;
	gw_prove(one.g, false, false);
	offer(&one, 1, prefix("0.0.0.0", 0), 50 * MBIT, 100 * MBIT);
	offer(&one, 2, prefix("0.0.0.0", 0), 20 * MBIT, 90 * MBIT);
	gw_users_set(one.g, false, &id, 100);
	gw_damage_set(one.g, false, &id, 900);
	settle(&one);
	assert_int_equal(by(&one), 1);
}

static void nobody_judges(struct rig *r)
{
	(void)r;
}

static void both_are_bad(struct rig *r)
{
	for (unsigned n = 1; n <= 2; n++) {
		const struct digest id = id_of(n);

		gw_judge(r->g, false, &id, GW_BAD);
	}
}

static void both_are_good(struct rig *r)
{
	good(r, 1);
	good(r, 2);
}

/* All clients are ours, and follow what is chosen at the same instant. */
static void clients_follow(struct rig *r, unsigned clients)
{
	for (unsigned i = 0; i < 20; i++) {
		settle(r);
		for (unsigned n = 1; n <= 2; n++) {
			const struct digest id = id_of(n);

			gw_users_set(r->g, false, &id, by(r) == n ? clients : 0);
		}
	}
	settle(r);
}

/* Whom the clients follow is not left for that. */
static void no_swing(void **state)
{
	static const struct {
		void (*judge)(struct rig *r);
		uint64_t bps;
		unsigned clients;
	} cases[] = {
		{nobody_judges, 50 * MBIT, 3}, {both_are_bad, 50 * MBIT, 3},
		{both_are_good, 50 * MBIT, 3}, {both_are_bad, 100000, 5000},
		{both_are_good, 100000, 5000}, /* nothing is left for each */
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		teardown(state);
		setup(state);
		offer(&one, 1, prefix("0.0.0.0", 0), cases[i].bps, 100 * MBIT);
		offer(&one, 2, prefix("0.0.0.0", 0), cases[i].bps, 100 * MBIT);
		cases[i].judge(&one);
		settle(&one);
		one.changes = 0;
		clients_follow(&one, cases[i].clients);
		if (one.changes > 0)
			fail_msg("case %zu: %u changes at one instant", i, one.changes);
	}
}

/* ---- of a cloud ---- */

/* Each node has one client, which follows its node's choice when it is idle. */
struct cloud {
	struct rig rig[NODES];
	unsigned at[NODES]; /* the client's gateway; 0: none yet */
	unsigned changes[NODES], worst;
	struct prng prng;
};

static void cloud_make(struct cloud *c, uint64_t seed, const unsigned mbit[GATEWAYS])
{
	prng_seed(&c->prng, seed);
	for (unsigned i = 0; i < NODES; i++) {
		struct gw_search s = gw_search_default(prefix("0.0.0.0", 0));
		struct gw_conf conf = roomy;

		conf.hash_key = prng_u64(&c->prng);
		rig_make(&c->rig[i], conf);
		c->rig[i].now = (instant){1000000};
		gw_prove(c->rig[i].g, false, true);
		gw_search_set(c->rig[i].g, 0, &s);
		for (unsigned n = 0; n < GATEWAYS; n++) {
			offer(&c->rig[i], n + 1, prefix("0.0.0.0", 0), mbit[n] * (uint64_t)MBIT,
			      1000 * (uint64_t)MBIT);
			good(&c->rig[i], n + 1);
		}
	}
}

static unsigned users_of(const struct cloud *c, unsigned n)
{
	unsigned users = 0;

	for (unsigned i = 0; i < NODES; i++)
		users += c->at[i] == n;
	return users;
}

/* One second: all nodes know what was so at its beginning. */
static void second(struct cloud *c)
{
	unsigned users[GATEWAYS + 1];

	for (unsigned n = 1; n <= GATEWAYS; n++)
		users[n] = users_of(c, n);
	for (unsigned i = 0; i < NODES; i++) {
		struct rig *r = &c->rig[i];
		const unsigned before = r->changes;

		r->now = instant_add(r->now, span_s(1));
		for (unsigned n = 1; n <= GATEWAYS; n++) {
			const struct digest id = id_of(n);

			gw_users_set(r->g, false, &id, users[n]);
		}
		if (gw_due(r->g) || instant_reached(gw_deadline(r->g), r->now))
			gw_evaluate(r->g, r->now, hear, r);
		c->changes[i] += r->changes - before;
		if (c->at[i] == 0 || prng_below(&c->prng, IDLE_S) == 0)
			c->at[i] = by(r);
	}
}

static void cloud_run(struct cloud *c)
{
	for (unsigned s = 0; s < HOURS * 3600; s++) {
		second(c);
		if (s == 0) /* the first choice is no change */
			for (unsigned i = 0; i < NODES; i++)
				c->changes[i] = 0;
		if ((s + 1) % 3600 != 0)
			continue;
		for (unsigned i = 0; i < NODES; i++) {
			c->worst = c->changes[i] > c->worst ? c->changes[i] : c->worst;
			c->changes[i] = 0;
		}
	}
}

/* At first all go to the same one. In the end each gateway has its share of them, and nobody
 * changed more than twice in an hour. */
static void crowd(void **state)
{
	static const unsigned cases[][GATEWAYS] = {
		{50, 50, 1}, {80, 20, 1}, {50, 50, 50}, {100, 30, 10}};
	struct cloud *c = calloc(1, sizeof(*c));
	unsigned worst = 0;

	(void)state;
	assert_non_null(c);
	for (unsigned i = 0; i < 4 * 6; i++) {
		const unsigned *mbit = cases[i % 4];
		const unsigned all = mbit[0] + mbit[1] + mbit[2];

		*c = (struct cloud){.worst = 0};
		cloud_make(c, i + 1, mbit);
		cloud_run(c);
		for (unsigned n = 1; n <= GATEWAYS; n++) {
			const unsigned fair = NODES * mbit[n - 1] / all, got = users_of(c, n);

			if (got > fair * 3 / 2 + 2 || got + 2 < fair * 2 / 3)
				fail_msg("case %u: gateway %u has %u of %u, fair is %u", i, n, got,
					 NODES, fair);
		}
		worst = c->worst > worst ? c->worst : worst;
		for (unsigned n = 0; n < NODES; n++)
			rig_end(&c->rig[n]);
	}
	free(c);
	printf("%u changes of one node in an hour at worst\n", worst);
	assert_in_range(worst, 1, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(shares, setup, teardown),
		cmocka_unit_test_setup_teardown(not_without_proving, setup, teardown),
		cmocka_unit_test_setup_teardown(no_swing, setup, teardown),
		cmocka_unit_test(crowd),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
