/* Whatever breaks, returns, loses, delays or reorders: no circle at any time, and all routes
 * soon after it is over. */
/* SPDX-License-Identifier: GPL-2.0-or-later */
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
	}
	for (uint16_t i = 0; i < nodes; i++) {
		if (pick(r, 4) > 0)
			l3_town_start(&town, i);
	}
}

static void blow(struct prng *r)
{
	uint16_t g = pick(r, town.segments), n = pick(r, town.nodes);

	switch (pick(r, 6)) {
	case 0: l3_town_cut(&town, g, false); break;
	case 1: l3_town_cut(&town, g, true); break;
	case 2: l3_town_kill(&town, n); break;
	case 3:
		if (!town.place[n]->alive)
			l3_town_start(&town, n);
		break;
	default: l3_town_heal(&town, g); break;
	}
}

static void calm(void)
{
	for (uint16_t i = 0; i < town.segments; i++) {
		town.segment[i].loss_percent = 0;
		town.segment[i].spread_us = 300;
		if (!town.segment[i].up)
			l3_town_heal(&town, i);
	}
	for (uint16_t i = 0; i < town.nodes; i++) {
		if (!town.place[i]->alive)
			l3_town_start(&town, i);
	}
}

static void storm(uint64_t seed)
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

	if (ms < 0 || town.circles > 0)
		fail_msg("seed %lu: %u pairs without a route, %lu circles", (unsigned long)seed,
			 l3_town_missing(&town), (unsigned long)town.circles);
	l3_town_fini(&town);
}

static void storms(void **state)
{
	const char *only = getenv("NUVOL_SEED");
	uint64_t count = getenv("NUVOL_LONG") ? STORMS_LONG : STORMS;

	(void)state;
	if (only) {
		storm(strtoull(only, NULL, 0));
		return;
	}
	for (uint64_t seed = 1; seed <= count; seed++)
		storm(seed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(storms)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
