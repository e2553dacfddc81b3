/* Proves that gateways for the Internet are used by what is found out about them: a liar and a dead
 * one are left within seconds and return, nothing flaps under loss, what people prefer holds, and
 * when all are dead that is told. */
/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <stdlib.h>
#include "base/prng.h"
#include "gw_rig.h"

enum { NODES = 40, IN_FLIGHT = 1024, RTT_MS = 30 };

/* What carries nothing, with what loss each way; and answers under way. */
struct world {
	struct rig rig;
	struct proofs proofs;
	bool dead[NODES];
	unsigned loss_behind[NODES]; /* percent, of the Internet's answers */
	unsigned late_behind[NODES]; /* ms */
	unsigned loss_percent;
	bool mute; /* probes cannot be sent */
	struct prng prng;
	struct {
		uint32_t token;
		instant at;
	} answer[IN_FLIGHT];
	size_t answers;
	unsigned asked, judged;
	struct gw_search search;
};

static struct world *w;

static bool lost_on_the_way(void)
{
	return prng_below(&w->prng, 100) < w->loss_percent ||
	       prng_below(&w->prng, 100) < w->loss_percent;
}

static void ask(void *ctx, const struct proof_probe *probe)
{
	const unsigned n = probe->to.node.b[1];

	(void)ctx;
	w->asked++;
	if (w->mute) {
		proofs_unsent(&w->proofs, probe->token);
		return;
	}
	if (w->dead[n] || lost_on_the_way() || prng_below(&w->prng, 100) < w->loss_behind[n])
		return;
	assert_true(w->answers < IN_FLIGHT);
	w->answer[w->answers].token = probe->token;
	w->answer[w->answers++].at = instant_add(w->rig.now, span_ms(RTT_MS + w->late_behind[n]));
}

static void judged(void *ctx, bool v6, const struct proof *p)
{
	(void)ctx;
	w->judged++;
	gw_judge(w->rig.g, v6, &p->to.node, p->verdict);
	gw_damage_set(w->rig.g, v6, &p->to.node, proof_damage(p));
}

static const struct proof_env env = {NULL, ask, judged};

static void decide(void)
{
	struct proof_wish wish[PROOFS_MAX];

	if (!gw_due(w->rig.g) && !instant_reached(gw_deadline(w->rig.g), w->rig.now))
		return;
	gw_evaluate(w->rig.g, w->rig.now, hear, &w->rig);
	proofs_wish(&w->proofs, w->rig.now, false, wish,
		    gw_wishes(w->rig.g, false, wish, PROOFS_MAX), &env);
}

static void answers_come(void)
{
	for (size_t i = 0; i < w->answers;) {
		if (!instant_reached(w->answer[i].at, w->rig.now)) {
			i++;
			continue;
		}
		uint32_t token = w->answer[i].token;

		w->answer[i] = w->answer[--w->answers];
		proofs_answer(&w->proofs, w->rig.now, token, &env);
	}
}

static void step(void)
{
	answers_come();
	decide();
	proofs_run(&w->proofs, w->rig.now, &env);
	decide();
}

static void run(span time)
{
	instant end = instant_add(w->rig.now, time);

	while (!instant_reached(end, w->rig.now)) {
		step();
		w->rig.now = instant_add(w->rig.now, span_ms(10));
	}
	step();
}

/* By whom the Internet is reached; 99: nobody. */
static unsigned by(void)
{
	struct tunnel_key key = {w->search.preference, w->search.table, w->search.ip_metric,
				 w->search.prefix};
	const struct told *t = told_find(&w->rig, &key);

	return t ? t->to.node.b[1] : 99;
}

/* Milliseconds until n is used; 60000: never in that time. */
static unsigned time_until(unsigned n)
{
	for (unsigned ms = 0; ms < 60000; ms += 10) {
		if (by() == n)
			return ms;
		run(span_ms(10));
	}
	return 60000;
}

static void gateway(unsigned n, uint64_t bps, uint64_t path)
{
	offer(&w->rig, n, prefix("0.0.0.0", 0), bps, path);
}

static int setup(void **state)
{
	(void)state;
	w = calloc(1, sizeof(*w));
	rig_make(&w->rig, roomy);
	w->rig.now = (instant){1000000};
	prng_seed(&w->prng, 7);
	proofs_init(&w->proofs);
	proofs_set(&w->proofs, false, true);
	gw_prove(w->rig.g, false, true);
	w->search = gw_search_default(prefix("0.0.0.0", 0));
	gw_search_set(w->rig.g, 0, &w->search);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	rig_end(&w->rig);
	free(w);
	return 0;
}

