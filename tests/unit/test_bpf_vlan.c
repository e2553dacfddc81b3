/* Proves that the programs of VLAN ports do what a plain model says, byte by byte, for many
 * generated frames. */
/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <bpf/bpf.h>
#include <linux/pkt_cls.h>
#include <string.h>

#include "base/prng.h"
#include "cmocka_all.h"
#include "drv/vlan_fast.h"

enum {
	FRAMES = 100000,
	ROOM = 1700,
	MACS = 12,
	TAG = 4,
	LEAST = 60, /* whole IP headers under a tag: the kernel's test run wants them */
	LOOPBACK = 1,
	REDIRECTED = 7, /* TC_ACT_REDIRECT */
	VID = 18,
	TPID_S = 0x88a8,
	TPID_C = 0x8100,
};

static struct prng prng;
static struct vlan_fast fast;
static const uint8_t port_mac[6] = {2, 1, 2, 3, 4, 5};

static uint32_t pick(uint32_t n)
{
	return prng_below(&prng, n);
}

struct frame {
	uint8_t b[ROOM];
	size_t len;
};

static void any_mac(uint8_t *p)
{
	for (unsigned i = 0; i < 6; i++)
		p[i] = (uint8_t)pick(256);
	if (pick(2))
		memcpy(p, port_mac, sizeof(port_mac));
	if (pick(8) == 0)
		p[pick(6)] ^= (uint8_t)(1u << pick(8));
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

/* One tag, or two, or none. */
static void any_frame(struct frame *f)
{
	static const uint16_t types[] = {0x0800, 0x86dd, 0x0806, 0x4305};
	size_t at = MACS;

	f->len = LEAST + pick(ROOM - LEAST - 2 * TAG);
	for (size_t i = 0; i < f->len; i++)
		f->b[i] = (uint8_t)pick(256);
	any_mac(f->b);
	for (unsigned tags = pick(8) ? 1 + (pick(4) == 0) : 0; tags > 0; tags--, at += TAG) {
		put16(f->b + at, pick(4) ? TPID_S : TPID_C);
		put16(f->b + at + 2, pick(8) << 13 | (pick(3) ? VID : pick(4096)));
	}
	put16(f->b + at, types[pick(4)]);
}

/* What is to come of f, in place. A tag that is put back stands beside the frame. */
static int model_in(struct frame *f)
{
	bool is_ours = read16(f->b + MACS) == TPID_S && (read16(f->b + MACS + 2) & 0xfff) == VID;
	bool multicast = f->b[0] & 1;

	if (!is_ours || (!multicast && memcmp(f->b, port_mac, sizeof(port_mac)) != 0))
		return TC_ACT_UNSPEC;
	f->len -= TAG;
	memmove(f->b + MACS, f->b + MACS + TAG, f->len - MACS);
	/* A second tag comes beside the frame: the kernel keeps the first one there. */
	if (read16(f->b + MACS) == TPID_S || read16(f->b + MACS) == TPID_C) {
		if (multicast)
			return TC_ACT_UNSPEC; /* and back, for ours */
		f->len -= TAG;
		memmove(f->b + MACS, f->b + MACS + TAG, f->len - MACS);
	}
	return multicast ? TC_ACT_UNSPEC : REDIRECTED;
}

static bool open_or_skip(void)
{
	struct vlan_in_key key = {.lower = LOOPBACK, .vid = VID, .tpid = TPID_S};
	struct vlan_in_value in = {.port = LOOPBACK};
	struct vlan_out_value out = {.lower = LOOPBACK, .vid = VID, .tpid = TPID_S};
	const uint32_t ifindex = LOOPBACK;

	vlan_fast_open(&fast, HOST_DATAPATH_BPF);
	if (!vlan_fast_is_on(&fast)) {
		print_message("SKIPPED: the kernel refuses bpf()\n");
		return false;
	}
	memcpy(in.mac, port_mac, sizeof(in.mac));
	assert_int_equal(bpf_map_update_elem(fast.ins, &key, &in, BPF_ANY), 0);
	assert_int_equal(bpf_map_update_elem(fast.outs, &ifindex, &out, BPF_ANY), 0);
	prng_seed(&prng, 21);
	return true;
}

static int run(int program, const struct frame *f, struct frame *result)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = f->b, .data_size_in = (uint32_t)f->len,
		    .data_out = result->b, .data_size_out = sizeof(result->b), .repeat = 1);

	assert_int_equal(bpf_prog_test_run_opts(program, &opts), 0);
	result->len = opts.data_size_out;
	return (int)opts.retval;
}

static void frames_in_are_as_the_model_says(void **state)
{
	static struct frame f, result;
	unsigned taken = 0, copied = 0;

	(void)state;
	if (!open_or_skip())
		skip();
	for (unsigned i = 0; i < FRAMES; i++) {
		size_t len;
		int got, expected;

		any_frame(&f);
		len = f.len;
		got = run(fast.in_program, &f, &result);
		expected = model_in(&f);
		assert_int_equal(got, expected);
		assert_int_equal(result.len, f.len);
		assert_memory_equal(result.b, f.b, f.len);
		taken += expected == REDIRECTED;
		copied += expected != REDIRECTED && f.len != len;
	}
	print_message("%u of %u frames taken, %u copied\n", taken, FRAMES, copied);
	assert_in_range(taken, FRAMES / 10, FRAMES / 2);
	assert_in_range(copied, FRAMES / 50, FRAMES / 2);
	vlan_fast_close(&fast);
}

/* The tag stands beside the frame, where the test run does not show it: test_network.py sees it on
 * the wire. What was beside it before would be in it: here nothing is. */
static void frames_out_keep_their_bytes(void **state)
{
	static struct frame f, result;
	const uint32_t ifindex = LOOPBACK;

	(void)state;
	if (!open_or_skip())
		skip();
	for (unsigned i = 0; i < FRAMES / 10; i++) {
		any_frame(&f);
		assert_int_equal(run(fast.out_program, &f, &result), REDIRECTED);
		assert_int_equal(result.len, f.len);
		assert_memory_equal(result.b, f.b, f.len);
	}
	assert_int_equal(bpf_map_delete_elem(fast.outs, &ifindex), 0);
	assert_int_equal(run(fast.out_program, &f, &result), TC_ACT_UNSPEC);
	vlan_fast_close(&fast);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(frames_in_are_as_the_model_says),
					   cmocka_unit_test(frames_out_keep_their_bytes)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
