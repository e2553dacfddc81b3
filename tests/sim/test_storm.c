/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whatever town, and whatever happens to it: when it comes to rest, every node finds
 * every other one and every client again, frames arrive once, and nothing is left over.
 *
 *	test_storm             the seeds of every day (NUVOL_LONG=1: thousands)
 *	test_storm SEED        one seed
 *	test_storm SEED DIR    the same; each segment's frames go to DIR/segment-N.pcap
 *	test_storm FROM-TO     all of these, a line each
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>
#include "cmocka_all.h"
#include "storm_check.h"

enum {
#ifdef __SANITIZE_ADDRESS__ /* five times as slow */
	SEEDS = 50,
#else
	SEEDS = 150,
#endif
	SEEDS_LONG = 3000,
	SETTLE_S = 60,	   /* the longest protection (30 s) and a warm-up after it */
	WARM_S = 45,	   /* after the last wound, before frames are counted ... */
	REST_S = 5,	   /* ... and after all is known everywhere */
	EMPTY_SEEDS = 8,   /* one in so many goes on until the last client is forgotten */
	EMPTY_S = 610 * 2, /* a client here, then its trace elsewhere: 600 s each */
	TALK_S = 3,	   /* in the quiet, each client says something so often */
	LEFT_BYTES = 2048, /* for each originator: fragment chains, last changes, slots */
	SECONDS_MAX = 300, /* for one seed, then it hangs */
};

/* ---- life ---- */

static unsigned any_node(struct town *t)
{
	return town_below(t, t->nodes);
}

static void client_moves(struct town *t)
{
	unsigned c = town_below(t, t->clients);

	if (t->client[c].at == WORLD_NOWHERE) {
		town_come(t, c, any_node(t), town_chance(t, 60));
	} else if (town_chance(t, 3)) {
		town_mistake(t, c, any_node(t));
	} else if (town_chance(t, 25)) {
		town_leave(t, c, town_chance(t, 60));
	} else {
		if (town_chance(t, 40))
			town_leave(t, c, town_chance(t, 80));
		town_come(t, c, any_node(t), town_chance(t, 50));
		if (town_chance(t, 30))
			town_send(t, c, WORLD_NOWHERE, 64);
	}
}

static void client_talks(struct town *t)
{
	static const size_t sizes[] = {46, 64, 300, 1500};
	unsigned c = town_below(t, t->clients), to = town_below(t, t->clients);

	if (t->client[c].at == WORLD_NOWHERE)
		return;
	if (town_chance(t, 25))
		town_send(t, c, WORLD_NOWHERE, sizes[town_below(t, 3)]);
	else if (to != c)
		town_send(t, c, to, sizes[town_below(t, 4)]);
}

static void node_suffers(struct town *t)
{
	unsigned n = any_node(t);

	if (t->node[n].alive)
		town_kill(t, n);
	else
		town_start(t, n, town_chance(t, 50));
}

static void port_suffers(struct town *t)
{
	unsigned n = any_node(t);

	if (t->node[n].ports == 0)
		return;
	unsigned p = town_below(t, t->node[n].ports);

	if (t->node[n].port[p].cut)
		town_heal(t, n, p);
	else
		town_cut(t, n, p, town_chance(t, 50));
}

/* A segment falls in two, or becomes one again. */
static void segment_splits(struct town *t, bool split)
{
	unsigned s = town_below(t, t->segments);

	for (unsigned i = 0; i < t->nodes; i++) {
		for (unsigned p = 0; p < t->node[i].ports; p++) {
			if (t->node[i].port[p].segment == s)
				town_side(t, i, p, split && town_chance(t, 50));
		}
	}
}

static const char *life(struct town *t)
{
	unsigned rough = town_below(t, 5); /* 0: only clients move */

	unsigned steps = 100 + town_below(t, town_chance(t, 10) ? 1500 : 200);
	const char *w = NULL;

	for (; steps > 0 && !w; steps--) {
		unsigned dice = town_below(t, 100);

		if (dice < 60)
			client_talks(t);
		else if (dice < 80)
			client_moves(t);
		else if (rough && dice < 80 + rough)
			node_suffers(t);
		else if (rough && dice < 86 + rough)
			port_suffers(t);
		else if (rough && dice < 92 + rough)
			segment_splits(t, town_chance(t, 60));
		else if (rough && dice == 99)
			town_fit(t, town_below(t, t->segments));
		world_run(t->world, span_ms(1 + town_below(t, town_chance(t, 5) ? 5000 : 300)));
		if (steps % 8 == 0)
			w = check_inside(t);
	}
	return w;
}