/* ---- tests ---- */

/* What people are told that node 2 is worth. */
static void worth_told(void *ctx, const struct gw_why *why)
{
	if (why->node->b[1] == 2)
		*(uint64_t *)ctx = why->metric;
}

/* The whole bandwidth counts, not only up to minBandwidth, and so does the path. */
static void bandwidth(void **state)
{
	uint64_t worth = 0;

	(void)state;
	gateway(1, 10 * MBIT, 100 * MBIT);
	gateway(2, 50 * MBIT, 60 * MBIT);
	gateway(3, 90 * MBIT, 5 * MBIT);
	run(span_s(2));
	assert_int_equal(by(), 2);
	gw_explain(w->rig.g, worth_told, &worth);
	assert_int_equal(worth, bmx7_bandwidth(bmx7_bandwidth_byte(50 * MBIT)) * 120 / 100);
	/* without proving the reference's rule holds: all are enough, the best path wins */
	gw_prove(w->rig.g, false, false);
	run(span_s(1));
	assert_int_equal(by(), 1);
}

/* It offers much and carries nothing: known before it is used, if another one works. */
static void liar(void **state)
{
	unsigned ms;

	(void)state;
	gateway(1, 10 * MBIT, 100 * MBIT);
	run(span_s(5));
	w->dead[2] = true;
	gateway(2, 1000 * MBIT, 100 * MBIT);
	for (unsigned i = 0; i < 1200; i++) {
		run(span_ms(100));
		assert_int_equal(by(), 1);
	}
	/* and left if all came at once */
	teardown(NULL);
	setup(NULL);
	w->dead[2] = true;
	gateway(2, 1000 * MBIT, 100 * MBIT);
	gateway(1, 10 * MBIT, 100 * MBIT);
	run(span_ms(10));
	assert_int_equal(by(), 2);
	ms = time_until(1);
	assert_in_range(ms, 1, 5000);
	printf("liar left after %u ms\n", ms);
}

/* Whenever in a second it happens. */
static void dies(void **state)
{
	unsigned worst = 0;

	(void)state;
	for (unsigned at = 0; at < 20; at++) {
		teardown(NULL);
		setup(NULL);
		gateway(1, 10 * MBIT, 100 * MBIT);
		gateway(2, 50 * MBIT, 100 * MBIT);
		run(span_ms(30000 + at * 50));
		assert_int_equal(by(), 2);
		w->dead[2] = true;
		unsigned ms = time_until(1);

		assert_in_range(ms, 1, 3000);
		worst = ms > worst ? ms : worst;
		w->dead[2] = false;
		assert_in_range(time_until(2), 1, 20000); /* it returns */
	}
	printf("a dead one left after %u ms at worst\n", worst);
}

static void reason_of_2(void *ctx, const struct gw_why *why)
{
	if (why->node->b[1] == 2 && why->slot == 1)
		*(enum gw_reason *)ctx = why->reason;
}

/* Whom people prefer by name is who had it first: who takes the name takes nothing, before and
 * after either describes itself anew. Where BMX7's rules hold, both count. */
static void namesake(void **state)
{
	struct gw_search named = w->search;
	struct gw_network net = {.prefix = prefix("0.0.0.0", 0),
				 .bandwidth = bmx7_bandwidth_byte(50 * MBIT)};
	const struct gw_offer thief = {.node = id_of(2),
				       .name = "n1",
				       .metric = 100 * MBIT,
				       .tunnel = tunnels,
				       .tunnels = 2,
				       .network = &net,
				       .networks = 1};
	enum gw_reason reason = GW_CHOSEN;

	(void)state;
	named.rating = 1000;
	memcpy(named.name, "n1", 3);
	gw_search_set(w->rig.g, 1, &named);
	gateway(1, 10 * MBIT, 100 * MBIT);
	run(span_s(5));
	for (unsigned turn = 0; turn < 3; turn++) {
		assert_int_equal(gw_offer_set(w->rig.g, &thief), OK);
		run(span_s(200));
		assert_int_equal(by(), 1);
		gw_explain(w->rig.g, reason_of_2, &reason);
		assert_int_equal(reason, GW_NAMESAKE);
		gateway(1, 10 * MBIT, 100 * MBIT);
	}
	teardown(NULL);
	setup(NULL);
	gw_prove(w->rig.g, false, false);
	gw_search_set(w->rig.g, 1, &named);
	gateway(1, 10 * MBIT, 50 * MBIT);
	assert_int_equal(gw_offer_set(w->rig.g, &thief), OK);
	run(span_s(5));
	assert_int_equal(by(), 2);
}

