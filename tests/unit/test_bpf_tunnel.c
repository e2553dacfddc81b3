/* Proves that the programs of the tunnels do what a plain model says, byte by byte, for many
 * generated packets of both directions. */
/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <bpf/bpf.h>
#include <errno.h>
#include <linux/pkt_cls.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include "base/prng.h"
#include "cmocka_all.h"
#include "drv/checksum.h"
#include "drv/tunnel_fast.h"

enum {
	PACKETS = 60000, /* for each direction */
	ENDS = 20,
	ROOM = 1700,
	FRONT = 14, /* the kernel's test run wants an Ethernet header */
	OUTER = 40,
	V4 = 20,
	V6 = 40,
	LOOPBACK = 1,	/* ifindex; the only one in the test run */
	REDIRECTED = 7, /* TC_ACT_REDIRECT */
};

static struct prng prng;
static struct tunnel_fast fast;
static struct tunnel_end end;
static const struct ipv6 gateway = {{0xfd, 0x70, [15] = 2}, 128};
static const struct ipv6 gateway_dummy = {{0xfd, 0x71, [15] = 2}, 128};

static uint32_t pick(uint32_t n)
{
	return prng_below(&prng, n);
}

static void put16(uint8_t *p, uint32_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

static uint32_t read16(const uint8_t *p)
{
	return (uint32_t)p[0] << 8 | p[1];
}

static void any_fill(uint8_t *p, size_t len)
{
	for (size_t i = 0; i < len; i++)
		p[i] = (uint8_t)pick(256);
}

struct packet {
	uint8_t b[ROOM];
	size_t len;
};

/* ---- packets ---- */

/* Of our cloud, or nearly, or of one link, or any. */
static void any_address(uint8_t *p, bool v6)
{
	static const uint8_t special[][2] = {{0xff, 2}, {0xfe, 0x80}, {0xfe, 0xbf}, {0xfe, 0xc0},
					     {224, 0},	{169, 254},   {169, 253}};
	size_t len = v6 ? 16 : 4;

	any_fill(p, len);
	switch (pick(6)) {
	case 0:
	case 1:
	case 2:
		memcpy(p, v6 ? end.inner6.b : end.inner4.b, len);
		p[pick((uint32_t)len)] ^= (uint8_t)(1u << pick(8));
		break;
	case 3: memcpy(p, special[pick(7)], 2); break;
	case 4:
		if (v6 && pick(2))
			memcpy(p, gateway.b, len);
		break;
	default: break;
	}
}

/* An IP packet of room bytes at p; sometimes its header says something else. */
static void any_ip(uint8_t *p, size_t room, bool v6)
{
	size_t header = v6 ? V6 : V4;

	any_fill(p, room);
	p[0] = v6 ? (uint8_t)(0x60 | pick(16)) : 0x45;
	put16(p + (v6 ? 4 : 2), (uint32_t)(v6 ? room - V6 : room));
	any_address(p + header - (v6 ? 32 : 8), v6);
	any_address(p + header - (v6 ? 16 : 4), v6);
	if (!v6) {
		put16(p + 10, 0);
		checksum_store(p + 10, checksum_add(0, p, V4));
	}
	switch (pick(16)) {
	case 0: p[0] = (uint8_t)pick(256); break;
	case 1:
		put16(p + (v6 ? 4 : 2), (uint32_t)(room - header) + pick(2 * (uint32_t)header));
		break;
	case 2: put16(p + (v6 ? 4 : 2), pick(60)); break;
	default: break;
	}
}

static void any_in(struct packet *p)
{
	uint8_t *outer = p->b + FRONT;
	bool v6 = pick(2);
	size_t inner = V6 + (pick(3) ? pick(64) : pick(1400)), padding = pick(4) ? 0 : pick(20);

	if (!v6 && pick(2))
		inner -= pick(V6 - V4);
	p->len = FRONT + OUTER + inner + padding;
	memset(p->b, 0, p->len);
	p->b[12] = 0x86;
	p->b[13] = 0xdd;
	if (pick(32) == 0)
		p->b[5] = 7; /* to somebody else */
	outer[0] = 0x60;
	outer[1] = (uint8_t)(pick(16) << 4);
	put16(outer + 4, (uint32_t)inner);
	outer[6] = v6 ? 41 : 4;
	outer[7] = 64;
	memcpy(outer + 8, end.dummy.b, 16);
	memcpy(outer + 24, end.primary.b, 16);
	any_ip(outer + OUTER, inner, v6);
	switch (pick(24)) {
	case 0: outer[6] = (uint8_t)pick(256); break;
	case 1: outer[8 + pick(16)] ^= 1; break;
	case 2: outer[24 + pick(16)] ^= 0x80; break;
	case 3: put16(outer + 4, pick(1500)); break;
	case 4: outer[6] ^= 4 ^ 41; break;
	default: break;
	}
}

static void any_out(struct packet *p)
{
	bool v6 = pick(2);
	size_t inner = V6 + (pick(3) ? pick(64) : pick(1400));

	p->len = FRONT + inner;
	memset(p->b, 0, FRONT);
	put16(p->b + 12, v6 ? 0x86dd : 0x0800);
	any_ip(p->b + FRONT, inner, v6);
	if (pick(32) == 0)
		put16(p->b + 12, 0x0806);
}

/* ---- the model ---- */

static bool in_prefix(const uint8_t *a, const uint8_t *net, unsigned bits)
{
	for (unsigned i = 0; i < bits; i++)
		if ((a[i / 8] ^ net[i / 8]) & (0x80 >> i % 8))
			return false;
	return true;
}

static bool from_own_to_own(const uint8_t *ip, bool v6)
{
	const uint8_t *net = v6 ? end.inner6.b : end.inner4.b, *a = ip + (v6 ? 8 : 12);
	unsigned bits = v6 ? end.inner6.bits : end.inner4.bits;

	return bits != 0 && in_prefix(a, net, bits) && in_prefix(a + (v6 ? 16 : 4), net, bits);
}

static unsigned ecn(const uint8_t *ip)
{
	return (ip[0] >> 4 == 6 ? ip[1] >> 4 : ip[1]) & 3u;
}

static void mark(uint8_t *ip, bool v6)
{
	if (v6) {
		ip[1] |= 0x30;
		return;
	}
	/* RFC 1624, for the one word that changes. */
	uint32_t sum = (uint16_t)~read16(ip + 10) + (uint32_t)(uint16_t)~read16(ip);

	ip[1] |= 3;
	sum += read16(ip);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	put16(ip + 10, (uint16_t)~sum);
}

/* What is to come of p, in place. */
static int model_in(struct packet *p)
{
	static const uint8_t us[6];
	uint8_t *outer = p->b + FRONT, *ip = outer + OUTER;
	bool v6 = outer[6] == 41;
	size_t header, whole;

	if (memcmp(p->b, us, sizeof(us)) != 0 || (outer[6] != 4 && !v6) ||
	    memcmp(outer + 8, end.dummy.b, 16) != 0 || memcmp(outer + 24, end.primary.b, 16) != 0)
		return TC_ACT_UNSPEC;
	if (read16(outer + 4) > p->len - FRONT - OUTER || ip[0] >> 4 != (v6 ? 6 : 4) ||
	    (v6 && p->len < FRONT + OUTER + V6))
		return TC_ACT_UNSPEC;
	header = v6 ? V6 : (ip[0] & 15u) * 4u;
	whole = v6 ? V6 + read16(ip + 4) : read16(ip + 2);
	if (header < V4 || whole < header || whole > read16(outer + 4) || from_own_to_own(ip, v6))
		return TC_ACT_UNSPEC;
	if (ecn(outer) == 3) {
		if (ecn(ip) == 0)
			return TC_ACT_UNSPEC;
		mark(ip, v6);
	}
	p->len -= OUTER;
	memmove(outer, ip, p->len - FRONT);
	return REDIRECTED;
}

static int model_none(struct packet *p)
{
	(void)p;
	return TC_ACT_UNSPEC;
}

static int model_out(struct packet *p)
{
	uint8_t *at = p->b + FRONT, header[OUTER] = {0x60};
	uint32_t type = read16(p->b + 12);
	bool v6 = type == 0x86dd;
	const uint8_t *to = at + (v6 ? 24 : 16);
	size_t len = p->len - FRONT;

	if ((!v6 && type != 0x0800) || at[0] >> 4 != (v6 ? 6 : 4))
		return TC_ACT_UNSPEC;
	if (v6 ? in_prefix(to, (const uint8_t[]){0xff}, 8) ||
			    in_prefix(to, (const uint8_t[]){0xfe, 0x80}, 10) ||
			    memcmp(to, gateway.b, 16) == 0
	       : to[0] >= 224 || (to[0] == 169 && to[1] == 254))
		return TC_ACT_UNSPEC;
	header[1] = (uint8_t)((ecn(at) == 3 ? 2 : ecn(at)) << 4);
	put16(header + 4, (uint32_t)len);
	header[6] = v6 ? 41 : 4;
	header[7] = 64;
	memcpy(header + 8, gateway_dummy.b, 16);
	memcpy(header + 24, gateway.b, 16);
	memmove(at + OUTER, at, len);
	memcpy(at, header, OUTER);
	p->len += OUTER;
	return REDIRECTED;
}

/* ---- both ---- */

struct tally {
	uint64_t carried, bytes, marked;
};

static void try_packet(struct tally *t, int program, int (*model)(struct packet *), bool in)
{
	static struct packet p, out;
	LIBBPF_OPTS(bpf_test_run_opts, run, .data_in = p.b, .data_out = out.b,
		    .data_size_out = sizeof(out.b), .repeat = 1);
	size_t inner;
	int expected;

	(in ? any_in : any_out)(&p);
	run.data_size_in = (uint32_t)p.len;
	assert_int_equal(bpf_prog_test_run_opts(program, &run), 0);
	inner = p.len - FRONT - (in ? OUTER : 0);
	t->marked += in && ecn(p.b + FRONT) == 3 && p.b[FRONT + 6] == 4;
	expected = model(&p);
	t->carried += expected == REDIRECTED;
	t->bytes += expected == REDIRECTED ? inner : 0;
	assert_int_equal((int)run.retval, expected);
	assert_int_equal(run.data_size_out, p.len);
	/* The Ethernet header's type is what it was: it goes. */
	assert_memory_equal(out.b + FRONT, p.b + FRONT, p.len - FRONT);
}

static bool open_or_skip(void)
{
	static bool alone;

	/* A network of our own, with a way to the gateway. */
	if (!alone &&
	    (unshare(CLONE_NEWNET) || system("ip link set lo up && "
					     "sysctl -qw net.ipv6.conf.all.forwarding=1 && "
					     "ip link add d0 type veth peer name d1 && "
					     "ip link set d0 up && ip link set d1 up && "
					     "ip -6 route add fd70::/16 dev d0") != 0)) {
		print_message("SKIPPED: no network namespace: %s\n", strerror(errno));
		return false;
	}
	alone = true;
	tunnel_fast_open(&fast, HOST_DATAPATH_BPF, HOST_TUNNEL_BPF);
	if (tunnel_fast_is_on(&fast))
		return true;
	print_message("SKIPPED: the kernel refuses bpf()\n");
	return false;
}

static void any_end(void)
{
	end = (struct tunnel_end){.primary = {{0xfd, 0x70, [15] = 1}, 128},
				  .dummy = {{0xfd, 0x71, [15] = 1}, 128},
				  .inner4 = {{10, 13, 0, 1}, 16},
				  .inner6 = {{0xfd, 0x0d, [15] = 1}, 64}};
	any_fill(end.primary.b + 2, 13);
	any_fill(end.dummy.b + 2, 13);
	end.inner4.bits = (uint8_t)pick(33);
	end.inner6.bits = (uint8_t)pick(129);
	tunnel_fast_end_set(&fast, LOOPBACK, &end);
}

static void packets_in_are_as_the_model_says(void **state)
{
	struct tally t = {0};
	struct tunnel_counter c;

	(void)state;
	if (!open_or_skip())
		skip();
	prng_seed(&prng, 11);
	for (unsigned i = 0; i < PACKETS; i++) {
		if (i % (PACKETS / ENDS) == 0)
			any_end();
		try_packet(&t, fast.in_program, model_in, true);
	}
	c = tunnel_fast_count(&fast, LOOPBACK);
	print_message("in: %llu of %u carried\n", (unsigned long long)t.carried, PACKETS);
	assert_int_equal(c.packets, t.carried);
	assert_int_equal(c.bytes, t.bytes);
	assert_int_equal(c.failed, 0);
	assert_in_range(t.carried, PACKETS / 4, PACKETS * 3 / 4);
	assert_true(t.marked > PACKETS / 20);
	/* Without an end all goes up. */
	tunnel_fast_end_unset(&fast);
	for (unsigned i = 0; i < 100; i++)
		try_packet(&t, fast.in_program, model_none, true);
	tunnel_fast_close(&fast, NULL);
}

static void packets_out_are_as_the_model_says(void **state)
{
	struct tunnel_out_value v = {.front = FRONT};
	const uint32_t ifindex = LOOPBACK;
	struct tally t = {0};
	struct tunnel_counter c;

	(void)state;
	if (!open_or_skip())
		skip();
	prng_seed(&prng, 12);
	any_end(); /* begins to count, too */
	memcpy(v.primary, gateway.b, sizeof(v.primary));
	memcpy(v.dummy, gateway_dummy.b, sizeof(v.dummy));
	assert_int_equal(bpf_map_update_elem(fast.outs, &ifindex, &v, BPF_ANY), 0);
	for (unsigned i = 0; i < PACKETS; i++)
		try_packet(&t, fast.out_program, model_out, false);
	c = tunnel_fast_count(&fast, LOOPBACK);
	print_message("out: %llu of %u carried\n", (unsigned long long)t.carried, PACKETS);
	assert_int_equal(c.packets, t.carried);
	assert_int_equal(c.bytes, t.bytes);
	assert_int_equal(c.failed, 0);
	assert_in_range(t.carried, PACKETS / 4, PACKETS - PACKETS / 10);
	tunnel_fast_close(&fast, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(packets_in_are_as_the_model_says),
					   cmocka_unit_test(packets_out_are_as_the_model_says)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
