/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * l3_figures SHAPE SEED [NAME=VALUE ...] - what the network's engine does in virtual time, as
 * one line of JSON. For tests/bench/bench_network.py.
 *
 * Source  issue "One network over all clouds": what it must show.
 * Shape   SHAPE: line:N, grid:N (N times N), random:N (geometric, mean degree 6), segment:N.
 *         Everything starts at once; REST_S of calm; then a link falls silent, one loses its
 *         carrier, a node dies silently, each with CALM_S of calm before. What breaks is drawn
 *         among what leaves the others joined, else among all.
 *         Times are of pairs that could reach each other: until the last moment at which the
 *         kernels' routes did not lead there, of those that were broken for a moment at least.
 *         Bytes are those of Ethernet frames, without a VLAN tag.
 * Units   ms, bytes a second of one node.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include "l3_town.h"
#include "wire/bmx7.h"

enum {
	LOOK_MS = 10,
	COLD_MS = 60000,
	WATCH_MS = 8000, /* of what happens after something broke */
	WARM_S = 240,
	REST_S = 300,
	CALM_S = 70,
	ETHERNET = 14,
	HEADERS = ETHERNET + 40 + 8,
	KINDS = 34,
	KIND_HEADERS = 32, /* beside the types of frames */
	KIND_MACS,
	/* Here, in one thread: l3_figures costs */
	DH_KEY_US = 1730,
	DH_SHARED_US = 1750,
	RSA_SIGN_US = 3770,
	RSA_VERIFY_US = 80,
};

static struct l3_town town;
static uint64_t sent[KINDS], packets;

static void sent_count(void *who, uint16_t node, const uint8_t *data, size_t len)
{
	struct bmx7_packet p;
	struct bmx7_tlv t;

	(void)who;
	(void)node;
	packets++;
	sent[KIND_HEADERS] += HEADERS + BMX7_HEADER;
	if (bmx7_packet_parse(data, len, &p) != OK)
		return;
	struct bmx7_walk walk = bmx7_frames_walk(&p);

	while (bmx7_next(&walk, &t)) {
		size_t whole = t.len + BMX7_TLV_HEADER;

		if (t.type == BMX7_SIGNATURE_ADV) {
			sent[KIND_MACS] += t.len - BMX7_SIGNATURE_HEADER;
			whole = BMX7_SIGNATURE_HEADER + BMX7_TLV_HEADER;
		}
		sent[t.type] += whole;
	}
}

/* ---- times of pairs ---- */

struct times {
	uint32_t pairs; /* that were broken */
	int64_t *ms;	/* of them, in order */
	int64_t all;	/* -1: not within what was watched */
};

static int32_t broken_ms[L3_TOWN_NODES][L3_TOWN_NODES]; /* when last seen; -1: never */

