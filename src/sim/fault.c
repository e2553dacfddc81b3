/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sim/fault.h"
#include <stdlib.h>
#include <string.h>
#include "sim/run.h"
#include "sim/world_internal.h"
#include "wire/batadv.h"

enum {
	ACTIVE_MORE = 256, /* besides one for each node */
	CLOCK_JUMP_MAX_S = 86400 * 365,
	REBOOT_SPREAD_S = 5,
	SIDE_OF_REGION = 1,
	DRIFT_MAX_PPM = 20000,
	LIE_MBIT = 10000,
	FORGED_AHEAD = 2000, /* numbers of OGMs: a restart is believed beyond 65535 */
	FORGED_TTL = 50,
	FORGED_S = 40,
};

/* One that is under way. */
struct active {
	enum fault_kind kind;
	instant until;
	unsigned node, segment;
};

struct faults {
	struct run *run;
	struct active *at;
	unsigned count, room;
	uint8_t *side; /* of each node */
	bool begun[FAULT_KINDS];
	bool half; /* of the storm is over */
};

/* What a row does; begin may refuse (false): there is nothing to do it to. */
struct fault_row {
	uint8_t least_s, most_s;
	bool single; /* one at a time */
	bool (*begin)(struct faults *f, struct active *a);
	void (*end)(struct faults *f, const struct active *a);
};

static struct world *world(const struct faults *f)
{
	return f->run->world;
}

static uint32_t below(struct faults *f, uint32_t n)
{
	return prng_below(&f->run->prng, n);
}

/* ---- nodes ---- */

static bool any_alive(struct faults *f, struct active *a)
{
	for (unsigned tries = 0; tries < 20; tries++) {
		a->node = below(f, f->run->layout.nodes);
		if (world_alive(world(f), a->node) && !world(f)->place[a->node]->hangs)
			return true;
	}
	return false;
}

static bool kill_begin(struct faults *f, struct active *a)
{
	if (!any_alive(f, a))
		return false;
	world_kill(world(f), a->node);
	return true;
}

static void start_end(struct faults *f, const struct active *a)
{
	world_start(world(f), a->node);
}

static void replace_end(struct faults *f, const struct active *a)
{
	world_forget(world(f), a->node);
	world_start(world(f), a->node);
}

static void restart_end(struct faults *f, const struct active *a)
{
	world_restart(world(f), a->node);
}

/* One that hangs would miss that its crowd goes, which a kernel would keep for it. */
static bool is_crowded(const struct faults *f, unsigned node)
{
	for (unsigned i = 0; i < f->count; i++)
		if (f->at[i].kind == FAULT_CROWD && f->at[i].node == node)
			return true;
	return false;
}

static bool hang_begin(struct faults *f, struct active *a)
{
	if (!any_alive(f, a) || is_crowded(f, a->node))
		return false;
	world_hang(world(f), a->node, true);
	return true;
}

static void hang_end(struct faults *f, const struct active *a)
{
	if (world_alive(world(f), a->node))
		world_hang(world(f), a->node, false);
}

/* The others follow as restarts of their own. */
static bool reboots_begin(struct faults *f, struct active *a)
{
	bool any = false;

	for (unsigned i = 0; i < f->run->layout.nodes && f->count + 1 < f->room; i++) {
		struct active *b = &f->at[f->count + 1];

		if (below(f, 3) > 0 || !world_alive(world(f), i) || world(f)->place[i]->hangs)
			continue;
		world_kill(world(f), i);
		*b = (struct active){.kind = FAULT_RESTART, .node = i};
		b->until = instant_add(world_now(world(f)), span_s(1 + below(f, REBOOT_SPREAD_S)));
		f->count++;
		any = true;
	}
	(void)a;
	return any;
}

static void nothing_end(struct faults *f, const struct active *a)
{
	(void)f;
	(void)a;
}

static bool clock_begin(struct faults *f, struct active *a)
{
	if (!any_alive(f, a))
		return false;
	world_clock(world(f), a->node, (int32_t)below(f, 2 * CLOCK_JUMP_MAX_S) - CLOCK_JUMP_MAX_S);
	return true;
}

/* Clocks go right again when it ends. */
static bool drift_begin(struct faults *f, struct active *a)
{
	if (!any_alive(f, a))
		return false;
	world_drift(world(f), a->node, (int32_t)below(f, 2 * DRIFT_MAX_PPM + 1) - DRIFT_MAX_PPM);
	return true;
}