/* Little loss is left, or none; most towns are whole again, in some a few wounds stay. */
static void peace(struct town *t)
{
	bool whole = town_chance(t, 65);

	town_weather(t, town_chance(t, 50) ? 30 : 0);
	for (unsigned i = 0; i < t->nodes; i++) {
		if (!t->node[i].alive && (whole || town_chance(t, 50)))
			town_start(t, i, town_chance(t, 50));
		for (unsigned p = 0; p < t->node[i].ports; p++) {
			if (t->node[i].port[p].cut && (whole || town_chance(t, 50)))
				town_heal(t, i, p);
			if (whole)
				town_side(t, i, p, 0);
		}
	}
	for (unsigned c = 0; c < t->clients; c++) {
		if (t->client[c].at == WORLD_NOWHERE && town_chance(t, 80))
			town_come(t, c, any_node(t), town_chance(t, 50));
	}
}

/* ---- one seed ---- */

/* What a seed has to say. */
struct outcome {
	const char *wrong; /* NULL: nothing */
	unsigned settle_s;
	uint64_t bcasts_most, bcasts;
};

static void everybody_talks(struct town *t)
{
	for (unsigned c = 0; c < t->clients; c++) {
		if (town_is_served(t, c))
			town_send(t, c, WORLD_NOWHERE, 64);
	}
}

static const char *settle(struct town *t, unsigned *took_s)
{
	const char *w = "";

	for (*took_s = 0; *took_s < SETTLE_S && w; ++*took_s) {
		if (*took_s % TALK_S == 0)
			everybody_talks(t);
		world_run(t->world, span_s(1));
		w = check_tables(t);
		if (!w)
			w = check_ways(t);
	}
	return w;
}

/* All broadcasts so far, against the most that there may be. */
static const char *floods_check(struct town *t, struct outcome *out)
{
	uint64_t ports = 0;

	for (unsigned i = 0; i < t->nodes; i++) {
		ports += t->node[i].ports;
		out->bcasts += world_traffic_of(t->world, i).bcast_frames;
	}
	out->bcasts_most = t->floodable * ports * 3;
	return out->bcasts > out->bcasts_most ? "broadcasts were multiplied" : NULL;
}

/* All clients go, one half unheard; time passes until nobody remembers them. */
static const char *emptied(struct town *t, const size_t *used_bytes)
{
	for (unsigned c = 0; c < t->clients; c++) {
		if (t->client[c].at != WORLD_NOWHERE)
			town_leave(t, c, c % 2);
	}
	for (unsigned i = 0; i < t->nodes; i++) {
		if (!t->node[i].alive)
			town_start(t, i, false);
		for (unsigned p = 0; p < t->node[i].ports; p++) {
			if (t->node[i].port[p].cut)
				town_heal(t, i, p);
			town_side(t, i, p, 0);
		}
	}
	world_run(t->world, span_s(EMPTY_S));
	return check_empty(t, used_bytes, LEFT_BYTES);
}

static const char *quiet(struct town *t, struct outcome *out)
{
	const char *w = floods_check(t, out);

	peace(t);
	if (!w)
		w = check_inside(t);
	if (!w)
		w = settle(t, &out->settle_s);
	if (w)
		return w;
	/* Ways may go by turns until a restart is believed and all links are warm. */
	if (out->settle_s + REST_S < WARM_S)
		world_run(t->world, span_s(WARM_S - REST_S - out->settle_s));
	town_weather(t, 0);
	world_run(t->world, span_s(REST_S));
	w = check_tables(t);
	if (!w)
		w = check_unicast(t);
	if (!w)
		w = check_broadcast(t);
	if (!w)
		w = check_rest(t, span_s(30));
	if (!w)
		w = check_tables(t);
	if (!w)
		w = check_ways(t);
	return w ? w : check_inside(t);
}

static bool record(struct town *t, const char *dir)
{
	for (unsigned s = 0; s < t->segments; s++) {
		char path[500];

		snprintf(path, sizeof(path), "%s/segment-%u.pcap", dir, s);
		if (!world_pcap(t->world, s, path)) {
			perror(path);
			return false;
		}
	}
	return true;
}

