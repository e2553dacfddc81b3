/* Proves that a town of the lab is the same one in the simulator: who hears whom, by which media,
 * in which cloud; and that what the simulator cannot have is refused at its line. */
/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>
#include "cmocka_all.h"
#include "sim/cheap_crypto.h"
#include "sim/town_build.h"
#include "sim/world_internal.h"

static const char text[] = "config segment 'hill'\n"
			   "\toption kind 'radio'\n"
			   "\toption rate '6mbit'\n"
			   "\toption loss '25'\n"
			   "\tlist link 'anna bru'\n"
			   "\tlist link 'bru carla 0'\n"
			   "config segment 'road'\n"
			   "\toption delay '7'\n"
			   "\toption mtu '1400'\n"
			   "config node 'anna'\n"
			   "\toption ssid 'north'\n"
			   "\tlist segment 'hill'\n"
			   "config node 'bru'\n"
			   "\toption ssid 'north'\n"
			   "\tlist segment 'hill'\n"
			   "config node 'carla'\n"
			   "\toption ssid 'south'\n"
			   "\tlist segment 'road'\n"
			   "\tlist segment 'hill'\n"
			   "config node 'dario'\n"
			   "\toption ssid 'north'\n"
			   "\tlist segment 'road'\n";

static void town_read(struct town *t, const char *of)
{
	assert_true(town_parse(t, "test", "test.town", of, strlen(of), stderr));
}

static void media_are_those_of_the_file(void **state)
{
	struct world *w = world_new(1);
	const struct segment_conf *hill, *road;
	char fault[LAYOUT_FAULT_ROOM];
	struct layout l;
	struct town t;

	(void)state;
	town_read(&t, text);
	assert_true(town_layout(&l, &t, "test.town", fault));
	assert_int_equal(l.nodes, 4);
	assert_int_equal(l.links, 3);
	assert_int_equal(l.clouds, 2);
	assert_int_equal(l.node[3].cloud, l.node[0].cloud);
	assert_int_not_equal(l.node[2].cloud, l.node[0].cloud);
	assert_string_equal(l.node[1].name, "bru");

	town_build(&t, w, cheap_crypto());
	hill = world_segment_conf(w, 0);
	road = world_segment_conf(w, 1);
	assert_true(hill->wifi && !road->wifi);
	assert_int_equal(hill->rate_bps, 6000000);
	assert_int_equal(road->delay.us, 7000);
	assert_int_equal(hill->mtu_bytes, 1532);
	assert_int_equal(road->mtu_bytes, 1396);
	assert_true(world_linked(w, 0, 1) && world_linked(w, 2, 1) && world_linked(w, 3, 2));
	assert_false(world_linked(w, 0, 2) || world_linked(w, 0, 3));
	assert_string_equal(world_node_at(w, 2)->plan.ssid, "south");
	world_free(w);
	layout_fini(&l);
	town_fini(&t);
}

/* What b loses of a, beside the segment's own loss. */
static unsigned ear_loss(const struct world *w, unsigned segment, unsigned a, unsigned b)
{
	const struct segment *s = &w->segment[segment];

	for (unsigned m = 0; m < s->members; m++)
		for (unsigned e = 0; s->member[m].node == a && e < s->member[m].ears; e++)
			if (s->member[s->member[m].ear[e].member].node == b)
				return s->member[m].ear[e].loss;
	fail_msg("%u does not hear %u", b, a);
	return 0;
}

static void loss_is_of_each_link(void **state)
{
	struct world *w = world_new(3);
	struct town t;

	(void)state;
	town_read(&t, text);
	town_build(&t, w, cheap_crypto());
	assert_int_equal(world_segment_conf(w, 0)->loss_percent, 0);
	assert_int_equal(ear_loss(w, 0, 0, 1), WORLD_LOSS_ALL / 4);
	assert_int_equal(ear_loss(w, 0, 1, 0), WORLD_LOSS_ALL / 4);
	assert_int_equal(ear_loss(w, 0, 1, 2), 0);
	assert_int_equal(ear_loss(w, 1, 2, 3), 0);
	world_free(w);
	town_fini(&t);
}

static void what_cannot_be_is_refused(void **state)
{
	static const struct {
		const char *option, *part;
	} odd[] = {
		{"\toption network '0'\n", "test.town:1: node 'anna' is without the network"},
		{"\tlist set 'network.protocols+=batadv:%N1'\n"
		 "\tlist set 'network.protocols+=bmx7'\n",
		 "without the anycast gateway"},
	};
	char all[256], fault[LAYOUT_FAULT_ROOM];
	struct layout l;
	struct town t;

	(void)state;
	for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
		snprintf(all, sizeof(all), "config node 'anna'\n%s", odd[i].option);
		town_read(&t, all);
		fault[0] = '\0';
		assert_false(town_layout(&l, &t, "test.town", fault));
		if (!strstr(fault, odd[i].part))
			fail_msg("%s", fault);
		town_fini(&t);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(media_are_those_of_the_file),
		cmocka_unit_test(loss_is_of_each_link),
		cmocka_unit_test(what_cannot_be_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