static void drift_end(struct faults *f, const struct active *a)
{
	world_drift(world(f), a->node, 0);
}

/* ---- uplinks ---- */

/* A node whose uplink is as it should be, and (with) there is one at all. */
static bool any_uplink(struct faults *f, struct active *a, bool with)
{
	instant since;

	for (unsigned tries = 0; f->run->conf.uplinks > 0 && tries < 200; tries++) {
		a->node = below(f, f->run->layout.nodes);
		if (world_alive(world(f), a->node) && !world(f)->place[a->node]->hangs &&
		    world_uplink_of(world(f), a->node, &since) ==
			    (with ? WORLD_UPLINK_WORKS : WORLD_UPLINK_NONE))
			return true;
	}
	return false;
}

static bool uplink_begin(struct faults *f, struct active *a)
{
	static const enum world_uplink kinds[] = {WORLD_UPLINK_NONE, WORLD_UPLINK_SILENT,
						  WORLD_UPLINK_NO_DNS, WORLD_UPLINK_PORTAL};
	struct world_uplink_conf conf;

	if (!any_uplink(f, a, true))
		return false;
	conf = f->run->uplink[a->node];
	conf.kind = kinds[below(f, sizeof(kinds) / sizeof(kinds[0]))];
	world_uplink(world(f), a->node, &conf);
	return true;
}

static bool gateway_begin(struct faults *f, struct active *a)
{
	if (!any_uplink(f, a, true))
		return false;
	world_kill(world(f), a->node);
	return true;
}

static bool liar_begin(struct faults *f, struct active *a)
{
	static const struct world_uplink_conf lie = {WORLD_UPLINK_LIES,
						     LIE_MBIT * UINT64_C(1000000)};

	if (!any_uplink(f, a, below(f, 2) == 0))
		return false;
	world_uplink(world(f), a->node, &lie);
	return true;
}

static void uplink_end(struct faults *f, const struct active *a)
{
	world_uplink(world(f), a->node, &f->run->uplink[a->node]);
}

/* ---- lies ---- */

/* As the kernel of another node would send it, with numbers that are not that one's yet. */
static bool originator_begin(struct faults *f, struct active *a)
{
	struct batadv_ogm ogm = {.ttl = FORGED_TTL, .tq = UINT8_MAX};
	const struct originator *o;
	unsigned victim;

	if (!any_alive(f, a))
		return false;
	victim = run_node_of_cloud(f->run, f->run->layout.node[a->node].cloud);
	ogm.orig = world_node_mac(world(f), victim);
	o = originator_find(&world_node_at(world(f), a->node)->l2, ogm.orig);
	if (victim == a->node || !o)
		return false;
	ogm.seqno = o->route[0].last_seqno + 1 + below(f, FORGED_AHEAD);
	for (uint8_t port = 0; port < world(f)->place[a->node]->ports; port++) {
		uint8_t frame[ETHERNET_HEADER + BATADV_OGM_LEN];
		struct wr w = wr_over(frame, sizeof(frame));

		ogm.prev_sender = host_port_mac(a->node, port);
		ethernet_write(&w, MAC_BROADCAST, ogm.prev_sender, ETHERTYPE_BATADV);
		batadv_ogm_write(&w, &ogm);
		medium_frame(world(f)->place[a->node], port, frame, wr_len(&w));
	}
	return true;
}

static void crowd_tell(struct faults *f, unsigned node, enum client_change change)
{
	const unsigned most = world_node_at(world(f), node)->conf.l2.clients_here_max;
	struct ev ev = {.kind = EV_CLIENT, .client = {.change = change}};

	for (unsigned i = 0; i < most + most / 8; i++) {
		const uint64_t r = prng_mix((uint64_t)node << 32 | i);

		ev.client.mac = (struct mac){
			{0x06, 0xc0, (uint8_t)r, (uint8_t)(r >> 8), (uint8_t)(i >> 8), (uint8_t)i}};
		world_tell(world(f), node, &ev);
	}
}

static bool crowd_begin(struct faults *f, struct active *a)
{
	if (!any_alive(f, a))
		return false;
	crowd_tell(f, a->node, CLIENT_SEEN);
	return true;
}

static void crowd_end(struct faults *f, const struct active *a)
{
	if (world_alive(world(f), a->node))
		crowd_tell(f, a->node, CLIENT_GONE);
}

