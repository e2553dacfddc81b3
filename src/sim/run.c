/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sim/run.h"
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include "conf/conf.h"
#include "sim/check.h"
#include "sim/town_build.h"
#include "sim/trace.h"
#include "sim/world_internal.h"

enum {
	BYTES_WINDOW_S = 40, /* before the end, in which bytes are counted */
	DELAY_US = 500,
	RADIO_DELAY_US = 1000,
	RATE_MBIT = 54,
	RETRIES = 4,
	MTU_LEAST_BYTES = 1280, /* of IPv6 */
	MTU_MOST_BYTES = 9000,
	PAIR_TRIES = 1000,
	HONEST_AFTER_S = 100, /* the longest hysteresis of an uplink, and its way to all */
};

void run_violated(struct run *r, const struct check *check, const char *format, ...)
{
	va_list args;

	if (r->violations < RUN_VIOLATIONS) {
		struct violation *v = &r->violation[r->violations];

		v->check = check;
		v->at = world_now(r->world);
		va_start(args, format);
		vsnprintf(v->what, sizeof(v->what), format, args);
		va_end(args);
	}
	r->violations++;
}

/* ---- making ---- */

static bool conf_check_sizes(const struct run_conf *c, char fault[LAYOUT_FAULT_ROOM])
{
	const char *what = NULL;

	if (c->shape != LAYOUT_FILE && (c->nodes < 1 || c->nodes > LAYOUT_NODES_MAX))
		what = "there can be 1 to 30000 nodes";
	else if (c->clouds < 1 || c->clouds > LAYOUT_CLOUDS_MAX)
		what = "there can be 1 to 200 clouds";
	else if (c->clients >= WORLD_NOWHERE)
		what = "there can be at most 65534 clients";
	else if (c->shape != LAYOUT_FILE && c->uplinks > c->nodes)
		what = "there cannot be more uplinks than nodes";
	else if (c->loss_percent > 90)
		what = "links can lose at most 90 percent";
	else if (c->time.us < span_s(RUN_TIME_MIN_S).us)
		what = "a run takes at least 2m: one to start, one of calm";
	else if (c->faults != fault_set_at(0) && c->time.us <= span_s(RUN_TIME_MIN_S).us)
		what = "with faults a run takes more than 2m: they come between a minute to start "
		       "and one of calm";
	else if (c->mtu_bytes > 0 &&
		 (c->mtu_bytes < MTU_LEAST_BYTES || c->mtu_bytes > MTU_MOST_BYTES))
		what = "links carry 1280 to 9000 bytes";
	if (what)
		snprintf(fault, LAYOUT_FAULT_ROOM, "%s", what);
	return !what;
}

static void times_set(struct run *r)
{
	span calm = span_us(r->conf.time.us / 3);

	if (span_less(calm, span_s(RUN_CALM_MIN_S)))
		calm = span_s(RUN_CALM_MIN_S);
	if (span_less(span_s(RUN_CALM_MAX_S), calm))
		calm = span_s(RUN_CALM_MAX_S);
	r->faults_from = instant_add(world_now(r->world), span_s(RUN_START_S));
	r->end = instant_add(world_now(r->world), r->conf.time);
	r->calm_from = instant_add(r->end, span_us(-calm.us));
}

static void clouds_index(struct run *r)
{
	const struct layout *l = &r->layout;
	uint32_t *at = world_alloc((l->clouds + 1) * sizeof(*at));

	r->cloud_first = world_alloc((l->clouds + 1) * sizeof(*r->cloud_first));
	r->cloud_node = world_alloc(l->nodes * sizeof(*r->cloud_node));
	for (unsigned i = 0; i < l->nodes; i++)
		r->cloud_first[l->node[i].cloud + 1]++;
	for (unsigned i = 0; i < l->clouds; i++)
		r->cloud_first[i + 1] += r->cloud_first[i];
	memcpy(at, r->cloud_first, (l->clouds + 1) * sizeof(*at));
	for (unsigned i = 0; i < l->nodes; i++)
		r->cloud_node[at[l->node[i].cloud]++] = i;
	free(at);
}

static void pairs_choose(struct run *r)
{
	const unsigned n = r->layout.nodes;
	const uint64_t all = (uint64_t)n * (n - 1);

	for (unsigned i = 0; r->pairs < RUN_PAIRS && r->pairs < all && i < PAIR_TRIES; i++) {
		unsigned a = prng_below(&r->prng, n), b = prng_below(&r->prng, n);

		if (a != b)
			r->pair[r->pairs++] = (struct run_pair){.a = (uint16_t)a, .b = (uint16_t)b};
	}
}

