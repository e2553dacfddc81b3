/* Proves that the programs of the fast path come to the verdicts of l2_forward, field by field,
 * for many generated tables and frames. */
/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <bpf/bpf.h>
#include <errno.h>
#include <linux/pkt_cls.h>
#include <stdlib.h>
#include <string.h>

#include "base/prng.h"
#include "cmocka_all.h"
#include "core/l2/internal.h"
#include "core/l2/keep.h"
#include "drv/fast_maps.h"
#include "l2_rig.h"

enum {
	TABLES = 60,
	FRAMES = 2000, /* for each */
	PORTS = 3,
	PEERS = 5,
	CLIENTS = 40,
	LOCALS = 12,
	FRAME_ROOM = 1700,
	LOOPBACK = 1, /* ifindex; the kernel's test run has no other interface */
	FIRST_LINK = 1000,
	RUN_LEAST = 54, /* the kernel's test run wants whole IP headers; in the mesh they are cut */
	SHORT_PAYLOAD = 20, /* fast_mesh leaves less to the engine */
};

static struct rig rig;
static struct rig_peer peer[PEERS];
static struct rig_client local[LOCALS];
static struct prng prng;
static struct fast_maps maps;

struct writer {
	struct fx fx;
	size_t count;
};

/* What the rig's engine tells goes straight into the maps. */
static void writer_emit(struct fx *fx, const struct effect *e)
{
	struct writer *w = container_of(fx, struct writer, fx);

	assert_int_equal(e->kind, FX_FORWARDING);
	fast_maps_put(&maps, &e->forwarding);
	w->count++;
}

static uint32_t pick(uint32_t n)
{
	return prng_below(&prng, n);
}

/* ---- tables ---- */

static struct l2_conf conf_make(void)
{
	struct l2_conf c = l2_conf_default();

	c.ports_max = PORTS;
	c.anycast = (struct l2_anycast){
		.on = pick(4) != 0,
		.mac = {{0x02, 0, 0, 0, 0xdd, 1}},
		.ipv4 = {{10, 13, 0, 1}},
		.ipv6 = {{0xfd, 0x0d, [15] = 1}},
		.link_local = {{0xfe, 0x80, [15] = 1}},
	};
	return c;
}

static uint16_t any_vid(void)
{
	return pick(3) ? 0 : (uint16_t)(0x8000 | (1 + pick(2)));
}

static struct mac any_client(void)
{
	return rig_mac(KIND_CLIENT, (uint8_t)pick(CLIENTS));
}

/* What events bring about only now and then. */
static void states_make(void)
{
	list_each (o, &rig.l2.originators.all, struct originator, all) {
		o->hurried = pick(8) == 0;
		list_each (h, &o->tt.homes, struct tt_home, of_originator) {
			h->left = pick(4) == 0;
		}
	}
	rig.l2.guard.blocked = pick(10) == 0;
}

static void tables_make(void)
{
	static const uint16_t mtus[] = {1532, 1500, 1542, 600};

	for (uint8_t i = 0; i < PORTS; i++)
		rig_port(&rig, i, mtus[pick(4)], pick(2));
	for (uint8_t i = 0; i < PEERS; i++) {
		struct rig_peer *p = &peer[i];

		*p = (struct rig_peer){.port = (uint8_t)pick(PORTS),
				       .mac = rig_mac(KIND_PEER, i),
				       .via = i > 1 && pick(2) ? &peer[pick(2)] : NULL,
				       .seqno = 100,
				       .ttvn = 1};
		if (p->via)
			p->port = p->via->port;
		p->clients = pick(RIG_PEER_CLIENTS + 1);
		for (size_t c = 0; c < p->clients; c++)
			p->client[c] = (struct rig_client){any_client(), any_vid()};
	}
	for (unsigned i = 0; i < LOCALS; i++) {
		local[i] = (struct rig_client){any_client(), any_vid()};
		rig_client(&rig, pick(6) ? CLIENT_SEEN : CLIENT_PERMANENT, local[i].mac,
			   local[i].vid);
	}
	for (uint8_t i = 0; i < PEERS; i++)
		rig_meet(&rig, &peer[i], 1 + pick(3));
	/* These have been here for long: they need no introduction. */
	for (unsigned i = 0; i < LOCALS / 2; i++)
		rig_client(&rig, CLIENT_SEEN, local[i].mac, local[i].vid);
	for (unsigned i = 0; i < 4; i++)
		rig_client(&rig, CLIENT_GONE, any_client(), any_vid());
	if (pick(6) == 0)
		rig_port_down(&rig, (uint8_t)pick(PORTS));
	states_make();
	rig_clear(&rig);
}