static bool walk_begin(struct faults *f, struct active *a)
{
	(void)a;
	for (unsigned i = 0; i < f->run->conf.clients; i++)
		if (below(f, 2) == 0 && run_client_served(f->run, i))
			run_walk(f->run, i);
	return f->run->conf.clients > 0;
}

static bool any_client(struct faults *f, unsigned *client)
{
	if (f->run->conf.clients == 0)
		return false;
	*client = below(f, f->run->conf.clients);
	return run_client_served(f->run, *client);
}

static bool claim_begin(struct faults *f, struct active *a)
{
	struct ev ev = {.kind = EV_CLIENT, .client = {.change = CLIENT_SEEN}};
	unsigned client;

	if (!any_client(f, &client))
		return false;
	a->node = run_node_of_cloud(f->run, f->run->client[client].cloud);
	ev.client.mac = world_client_mac(world(f), client);
	world_tell(world(f), a->node, &ev);
	return true;
}

static bool lease_begin(struct faults *f, struct active *a)
{
	struct ev ev = {.kind = EV_LEASE, .lease = {.change = LEASE_GRANTED}};
	struct world_address has;
	unsigned client;

	if (!any_client(f, &client))
		return false;
	has = world_address(world(f), client);
	a->node = run_node_of_cloud(f->run, f->run->client[client].cloud);
	if (ipv4_to_u32(has.ip) == 0 || !world_alive(world(f), a->node) ||
	    !world_node_at(world(f), a->node)->leases)
		return false;
	ev.lease.lease = (struct lease){
		.mac = {{0x06, 0xfa, 0x15, 0xe0, (uint8_t)(client >> 8), (uint8_t)client}},
		.ip = has.ip,
		.since_unix_s = 1, /* an old one, so that it wins */
		.left_s = 60};
	world_tell(world(f), a->node, &ev);
	return true;
}

/* ---- ports ---- */

static bool any_port(struct faults *f, struct active *a)
{
	uint16_t segment[PORT_MAX];
	unsigned count;

	if (!any_alive(f, a))
		return false;
	count = world_segments_of(world(f), a->node, segment);
	if (count == 0)
		return false;
	a->segment = segment[below(f, count)];
	return true;
}

static bool cut_begin(struct faults *f, struct active *a)
{
	if (!any_port(f, a))
		return false;
	world_cut(world(f), a->node, a->segment, below(f, 2) == 0);
	return true;
}

static void cut_end(struct faults *f, const struct active *a)
{
	world_heal(world(f), a->node, a->segment);
}

static bool mute_begin(struct faults *f, struct active *a)
{
	if (!any_port(f, a))
		return false;
	world_mute(world(f), a->node, a->segment, true);
	return true;
}

static void mute_end(struct faults *f, const struct active *a)
{
	world_mute(world(f), a->node, a->segment, false);
}

static void sides_set(struct faults *f)
{
	uint16_t segment[PORT_MAX];

	for (unsigned i = 0; i < f->run->layout.nodes; i++) {
		unsigned count = world_segments_of(world(f), i, segment);

		for (unsigned k = 0; k < count; k++)
			world_side(world(f), i, segment[k], f->side[i]);
	}
}

/* Who is near a node, a tenth to a half of all. */
static bool partition_begin(struct faults *f, struct active *a)
{
	const uint8_t side = a->kind == FAULT_ONE_WAY ? WORLD_SIDE_HEARS : SIDE_OF_REGION;
	const struct layout *l = &f->run->layout;
	unsigned most = l->nodes / 10 + below(f, l->nodes * 4 / 10 + 1) + 1, count = 0, done = 0;
	uint16_t *todo = world_alloc((l->nodes + 1) * sizeof(*todo));

	if (faults_active(f, FAULT_ONE_WAY) + faults_active(f, FAULT_PARTITION) > 0) {
		free(todo);
		return false;
	}
	a->node = below(f, l->nodes);
	f->side[a->node] = side;
	todo[count++] = (uint16_t)a->node;
	while (done < count) {
		unsigned at = todo[done++];

		for (uint32_t k = l->near_first[at]; k < l->near_first[at + 1]; k++) {
			if (f->side[l->near[k]] || count >= most)
				continue;
			f->side[l->near[k]] = side;
			todo[count++] = l->near[k];
		}
	}
	free(todo);
	sides_set(f);
	return true;
}