static void uplink_give(struct run *r, unsigned node, uint64_t bandwidth_bps)
{
	r->uplink[node] = (struct world_uplink_conf){WORLD_UPLINK_WORKS, bandwidth_bps};
	world_uplink(r->world, node, &r->uplink[node]);
}

/* What people have; so some are worth the same. */
enum { CONTRACTS = 4 };
static const uint64_t contracts_mbit[CONTRACTS] = {5, 16, 50, 100};

/* Where the file says, or spread over all nodes. */
static void uplinks_set(struct run *r)
{
	const struct town *t = r->conf.town;
	const unsigned n = r->layout.nodes;

	r->uplink = world_alloc(n * sizeof(*r->uplink));
	for (unsigned i = 0; t && i < n; i++)
		if (t->nodes[i].uplink)
			uplink_give(r, i, t->nodes[i].uplink_bps);
	for (unsigned i = 0; !t && i < r->conf.uplinks && i < n; i++) {
		unsigned node = (unsigned)((uint64_t)i * n / r->conf.uplinks) +
				prng_below(&r->prng, n / r->conf.uplinks);

		uplink_give(r, node, contracts_mbit[prng_below(&r->prng, CONTRACTS)] * 1000000);
	}
	for (unsigned i = 0; r->conf.uplinks > 0 && i < RUN_EXITS && i < n; i++) {
		unsigned node = n <= RUN_EXITS ? i : (unsigned)((uint64_t)i * n / RUN_EXITS);

		r->exit[r->exits++] = (struct run_exit){.node = (uint16_t)node, .at = -1};
	}
}

bool run_is_honest(const struct run *r, unsigned node)
{
	instant since;

	if (!world_alive(r->world, node) || r->world->place[node]->hangs ||
	    world_uplink_of(r->world, node, &since) != WORLD_UPLINK_WORKS)
		return false;
	if (instant_before(since, world_born(r->world, node)))
		since = world_born(r->world, node);
	return span_less(span_s(HONEST_AFTER_S), instant_since(world_now(r->world), since));
}

static void layout_media_build(struct run *r)
{
	static struct conf conf; /* too big for a stack */
	struct layout_media media = {.radio = r->conf.radio};

	conf_init_defaults(&conf);
	conf.node.plan.network = true;
	conf.node.plan.anygw = true;
	conf.node.share.on = conf.node.tunnel.on = !r->conf.network_only;
	conf.node.l2.ports_max = PORT_MAX;
	if (conf.node.network.nodes_max < r->layout.nodes)
		conf.node.network.nodes_max = r->layout.nodes;
	world_resolver_add(&conf.node.uplink);
	media.conf.delay = span_us(r->conf.radio ? RADIO_DELAY_US : DELAY_US);
	media.conf.loss_percent = (uint8_t)r->conf.loss_percent;
	media.conf.mtu_bytes = (uint16_t)r->conf.mtu_bytes;
	media.conf.no_cloud = r->conf.network_only;
	if (r->conf.radio) {
		media.conf.rate_bps = RATE_MBIT * UINT64_C(1000000);
		media.conf.retries = RETRIES;
	}
	layout_build(&r->layout, r->world, &conf.node, &media);
}

static void world_build(struct run *r)
{
	if (!r->conf.network_only)
		world_serve(r->world, span_s(RUN_LEASE_S));
	if (r->conf.crypto)
		world_crypto(r->world, r->conf.crypto);
	if (r->conf.town)
		town_build(r->conf.town, r->world, r->world->crypto.table);
	else
		layout_media_build(r);
	uplinks_set(r);
}

static bool ports_suffice(const struct layout *l, char fault[LAYOUT_FAULT_ROOM])
{
	for (unsigned i = 0; i < l->nodes; i++) {
		unsigned links = l->near_first[i + 1] - l->near_first[i];

		if (links <= PORT_MAX)
			continue;
		snprintf(fault, LAYOUT_FAULT_ROOM,
			 "node %s has %u wires, and a node has at most %d ports; take --media "
			 "radio",
			 l->node[i].name, links, PORT_MAX);
		return false;
	}
	return true;
}

static bool pcap_begin(struct run *r, char fault[LAYOUT_FAULT_ROOM])
{
	char path[4096];

	for (unsigned i = 0; i < r->world->segments; i++) {
		snprintf(path, sizeof(path), "%s/segment-%u.pcap", r->conf.pcap, i);
		if (world_pcap(r->world, i, path))
			continue;
		snprintf(fault, LAYOUT_FAULT_ROOM, "cannot write to %.200s", path);
		return false;
	}
	return true;
}