static void maps_clear(enum fast_map which)
{
	struct fast_key key;

	while (fast_maps_next(&maps, which, NULL, &key))
		fast_maps_forget(&maps, which, &key);
}

static void maps_fill(void)
{
	const struct l2_anycast *a = &rig.l2.conf.anycast;
	struct writer w = {.fx.emit = writer_emit};

	maps_clear(FAST_MAP_CLIENTS);
	maps_clear(FAST_MAP_NODES);
	maps.state.ready = 1;
	maps.state.cloud_ifindex = LOOPBACK;
	fast_maps_set_anycast(&maps, a->on, a->mac, a->ipv4, a->ipv6, a->link_local);
	l2_forwarding_walk(&rig.l2, &w.fx);
	for (uint8_t i = 0; i < PORTS; i++)
		fast_maps_link(&maps, i, FIRST_LINK + i, false, 0, 0);
	assert_true(w.count > PORTS);
	assert_int_equal(maps.refused, 0);
}

/* ---- frames ---- */

static void any_fill(struct wr *w, size_t len)
{
	for (size_t i = 0; i < len; i++)
		wr_u8(w, (uint8_t)pick(256));
}

static void any_ipv4(struct wr *w)
{
	static const uint8_t protocols[] = {6, 17, 1, 17, 6, 50};
	static const uint16_t ports[] = {67, 68, 546, 547, 16962, 80, 443};
	uint8_t words = pick(4) ? 5 : (uint8_t)pick(16);

	wr_u8(w, 0x40 | words);
	any_fill(w, 5);
	wr_u16(w, pick(4) ? 0x4000 : (uint16_t)pick(0x10000));
	wr_u8(w, 64);
	wr_u8(w, protocols[pick(6)]);
	wr_u16(w, 0);
	wr_u32(w, pick(8) ? 0x0a0d0305 : 0x0a0d0001);
	wr_u32(w, pick(8) ? 0x0a0d0306 : 0x0a0d0001);
	wr_zero(w, words > 5 ? (words - 5u) * 4 : 0);
	wr_u16(w, 1000);
	wr_u16(w, ports[pick(7)]);
}

static void any_ipv6_address(struct wr *w)
{
	static const uint8_t anycast[2][16] = {{0xfd, 0x0d, [15] = 1}, {0xfe, 0x80, [15] = 1}};

	if (pick(8))
		any_fill(w, 16);
	else
		wr_bytes(w, anycast[pick(2)], 16);
}

static void any_ipv6(struct wr *w)
{
	static const uint8_t nexts[] = {6, 17, 58, 0, 43, 44, 51, 60, 135, 139, 140, 59, 50};
	static const uint16_t ports[] = {67, 546, 547, 16962, 80};
	unsigned headers = pick(3) ? 0 : pick(10);
	uint8_t next = headers ? nexts[3 + pick(8)] : nexts[pick(13)];

	wr_u32(w, 0x60000000);
	wr_u16(w, 0);
	wr_u8(w, next);
	wr_u8(w, 64);
	any_ipv6_address(w);
	any_ipv6_address(w);
	for (; headers > 0; headers--) {
		uint8_t more = pick(8) ? 0 : (uint8_t)pick(5);
		uint8_t after = headers > 1 ? nexts[3 + pick(8)] : nexts[pick(3)];

		wr_u8(w, after);
		wr_u8(w, more);
		wr_u16(w, pick(3) ? 0 : (uint16_t)pick(0x20));
		wr_zero(w, 4 + (next == 44 ? 0u : more * (next == 51 ? 4u : 8u)));
		next = after;
	}
	if (next == 58) {
		wr_u8(w, (uint8_t)(132 + pick(6)));
		wr_zero(w, 7);
		any_ipv6_address(w);
	} else {
		wr_u16(w, 1000);
		wr_u16(w, ports[pick(5)]);
	}
}

