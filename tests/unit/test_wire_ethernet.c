/* Proves that frames under any stack of tags are read right, and cut or too deep ones refused. */
/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include "cmocka_all.h"
#include "wire/ethernet.h"

static const struct mac dst = {{0x02, 0xba, 0xcc, 0, 0, 1}};
static const struct mac src = {{0x02, 0xba, 0xcc, 0, 0, 2}};

struct tag {
	uint16_t type;
	uint16_t control;
};

struct frame_case {
	const char *name;
	struct tag tag[10];
	uint16_t type;
	uint8_t tags;
	uint16_t vlan;
	uint16_t batadv_vid;
	bool is_batadv;
};

static const struct frame_case cases[] = {
	{.name = "IPv4", .type = 0x0800},
	{.name = "length field", .type = 0x0020},
	{.name = "batman-adv", .type = 0x4305, .is_batadv = true},
	{"VLAN 10", {{0x8100, 10}}, 0x0806, 1, 10, 0x800a, false},
	{"priority bits are not the id", {{0x8100, 0xf00a}}, 0x0800, 1, 10, 0x800a, false},
	{"priority tag", {{0x8100, 0xe000}}, 0x0800, 1, 0, 0, false},
	{"VLAN 4095", {{0x8100, 0x0fff}}, 0x86dd, 1, 4095, 0x8fff, false},
	{"802.1ad is no client VLAN", {{0x88a8, 29}}, 0x4305, 1, 29, 0, true},
	{"802.1Q in 802.1ad", {{0x88a8, 29}, {0x8100, 7}}, 0x4305, 2, 29, 0, true},
	{"802.1ad in 802.1Q", {{0x8100, 7}, {0x88a8, 29}}, 0x0800, 2, 7, 0x8007, false},
	{"802.1Q in a priority tag", {{0x8100, 0}, {0x8100, 9}}, 0x0800, 2, 0, 0, false},
	{"as many tags as may be",
	 {{0x88a8, 1},
	  {0x88a8, 2},
	  {0x88a8, 3},
	  {0x88a8, 4},
	  {0x8100, 5},
	  {0x8100, 6},
	  {0x8100, 7},
	  {0x8100, 8}},
	 0x4305,
	 8,
	 1,
	 0,
	 true},
};

static const char payload[] = "payload";

/* Writes the frame of a case; the length of its header, tags included. */
static size_t frame_write(struct wr *w, const struct frame_case *c)
{
	uint16_t type = c->tags > 0 ? c->tag[0].type : c->type;

	ethernet_write(w, dst, src, type);
	for (unsigned i = 0; i < c->tags; i++) {
		wr_u16(w, c->tag[i].control);
		wr_u16(w, i + 1u < c->tags ? c->tag[i + 1].type : c->type);
	}
	size_t header_len = wr_len(w);
	wr_bytes(w, payload, sizeof(payload));
	assert_false(w->bad);
	return header_len;
}

static void test_good_frames(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct frame_case *c = &cases[i];
		uint8_t bytes[100];
		struct wr w = wr_over(bytes, sizeof(bytes));
		size_t header_len = frame_write(&w, c);
		struct ethernet e;

		assert_int_equal(ethernet_parse(bytes, wr_len(&w), &e), OK);
		assert_true(mac_equal(e.dst, dst));
		assert_true(mac_equal(e.src, src));
		assert_int_equal(e.type, c->tags > 0 ? c->tag[0].type : c->type);
		assert_int_equal(e.inner_type, c->type);
		assert_int_equal(e.tags, c->tags);
		assert_int_equal(e.vlan, c->vlan);
		assert_ptr_equal(e.payload, bytes + header_len);
		assert_int_equal(e.payload_len, sizeof(payload));
		assert_int_equal(ethernet_batadv_vid(&e), c->batadv_vid);
		assert_int_equal(ethernet_is_batadv(&e), c->is_batadv);
	}
}

/* Cut anywhere in its header a frame is too short, cut behind it is good. The
 * copy ends where its memory ends, so that ASan sees a read too far. */
static void test_every_truncation(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint8_t bytes[100];
		struct wr w = wr_over(bytes, sizeof(bytes));
		size_t header_len = frame_write(&w, &cases[i]);
		struct ethernet e;

		for (size_t len = 0; len <= wr_len(&w); len++) {
			uint8_t *copy = malloc(len + 1);
			memcpy(copy + 1, bytes, len);
			assert_int_equal(ethernet_parse(copy + 1, len, &e),
					 len < header_len ? ERR_SHORT : OK);
			free(copy);
		}
	}
}

static void test_too_many_tags(void **state)
{
	struct frame_case deep = {.type = 0x0800, .tags = ETHERNET_TAGS_MAX + 1};
	uint8_t bytes[100];
	struct wr w = wr_over(bytes, sizeof(bytes));
	struct ethernet e;

	(void)state;
	for (unsigned i = 0; i < deep.tags; i++)
		deep.tag[i] = (struct tag){0x8100, 1};
	frame_write(&w, &deep);
	assert_int_equal(ethernet_parse(bytes, wr_len(&w), &e), ERR_MALFORMED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good_frames),
		cmocka_unit_test(test_every_truncation),
		cmocka_unit_test(test_too_many_tags),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