static void node_trace(void *run, unsigned node, const struct effect *e)
{
	const struct run *r = run;
	const struct trace_line line = {r->conf.trace, world_now(r->world),
					r->layout.node[node].name};

	/* A town's HELLOs would hide all else. */
	if (e->kind != FX_NETWORK || e->network.kind != NETWORK_SEND)
		trace_effect(&line, e);
}

static bool layout_get(struct run *r, char fault[LAYOUT_FAULT_ROOM])
{
	const struct run_conf *c = &r->conf;

	if (c->town)
		return town_layout(&r->layout, c->town, c->file, fault);
	if (c->shape != LAYOUT_FILE)
		layout_make(&r->layout, c->shape, c->nodes, c->wide, &r->prng);
	else if (!layout_read(&r->layout, c->file, fault))
		return false;
	if (!c->radio && !ports_suffice(&r->layout, fault))
		return false;
	layout_divide(&r->layout, c->clouds);
	return true;
}

struct run *run_new(const struct run_conf *conf, char fault[LAYOUT_FAULT_ROOM])
{
	struct run *r;

	if (!conf_check_sizes(conf, fault))
		return NULL;
	r = world_alloc(sizeof(*r));
	r->conf = *conf;
	prng_seed(&r->prng, prng_mix(conf->seed));
	if (!layout_get(r, fault))
		goto bad;
	if (conf->network_only)
		r->conf.clients = r->conf.uplinks = 0;
	r->world = world_new(conf->seed);
	if (conf->trace)
		world_watch(r->world, node_trace, r);
	world_build(r);
	if (conf->pcap && !pcap_begin(r, fault))
		goto bad;
	times_set(r);
	clouds_index(r);
	pairs_choose(r);
	r->two_rights = world_alloc(r->layout.nodes * sizeof(*r->two_rights));
	r->unrouted = world_alloc(r->layout.nodes * sizeof(*r->unrouted));
	r->part = world_alloc(r->layout.nodes * sizeof(*r->part));
	r->cloud_part = world_alloc(r->layout.nodes * sizeof(*r->cloud_part));
	r->bytes_before = world_alloc(r->layout.nodes * sizeof(*r->bytes_before));
	r->client = world_alloc((r->conf.clients + 1) * sizeof(*r->client));
	r->streaming = world_alloc((r->conf.clients + 1) * sizeof(*r->streaming));
	r->faults = faults_new(r);
	r->figures.converged = r->figures.addressed = span_us(-1);
	r->split.client = WORLD_NOWHERE;
	life_init(r);
	return r;
bad:
	run_free(r);
	return NULL;
}

void run_free(struct run *r)
{
	if (r->faults)
		faults_free(r->faults);
	if (r->world)
		world_free(r->world);
	layout_fini(&r->layout);
	free(r->part);
	free(r->cloud_part);
	free(r->unrouted);
	free(r->two_rights);
	free(r->client);
	free(r->streaming);
	free(r->gap_ms);
	free(r->uplink);
	free(r->cloud_first);
	free(r->cloud_node);
	free(r->bytes_before);
	free(r);
}

/* ---- running ---- */

/* Who can reach whom, both ways; by nodes of their own cloud only. */
static void parts_find(const struct run *r, uint32_t *part, bool within)
{
	const struct layout *l = &r->layout;
	uint16_t *todo = world_alloc(l->nodes * sizeof(*todo));

	memset(part, 0xff, l->nodes * sizeof(*part));
	for (unsigned i = 0; i < l->nodes; i++) {
		unsigned count = 0;

		if (part[i] != UINT32_MAX || !world_alive(r->world, i))
			continue;
		part[i] = i;
		todo[count++] = (uint16_t)i;
		while (count > 0) {
			unsigned at = todo[--count];

			for (uint32_t k = l->near_first[at]; k < l->near_first[at + 1]; k++) {
				unsigned to = l->near[k];

				if (part[to] != UINT32_MAX ||
				    (within && l->node[to].cloud != l->node[at].cloud) ||
				    !world_linked(r->world, at, to) ||
				    !world_linked(r->world, to, at))
					continue;
				part[to] = i;
				todo[count++] = (uint16_t)to;
			}
		}
	}
	free(todo);
}

bool run_joined(const struct run *r, unsigned a, unsigned b)
{
	return r->part[a] != UINT32_MAX && r->part[a] == r->part[b];
}

static bool is_judged(const struct run *r, const struct check *c)
{
	return c->of_network || !r->conf.network_only;
}

/* In the last seconds each must hold once. */
static void calm_judge(struct run *r)
{
	static const char unseen[] = "was never looked at";
	const instant now = world_now(r->world);
	bool last = !instant_before(now, r->end);

	for (unsigned i = 0; check_at(i); i++) {
		const struct check *c = check_at(i);
		char why[CHECK_TEXT];

		memcpy(why, unseen, sizeof(unseen));
		if (!c->holds || r->held[i] || !is_judged(r, c))
			continue;
		r->held[i] = c->holds(r, why);
		if (!r->held[i] && last)
			run_violated(r, c, "%s", why);
	}
}

