/* Whatever breaks, falls apart, returns, loses, delays, reorders, repeats, replays or forges: no
 * circle at any time, and all routes soon after it is over. NUVOL_SEED=N: only that storm;
 * NUVOL_SEEDS=A-B: those. */
/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <stdlib.h>
#include "cmocka_all.h"
#include "l3_town.h"

enum {
	STORMS = 40,
	STORMS_LONG = 10000,
	EVENTS = 60,
	PORTS_MAX = 14,
	CALM_MS = 20000,
};

static struct l3_town town;

static uint16_t pick(struct prng *r, unsigned below)
{
	return (uint16_t)prng_below(r, below);
}

static void build(struct prng *r)
{
	uint16_t nodes = (uint16_t)(4 + pick(r, 16));

	for (uint16_t i = 0; i < nodes; i++) {
		l3_town_node(&town);
		if (i > 0)
			l3_town_link(&town, pick(r, i), i);
	}
	for (uint16_t i = 0; i < nodes / 2; i++) {
		uint16_t a = pick(r, nodes), b = pick(r, nodes);

		if (a != b && town.place[a]->ports < PORTS_MAX && town.place[b]->ports < PORTS_MAX)
			l3_town_link(&town, a, b);
	}
	for (uint16_t i = 0; i < town.segments; i++) {
		if (pick(r, 3) == 0)
			town.segment[i].loss_percent = (uint8_t)pick(r, 40);
		if (pick(r, 4) == 0)
			town.segment[i].spread_us = 100000;
		if (pick(r, 8) == 0)
			town.segment[i].spread_us = 400000;
		if (pick(r, 4) == 0) {
			town.segment[i].double_percent = (uint8_t)pick(r, 20);
			town.segment[i].replay_percent = (uint8_t)pick(r, 20);
			town.segment[i].forge_percent = (uint8_t)pick(r, 20);
		}
	}
	for (uint16_t i = 0; i < nodes; i++) {
		if (pick(r, 4) > 0)
			l3_town_start(&town, i);
	}
}

/* All nodes below `border` lose the others, or have them back. */
static void part(uint16_t border, bool apart, bool carrier)
{
	for (uint16_t i = 0; i < town.segments; i++) {
		const struct l3_segment *g = &town.segment[i];

		if ((g->member[0].node < border) == (g->member[1].node < border))
			continue;
		if (apart)
			l3_town_cut(&town, i, carrier);
		else
			l3_town_heal(&town, i);
	}
}

static void blow(struct prng *r)
{
	uint16_t g = pick(r, town.segments), n = pick(r, town.nodes);

	switch (pick(r, 8)) {
	case 0: l3_town_cut(&town, g, false); break;
	case 1: l3_town_cut(&town, g, true); break;
	case 2: l3_town_kill(&town, n); break;
	case 3:
		if (!town.place[n]->alive)
			l3_town_start(&town, n);
		break;
	case 4: part(n, pick(r, 2) > 0, pick(r, 2) > 0); break;
	default: l3_town_heal(&town, g); break;
	}
}

static void calm(void)
{
	for (uint16_t i = 0; i < town.segments; i++) {
		struct l3_segment *g = &town.segment[i];

		g->loss_percent = g->double_percent = 0;
		g->replay_percent = g->forge_percent = 0;
		g->spread_us = 300;
		if (!g->up)
			l3_town_heal(&town, i);
	}
	for (uint16_t i = 0; i < town.nodes; i++) {
		if (!town.place[i]->alive)
			l3_town_start(&town, i);
	}
}

/* false: it ended badly, and was told. */
static bool storm(uint64_t seed)
{
	struct prng r;

	prng_seed(&r, seed);
	l3_town_init(&town, seed);
	build(&r);
	for (unsigned i = 0; i < EVENTS; i++) {
		l3_town_run(&town, span_ms(pick(&r, 4000)));
		blow(&r);
	}
	calm();
	int64_t ms = l3_town_settle_ms(&town, span_ms(CALM_MS));

	bool well = ms >= 0 && town.circles == 0;

	if (!well)
		print_error("NUVOL_SEED=%lu: %u pairs without a route, %lu circles\n",
			    (unsigned long)seed, l3_town_missing(&town),
			    (unsigned long)town.circles);
	l3_town_fini(&town);
	return well;
}

static void storms(void **state)
{
	const char *only = getenv("NUVOL_SEED"), *some = getenv("NUVOL_SEEDS");
	unsigned long first = 1, last = getenv("NUVOL_LONG") ? STORMS_LONG : STORMS;
	unsigned bad = 0;

	(void)state;
	if (only)
		first = last = strtoul(only, NULL, 0);
	else if (some && sscanf(some, "%lu-%lu", &first, &last) != 2)
		fail_msg("NUVOL_SEEDS is not A-B");
	for (unsigned long seed = first; seed <= last; seed++)
		bad += !storm(seed);
	assert_int_equal(bad, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(storms)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