static int compare(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

/* Notes who cannot reach whom now; how many pairs. */
static unsigned look(int32_t ms)
{
	uint16_t part[L3_TOWN_NODES];
	bool from[L3_TOWN_NODES];
	unsigned broken = 0;

	l3_town_parts(&town, part);
	for (uint16_t b = 0; b < town.nodes; b++) {
		if (!town.place[b]->alive)
			continue;
		l3_town_reach(&town, b, from);
		for (uint16_t a = 0; a < town.nodes; a++) {
			if (from[a] || part[a] != part[b])
				continue;
			broken_ms[a][b] = ms;
			broken++;
		}
	}
	return broken;
}

/* Watches for most_ms; with `until_well` only until all have been well for WATCH_MS. */
static struct times watch(int32_t most_ms, bool until_well)
{
	struct times t = {0};
	int32_t ms = 0, last = 0;

	memset(broken_ms, -1, sizeof(broken_ms));
	if (look(0) > 0)
		last = 0;
	while (ms < most_ms && !(until_well && ms - last > WATCH_MS)) {
		l3_town_run(&town, span_ms(LOOK_MS));
		ms += LOOK_MS;
		if (look(ms) > 0)
			last = ms;
	}
	t.ms = calloc((size_t)town.nodes * town.nodes + 1, sizeof(*t.ms));
	for (uint16_t a = 0; a < town.nodes; a++) {
		for (uint16_t b = 0; b < town.nodes; b++) {
			if (broken_ms[a][b] >= 0)
				t.ms[t.pairs++] = broken_ms[a][b] + LOOK_MS;
		}
	}
	qsort(t.ms, t.pairs, sizeof(*t.ms), compare);
	t.all = t.pairs == 0 ? 0 : t.ms[t.pairs - 1];
	if (t.all > ms)
		t.all = -1;
	return t;
}

static void times_print(const char *name, struct times t)
{
	printf(", \"%s\": {\"pairs\": %u, \"all\": %ld", name, t.pairs, (long)t.all);
	if (t.pairs > 0)
		printf(", \"p50\": %ld, \"p90\": %ld, \"worst\": %ld", (long)t.ms[t.pairs / 2],
		       (long)t.ms[t.pairs * 9 / 10], (long)t.ms[t.pairs - 1]);
	printf("}");
	free(t.ms);
}

/* ---- what breaks ---- */

static unsigned parts_count(void)
{
	uint16_t part[L3_TOWN_NODES], most = 0;

	l3_town_parts(&town, part);
	for (uint16_t i = 0; i < town.nodes; i++)
		most = part[i] > most ? part[i] : most;
	return most;
}

/* One of `count` that leaves the rest joined when `down` takes it away, if there is any. */
static uint16_t pick(struct prng *r, uint16_t count, bool *(*state)(uint16_t))
{
	uint16_t first = (uint16_t)prng_below(r, count);

	for (uint16_t i = 0; i < count; i++) {
		uint16_t at = (uint16_t)((first + i) % count);

		*state(at) = false;
		unsigned parts = parts_count();

		*state(at) = true;
		if (parts == 1)
			return at;
	}
	return first;
}

static bool *segment_up(uint16_t i)
{
	return &town.segment[i].up;
}

static bool *node_alive(uint16_t i)
{
	return &town.place[i]->alive;
}

static struct times cut(struct prng *r, bool carrier)
{
	uint16_t g = pick(r, town.segments, segment_up);

	l3_town_cut(&town, g, carrier);
	struct times t = watch(WATCH_MS, false);

	l3_town_heal(&town, g);
	l3_town_run(&town, span_s(CALM_S));
	return t;
}

/* ---- the whole ---- */

static void rest_print(void)
{
	static const char *const names[KINDS] = {
		[BMX7_SIGNATURE_ADV] = "signature_head",
		[BMX7_OGM_AGGREG_SQN_ADV] = "window",
		[BMX7_HELLO_ADV] = "hello",
		[BMX7_HELLO_REPLY] = "reply",
		[BMX7_OGM_ADV] = "ogm",
		[KIND_HEADERS] = "headers",
		[KIND_MACS] = "macs",
	};
	struct rusage before, after;
	uint64_t sum = 0, other = 0;
	double each = (double)REST_S * town.nodes;

	l3_town_run(&town, span_s(WARM_S));
	memset(sent, 0, sizeof(sent));
	packets = 0;
	getrusage(RUSAGE_SELF, &before);
	l3_town_run(&town, span_s(REST_S));
	getrusage(RUSAGE_SELF, &after);
	printf(", \"rest\": {\"packets\": %.3f", (double)packets / each);
	for (int i = 0; i < KINDS; i++) {
		sum += sent[i];
		if (names[i])
			printf(", \"%s\": %.1f", names[i], (double)sent[i] / each);
		else
			other += sent[i];
	}
	printf(", \"other\": %.1f, \"bytes\": %.1f, \"missing\": %u}", (double)other / each,
	       (double)sum / each, l3_town_missing(&town));
}

static bool build(const char *shape)
{
	unsigned n = 0;

	if (sscanf(shape, "line:%u", &n) == 1) {
		l3_town_line(&town, (uint16_t)n);
	} else if (sscanf(shape, "grid:%u", &n) == 1) {
		l3_town_grid(&town, (uint16_t)n, (uint16_t)n);
	} else if (sscanf(shape, "random:%u", &n) == 1) {
		l3_town_geometric(&town, (uint16_t)n, 6);
	} else if (sscanf(shape, "segment:%u", &n) == 1) {
		uint16_t g = l3_town_segment(&town, 0);

		for (unsigned i = 0; i < n; i++)
			l3_town_join(&town, l3_town_node(&town), g);
	}
	return town.nodes > 0;
}

static bool set(const char *what)
{
	unsigned v;

	if (sscanf(what, "loss=%u", &v) == 1)
		for (int i = 0; i < L3_TOWN_SEGMENTS; i++)
			town.segment[i].loss_percent = (uint8_t)v;
	else if (sscanf(what, "hello_stable=%u", &v) == 1)
		town.conf.hello_stable = span_ms(v);
	else if (sscanf(what, "cores=%u", &v) == 1)
		town.cores = v;
	else if (sscanf(what, "slower=%u", &v) == 1)
		for (int i = 0; i <= JOB_RSA_VERIFY; i++)
			town.job_us[i] *= v;
	else
		return false;
	return true;
}

int main(int argc, char **argv)
{
	struct prng r;
	uint64_t seed = argc > 2 ? strtoull(argv[2], NULL, 0) : 0;
	size_t memory = 0;

	l3_town_init(&town, seed);
	prng_seed(&r, seed);
	town.job_us[JOB_DH_KEY] = DH_KEY_US;
	town.job_us[JOB_DH_SHARED] = DH_SHARED_US;
	town.job_us[JOB_RSA_SIGN] = RSA_SIGN_US;
	town.job_us[JOB_RSA_VERIFY] = RSA_VERIFY_US;
	town.sent = sent_count;
	if (argc < 3 || !build(argv[1])) {
		fprintf(stderr, "usage: l3_figures line:N|grid:N|random:N|segment:N SEED"
				" [loss=PERCENT] [hello_stable=MS] [cores=N] [slower=TIMES]\n");
		return 2;
	}
	for (int i = 3; i < argc; i++) {
		if (!set(argv[i])) {
			fprintf(stderr, "l3_figures: what is %s?\n", argv[i]);
			return 2;
		}
	}
	l3_town_start_all(&town);
	printf("{\"shape\": \"%s\", \"seed\": %lu, \"nodes\": %u, \"links\": %u", argv[1],
	       (unsigned long)seed, town.nodes, town.segments);
	times_print("cold", watch(COLD_MS, true));
	rest_print();
	times_print("cut", cut(&r, false));
	times_print("carrier", cut(&r, true));
	l3_town_kill(&town, pick(&r, town.nodes, node_alive));
	times_print("death", watch(WATCH_MS, false));
	for (uint16_t i = 0; i < town.nodes; i++) {
		if (town.place[i]->alive && l3_memory(town.place[i]->l3) > memory)
			memory = l3_memory(town.place[i]->l3);
	}
	printf(", \"memory\": %zu, \"circles\": %lu}\n", memory, (unsigned long)town.circles);
	l3_town_fini(&town);
	return 0;
}