static void bytes_note(struct run *r)
{
	r->bytes_since = world_now(r->world);
	for (unsigned i = 0; i < r->layout.nodes; i++) {
		const struct world_traffic t = world_traffic_of(r->world, i);

		r->bytes_before[i] = t.bytes + t.datagram_bytes;
		r->circled_before += t.circled;
	}
}

void run_stop(struct run *r)
{
	struct run_figures *f = &r->figures;
	char unread[CHECK_TEXT];

	(void)check_bytes(r, unread); /* its figures, though it may not be judged */
	for (unsigned i = 0; i < r->layout.nodes; i++) {
		const struct world_traffic t = world_traffic_of(r->world, i);
		size_t m = run_memory(r, i);

		f->frames += t.frames;
		f->ogm_frames += t.ogm_frames;
		f->ogm_bytes += t.ogm_bytes;
		f->bcast_frames += t.bcast_frames;
		f->datagrams += t.datagrams;
		f->datagram_bytes += t.datagram_bytes;
		f->bytes += t.bytes + t.datagram_bytes;
		f->circled += t.circled;
		f->memory += m / r->layout.nodes;
		f->memory_max = m > f->memory_max ? m : f->memory_max;
	}
	for (unsigned i = 0; i < r->conf.clients; i++)
		f->received += run_received(r, i);
	for (unsigned i = 0; i < r->world->segments; i++)
		f->overflows += world_overflows(r->world, i);
	run_pins_count(r);
	f->answered = world_internet(r->world).answered;
	f->events = world_events(r->world);
}

static void faults_or_calm(struct run *r, instant now)
{
	if (instant_before(now, r->faults_from))
		return;
	if (r->memory_before == 0)
		for (unsigned i = 0; i < r->layout.nodes; i++)
			r->memory_before += run_memory(r, i);
	if (instant_before(now, r->calm_from)) {
		faults_second(r->faults);
	} else if (!r->calm) {
		faults_end(r->faults);
		r->calm = true;
	}
}

static void unrouted_count(struct run *r)
{
	if (instant_before(world_now(r->world), r->faults_from))
		return;
	r->unrouted_looks++;
	for (unsigned i = 0; i < r->layout.nodes; i++)
		r->unrouted[i] += r->layout.nodes - 1 - world_routes(r->world, i);
}

bool run_second(struct run *r)
{
	instant now = world_now(r->world);

	faults_or_calm(r, now);
	if (faults_any(r->faults))
		r->quiet_from = now;
	life_second(r);
	now = world_now(r->world);
	parts_find(r, r->part, false);
	if (r->conf.uplinks > 0)
		parts_find(r, r->cloud_part, true);
	for (unsigned i = 0; check_at(i); i++)
		if (check_at(i)->look && is_judged(r, check_at(i)))
			check_at(i)->look(r, check_at(i));
	series_second(&r->series, r);
	unrouted_count(r);
	if (r->bytes_since.us == 0 &&
	    !instant_before(now, instant_add(r->end, span_s(-BYTES_WINDOW_S))))
		bytes_note(r);
	if (!instant_before(now, instant_add(r->end, span_s(-CHECK_TRY_S))))
		calm_judge(r);
	if (instant_before(now, r->end))
		return true;
	run_stop(r);
	r->ended = true;
	return false;
}

static int by_size(const void *a, const void *b)
{
	const uint32_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

struct run_gaps run_gaps(const struct run *r)
{
	uint32_t *sorted = world_alloc((r->gaps + 1) * sizeof(*sorted));
	struct run_gaps g = {.count = r->gaps};

	for (unsigned i = 0; i < r->gaps; i++)
		sorted[i] = r->gap_ms[i];
	qsort(sorted, r->gaps, sizeof(*sorted), by_size);
	if (r->gaps > 0) {
		g.median_ms = sorted[r->gaps / 2];
		g.p95_ms = sorted[r->gaps * 95 / 100];
		g.worst_ms = sorted[r->gaps - 1];
	}
	free(sorted);
	return g;
}

bool run_has_places(const struct run *r)
{
	return r->conf.shape == LAYOUT_GRID || r->conf.shape == LAYOUT_TOWN || r->layout.has_places;
}

unsigned run_progress(const struct run *r)
{
	span done =
		instant_since(world_now(r->world), instant_add(r->end, span_us(-r->conf.time.us)));

	return (unsigned)(done.us * 1000 / r->conf.time.us);
}
