/* Proves that in a cloud where many have something to tell one announcement speaks for all of them,
 * that what a third node has is asked for at its publisher, and that a liar gets little by it. */
/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include "cmocka_all.h"
#include "core/share/announce.h"
#include "core/share/recent.h"
#include "share_net.h"
#include "wire/alfred.h"

enum { NODES = 40 };

static struct share_net net;
static unsigned announcements, asked;

static void announcements_count(struct share_net *n, unsigned from, const struct fx_datagram *d)
{
	(void)n;
	(void)from;
	announcements += mac_is_broadcast(d->to) && d->data[0] == ALFRED_ANNOUNCE_PRIMARY;
}

static void requests_count(struct share_net *n, unsigned from, const struct fx_datagram *d)
{
	(void)n;
	asked += from == 0 && d->data[0] == ALFRED_REQUEST;
}

/* Announcements of all in a minute, in which one of them changes something each so often. */
static unsigned busy_minute(span each)
{
	char text[32];

	share_net_init(&net, NODES, 11);
	net.loss = 10;
	share_net_run(&net, span_s(20), NULL);
	announcements = 0;
	net.tap = announcements_count;
	for (unsigned i = 0; i < span_s(60).us / each.us; i++) {
		snprintf(text, sizeof(text), "change %u", i);
		share_net_put(&net, prng_below(&net.prng, NODES), 100, text);
		share_net_run(&net, each, NULL);
	}
	share_net_fini(&net);
	return announcements;
}

static void test_many_changes(void **state)
{
	const unsigned few = busy_minute(span_s(2)), many = busy_minute(span_ms(100));

	(void)state;
	print_message("%d nodes, a minute: %u announcements with 30 changes, %u with 600\n", NODES,
		      few, many);
	/* 240 are regular. Each change by itself would bring six more: 3600. */
	assert_true(few < 240 + 30 * 6 + 20);
	assert_true(many < 240 + 600);
}

/* Where the sets of all stand, as they told last. */
static struct alfred_state state_of[NODES];

static void state_note(struct share_net *n, unsigned from, const struct fx_datagram *d)
{
	struct rd r = rd_over(d->data, d->len);
	struct alfred_tlv t;

	(void)n;
	while (alfred_tlv_next(&r, &t) == OK)
		if (t.type == ALFRED_STATE)
			assert_int_equal(alfred_state_parse(&t, &state_of[from]), OK);
}

/* Node 1 tells node 0 that node 2's set has so many more changes than it said. */
static void have_give(uint32_t more)
{
	const struct alfred_want have = {share_net_mac(2), state_of[2].edition,
					 state_of[2].seqno + more};
	uint8_t bytes[ALFRED_TLV_LEN * 2 + ALFRED_STATE_LEN + ALFRED_WANT_LEN];
	struct wr w = wr_over(bytes, sizeof(bytes));

	alfred_tlv_write(&w, ALFRED_ANNOUNCE_PRIMARY);
	alfred_state_write(&w, state_of[1]);
	alfred_wants_write(&w, ALFRED_HAVE, &have, 1);
	share_net_give(&net, 0, share_net_mac(1), bytes, wr_len(&w));
}

/* Node 2 tells something while node 0 does not hear it; node 1 says so. */
static void test_hint(void **state)
{
	(void)state;
	share_net_init(&net, 3, 12);
	share_net_run(&net, span_s(15), NULL);
	net.tap = state_note;
	net.node[0].half = 1;
	share_net_put(&net, 2, 100, "missed");
	share_net_run(&net, span_s(12), NULL);
	net.node[0].half = 0;
	assert_false(share_net_has(&net, 0, 2, 100, "missed"));
	have_give(0);
	share_net_run(&net, span_ms(200), NULL);
	assert_true(share_net_has(&net, 0, 2, 100, "missed"));
	share_net_fini(&net);
}

static void test_lies(void **state)
{
	(void)state;
	share_net_init(&net, 3, 13);
	net.tap = state_note;
	share_net_run(&net, span_s(25), NULL);
	net.tap = requests_count;
	asked = 0;
	have_give(1);
	share_net_run(&net, span_s(5), NULL);
	print_message("asked %u times\n", asked);
	assert_int_equal(asked, RECENT_ASKS);
	/* More than a thousand in a second: a pace, and then nothing. */
	for (unsigned i = 0; i < 1000; i++) {
		have_give(1);
		share_net_run(&net, span_ms(1), NULL);
	}
	share_net_run(&net, span_s(5), NULL);
	assert_true(asked < RECENT_ASKS + RECENT_ASKS * (RECENT_HINTS + 1000 / RECENT_HINT_MS));
	asked = 0;
	share_net_run(&net, span_s(30), NULL);
	assert_int_equal(asked, 0);
	share_net_fini(&net);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_many_changes),
		cmocka_unit_test(test_hint),
		cmocka_unit_test(test_lies),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
