/* Proves that three nodes whose clients come, go and roam at random, over links that lose OGMs,
 * requests, responses and advertisements, end with equal tables and each client where it is. */
/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include "cmocka_all.h"
#include "tt_rig.h"

enum {
	NODES = 3,
	CLIENTS = 12,
	SEEDS = 2000,
	STEPS = 150,
	ROUNDS = 12, /* OGM intervals to settle in */
	ASKING = 4,  /* of these, in the first ones, nodes still ask after losses */
	NOWHERE = -1,
};

struct world {
	struct prng random;
	struct rig at[NODES]; /* node i has the number i + 1 */
	int where[CLIENTS];   /* which node it really is at */
	uint32_t loss_percent;
	unsigned requests;
};

static uint32_t below(struct world *w, uint32_t n)
{
	return prng_below(&w->random, n);
}

static bool is_lost(struct world *w)
{
	return below(w, 100) < w->loss_percent;
}

static uint16_t vid_of(unsigned client)
{
	return client % 4 == 0 ? 0x8005 : 0;
}

static void open_all(struct world *w, uint64_t seed)
{
	prng_seed(&w->random, seed);
	w->loss_percent = below(w, 70);
	for (unsigned i = 0; i < NODES; i++)
		rig_open(&w->at[i], i + 1, NULL);
	for (unsigned i = 0; i < NODES; i++) {
		for (unsigned k = 0; k < NODES; k++) {
			if (k != i)
				rig_peer(&w->at[i], k + 1, (uint8_t)(100 + below(w, 100)));
		}
	}
	for (unsigned c = 0; c < CLIENTS; c++)
		w->where[c] = NOWHERE;
}

static void check_all(const struct world *w)
{
	for (unsigned i = 0; i < NODES; i++)
		rig_check(&w->at[i]);
}

static void wait_all(struct world *w, int64_t ms)
{
	for (unsigned i = 0; i < NODES; i++)
		rig_wait(&w->at[i], ms);
}

/* One packet that waits at node i reaches the node that it was sent to, or not. */
static bool carry(struct world *w, unsigned i)
{
	struct rig_packet p;

	if (!rig_take(&w->at[i], &p))
		return false;
	if (!is_lost(w)) {
		struct rig *to = &w->at[p.hop.b[5] - 1];

		tt_sync_rx(&to->l2, to->now, RIG_PORT, p.bytes, p.len, &to->fx);
	}
	free(p.bytes);
	return true;
}

static void carry_all(struct world *w)
{
	bool any;

	do {
		any = false;
		for (unsigned i = 0; i < NODES; i++)
			any |= carry(w, i);
	} while (any);
}

static void ogm(struct world *w, unsigned i)
{
	uint8_t bytes[RIG_OGM_MAX];
	size_t len = rig_ogm(&w->at[i], bytes);

	for (unsigned k = 0; k < NODES; k++) {
		if (k != i && !is_lost(w))
			rig_hear(&w->at[k], i + 1, bytes, len);
	}
}

static void speak(struct world *w, unsigned client)
{
	struct rig *r = &w->at[w->where[client]];

	assert_int_equal(
		rig_seen(r, CLIENT_SEEN, rig_client(client), vid_of(client), below(w, 20) == 0),
		OK);
}

/* A frame of the client reaches another node in a way that shows where it is. */
static void shown(struct world *w, unsigned client, unsigned node)
{
	struct rig *r = &w->at[node];

	if (w->where[client] != (int)node)
		tt_global_add_temporary(&r->l2, r->now, rig_find(r, (unsigned)w->where[client] + 1),
					rig_client(client), vid_of(client), &r->fx);
}

static void gone(struct world *w, unsigned client, unsigned node)
{
	rig_seen(&w->at[node], CLIENT_GONE, rig_client(client), vid_of(client), false);
}

static void step(struct world *w)
{
	unsigned client = below(w, CLIENTS), node = below(w, NODES);
	int old = w->where[client];

	switch (below(w, 10)) {
	case 0:
	case 1: /* comes or roams, perhaps noticed by the old node's bridge */
		if (old != NOWHERE && old != (int)node && below(w, 4) == 0)
			gone(w, client, (unsigned)old);
		w->where[client] = (int)node;
		speak(w, client);
		break;
	case 2:
		if (old == NOWHERE)
			break;
		if (below(w, 3) == 0) {
			gone(w, client, (unsigned)old);
			w->where[client] = NOWHERE;
		} else {
			speak(w, client);
			shown(w, client, node);
		}
		break;
	case 3:
	case 4: ogm(w, node); break;
	case 5: wait_all(w, below(w, 1500)); break;
	default: carry(w, node); break;
	}
}

/* Nobody asks after the first rounds. */
static void settle(struct world *w, unsigned asking_rounds)
{
	w->loss_percent = 0;
	for (unsigned round = 0; round < ROUNDS; round++) {
		uint64_t before = 0, after = 0;

		for (unsigned i = 0; i < NODES; i++)
			before += w->at[i].l2.count.tt_request_tx;
		for (unsigned i = 0; i < NODES; i++) {
			ogm(w, i);
			carry_all(w);
		}
		wait_all(w, 1000);
		for (unsigned i = 0; i < NODES; i++)
			after += w->at[i].l2.count.tt_request_tx;
		if (round >= asking_rounds)
			assert_int_equal(before, after);
	}
	check_all(w);
}

static void found_check(struct world *w, unsigned client)
{
	unsigned home = (unsigned)w->where[client];

	for (unsigned i = 0; i < NODES; i++) {
		struct mac mac = rig_client(client);
		struct local_client *c = tt_local_find(&w->at[i].l2, mac, vid_of(client));
		struct global_client *g = tt_global_find(&w->at[i].l2, mac, vid_of(client));

		if (i == home) {
			assert_non_null(c);
			assert_false(c->leaving || c->fresh);
			continue;
		}
		assert_null(c);
		assert_non_null(g);
		assert_false(g->temporary || g->roaming);
		assert_int_equal(tt_global_home(g)->originator->mac.b[5], home + 1);
	}
}

static void run(uint64_t seed)
{
	static struct world w;

	w = (struct world){0};
	open_all(&w, seed);
	for (unsigned i = 0; i < STEPS; i++) {
		step(&w);
		if (i % 8 == 0)
			check_all(&w);
	}
	settle(&w, ASKING);
	/* What was lost may have put a silent client to the wrong place: it speaks, to all. */
	for (unsigned c = 0; c < CLIENTS; c++) {
		if (w.where[c] == NOWHERE)
			continue;
		speak(&w, c);
		for (unsigned node = 0; node < NODES; node++)
			shown(&w, c, node);
	}
	settle(&w, 0);
	for (unsigned i = 0; i < NODES; i++) {
		for (unsigned k = 0; k < NODES; k++)
			assert_true(i == k || rig_agrees(&w.at[i], &w.at[k]));
	}
	for (unsigned c = 0; c < CLIENTS; c++) {
		if (w.where[c] != NOWHERE)
			found_check(&w, c);
	}
	for (unsigned i = 0; i < NODES; i++)
		rig_close(&w.at[i]);
}

static uint64_t seed_at_work;

static void test_random(void **state)
{
	(void)state;
	for (seed_at_work = 1; seed_at_work <= SEEDS; seed_at_work++)
		run(seed_at_work);
}

static int tell_seed(void **state)
{
	(void)state;
	if (seed_at_work <= SEEDS)
		print_message("seed %u\n", (unsigned)seed_at_work);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_random, tell_seed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