/* A dead one is asked ever more rarely while another one works. */
static void backoff(void **state)
{
	unsigned before;

	(void)state;
	w->dead[2] = true;
	gateway(1, 10 * MBIT, 100 * MBIT);
	gateway(2, 50 * MBIT, 100 * MBIT);
	run(span_s(1800));
	const struct digest id = id_of(2);
	const struct proof *p = proofs_find(&w->proofs, false, &id);

	assert_non_null(p);
	assert_int_equal(p->verdict, GW_BAD);
	before = (unsigned)p->sent;
	assert_in_range(before, 20, 60);
	run(span_s(1800));
	assert_in_range(p->sent - before, 4, 16);
	/* A new description is not a new chance. */
	gateway(2, 60 * MBIT, 100 * MBIT);
	run(span_s(2));
	assert_int_equal(by(), 1);
}

/* A fifth of all packets is lost each way, and the paths' worth goes up and down by a third. */
static void loss(void **state)
{
	unsigned worst = 0;

	(void)state;
	for (unsigned seed = 1; seed <= 10; seed++) {
		teardown(NULL);
		setup(NULL);
		prng_seed(&w->prng, seed);
		w->loss_percent = 20;
		gateway(1, 100 * MBIT, 40 * MBIT);
		gateway(2, 100 * MBIT, 40 * MBIT);
		run(span_s(60));
		w->rig.changes = 0;
		for (unsigned s = 0; s < 3600; s++) {
			for (unsigned n = 1; n <= 2; n++) {
				const struct digest id = id_of(n);

				gw_metric_set(w->rig.g, &id,
					      (27 + prng_below(&w->prng, 27)) * (uint64_t)MBIT);
			}
			run(span_s(1));
		}
		worst = w->rig.changes > worst ? w->rig.changes : worst;
		assert_true(by() == 1 || by() == 2);
	}
	printf("%u changes in an hour at worst\n", worst);
	assert_in_range(worst, 0, 2);
}

/* One is better for good: it is used, but not at once. */
static void better(void **state)
{
	unsigned ms;

	(void)state;
	gateway(1, 10 * MBIT, 100 * MBIT);
	run(span_s(5));
	gateway(2, 50 * MBIT, 100 * MBIT);
	ms = time_until(2);
	assert_in_range(ms, GW_BETTER_S * 1000 - 10, GW_BETTER_S * 1000 + 500);
	/* and stays for a while, though the other is much better now */
	gateway(1, 500 * MBIT, 500 * MBIT);
	ms = time_until(1);
	assert_in_range(ms, 40000, GW_HOLD_S * 1000);
}

/* Loss behind a gateway, or delay, counts against a better offer; where all is lossy alike, it
 * decides nothing. */
static void damage(void **state)
{
	(void)state;
	gateway(1, 20 * MBIT, 100 * MBIT);
	gateway(2, 30 * MBIT, 100 * MBIT);
	run(span_s(120));
	assert_int_equal(by(), 2);
	w->loss_behind[2] = 30;
	run(span_s(180));
	assert_int_equal(by(), 1);
	w->loss_behind[2] = 0;
	w->late_behind[1] = 900;
	run(span_s(3600));
	assert_int_equal(by(), 2);
}

static void prefer(unsigned n, bool strict)
{
	const struct digest id = id_of(n);

	gw_prefer(w->rig.g, &id, strict);
}

static void preference(void **state)
{
	(void)state;
	gateway(1, 50 * MBIT, 100 * MBIT);
	gateway(2, 10 * MBIT, 100 * MBIT);
	run(span_s(5));
	assert_int_equal(by(), 1);
	prefer(2, false);
	assert_in_range(time_until(2), 0, 1000);
	/* a wish: the best takes over, and it returns */
	w->dead[2] = true;
	assert_in_range(time_until(1), 1, 3000);
	w->dead[2] = false;
	assert_in_range(time_until(2), 1, 20000);
	/* rather nothing */
	prefer(2, true);
	run(span_s(1));
	w->dead[2] = true;
	assert_in_range(time_until(99), 1, 3000);
	assert_true(w->rig.lost);
	run(span_s(60));
	assert_int_equal(by(), 99);
	gw_prefer(w->rig.g, NULL, false);
	assert_in_range(time_until(1), 0, 1000);
}

