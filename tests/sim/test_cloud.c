/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Clouds of many nodes in virtual time do what the engine promises: they find each
 * other, clients are reachable wherever they walk, dead ways are left quickly. */
#include "cmocka_all.h"
#include "sim/world.h"

enum { SMALL = 64 };

static const struct segment_conf wire = {.delay = {50}};

/* Nodes 0 .. n-1, each joined to the next by a wire of its own. */
static struct world *line(unsigned n, uint64_t seed)
{
	struct world *w = world_new(seed);

	for (unsigned i = 0; i < n; i++)
		world_node(w);
	for (unsigned i = 0; i + 1 < n; i++) {
		unsigned s = world_segment(w, &wire);
		world_join(w, i, s);
		world_join(w, i + 1, s);
	}
	return w;
}

/* n nodes that all hear each other. */
static struct world *street(unsigned n, const struct segment_conf *conf, uint64_t seed)
{
	struct world *w = world_new(seed);
	unsigned s = world_segment(w, conf);

	for (unsigned i = 0; i < n; i++)
		world_join(w, world_node(w), s);
	return w;
}

static bool knows_route(struct world *w, unsigned node, struct mac to)
{
	struct l2_originator_view view[64];
	size_t n = l2_originators(&world_node_at(w, node)->l2, view, 64);

	for (size_t i = 0; i < n && i < 64; i++)
		if (mac_equal(view[i].mac, to))
			return !mac_is_zero(view[i].next_hop);
	return false;
}

static bool all_routed(struct world *w, void *arg)
{
	unsigned n = *(unsigned *)arg;

	for (unsigned i = 0; i < n; i++)
		for (unsigned j = 0; j < n; j++)
			if (i != j && !knows_route(w, i, world_node_mac(w, j)))
				return false;
	return true;
}

/* The home that node knows for a client; zero when it knows none. */
static struct mac home_of(struct world *w, unsigned node, struct mac client)
{
	static struct l2_client_view view[4096];
	size_t n = l2_clients(&world_node_at(w, node)->l2, view, 4096);

	for (size_t i = 0; i < n && i < 4096; i++)
		if (mac_equal(view[i].mac, client) && !view[i].temporary && !view[i].roaming)
			return view[i].home;
	return (struct mac){{0}};
}

struct at_home {
	unsigned nodes, client, node;
};

static bool everybody_knows(struct world *w, void *arg)
{
	const struct at_home *q = arg;
	struct mac home = world_node_mac(w, q->node);

	for (unsigned i = 0; i < q->nodes; i++)
		if (!mac_equal(home_of(w, i, world_client_mac(w, q->client)), home))
			return false;
	return true;
}

static int64_t ms_until(struct world *w, span at_most, bool (*pred)(struct world *, void *),
			void *arg)
{
	instant start = world_now(w);

	return world_run_until(w, at_most, pred, arg)
		       ? span_to_ms(instant_since(world_now(w), start))
		       : INT64_MAX;
}

/* A line of five is complete within 10 s, and a client at one end reaches the other. */
static void line_converges(void **state)
{
	(void)state;
	unsigned n = 5;
	struct world *w = line(n, 1);

	assert_true(ms_until(w, span_s(10), all_routed, &n) <= 10000);
	unsigned a = world_client(w, 0), b = world_client(w, 4);
	world_send(w, a, MAC_BROADCAST, 1, SMALL);
	world_run(w, span_ms(20));
	assert_int_equal(world_inbox(w, b)->frames, 1);
	world_send(w, b, world_client_mac(w, a), 1, 1500);
	world_run(w, span_ms(20));
	assert_int_equal(world_inbox(w, a)->frames, 1);
	world_free(w);
}

/* A new client is in everybody's table within 100 ms for each hop. */
static void new_client_spreads(void **state)
{
	(void)state;
	for (uint64_t seed = 0; seed < 20; seed++) {
		unsigned n = 5;
		struct world *w = line(n, seed);

		world_run(w, span_s(30 + (int64_t)seed * 37 % 11));
		struct at_home q = {n, world_client(w, 0), 0};
		world_send(w, q.client, MAC_BROADCAST, 1, SMALL);
		int64_t took = ms_until(w, span_s(5), everybody_knows, &q);
		assert_in_range(took, 0, 400);
		world_free(w);
	}
}