static void partition_end(struct faults *f, const struct active *a)
{
	(void)a;
	memset(f->side, 0, f->run->layout.nodes);
	sides_set(f);
}

/* ---- weather: all segments ---- */

static void weather_set(struct faults *f, enum fault_kind kind, bool on)
{
	struct world *w = world(f);

	for (unsigned i = 0; i < w->segments; i++) {
		struct segment_conf c = *world_segment_conf(w, i);

		if (kind == FAULT_LOSS) {
			c.loss_percent =
				(uint8_t)(on ? 15 + below(f, 25) : f->run->conf.loss_percent);
			c.burst_frames = on ? (uint16_t)(1 + below(f, 8)) : 0;
		} else if (kind == FAULT_REORDER) {
			c.jitter = on ? span_ms(5 + below(f, 60)) : span_us(0);
		} else if (kind == FAULT_TWICE) {
			c.twice = on ? 500 : 0;
		} else if (kind == FAULT_REPLAY) {
			c.replay = on ? 100 : 0;
		} else {
			c.corrupt = on ? 100 : 0;
		}
		world_change(w, i, &c);
	}
}

static bool weather_begin(struct faults *f, struct active *a)
{
	weather_set(f, a->kind, true);
	return true;
}

static void weather_end(struct faults *f, const struct active *a)
{
	weather_set(f, a->kind, false);
}

/* ---- the table ---- */

static const struct fault_row rows[FAULT_KINDS] = {
	[FAULT_RESTART] = {1, 40, false, kill_begin, start_end},
	[FAULT_REPLACE] = {5, 40, false, kill_begin, replace_end},
	[FAULT_DAEMON] = {1, 3, false, kill_begin, restart_end},
	[FAULT_REBOOTS] = {30, 40, true, reboots_begin, nothing_end},
	[FAULT_HANG] = {1, 30, false, hang_begin, hang_end},
	[FAULT_CUT] = {2, 60, false, cut_begin, cut_end},
	[FAULT_MUTE] = {5, 60, false, mute_begin, mute_end},
	[FAULT_PARTITION] = {10, 60, true, partition_begin, partition_end},
	[FAULT_ONE_WAY] = {10, 40, true, partition_begin, partition_end},
	[FAULT_LOSS] = {10, 40, true, weather_begin, weather_end},
	[FAULT_REORDER] = {10, 40, true, weather_begin, weather_end},
	[FAULT_TWICE] = {10, 40, true, weather_begin, weather_end},
	[FAULT_REPLAY] = {10, 40, true, weather_begin, weather_end},
	[FAULT_CORRUPT] = {10, 40, true, weather_begin, weather_end},
	[FAULT_CLOCK] = {1, 1, false, clock_begin, nothing_end},
	[FAULT_DRIFT] = {20, 60, false, drift_begin, drift_end},
	[FAULT_UPLINK] = {3, 40, false, uplink_begin, uplink_end},
	[FAULT_GATEWAY] = {1, 40, false, gateway_begin, start_end},
	[FAULT_LIAR] = {20, 60, false, liar_begin, uplink_end},
	/* Who is forged twice is not believed for 30 s, as batman-adv has it. */
	[FAULT_ORIGINATOR] = {FORGED_S, FORGED_S, false, originator_begin, nothing_end},
	[FAULT_CROWD] = {5, 20, true, crowd_begin, crowd_end},
	[FAULT_WALK] = {5, 5, true, walk_begin, nothing_end},
	[FAULT_CLAIM] = {1, 1, false, claim_begin, nothing_end},
	[FAULT_LEASE] = {60, 60, false, lease_begin, nothing_end},
};

