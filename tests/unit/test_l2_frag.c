/* Proves that packets are cut and put together as the kernel does, within bounds of memory and
 * time, whatever comes in. */
/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>
#include "cmocka_all.h"
#include "l2_rig.h"
#include "pcap.h"

/* us --port 0-- near -- far (client 20); us --port 1-- side (client 30) */
static struct rig rig;
static struct rig_peer near, far, side;

static struct mac client(uint8_t n)
{
	return rig_mac(KIND_CLIENT, n);
}

static void begin(const struct l2_conf *conf, uint16_t mtu0, uint16_t mtu1)
{
	rig_init(&rig, conf);
	rig_port(&rig, 0, mtu0, false);
	rig_port(&rig, 1, mtu1, false);
	near = (struct rig_peer){.port = 0, .mac = rig_mac(KIND_PEER, 1), .seqno = 100, .ttvn = 1};
	far = (struct rig_peer){
		.port = 0, .mac = rig_mac(KIND_PEER, 2), .via = &near, .seqno = 900, .ttvn = 1};
	far.client[0] = (struct rig_client){client(20), 0};
	far.clients = 1;
	side = (struct rig_peer){.port = 1, .mac = rig_mac(KIND_PEER, 3), .seqno = 500, .ttvn = 1};
	side.client[0] = (struct rig_client){client(30), 0};
	side.clients = 1;
	rig_client(&rig, CLIENT_SEEN, client(1), 0);
	rig_meet(&rig, &near, 8);
	rig_meet(&rig, &side, 8);
	rig_meet(&rig, &far, 3);
}

static void end(void)
{
	rig_fini(&rig);
}

/* ---- an independent reader of pieces ---- */

struct whole {
	uint8_t bytes[FRAG_TOTAL_MAX];
	size_t len;
	size_t pieces;
	size_t largest, smallest;
	struct mac orig;
};

/* Joins the FRAG packets that were kept, from the n'th on, until one is whole. */
static struct whole join(size_t first)
{
	static struct whole w;
	struct batadv_frag f = {0};
	size_t total = 0, got = 0;

	w = (struct whole){.smallest = SIZE_MAX};
	do {
		const struct rig_frame *k = rig_kept(&rig, FX_SEND, BATADV_UNICAST_FRAG, first);

		assert_non_null(k);
		assert_int_equal(batadv_frag_parse(k->bytes + 14, k->len - 14, &f), OK);
		assert_int_equal(f.no, w.pieces);
		total = total ? total : f.total_size;
		assert_int_equal(f.total_size, total);
		got += f.piece_len;
		assert_true(got <= total);
		memcpy(w.bytes + total - got, f.piece, f.piece_len); /* from the tail */
		w.pieces++;
		first++;
		w.largest = f.piece_len > w.largest ? f.piece_len : w.largest;
		w.smallest = f.piece_len < w.smallest ? f.piece_len : w.smallest;
		w.orig = f.orig;
	} while (got < total);
	w.len = total;
	return w;
}

/* ---- sending ---- */

static void sizes(void **state)
{
	/* len: of the client's frame; the packet is 10 bytes longer. */
	static const struct {
		uint16_t mtu;
		size_t len, pieces, largest, smallest;
	} cases[] = {
		{1500, 1490, 0, 0, 0},	   /* fits to the byte */
		{1500, 1491, 2, 751, 750}, /* the kernel's 1501 = 751 + 750 */
		{1500, 1514, 2, 762, 762}, /* a full frame of a client */
		{1532, 1514, 0, 0, 0},
		{1532, 1523, 2, 767, 766},
		{1000, 1514, 2, 762, 762},
		{600, 1514, 3, 508, 508},
		{600, 1515, 3, 509, 507},
		{2000, 3000, 3, 1004, 1002}, /* pieces are at most 1280 - 20 */
		{1280, 2510, 2, 1260, 1260},
		{1280, 2511, 3, 841, 839},
		{128, 1514, 15, 102, 96},
	};
	uint8_t frame[4096];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		begin(NULL, 1532, cases[i].mtu);
		rig_run(&rig, span_s(4));
		rig_client_frame(frame, 60, client(30), client(1), 0, 1);
		rig_payload(&rig, PORT_CLOUD, frame, 60); /* not fresh any more */
		rig_clear(&rig);
		rig_client_frame(frame, cases[i].len, client(30), client(1), 0, 0x42);
		frame[cases[i].len / 2] = 0x99;
		rig_payload(&rig, PORT_CLOUD, frame, cases[i].len);
		assert_int_equal(rig_count(&rig, FX_SEND, -1),
				 cases[i].pieces ? cases[i].pieces : 1);
		if (cases[i].pieces > 0) {
			struct whole w = join(0);

			assert_int_equal(w.largest, cases[i].largest);
			assert_int_equal(w.smallest, cases[i].smallest);
			assert_int_equal(w.len, cases[i].len + 10);
			assert_memory_equal(w.bytes + 10, frame, cases[i].len);
			assert_true(mac_equal(w.orig, rig_mac(KIND_US, 0)));
			for (size_t k = 0; k < rig.count; k++)
				assert_true(rig.kept[k].len <= 14u + cases[i].mtu);
		}
		end();
	}
}