/* An active client that walks loses nothing that it sends or is sent at a probe each
 * 10 ms, but what was in the air; everybody has its new home within 200 ms. */
static void active_roam(void **state)
{
	(void)state;
	for (uint64_t seed = 0; seed < 20; seed++) {
		unsigned n = 5, from = 0, to = seed % 2 ? 1 : 3;
		struct world *w = line(n, seed);
		unsigned phone = world_client(w, from), server = world_client(w, 4);

		world_run(w, span_s(30));
		uint32_t number = 0;
		int64_t settled = -1;
		for (unsigned step = 0; step < 200; step++) {
			if (step == 100) {
				world_roam(w, phone, to, false);
			}
			world_send(w, phone, world_client_mac(w, server), ++number, SMALL);
			world_send(w, server, world_client_mac(w, phone), number, SMALL);
			world_run(w, span_ms(10));
			struct at_home q = {n, phone, to};
			if (step >= 100 && settled < 0 && everybody_knows(w, &q))
				settled = (step - 99) * 10;
		}
		world_run(w, span_ms(100));
		assert_in_range(settled, 0, 200);
		assert_in_range(world_inbox(w, server)->frames, 199, 201);
		assert_in_range(world_inbox(w, phone)->frames, 198, 201);
		assert_int_equal(world_inbox(w, server)->duplicates, 0);
		world_free(w);
	}
}

/* A silent client whose new node hears only of its association is reachable again
 * within 300 ms. */
static void silent_roam(void **state)
{
	(void)state;
	for (uint64_t seed = 0; seed < 20; seed++) {
		unsigned n = 5;
		struct world *w = line(n, seed);
		unsigned phone = world_client(w, 0), server = world_client(w, 4);

		world_run(w, span_s(30));
		world_send(w, phone, world_client_mac(w, server), 1, SMALL);
		world_run(w, span_s(2));
		world_roam(w, phone, seed % 2 ? 1 : 3, true);
		instant start = world_now(w);
		for (uint32_t number = 1; number <= 100; number++) {
			world_send(w, server, world_client_mac(w, phone), number, SMALL);
			world_run(w, span_ms(10));
			if (world_inbox(w, phone)->frames > 0)
				break;
		}
		assert_int_not_equal(world_inbox(w, phone)->frames, 0);
		assert_in_range(span_to_ms(instant_since(world_now(w), start)), 0, 300);
		world_free(w);
	}
}

/* Of five questions to a client that has never spoken at most one gets lost. */
static void first_contact(void **state)
{
	(void)state;
	unsigned n = 4;
	struct world *w = line(n, 3);
	unsigned asker = world_client(w, 0), silent = world_client(w, 3);

	world_run(w, span_s(30));
	unsigned answers = 0;
	for (uint32_t i = 1; i <= 5; i++) {
		uint64_t had = world_inbox(w, silent)->frames;
		world_send(w, asker, world_client_mac(w, silent), i, SMALL);
		world_run(w, span_ms(5));
		if (world_inbox(w, silent)->frames > had)
			world_send(w, silent, world_client_mac(w, asker), i, SMALL);
		world_run(w, span_ms(195));
		answers = (unsigned)world_inbox(w, asker)->frames;
	}
	assert_in_range(answers, 4, 5);
	world_free(w);
}

/* A diamond 0-(1|2)-3: when the middle node in use dies, traffic goes on over the
 * other: at once on carrier loss, within 2.5 intervals of silence. */