static struct mac any_mac(void)
{
	switch (pick(40)) {
	case 0: return MAC_BROADCAST;
	case 1: return (struct mac){{0x01, 0x80, 0xc2, 0, 0, (uint8_t)pick(32)}};
	case 2: return (struct mac){{0xcf, 0, 0, 0, 0, (uint8_t)pick(2)}};
	case 3: return (struct mac){{0xaa, 0xaa, 0xaa, 1, 2, 0xaa}};
	case 4: return rig.l2.conf.anycast.mac;
	case 5: return rig_mac(KIND_US, (uint8_t)pick(PORTS + 1));
	case 6: return rig_mac(KIND_PEER, (uint8_t)pick(PEERS + 1));
	case 7: return (struct mac){{0}};
	default: return any_client();
	}
}

static void any_payload(struct wr *w, uint16_t type)
{
	size_t len = wr_len(w);

	if (type == ETHERTYPE_IPV4)
		any_ipv4(w);
	else if (type == ETHERTYPE_IPV6)
		any_ipv6(w);
	/* Cut somewhere, or made longer. */
	if (pick(8) == 0)
		w->at -= pick((uint32_t)(wr_len(w) - len) + 1);
	else
		wr_zero(w, pick(4) ? pick(200) : pick(1560));
}

/* A client here or, of a peer, there; of any VLAN. */
static struct rig_client known_client(bool here, const struct rig_peer *p)
{
	if (here)
		return local[pick(LOCALS)];
	return p->clients > 0 ? p->client[pick((uint32_t)p->clients)] : local[pick(LOCALS)];
}

/* from, to: mostly who the frame goes between. */
static void any_client_frame(struct wr *w, struct rig_client from, struct rig_client to)
{
	static const uint16_t types[] = {ETHERTYPE_ARP, ETHERTYPE_BATADV, 0x88b5, 0x8863, 0x05dc};
	uint16_t type = pick(2) ? ETHERTYPE_IPV4 : ETHERTYPE_IPV6;
	uint16_t tag = pick(12) ? to.vid & 0x0fff : (uint16_t)pick(4);
	unsigned tags = pick(12) ? tag != 0 : pick(10);

	wr_mac(w, pick(12) ? to.mac : any_mac());
	wr_mac(w, pick(12) ? from.mac : any_mac());
	for (unsigned i = 0; i < tags; i++) {
		wr_u16(w, pick(12) ? ETHERTYPE_8021Q : ETHERTYPE_8021AD);
		wr_u16(w, (uint16_t)((i == 0 ? tag : pick(0x10000)) | (pick(3) ? 0 : 0xa000)));
	}
	if (pick(8) == 0)
		type = types[pick(5)];
	wr_u16(w, type);
	any_payload(w, type);
}

static void any_mesh_frame(struct wr *w, uint8_t port)
{
	static const uint8_t types[] = {0x40, 0x40, 0x40, 0x42, 0x42, 0x41, 0x43, 0x44, 0x00, 0x01};
	uint8_t type = types[pick(4) ? pick(5) : pick(10)];
	const struct rig_peer *p = &peer[pick(PEERS)];

	wr_mac(w, pick(12) ? rig_mac(KIND_US, port) : any_mac());
	wr_mac(w, pick(12) ? rig_mac(KIND_PEER, (uint8_t)pick(PEERS)) : any_mac());
	wr_u16(w, pick(30) ? ETHERTYPE_BATADV : ETHERTYPE_IPV4);
	wr_u8(w, type);
	wr_u8(w, pick(30) ? BATADV_VERSION : 14);
	wr_u8(w, (uint8_t)(pick(4) ? 50 : pick(4)));
	wr_u8(w, (uint8_t)(pick(4) ? 1 + pick(3) : pick(256)));
	switch (pick(8)) {
	case 0: wr_mac(w, any_mac()); break;
	case 1:
	case 2:
	case 3: wr_mac(w, rig_mac(KIND_PEER, (uint8_t)pick(PEERS))); break;
	default: wr_mac(w, l2_primary_mac(&rig.l2)); break;
	}
	if (type == 0x42) {
		wr_mac(w, pick(4) ? p->mac : any_mac());
		wr_u8(w, pick(8) ? BATADV_4ADDR_DATA : (uint8_t)pick(6));
		wr_u8(w, 0);
	}
	any_client_frame(w, known_client(false, p), known_client(pick(8) != 0, p));
	if (pick(20) == 0)
		w->at = w->start + ETHERNET_HEADER + pick((uint32_t)wr_len(w) - ETHERNET_HEADER);
}