static void what_cannot_be_sent(void **state)
{
	struct l2_conf whole_only = l2_conf_default();
	static uint8_t frame[21000];

	(void)state;
	whole_only.fragmentation = false;
	begin(NULL, 1532, 128);
	rig_client_frame(frame, 60, client(30), client(1), 0, 1);
	rig_payload(&rig, PORT_CLOUD, frame, 60); /* not fresh any more */
	/* 16 pieces of 108 bytes are 1728. */
	for (size_t len = 1700; len <= 1720; len++) {
		uint64_t before = rig.l2.count.dropped[ERR_TOO_BIG];

		rig_client_frame(frame, len, client(30), client(1), 0, 1);
		rig_clear(&rig);
		rig_payload(&rig, PORT_CLOUD, frame, len);
		assert_int_equal(rig_count(&rig, FX_SEND, -1), len + 10 <= 1728 ? 16 : 0);
		assert_int_equal(rig.l2.count.dropped[ERR_TOO_BIG] - before, len + 10 > 1728);
	}
	end();
	begin(&whole_only, 1532, 1500);
	rig_client_frame(frame, 1514, client(30), client(1), 0, 1);
	rig_payload(&rig, PORT_CLOUD, frame, 1514);
	assert_int_equal(rig.count, 0);
	assert_int_equal(rig.l2.count.dropped[ERR_TOO_BIG], 1);
	assert_int_equal(rig.l2.count.tx_dropped, 1);
	end();
	/* Larger than any packet may be. */
	begin(NULL, 1532, 1500);
	rig_client_frame(frame, sizeof(frame), client(30), client(1), 0, 1);
	rig_payload(&rig, PORT_CLOUD, frame, sizeof(frame));
	rig_client_frame(frame, sizeof(frame), MAC_BROADCAST, client(1), 0, 1);
	rig_payload(&rig, PORT_CLOUD, frame, sizeof(frame));
	assert_int_equal(rig.count, 0);
	assert_int_equal(rig.l2.count.dropped[ERR_TOO_BIG], 2);
	end();
}

static void the_priority_goes_along(void **state)
{
	static const struct {
		uint16_t vid;
		uint8_t front[8]; /* from the ethertype or tag on */
		uint8_t prio;
	} cases[] = {
		{0, {0x08, 0x00, 0x45, 0xb8}, 5}, /* IPv4, expedited */
		{0, {0x86, 0xdd, 0x6c, 0x00}, 6}, /* IPv6, network control */
		{0x8005, {0x81, 0x00, 0x60, 0x05, 0x08, 0x00, 0x45, 0xb8}, 3}, /* the tag says 3 */
		{0, {0x88, 0xb6, 0xff, 0xff}, 0},
	};
	uint8_t frame[1514];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		begin(NULL, 1532, 1500);
		rig_client(&rig, CLIENT_SEEN, client(1), 0x8005);
		side.client[1] = (struct rig_client){client(30), 0x8005};
		side.clients = 2;
		side.ttvn++;
		rig_meet(&rig, &side, 1);
		rig_client_frame(frame, sizeof(frame), client(30), client(1), cases[i].vid, 0);
		memcpy(frame + 12, cases[i].front, cases[i].vid ? 8 : 4);
		rig_payload(&rig, PORT_CLOUD, frame, sizeof(frame));
		const struct rig_frame *k = rig_kept(&rig, FX_SEND, BATADV_UNICAST_FRAG, 0);
		struct batadv_frag f;
		assert_non_null(k);
		assert_int_equal(batadv_frag_parse(k->bytes + 14, k->len - 14, &f), OK);
		assert_int_equal(f.prio, cases[i].prio);
		end();
	}
}

/* ---- the kernel's pieces ---- */