const char *fault_kind_name(enum fault_kind k)
{
	static const char *const names[FAULT_KINDS] = {
		[FAULT_RESTART] = "node restarts",    [FAULT_REPLACE] = "... without disk",
		[FAULT_DAEMON] = "program restarts",  [FAULT_REBOOTS] = "a third reboots",
		[FAULT_HANG] = "program hangs",	      [FAULT_CUT] = "port cut",
		[FAULT_MUTE] = "port not heard",      [FAULT_PARTITION] = "region cut off",
		[FAULT_ONE_WAY] = "region not heard", [FAULT_LOSS] = "loss in bursts",
		[FAULT_REORDER] = "reordering",	      [FAULT_TWICE] = "frames twice",
		[FAULT_REPLAY] = "frames again",      [FAULT_CORRUPT] = "wrong bits",
		[FAULT_CLOCK] = "clock jumps",	      [FAULT_DRIFT] = "clocks drift",
		[FAULT_UPLINK] = "uplink dies",	      [FAULT_GATEWAY] = "gateway restarts",
		[FAULT_LIAR] = "gateway lies",	      [FAULT_ORIGINATOR] = "forged originator",
		[FAULT_CROWD] = "too many clients",   [FAULT_WALK] = "half walk at once",
		[FAULT_CLAIM] = "false claims",	      [FAULT_LEASE] = "false leases",
	};

	return names[k];
}

static const struct fault_set sets[] = {
	{"none", "nothing goes wrong", {0}},
	{"restarts",
	 "nodes die, come back with and without their disk, programs die and hang",
	 {[FAULT_RESTART] = 4, [FAULT_REPLACE] = 1, [FAULT_DAEMON] = 2, [FAULT_HANG] = 2}},
	{"reboots", "a third of all nodes at once", {[FAULT_REBOOTS] = 1}},
	{"links",
	 "ports lose their carrier, fall silent, are heard no more",
	 {[FAULT_CUT] = 6, [FAULT_MUTE] = 3}},
	{"replaced", "nodes come back without their disk, as others", {[FAULT_REPLACE] = 4}},
	{"hangs", "programs stand still", {[FAULT_HANG] = 6}},
	{"partitions", "regions are cut off and come back", {[FAULT_PARTITION] = 1}},
	{"one-way",
	 "regions, and single ports, hear the others and are not heard",
	 {[FAULT_ONE_WAY] = 2, [FAULT_MUTE] = 2}},
	{"weather",
	 "frames are lost in bursts, overtake each other, come twice",
	 {[FAULT_LOSS] = 1, [FAULT_REORDER] = 1, [FAULT_TWICE] = 1}},
	{"bursts", "frames are lost in bursts, up to 40 percent of them", {[FAULT_LOSS] = 2}},
	{"overtaking", "frames overtake each other", {[FAULT_REORDER] = 2}},
	{"echoes",
	 "frames come twice, at once or seconds later",
	 {[FAULT_TWICE] = 2, [FAULT_REPLAY] = 2}},
	{"bits", "frames with a wrong bit get through", {[FAULT_CORRUPT] = 2}},
	{"claims",
	 "nodes claim clients and addresses that are others'",
	 {[FAULT_CLAIM] = 6, [FAULT_LEASE] = 4}},
	{"originators", "nodes send OGMs in the name of others", {[FAULT_ORIGINATOR] = 10}},
	{"crowds",
	 "a node has more clients than there is room for; half of all clients walk at once",
	 {[FAULT_CROWD] = 1, [FAULT_WALK] = 2}},
	{"drift", "clocks run up to 2 percent too fast or too slow", {[FAULT_DRIFT] = 20}},
	{"uplinks",
	 "uplinks go, die behind their link, show a portal; gateways die",
	 {[FAULT_UPLINK] = 8, [FAULT_GATEWAY] = 3}},
	{"liars",
	 "nodes offer 10 Gbit/s and carry nothing, while uplinks come and go",
	 {[FAULT_LIAR] = 4, [FAULT_UPLINK] = 4}},
	{"forgery",
	 "frames come again later or with wrong bits; nodes claim what is not theirs",
	 {[FAULT_REPLAY] = 1,
	  [FAULT_CORRUPT] = 1,
	  [FAULT_CLAIM] = 4,
	  [FAULT_LEASE] = 2,
	  [FAULT_ORIGINATOR] = 4}},
	{"clocks", "wall clocks jump by up to a year", {[FAULT_CLOCK] = 6, [FAULT_RESTART] = 2}},
	{"storm",
	 "all of these",
	 {[FAULT_RESTART] = 3,	  [FAULT_REPLACE] = 1, [FAULT_DAEMON] = 1,    [FAULT_HANG] = 1,
	  [FAULT_CUT] = 3,	  [FAULT_MUTE] = 1,    [FAULT_PARTITION] = 1, [FAULT_LOSS] = 1,
	  [FAULT_REORDER] = 1,	  [FAULT_TWICE] = 1,   [FAULT_REPLAY] = 1,    [FAULT_CORRUPT] = 1,
	  [FAULT_CLOCK] = 1,	  [FAULT_CLAIM] = 1,   [FAULT_LEASE] = 1,     [FAULT_ONE_WAY] = 1,
	  [FAULT_DRIFT] = 2,	  [FAULT_UPLINK] = 2,  [FAULT_GATEWAY] = 1,   [FAULT_LIAR] = 1,
	  [FAULT_ORIGINATOR] = 1, [FAULT_CROWD] = 1,   [FAULT_WALK] = 1,      [FAULT_REBOOTS] = 1}},
};