/* ---- both verdicts ---- */

struct outcome {
	uint32_t action;
	struct __sk_buff skb;
	uint8_t frame[FRAME_ROOM + 64];
	uint32_t len;
};

static void run_program(int program, const uint8_t *frame, size_t len, struct outcome *o)
{
	struct __sk_buff in = {.ifindex = LOOPBACK};
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = frame, .data_size_in = (uint32_t)len,
		    .data_out = o->frame, .data_size_out = sizeof(o->frame), .ctx_in = &in,
		    .ctx_size_in = sizeof(in), .ctx_out = &o->skb, .ctx_size_out = sizeof(o->skb));

	assert_int_equal(bpf_prog_test_run_opts(program, &opts), 0);
	o->action = opts.retval;
	o->len = opts.data_size_out;
}

struct tally {
	uint64_t verdicts[4], frames, too_short, introduced;
	struct fast_counter counts[FAST_COUNTS];
};

static void tally_count(struct tally *t, unsigned which, size_t len)
{
	t->counts[which].frames++;
	t->counts[which].bytes += len;
}

static void tally_verdict(struct tally *t, const struct verdict *v, size_t len)
{
	bool lan = v->in_port == PORT_CLOUD;

	t->verdicts[v->kind]++;
	if (v->kind == VERDICT_UP)
		return;
	if (!lan)
		tally_count(t, FAST_COUNT_PORT_RX + v->in_port, len);
	if (v->kind == VERDICT_DROP)
		tally_count(t, v->reason == ERR_OWN ? FAST_COUNT_DROP_OWN : FAST_COUNT_DROP_TTL,
			    len);
	if (v->kind == VERDICT_DELIVER)
		tally_count(t, FAST_COUNT_RX, len);
	if (v->kind == VERDICT_SEND) {
		tally_count(t, lan ? FAST_COUNT_TX : FAST_COUNT_FORWARD, len);
		tally_count(t, FAST_COUNT_PORT_TX + v->port, len);
	}
}

/* What the frame is when a verdict was carried out. */
static size_t carry_out(const struct verdict *v, const uint8_t *frame, size_t len, uint8_t *out)
{
	memcpy(out, v->head, v->head_len);
	memcpy(out + v->head_len, frame + v->strip, len - v->strip);
	return v->head_len + len - v->strip;
}

static void compare(const struct verdict *v, const struct outcome *o, const uint8_t *frame,
		    size_t len)
{
	uint8_t wanted[FRAME_ROOM + 64];
	size_t wanted_len = carry_out(v, frame, len, wanted);

	switch (v->kind) {
	case VERDICT_UP:
		assert_int_equal(o->action, TC_ACT_OK);
		assert_true(o->skb.cb[FAST_CB_VERDICT] == 0 ||
			    o->skb.cb[FAST_CB_VERDICT] == FAST_UP);
		break;
	case VERDICT_DROP:
		assert_int_equal(o->action, TC_ACT_SHOT);
		assert_int_equal(o->skb.cb[FAST_CB_REASON],
				 v->reason == ERR_OWN ? FAST_COUNT_DROP_OWN : FAST_COUNT_DROP_TTL);
		return;
	case VERDICT_SEND:
		assert_int_equal(o->action, TC_ACT_REDIRECT);
		assert_int_equal(o->skb.cb[FAST_CB_VERDICT], FAST_SEND);
		assert_int_equal(o->skb.cb[FAST_CB_PORT], v->port);
		break;
	case VERDICT_DELIVER:
		assert_int_equal(o->action, TC_ACT_REDIRECT);
		assert_int_equal(o->skb.cb[FAST_CB_VERDICT], FAST_DELIVER);
		break;
	}
	assert_int_equal(o->len, wanted_len);
	assert_memory_equal(o->frame, wanted, wanted_len);
}