static uint16_t ones_sum(const uint8_t *p, size_t len)
{
	uint32_t sum = 0;

	for (size_t i = 0; i < len; i++)
		sum += i % 2 ? p[i] : (uint32_t)p[i] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)sum;
}

/* Every byte behind the Ethernet header is under one of two checksums. */
static void expect_sound_ping(const struct rig_frame *f)
{
	const uint8_t *ip = f->bytes + 14;
	size_t len = (size_t)(ip[2] << 8 | ip[3]);

	assert_int_equal(len + 14, f->len);
	assert_int_equal(ones_sum(ip, 20), 0xffff);
	assert_int_equal(ones_sum(ip + 20, len - 20), 0xffff);
}

static bool is_from(const struct pcap_frame *f, struct mac who)
{
	return f->len > 14 && mac_equal(mac_from(f->bytes + 6), who);
}

/* Hears the capture as node us; pieces: how many fragments came. */
static size_t hear(const char *file, struct mac us, bool ogms_only)
{
	struct pcap p = pcap_open(file);
	struct pcap_frame f;
	instant start = rig.now;
	size_t pieces = 0;

	while (pcap_next(&p, &f)) {
		instant at = instant_add(start, span_us(f.at.us));

		rig_run(&rig, instant_since(at, rig.now));
		if (is_from(&f, us) || (ogms_only && f.bytes[14] != BATADV_IV_OGM))
			continue;
		pieces += f.bytes[14] == BATADV_UNICAST_FRAG;
		rig_payload(&rig, 0, f.bytes, f.len);
	}
	return pieces;
}

/* We play each of the two nodes in turn and hear what the other one sent; first
 * its OGMs, because the captures begin in the middle of its life. */
static void kernel_pieces_are_put_together(void **state)
{
	static const char *const files[] = {
		TESTS_DIR "/capture/batadv/04-frag-mtu1500.pcap",
		TESTS_DIR "/capture/batadv/04-frag-mtu1000.pcap",
	};

	(void)state;
	for (int i = 0; i < 4; i++) {
		struct mac us = {{0x02, 0xba, 0, 0, (uint8_t)(1 + i % 2), 1}};
		struct ev port = {.kind = EV_PORT, .port = {.up = true, .mac = us}};
		size_t pieces, big = 0;

		rig_init(&rig, NULL);
		port.port.mtu_bytes = 1500;
		l2_handle(&rig.l2, rig.now, &port, &rig.fx);
		hear(files[i / 2], us, true);
		pieces = hear(files[i / 2], us, false);
		assert_int_equal(pieces % 2, 0);
		assert_true(pieces > 0);
		for (size_t n = 0; rig_kept(&rig, FX_DELIVER, -1, n); n++) {
			const struct rig_frame *k = rig_kept(&rig, FX_DELIVER, -1, n);

			if (k->bytes[12] != 0x08 || k->bytes[13] != 0x00)
				continue;
			expect_sound_ping(k);
			big += k->len > 1400;
		}
		assert_true(big >= pieces / 2); /* one ping fits whole */
		assert_int_equal(rig.l2.count.frag_merged, pieces / 2);
		assert_int_equal(rig.l2.frags.waiting_bytes, 0);
		rig_fini(&rig);
	}
}

/* What the kernel cut, we cut in the same places. */
static void our_cuts_are_the_kernels(void **state)
{
	struct pcap p = pcap_open(TESTS_DIR "/capture/batadv/04-frag-mtu1500.pcap");
	struct pcap_frame f;
	static uint8_t tail[1600], room[14 + 4096];
	uint8_t *packet = room + 14;
	size_t tail_len = 0, compared = 0;

	(void)state;
	begin(NULL, 1500, 1500);
	while (pcap_next(&p, &f)) {
		struct batadv_frag a, b;

		if (f.bytes[14] != BATADV_UNICAST_FRAG)
			continue;
		if (tail_len == 0) {
			memcpy(tail, f.bytes, tail_len = f.len);
			continue;
		}
		assert_int_equal(batadv_frag_parse(tail + 14, tail_len - 14, &a), OK);
		assert_int_equal(batadv_frag_parse(f.bytes + 14, f.len - 14, &b), OK);
		assert_int_equal(a.seqno, b.seqno);
		memcpy(packet, b.piece, b.piece_len);
		memcpy(packet + b.piece_len, a.piece, a.piece_len);
		rig_clear(&rig);
		assert_int_equal(
			frag_send(&rig.l2, 0, near.mac, packet, a.total_size, a.prio, &rig.fx), OK);
		assert_int_equal(rig.count, 2);
		for (int k = 0; k < 2; k++) {
			const struct rig_frame *ours = &rig.kept[k];
			const uint8_t *theirs = k ? f.bytes : tail;

			assert_int_equal(ours->len, k ? f.len : tail_len);
			assert_memory_equal(ours->bytes + 14, theirs + 14, 10); /* to dest */
			assert_memory_equal(ours->bytes + 32, theirs + 32, ours->len - 32);
		}
		tail_len = 0;
		compared++;
	}
	assert_int_equal(compared, 6);
	end();
}