/* Who is told to use a node that is not there uses none, strictly, or the best. */
static void absent(void **state)
{
	(void)state;
	prefer(9, false);
	gateway(1, 50 * MBIT, 100 * MBIT);
	run(span_s(1));
	assert_int_equal(by(), 1);
	prefer(9, true);
	run(span_s(1));
	assert_int_equal(by(), 99);
	assert_true(w->rig.lost);
	gateway(9, 1 * MBIT, 1 * MBIT);
	assert_in_range(time_until(9), 0, 1000);
}

static void all_dead(void **state)
{
	(void)state;
	gateway(1, 50 * MBIT, 100 * MBIT);
	gateway(2, 10 * MBIT, 100 * MBIT);
	run(span_s(30));
	w->dead[1] = w->dead[2] = true;
	assert_in_range(time_until(99), 1, 6000);
	assert_true(w->rig.lost);
	run(span_s(600));
	w->dead[1] = false;
	assert_in_range(time_until(1), 1, 5000); /* they are looked at often then */
	/* withdrawn offers are no lost route */
	for (unsigned n = 1; n <= 2; n++) {
		const struct digest id = id_of(n);

		gw_offer_gone(w->rig.g, &id);
	}
	run(span_s(1));
	assert_int_equal(by(), 99);
	assert_false(w->rig.lost);
}

/* However many there are, and whenever it happens: who sends is told within seconds. */
static void all_die_at_once(void **state)
{
	unsigned worst = 0;

	(void)state;
	for (unsigned count = 2; count < NODES; count = count * 2 - 1)
		for (unsigned phase = 0; phase < 40; phase++) {
			unsigned ms;

			teardown(NULL);
			setup(NULL);
			for (unsigned n = 1; n <= count; n++)
				gateway(n, (10 + n) * MBIT, 100 * MBIT);
			run(span_ms(30000 + 270 * phase));
			for (unsigned n = 1; n <= count; n++)
				w->dead[n] = true;
			ms = time_until(99);
			assert_true(w->rig.lost);
			worst = ms > worst ? ms : worst;
		}
	printf("all of 2 to 33 gateways die: told after %u ms at most\n", worst);
	assert_in_range(worst, 1, 2500);
}

/* If nobody ever answers, or nothing can be sent, the fault may be ours: the best is used. */
static void never_known(void **state)
{
	(void)state;
	w->dead[1] = w->dead[2] = true;
	gateway(1, 50 * MBIT, 100 * MBIT);
	gateway(2, 10 * MBIT, 100 * MBIT);
	run(span_s(60));
	assert_int_equal(by(), 1);
	teardown(NULL);
	setup(NULL);
	gateway(1, 50 * MBIT, 100 * MBIT);
	run(span_s(10));
	w->mute = true;
	run(span_s(60));
	assert_int_equal(by(), 1);
	assert_int_equal(w->judged, 1);
}

/* Many that offer much and carry nothing: a bounded number of probes, and an honest one in use
 * stays. */
static void crowd(void **state)
{
	unsigned before;

	(void)state;
	gateway(1, 10 * MBIT, 100 * MBIT);
	run(span_s(5));
	for (unsigned n = 2; n < NODES; n++) {
		w->dead[n] = true;
		gateway(n, 1000 * MBIT, 1000 * MBIT);
	}
	before = w->asked;
	for (unsigned i = 0; i < 600; i++) {
		run(span_ms(1000));
		assert_int_equal(by(), 1);
	}
	printf("%u probes in 10 min\n", w->asked - before);
	assert_in_range(w->asked - before, 600, 3000);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(bandwidth),   TEST(liar),	 TEST(dies),	 TEST(backoff),
		TEST(loss),	   TEST(better), TEST(damage),	 TEST(namesake),
		TEST(preference),  TEST(absent), TEST(all_dead), TEST(all_die_at_once),
		TEST(never_known), TEST(crowd),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