static void next_hop_dies(void **state)
{
	(void)state;
	for (uint64_t seed = 0; seed < 20; seed++) {
		bool carrier = seed % 2;
		struct world *w = world_new(seed);
		unsigned s[4];

		for (unsigned i = 0; i < 4; i++)
			world_node(w);
		const unsigned edge[4][2] = {{0, 1}, {0, 2}, {1, 3}, {2, 3}};
		for (unsigned i = 0; i < 4; i++) {
			s[i] = world_segment(w, &wire);
			world_join(w, edge[i][0], s[i]);
			world_join(w, edge[i][1], s[i]);
		}
		unsigned a = world_client(w, 0), b = world_client(w, 3);
		world_run(w, span_s(40));
		world_send(w, b, MAC_BROADCAST, 1, SMALL);
		world_run(w, span_s(2));

		struct l2_originator_view view[16];
		size_t count = l2_originators(&world_node_at(w, 0)->l2, view, 16);
		unsigned middle = 0;
		for (size_t i = 0; i < count; i++)
			if (mac_equal(view[i].mac, world_node_mac(w, 3)))
				middle = view[i].port == 0 ? 1 : 2;
		assert_int_not_equal(middle, 0);
		if (carrier) {
			world_cut(w, 0, s[middle - 1], true);
			world_cut(w, 3, s[middle + 1], true);
		}
		world_kill(w, middle);
		instant start = world_now(w), last = start;
		uint64_t had = world_inbox(w, b)->frames;
		for (uint32_t i = 2; i < 500; i++) {
			world_send(w, a, world_client_mac(w, b), i, SMALL);
			world_run(w, span_ms(10));
			if (world_inbox(w, b)->frames == had)
				last = world_now(w);
			had = world_inbox(w, b)->frames;
		}
		assert_in_range(span_to_ms(instant_since(last, start)), 0, carrier ? 300 : 2500);
		world_free(w);
	}
}

/* Twelve nodes on one segment: at most 3 OGM frames a second from each. */
static void dense_segment_is_quiet(void **state)
{
	(void)state;
	struct world *w = street(12, &wire, 5);

	world_run(w, span_s(60));
	struct world_traffic before[12];
	for (unsigned i = 0; i < 12; i++)
		before[i] = world_traffic_of(w, i);
	world_run(w, span_s(60));
	for (unsigned i = 0; i < 12; i++) {
		uint64_t frames = world_traffic_of(w, i).ogm_frames - before[i].ogm_frames;
		assert_in_range(frames, 58, 180);
	}
	for (unsigned i = 0; i < 12; i++)
		for (unsigned j = 0; j < 12; j++)
			assert_true(i == j || knows_route(w, i, world_node_mac(w, j)));
	world_free(w);
}

/* A broadcast reaches each client once, in a ring with chords too, and leaves each
 * port at most once. */
static void broadcast_once(void **state)
{
	(void)state;
	enum { N = 8 };
	struct world *w = world_new(6);
	unsigned client[N];

	for (unsigned i = 0; i < N; i++) {
		world_node(w);
		client[i] = world_client(w, i);
	}
	for (unsigned step = 1; step <= 3; step += 2)
		for (unsigned i = 0; i < N; i++) {
			unsigned s = world_segment(w, &wire);
			world_join(w, i, s);
			world_join(w, (i + step) % N, s);
		}
	world_run(w, span_s(20));
	uint64_t before = 0, after = 0;
	for (unsigned i = 0; i < N; i++)
		before += world_traffic_of(w, i).bcast_frames;
	for (uint32_t k = 1; k <= 10; k++) {
		world_send(w, client[0], MAC_BROADCAST, k, SMALL);
		world_run(w, span_ms(600));
	}
	for (unsigned i = 1; i < N; i++) {
		assert_int_equal(world_inbox(w, client[i])->frames, 10);
		assert_int_equal(world_inbox(w, client[i])->duplicates, 0);
	}
	for (unsigned i = 0; i < N; i++)
		after += world_traffic_of(w, i).bcast_frames;
	assert_in_range(after - before, 10 * (N - 1), 10 * N * 4);
	world_free(w);
}