/* ---- pieces by hand ---- */

/* A UNICAST packet of len bytes to dest with a frame for a client of ours inside. */
static size_t make_packet(uint8_t *packet, size_t len, struct mac dest, struct mac dst)
{
	struct wr w = wr_over(packet, len);
	struct batadv_unicast u = {.ttl = 40, .ttvn = 255, .dest = dest};

	u.ttvn = mac_equal(dest, rig_mac(KIND_US, 0)) ? rig.l2.local.ttvn : 1;
	batadv_unicast_write(&w, &u);
	rig_client_frame(w.at, wr_left(&w), dst, client(20), 0, 0);
	for (size_t i = 24; i < len; i++)
		packet[i] = (uint8_t)(i * 7 + i / 256);
	return len;
}

static void put(const struct batadv_frag *f)
{
	uint8_t packet[2048];
	struct wr w = wr_over(packet, sizeof(packet));

	batadv_frag_write(&w, f);
	assert_false(w.bad);
	rig_packet(&rig, 0, near.mac, false, packet, wr_len(&w));
}

/* Piece no of n equal ones. */
static struct batadv_frag piece(const uint8_t *packet, size_t len, unsigned n, unsigned no,
				uint16_t seqno)
{
	size_t size = (len + n - 1) / n, to = len - no * size;
	size_t from = no == n - 1 ? 0 : to - size;

	return (struct batadv_frag){.ttl = 30,
				    .no = (uint8_t)no,
				    .dest = mac_from(packet + 4),
				    .orig = far.mac,
				    .seqno = seqno,
				    .total_size = (uint16_t)len,
				    .piece = packet + from,
				    .piece_len = to - from};
}

static void any_order_will_do(void **state)
{
	static const uint8_t orders[][6] = {
		{0, 1, 2, 3, 9},    {3, 2, 1, 0, 9},	{1, 3, 0, 2, 9},
		{0, 0, 1, 2, 3, 9}, {2, 1, 1, 0, 3, 9}, {3, 0, 3, 1, 2, 9},
	};
	uint8_t packet[1800];

	(void)state;
	begin(NULL, 1532, 1500);
	for (size_t i = 0; i < sizeof(orders) / sizeof(*orders); i++) {
		make_packet(packet, sizeof(packet), rig_mac(KIND_US, 0), client(1));
		for (size_t k = 0; orders[i][k] != 9; k++) {
			struct batadv_frag f =
				piece(packet, sizeof(packet), 4, orders[i][k], (uint16_t)(i * 3));

			assert_int_equal(rig.count, 0);
			put(&f);
		}
		const struct rig_frame *d = rig_kept(&rig, FX_DELIVER, -1, 0);
		assert_non_null(d);
		assert_int_equal(d->len, sizeof(packet) - 10);
		assert_memory_equal(d->bytes, packet + 10, d->len);
		assert_int_equal(rig.l2.frags.waiting_bytes, 0);
		rig_clear(&rig);
	}
	assert_int_equal(rig.l2.count.dropped[ERR_DUPLICATE], 3);
	end();
}