const struct fault_set *fault_set_at(unsigned i)
{
	return i < sizeof(sets) / sizeof(sets[0]) ? &sets[i] : NULL;
}

const struct fault_set *fault_set_find(const char *name)
{
	for (unsigned i = 0; fault_set_at(i); i++)
		if (strcmp(sets[i].name, name) == 0)
			return &sets[i];
	return NULL;
}

/* ---- running ---- */

struct faults *faults_new(struct run *r)
{
	struct faults *f = world_alloc(sizeof(*f));

	f->run = r;
	f->side = world_alloc(r->layout.nodes);
	f->room = r->layout.nodes + ACTIVE_MORE;
	f->at = world_alloc(f->room * sizeof(*f->at));
	return f;
}

void faults_free(struct faults *f)
{
	free(f->side);
	free(f->at);
	free(f);
}

bool faults_any(const struct faults *f)
{
	return f->count > 0;
}

unsigned faults_active(const struct faults *f, enum fault_kind k)
{
	unsigned n = 0;

	for (unsigned i = 0; i < f->count; i++)
		n += f->at[i].kind == k;
	return n;
}

bool faults_forged(const struct faults *f, unsigned cloud)
{
	for (unsigned i = 0; i < f->count; i++)
		if (f->at[i].kind == FAULT_ORIGINATOR &&
		    f->run->layout.node[f->at[i].node].cloud == cloud)
			return true;
	return false;
}

static void expire(struct faults *f, instant now)
{
	for (unsigned i = 0; i < f->count;) {
		const struct active a = f->at[i];

		if (instant_before(now, a.until)) {
			i++;
			continue;
		}
		f->at[i] = f->at[--f->count];
		rows[a.kind].end(f, &a);
	}
}

static void begin(struct faults *f, enum fault_kind kind)
{
	const struct fault_row *row = &rows[kind];
	struct active *a = &f->at[f->count];
	span lasts = prng_span(&f->run->prng, span_s(row->least_s), span_s(row->most_s));

	if (f->count == f->room || (row->single && faults_active(f, kind) > 0))
		return;
	*a = (struct active){.kind = kind, .until = instant_add(world_now(world(f)), lasts)};
	if (!row->begin(f, a))
		return;
	f->count++;
	f->begun[kind] = true;
	f->run->figures.faults++;
	f->run->figures.faults_of[kind]++;
}

/* What chance has left out so far. */
static void half_begins(struct faults *f)
{
	const struct fault_set *set = f->run->conf.faults;

	for (unsigned k = 0; k < FAULT_KINDS; k++)
		if (set->per_minute[k] > 0 && !f->begun[k])
			begin(f, (enum fault_kind)k);
	f->half = true;
}

void faults_second(struct faults *f)
{
	const struct fault_set *set = f->run->conf.faults;
	const span storm = instant_since(f->run->calm_from, f->run->faults_from);
	const instant half = instant_add(f->run->faults_from, span_us(storm.us / 2));

	expire(f, world_now(world(f)));
	if (!f->half && !instant_before(world_now(world(f)), half))
		half_begins(f);
	for (unsigned k = 0; k < FAULT_KINDS; k++) {
		unsigned scale = rows[k].single ? 100 : f->run->layout.nodes + 99;
		uint32_t due; /* parts of 60 x 100: what is to begin */

		if (set->per_minute[k] == 0)
			continue;
		/* On average, so that they come at any time. */
		due = below(f, 2 * set->per_minute[k] * scale + 1);
		for (unsigned n = due / 6000; n > 0; n--)
			begin(f, (enum fault_kind)k);
		if (due % 6000 > 0 && below(f, 6000) < due % 6000)
			begin(f, (enum fault_kind)k);
	}
}

void faults_end(struct faults *f)
{
	expire(f, NEVER);
}