/* Nobody asks for a table while nothing happens. */
static void rest_is_rest(void **state)
{
	(void)state;
	struct world *w = line(6, 8);

	for (unsigned i = 0; i < 6; i++)
		for (unsigned k = 0; k < 5; k++)
			world_send(w, world_client(w, i), MAC_BROADCAST, k, SMALL);
	world_run(w, span_s(30));
	uint64_t before = 0, after = 0;
	for (unsigned i = 0; i < 6; i++)
		before += world_traffic_of(w, i).tt_requests;
	world_run(w, span_s(120));
	for (unsigned i = 0; i < 6; i++)
		after += world_traffic_of(w, i).tt_requests;
	assert_int_equal(after, before);
	world_free(w);
}

struct crowd {
	unsigned nodes, clients;
	const unsigned *at;
};

static bool tables_agree(struct world *w, void *arg)
{
	const struct crowd *q = arg;

	for (unsigned c = 0; c < q->clients; c++)
		if (!everybody_knows(w, &(struct at_home){q->nodes, c, q->at[c]}))
			return false;
	return true;
}

/* Clients come, talk and walk at random over lossy radio while nodes die and return;
 * when that ends, every node has every client where it is, within 20 s. */
static void churn_converges(void **state)
{
	(void)state;
	enum { N = 8, C = 24 };
	for (uint64_t seed = 0; seed < 10; seed++) {
		const struct segment_conf radio = {
			.loss_percent = 10, .delay = {1000}, .jitter = {2000}, .wifi = true};
		struct world *w = street(N, &radio, seed);
		unsigned at[C];
		struct prng r;

		prng_seed(&r, seed + 99);
		for (unsigned a = 0; a < N; a++)
			for (unsigned b = a + 3; b < N; b++)
				world_deaf(w, 0, a, b);
		for (unsigned c = 0; c < C; c++) {
			at[c] = prng_below(&r, N);
			world_client(w, at[c]);
		}
		world_run(w, span_s(20));
		for (unsigned step = 0; step < 300; step++) {
			unsigned c = prng_below(&r, C);

			if (prng_below(&r, 4) == 0) {
				if (prng_below(&r, 2))
					world_leave(w, c);
				at[c] = prng_below(&r, N);
				world_roam(w, c, at[c], prng_below(&r, 2));
			}
			world_send(w, c, world_client_mac(w, prng_below(&r, C)), step, SMALL);
			if (step == 100)
				world_kill(w, 4);
			if (step == 150)
				world_start(w, 4);
			world_run(w, span_ms(50));
		}
		for (unsigned c = 0; c < C; c++)
			world_send(w, c, MAC_BROADCAST, 1000, SMALL);
		struct crowd q = {N, C, at};
		if (ms_until(w, span_s(20), tables_agree, &q) > 20000)
			fail_msg("seed %u: tables do not agree", (unsigned)seed);
		world_free(w);
	}
}

static uint64_t digest_of(uint64_t seed)
{
	const struct segment_conf radio = {
		.loss_percent = 20, .delay = {1000}, .jitter = {3000}, .wifi = true};
	struct world *w = street(6, &radio, seed);
	unsigned a = world_client(w, 0), b = world_client(w, 5);

	for (uint32_t i = 1; i <= 100; i++) {
		world_send(w, a, i % 10 ? world_client_mac(w, b) : MAC_BROADCAST, i, SMALL);
		world_send(w, b, MAC_BROADCAST, i, SMALL);
		world_run(w, span_ms(200));
	}
	uint64_t digest = world_digest(w);
	world_free(w);
	return digest;
}

/* One seed gives one history. */
static void one_seed_one_history(void **state)
{
	(void)state;
	assert_true(digest_of(7) == digest_of(7));
	assert_true(digest_of(7) != digest_of(8));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(line_converges),
		cmocka_unit_test(new_client_spreads),
		cmocka_unit_test(active_roam),
		cmocka_unit_test(silent_roam),
		cmocka_unit_test(first_contact),
		cmocka_unit_test(next_hop_dies),
		cmocka_unit_test(dense_segment_is_quiet),
		cmocka_unit_test(broadcast_once),
		cmocka_unit_test(rest_is_rest),
		cmocka_unit_test(churn_converges),
		cmocka_unit_test(one_seed_one_history),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