/* The program notes that it saw the client, which changes how it introduces it. */
static void seen_undo(const struct verdict *v)
{
	struct fx_forwarding f = {.kind = FORWARDING_CLIENT};

	if (v->kind != VERDICT_SEND || !v->client)
		return;
	struct fast_key key = {.vid = v->client->vid};
	memcpy(key.mac, v->client->mac.b, sizeof(key.mac));
	assert_true(fast_maps_seen(&maps, &key) != v->client->last_seen.us);
	l2_forwarding_client(&rig.l2, v->client->mac, v->client->vid, &f.client);
	fast_maps_put(&maps, &f);
}

static void try_frame(struct tally *t, uint8_t port)
{
	uint8_t frame[FRAME_ROOM] = {0};
	struct wr w = wr_over(frame, sizeof(frame));
	const struct rig_peer *p = &peer[pick(PEERS)];
	static struct outcome o;
	struct verdict v;

	if (port == PORT_CLOUD)
		any_client_frame(&w, known_client(true, p), known_client(pick(10) == 0, p));
	else
		any_mesh_frame(&w, port);
	size_t len = w.bad ? sizeof(frame) : wr_len(&w);
	if (len < RUN_LEAST)
		len = RUN_LEAST;
	if (port != PORT_CLOUD)
		fast_maps_link(&maps, port, LOOPBACK, false, 0, 0);
	l2_forward(&rig.l2, port, frame, len, len, &v);
	run_program(port == PORT_CLOUD ? maps.lan_program : maps.mesh_program, frame, len, &o);
	if (v.kind == VERDICT_DELIVER && len - v.strip < ETHERNET_HEADER + SHORT_PAYLOAD) {
		v = (struct verdict){.kind = VERDICT_UP, .in_port = port};
		t->too_short++;
	}
	compare(&v, &o, frame, len);
	tally_verdict(t, &v, len);
	t->introduced += v.head_len == ETHERNET_HEADER + BATADV_4ADDR_LEN;
	seen_undo(&v);
	if (port != PORT_CLOUD)
		fast_maps_link(&maps, port, FIRST_LINK + port, false, 0, 0);
	t->frames++;
}

static void verdicts_are_the_same(void **state)
{
	struct fast_counter before[FAST_COUNTS], after[FAST_COUNTS];
	struct tally t = {.frames = 0};
	int e = fast_maps_open(&maps, -1);

	(void)state;
	if (e == -EPERM || e == -ENOSYS || e == -EACCES) {
		print_message("SKIPPED: the kernel refuses bpf(): %s\n", strerror(-e));
		skip();
	}
	assert_int_equal(e, 0);
	prng_seed(&prng, 7);
	fast_maps_counts(&maps, before);
	for (unsigned i = 0; i < TABLES; i++) {
		struct l2_conf conf = conf_make();

		rig_init(&rig, &conf);
		tables_make();
		maps_fill();
		for (unsigned n = 0; n < FRAMES; n++)
			try_frame(&t, pick(2) ? PORT_CLOUD : (uint8_t)pick(PORTS));
		rig_fini(&rig);
	}
	fast_maps_counts(&maps, after);
	for (unsigned i = 0; i < FAST_COUNTS; i++) {
		if (i == FAST_COUNT_UP_LAN || i == FAST_COUNT_UP_MESH)
			continue;
		assert_int_equal(after[i].frames - before[i].frames, t.counts[i].frames);
		assert_int_equal(after[i].bytes - before[i].bytes, t.counts[i].bytes);
	}
	print_message(
		"%llu frames: %llu up, %llu dropped, %llu sent (%llu introduced), "
		"%llu delivered; %llu short\n",
		(unsigned long long)t.frames, (unsigned long long)t.verdicts[VERDICT_UP],
		(unsigned long long)t.verdicts[VERDICT_DROP],
		(unsigned long long)t.verdicts[VERDICT_SEND], (unsigned long long)t.introduced,
		(unsigned long long)t.verdicts[VERDICT_DELIVER], (unsigned long long)t.too_short);
	/* A comparison of nothing proves nothing. */
	for (unsigned i = 0; i < 4; i++)
		assert_true(t.verdicts[i] > 1000);
	assert_in_range(t.introduced, 1000, t.verdicts[VERDICT_SEND] - 1000);
	fast_maps_close(&maps);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(verdicts_are_the_same)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