/* In a process of its own. 0: all is right. */
static int storm(uint64_t seed, const char *dir, bool talkative)
{
	static struct town t;
	static size_t used_bytes[TOWN_NODES_MAX];
	struct outcome out = {0};

	alarm(SECONDS_MAX);
	town_open(&t, seed);
	if (dir && !record(&t, dir))
		return 1;
	world_run(t.world, span_s(20));
	for (unsigned i = 0; i < t.nodes; i++)
		used_bytes[i] = world_node_at(t.world, i)->l2.pool.used_bytes;
	out.wrong = life(&t);
	if (!out.wrong)
		out.wrong = quiet(&t, &out);
	if (!out.wrong && seed % EMPTY_SEEDS == 0)
		out.wrong = emptied(&t, used_bytes);
	if (out.wrong || talkative)
		printf("test_storm %" PRIu64 " # %s of %u, %u clients%s%s: %s at %" PRId64
		       " s; settled in %u s; %" PRIu64 " of %" PRIu64 " broadcasts; %016" PRIx64
		       "\n",
		       seed, shape_name(t.shape), t.nodes, t.clients, t.lossy ? ", lossy" : "",
		       t.mixed_mtu ? ", mixed MTU" : "", out.wrong ? out.wrong : "right",
		       world_now(t.world).us / 1000000, out.settle_s, out.bcasts, out.bcasts_most,
		       world_digest(t.world));
	town_close(&t);
	return out.wrong != NULL;
}

static bool storm_apart(uint64_t seed, const char *dir, bool talkative)
{
	int status = 0;

	fflush(NULL);
	pid_t child = fork();
	if (child == 0) {
		int bad = storm(seed, dir, talkative);

		exit(bad);
	}
	if (child < 0 || waitpid(child, &status, 0) != child)
		return false;
	if (WIFSIGNALED(status) || (WIFEXITED(status) && WEXITSTATUS(status) > 1))
		printf("test_storm %" PRIu64 " # died: status %x\n", seed, (unsigned)status);
	return status == 0;
}

static unsigned storms(uint64_t from, uint64_t to, bool talkative)
{
	unsigned failed = 0;

	for (uint64_t seed = from; seed <= to; seed++)
		failed += !storm_apart(seed, NULL, talkative);
	return failed;
}

static void towns_come_to_rest(void **state)
{
	const char *longer = getenv("NUVOL_LONG");

	(void)state;
	assert_int_equal(storms(1, longer && *longer == '1' ? SEEDS_LONG : SEEDS, false), 0);
}

/* Three nodes in a triangle; one dies, unheard or with its carrier. The others were ways
 * to it for each other: what is sent to its client must not go to and fro between them. */
static void dead_node_draws_no_circles(void **state)
{
	const struct segment_conf wire = {.delay = {50}};

	(void)state;
	for (uint64_t seed = 0; seed < 20; seed++) {
		struct world *w = world_new(seed);
		unsigned s[3], a, b;

		for (unsigned i = 0; i < 3; i++)
			world_node(w);
		for (unsigned i = 0; i < 3; i++) {
			s[i] = world_segment(w, &wire);
			world_join(w, i, s[i]);
			world_join(w, (i + 1) % 3, s[i]);
		}
		a = world_client(w, 0);
		b = world_client(w, 2);
		world_run(w, span_s(30));
		world_send(w, b, MAC_BROADCAST, 1, 64);
		world_run(w, span_s(2));
		world_cut(w, 1, s[1], seed % 2);
		world_cut(w, 0, s[2], seed % 2);
		world_kill(w, 2);
		for (unsigned i = 0; i < 100; i++) {
			world_send(w, a, world_client_mac(w, b), i, i % 2 ? 64 : 1500);
			world_run(w, span_ms(100));
		}
		assert_int_equal(world_traffic_of(w, 0).circled, 0);
		assert_int_equal(world_traffic_of(w, 1).circled, 0);
		world_free(w);
	}
}

/* One seed gives one history, whatever ran before. */
static void history_repeats(void **state)
{
	static struct town a, b;

	(void)state;
	town_open(&a, 5);
	life(&a);
	uint64_t digest = world_digest(a.world);
	town_open(&b, 5);
	life(&b);
	assert_true(world_digest(b.world) == digest);
	town_close(&a);
	town_close(&b);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(dead_node_draws_no_circles),
		cmocka_unit_test(history_repeats),
		cmocka_unit_test(towns_come_to_rest),
	};
	uint64_t from, to;

	if (argc < 2)
		return cmocka_run_group_tests(tests, NULL, NULL);
	if (sscanf(argv[1], "%" SCNu64 "-%" SCNu64, &from, &to) == 2)
		return storms(from, to, true) > 0;
	return !storm_apart(strtoull(argv[1], NULL, 10), argc > 2 ? argv[2] : NULL, true);
}