static void hostile_pieces(void **state)
{
	static uint8_t packet[FRAG_TOTAL_MAX + 100];
	struct batadv_frag f[2];
	struct l2_counters *c = &rig.l2.count;

	(void)state;
	begin(NULL, 1532, 1500);
	for (int round = 0; round < 9; round++) {
		uint64_t before[ERR_COUNT];
		enum err expected = OK;

		make_packet(packet, 1000, rig_mac(KIND_US, 0), client(1));
		f[0] = piece(packet, 1000, 2, 0, 7);
		f[1] = piece(packet, 1000, 2, 1, 7);
		switch (round) {
		case 0: break; /* sound */
		case 1:
			f[1].total_size = 1001;
			expected = ERR_MALFORMED;
			break;
		case 2:
			f[1].piece_len = 501;
			expected = ERR_MALFORMED;
			break;
		case 3:
			f[1].no = 0;
			expected = ERR_DUPLICATE;
			break;
		case 4:
			f[1].orig = (struct mac){{2, 8}};
			expected = ERR_UNKNOWN;
			break;
		case 5:
			f[1].orig = rig_mac(KIND_US, 1);
			expected = ERR_OWN;
			break;
		case 6:
			f[1].orig = MAC_BROADCAST;
			expected = ERR_MALFORMED;
			break;
		case 7:
			packet[0] = BATADV_UNICAST_FRAG;
			expected = ERR_MALFORMED;
			break;
		case 8:
			packet[0] = BATADV_IV_OGM;
			expected = ERR_MALFORMED;
			break;
		}
		memcpy(before, c->dropped, sizeof(before));
		put(&f[0]);
		put(&f[1]);
		for (int e = 1; e < ERR_COUNT; e++)
			assert_int_equal(c->dropped[e] - before[e], e == (int)expected);
		assert_int_equal(rig_count(&rig, FX_DELIVER, -1), round == 0);
		rig_clear(&rig);
		/* Whatever was left over goes with the next of its chain, or in time. */
		rig_run(&rig, span_ms(10001));
		assert_int_equal(rig.l2.frags.waiting_bytes, 0);
		rig_clear(&rig);
	}
	/* Larger than a packet may be. */
	f[0] = piece(packet, FRAG_TOTAL_MAX, 16, 0, 9);
	f[0].total_size = FRAG_TOTAL_MAX + 1;
	uint64_t malformed = c->dropped[ERR_MALFORMED];
	put(&f[0]);
	assert_int_equal(c->dropped[ERR_MALFORMED], malformed + 1);
	assert_int_equal(rig.l2.frags.waiting_bytes, 0);
	end();
}

static void the_largest_packet(void **state)
{
	static uint8_t packet[FRAG_TOTAL_MAX];

	(void)state;
	begin(NULL, 1532, 1500);
	make_packet(packet, sizeof(packet), rig_mac(KIND_US, 0), client(1));
	for (unsigned no = 0; no < 16; no++) {
		struct batadv_frag f = piece(packet, sizeof(packet), 16, no, 1);

		put(&f);
	}
	const struct rig_frame *d = rig_kept(&rig, FX_DELIVER, -1, 0);
	assert_non_null(d);
	assert_int_equal(d->len, sizeof(packet) - 10);
	assert_memory_equal(d->bytes, packet + 10, d->len);
	end();
}

static void chains_are_bounded(void **state)
{
	uint8_t packet[2000];

	(void)state;
	begin(NULL, 1532, 1500);
	make_packet(packet, sizeof(packet), rig_mac(KIND_US, 0), client(1));
	/* 8 chains wait; the ninth number takes the place of the first. */
	for (uint16_t s = 0; s < 9; s++) {
		struct batadv_frag f = piece(packet, sizeof(packet), 2, 0, s);

		put(&f);
	}
	assert_int_equal(rig.l2.count.frag_evicted, 1);
	for (uint16_t s = 0; s < 9; s++) {
		struct batadv_frag f = piece(packet, sizeof(packet), 2, 1, s);

		put(&f);
	}
	/* Number 0 found its place taken, and took it back from number 8. */
	assert_int_equal(rig_count(&rig, FX_DELIVER, -1), 7);
	rig_clear(&rig);
	/* Time: a piece waits 10 s, not longer. */
	for (int late = 0; late < 2; late++) {
		struct batadv_frag a = piece(packet, sizeof(packet), 2, 0, 100);
		struct batadv_frag b = piece(packet, sizeof(packet), 2, 1, 100);

		put(&a);
		rig_run(&rig, span_ms(late ? 10000 : 9999));
		put(&b);
		assert_int_equal(rig_count(&rig, FX_DELIVER, -1), !late);
		rig_run(&rig, span_s(11));
		rig_clear(&rig);
		assert_int_equal(rig.l2.frags.waiting_bytes, 0);
	}
	end();
}

static void memory_is_bounded(void **state)
{
	static uint8_t packet[FRAG_TOTAL_MAX];
	size_t most = 0;

	(void)state;
	begin(NULL, 1532, 1500);
	for (uint8_t n = 0; n < 40; n++) {
		struct rig_peer p = {.mac = rig_mac(KIND_PEER, (uint8_t)(50 + n)),
				     .via = &near,
				     .seqno = 1000,
				     .mute_tt = true};

		rig_peer_ogm(&rig, &p);
		make_packet(packet, sizeof(packet), rig_mac(KIND_US, 0), client(1));
		for (uint16_t s = 0; s < 8; s++) {
			for (unsigned no = 0; no < 15; no++) {
				struct batadv_frag f = piece(packet, sizeof(packet), 16, no, s);

				f.orig = p.mac;
				put(&f);
			}
		}
		if (rig.l2.frags.waiting_bytes > most)
			most = rig.l2.frags.waiting_bytes;
	}
	assert_true(most > FRAG_WAITING_MAX / 2 && most <= FRAG_WAITING_MAX);
	assert_true(rig.l2.count.frag_evicted > 100);
	assert_int_equal(rig_count(&rig, FX_DELIVER, -1), 0);
	end();
}

/* ---- on the way ---- */

struct on_the_way {
	const char *what;
	uint16_t next_mtu;
	size_t len, pieces; /* as they come in */
	size_t out;	    /* frames that leave */
	bool pieces_out;
	bool cut_anew; /* by us, that is, with our name */
};

static void a_forwarder_does_what_the_next_hop_needs(void **state)
{
	static const struct on_the_way cases[] = {
		{"fits whole", 1500, 1500, 2, 1, false, false},
		{"does not: pieces go on", 1500, 1501, 2, 2, true, false},
		{"pieces too big for the next hop", 600, 1400, 2, 3, true, true},
		{"pieces fit to the byte", 720, 1400, 2, 2, true, false},
		{"one byte does not", 719, 1400, 2, 3, true, true},
		{"many small ones become whole", 1500, 1400, 12, 1, false, false},
	};
	uint8_t packet[2048];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const struct on_the_way *c = &cases[i];

		begin(NULL, 1532, c->next_mtu);
		make_packet(packet, c->len, side.mac, client(30));
		for (unsigned no = 0; no < c->pieces; no++) {
			struct batadv_frag f = piece(packet, c->len, (unsigned)c->pieces, no, 77);

			put(&f);
		}
		if (rig.count != c->out)
			fail_msg("%s: %zu frames left", c->what, rig.count);
		for (size_t k = 0; k < rig.count; k++) {
			assert_int_equal(rig.kept[k].port, 1);
			assert_memory_equal(rig.kept[k].bytes, side.mac.b, 6);
			assert_true(rig.kept[k].len <= 14u + c->next_mtu);
		}
		/* The ttl of what went whole through us counts down once. */
		if (c->pieces_out) {
			struct whole w = join(0);

			assert_true(mac_equal(w.orig, c->cut_anew ? rig_mac(KIND_US, 0) : far.mac));
			assert_int_equal(w.len, c->len);
			if (c->cut_anew)
				packet[2]--;
			else
				assert_int_equal(rig.kept[0].bytes[14 + 2], 29);
			assert_memory_equal(w.bytes, packet, c->len);
		} else {
			packet[2]--;
			assert_int_equal(rig.kept[0].len, 14 + c->len);
			assert_memory_equal(rig.kept[0].bytes + 14, packet, c->len);
		}
		assert_int_equal(rig.l2.frags.waiting_bytes, 0);
		end();
	}
}

static void a_forwarder_needs_a_way(void **state)
{
	uint8_t packet[2048];
	struct batadv_frag f;

	(void)state;
	begin(NULL, 1532, 1500);
	make_packet(packet, 1501, side.mac, client(30));
	f = piece(packet, 1501, 2, 0, 5);
	f.ttl = 1;
	put(&f);
	assert_int_equal(rig.l2.count.dropped[ERR_TTL], 1);
	f.ttl = 9;
	f.dest = (struct mac){{2, 2, 2, 2, 2, 2}};
	put(&f);
	assert_int_equal(rig.l2.count.dropped[ERR_NO_ROUTE], 1);
	assert_int_equal(rig.count, 0);
	end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sizes),
		cmocka_unit_test(what_cannot_be_sent),
		cmocka_unit_test(the_priority_goes_along),
		cmocka_unit_test(kernel_pieces_are_put_together),
		cmocka_unit_test(our_cuts_are_the_kernels),
		cmocka_unit_test(any_order_will_do),
		cmocka_unit_test(hostile_pieces),
		cmocka_unit_test(the_largest_packet),
		cmocka_unit_test(chains_are_bounded),
		cmocka_unit_test(memory_is_bounded),
		cmocka_unit_test(a_forwarder_does_what_the_next_hop_needs),
		cmocka_unit_test(a_forwarder_needs_a_way),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
