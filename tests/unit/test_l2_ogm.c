/* Proves which OGMs leave when: our own, echoes, and those passed on, alone or together. */
/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmocka_all.h"
#include "puppet.h"

/* ---- ours ---- */

static void test_full_and_short(void **state)
{
	(void)state;
	struct air *a = bench(NULL);
	unsigned full[2] = {0}, brief = 0;
	uint32_t newest = 0;
	instant last = {0};

	air_up(a, 0, 1, 1);
	air_run(a, span_s(60));
	for (size_t i = 0; i < a->ogms; i++) {
		const struct air_ogm *o = &a->ogm[i];

		assert_true(mac_equal(o->ogm.orig, o->ogm.prev_sender));
		assert_int_equal(o->ogm.flags, 0);
		assert_int_equal(o->ogm.tq, 255);
		if (mac_equal(o->ogm.orig, air_mac(0, 1))) {
			assert_int_equal(o->port, 1);
			assert_int_equal(o->ogm.ttl, 2);
			assert_int_equal(o->ogm.tvlv_len, 0);
			brief++;
			continue;
		}
		assert_true(mac_equal(o->ogm.orig, air_mac(0, 0)));
		assert_int_equal(o->ogm.ttl, 50);
		assert_true(o->ogm.tvlv_len > 0);
		full[o->port]++;
		if (o->port == 1) {
			assert_int_equal(o->ogm.seqno, newest); /* the same everywhere */
			continue;
		}
		if (newest != 0) {
			assert_int_equal(o->ogm.seqno, newest + 1);
			assert_true(instant_since(o->at, last).us >= 980000);
			assert_true(instant_since(o->at, last).us <= 1020000);
		}
		newest = o->ogm.seqno;
		last = o->at;
	}
	assert_in_range(full[0], 59, 62);
	assert_in_range(full[1] - full[0] + 1, 0, 1); /* port 1 came up an instant later */
	assert_in_range(brief, 59, 62);
	assert_int_equal(air_l2(a, 0)->count.ogm_own, full[0] + brief);
	air_free(a);
}

static void client_comes(struct air *a, unsigned number)
{
	struct ev ev = {
		.kind = EV_CLIENT,
		.client = {.change = CLIENT_SEEN, .mac = {{0x02, 0xcc, 0, 0, 0, (uint8_t)number}}}};

	air_event(a, 0, &ev);
}

static void test_extra(void **state)
{
	(void)state;
	struct air *a = bench(NULL);

	air_run(a, span_ms(10300));
	air_forget(a);
	client_comes(a, 1);
	assert_int_equal(a->ogms, 0); /* not in the same call: clients come in crowds */
	air_run(a, span_ms(OGM_EXTRA_COLLECT_MS));
	assert_int_equal(a->ogms, 1);
	air_forget(a);

	/* A regular one would have come after 700 ms; now it comes a full interval later. */
	air_run(a, span_ms(975));
	assert_int_equal(a->ogms, 0);
	air_run(a, span_ms(50));
	assert_int_equal(a->ogms, 1);

	/* A new client every 10 ms for 4 s: five at once, 50 ms apart, then one a second. */
	air_run(a, span_s(10));
	air_forget(a);
	uint64_t extra = air_l2(a, 0)->count.ogm_extra;

	for (unsigned i = 0; i < 400; i++) {
		client_comes(a, 2 + i % 200);
		if (i % 200 == 199) {
			struct ev gone = {.kind = EV_CLIENT, .client = {.change = CLIENT_GONE}};

			for (unsigned k = 2; k < 202; k++) {
				gone.client.mac = (struct mac){{2, 0xcc, 0, 0, 0, (uint8_t)k}};
				air_event(a, 0, &gone);
			}
		}
		air_run(a, span_ms(10));
	}
	assert_in_range(air_l2(a, 0)->count.ogm_extra - extra, 8, 9);
	assert_in_range(a->ogms, 8, 13); /* regular ones between them */
	for (size_t i = 1; i < a->ogms; i++)
		assert_true(instant_since(a->ogm[i].at, a->ogm[i - 1].at).us >= 50000);
	air_free(a);
}

static void test_warming(void **state)
{
	(void)state;
	struct air *a = bench(NULL);
	unsigned warm = 0;
	instant last = {0};

	air_run(a, span_ms(2500));
	air_forget(a);
	puppet_says(a, PUPPET, 0, 50);
	assert_int_equal(air_noted(a, 0, NOTE_NEIGHBOUR_NEW), 1);
	for (unsigned i = 0; i < 20; i++) {
		air_run(a, span_s(1));
		puppet_says(a, PUPPET, 0, 50);
	}
	for (size_t i = 0; i < a->ogms; i++) {
		const struct air_ogm *o = &a->ogm[i];

		if (!mac_equal(o->ogm.orig, air_mac(0, 0)) || o->ogm.ttl != 2)
			continue;
		assert_int_equal(o->ogm.tvlv_len, 0);
		if (warm++ > 0) {
			assert_true(instant_since(o->at, last).us >= 180000);
			assert_true(instant_since(o->at, last).us <= 220000);
		}
		last = o->at;
	}
	assert_int_equal(warm, 64);
	assert_int_equal(air_l2(a, 0)->count.ogm_warm, 64);
	/* Numbers are shared with the full ones. */
	uint32_t before = 0;

	for (size_t i = 0; i < a->ogms; i++) {
		if (!mac_equal(a->ogm[i].ogm.orig, air_mac(0, 0)))
			continue;
		if (before != 0)
			assert_int_equal(a->ogm[i].ogm.seqno, before + 1);
		before = a->ogm[i].ogm.seqno;
	}
	/* It restarts: it knows nothing of us any more. */
	said[PUPPET] += 5000000;
	puppet_says(a, PUPPET, 0, 50);
	assert_int_equal(air_l2(a, 0)->ports.at[0].warm_left, 64);
	/* It goes: nobody is left to warm for. */
	struct ev gone = {.kind = EV_STATION, .station = {.port = 0, .mac = air_mac(PUPPET, 0)}};

	air_event(a, 0, &gone);
	air_run(a, span_s(1));
	air_forget(a);
	air_run(a, span_s(5));
	for (size_t i = 0; i < a->ogms; i++)
		assert_int_equal(a->ogm[i].ogm.ttl, 50);
	air_free(a);
}

/* ---- passing on ---- */

/* How long the engine took to send an OGM of orig on, or -1. */
static int64_t delay_ms(const struct air *a, instant heard, unsigned orig)
{
	for (size_t i = 0; i < a->ogms; i++) {
		if (mac_equal(a->ogm[i].ogm.orig, air_mac(orig, 0)))
			return span_to_ms(instant_since(a->ogm[i].at, heard));
	}
	return -1;
}

static void test_echo(void **state)
{
	(void)state;
	struct air *a = bench(NULL);
	static const unsigned one[] = {PUPPET};

	/* Nobody else is there: each echo waits for company, half an interval at most. */
	for (unsigned i = 0; i < 30; i++) {
		instant heard = a->now;

		air_forget(a);
		puppet_says(a, PUPPET, 0, 50);
		air_run(a, span_ms(1000));
		assert_in_range(delay_ms(a, heard, PUPPET), 0, 501);
	}
	acquaint(a, one, 1, 70);
	air_run(a, span_ms(600));
	puppet_echoes(a, PUPPET, 0);
	air_forget(a);
	puppet_says(a, PUPPET, 0, 50);
	air_run(a, span_ms(1000));
	unsigned echoes = 0;

	for (size_t i = 0; i < a->ogms; i++) {
		const struct batadv_ogm *o = &a->ogm[i].ogm;

		if (!mac_equal(o->orig, air_mac(PUPPET, 0)))
			continue;
		echoes++;
		assert_int_equal(o->seqno, said[PUPPET]);
		assert_int_equal(o->ttl, 49);
		assert_int_equal(o->flags, OGM_DIRECTLINK);
		assert_int_equal(o->tq, 225);
		assert_true(mac_equal(o->prev_sender, air_mac(PUPPET, 0)));
	}
	assert_int_equal(echoes, 1);
	air_free(a);
}

static const uint8_t gateway[] = {TVLV_GW, 1, 0, 8, 0, 0, 0, 100, 0, 0, 0, 20};
static const uint8_t unknown[] = {0x77, 9, 0, 2, 0xab, 0xcd};

static void test_lanes(void **state)
{
	(void)state;
	struct air *a = bench(NULL);
	static const unsigned two[] = {PUPPET, OTHER};
	struct batadv_ogm ogm;
	instant heard;

	acquaint(a, two, 2, 70);
	/* OTHER may depend on us for PUPPET: it has not echoed it. */
	air_run(a, span_ms(100));
	for (unsigned i = 0; i < 10; i++) {
		heard = a->now;
		air_forget(a);
		puppet_says(a, PUPPET, 0, 50);
		air_run(a, span_ms(990));
		assert_in_range(delay_ms(a, heard, PUPPET), 0, 100);
		puppet_says(a, OTHER, 0, 50);
	}
	/* News does not wait: containers that differ, then the same, then others. */
	for (unsigned i = 0; i < 3; i++) {
		ogm = puppet_ogm(PUPPET, 50, ++said[PUPPET]);
		ogm.tvlv = i < 2 ? gateway : unknown;
		ogm.tvlv_len = i < 2 ? sizeof(gateway) : sizeof(unknown);
		air_run(a, span_ms(200));
		heard = a->now;
		air_forget(a);
		air_hear(a, 0, 0, air_mac(PUPPET, 0), &ogm, 1);
		air_run(a, span_ms(200));
		assert_in_range(delay_ms(a, heard, PUPPET), 0, i == 1 ? 100 : 9);
	}
	/* OTHER hears PUPPET itself and says so: the echo is for PUPPET alone. */
	bool late = false;

	for (unsigned i = 0; i < 10; i++) {
		ogm = puppet_ogm(PUPPET, 50, ++said[PUPPET]);
		heard = a->now;
		air_forget(a);
		air_hear(a, 0, 0, air_mac(PUPPET, 0), &ogm, 1);
		ogm.flags = OGM_DIRECTLINK;
		puppet_passes_on(a, OTHER, 0, ogm);
		air_run(a, span_ms(1000));
		puppet_says(a, OTHER, 0, 2);
		if (i < 2)
			continue;
		assert_in_range(delay_ms(a, heard, PUPPET), 0, 501);
		late = late || delay_ms(a, heard, PUPPET) > 100;
	}
	assert_true(late);
	/* It stops echoing: after three intervals we do not rely on it any more. */
	for (unsigned i = 0; i < 8; i++) {
		heard = a->now;
		air_forget(a);
		puppet_says(a, PUPPET, 0, 50);
		air_run(a, span_ms(1000));
		puppet_says(a, OTHER, 0, 2);
		if (i > 4)
			assert_in_range(delay_ms(a, heard, PUPPET), 0, 100);
	}
	air_free(a);
}

static void test_containers_pass_unchanged(void **state)
{
	(void)state;
	struct air *a = bench(NULL);
	static const unsigned one[] = {PUPPET};
	uint8_t both[sizeof(gateway) + sizeof(unknown)];
	struct batadv_ogm ogm;
	size_t found = 0;

	memcpy(both, unknown, sizeof(unknown));
	memcpy(both + sizeof(unknown), gateway, sizeof(gateway));
	acquaint(a, one, 1, 20);
	drain(a);
	ogm = puppet_ogm(PUPPET, 50, ++said[PUPPET]);
	ogm.tvlv = both;
	ogm.tvlv_len = sizeof(both);
	air_hear(a, 0, 0, air_mac(PUPPET, 0), &ogm, 1);
	const struct originator *o = originator_find(air_l2(a, 0), air_mac(PUPPET, 0));

	assert_int_equal(o->gw_down_100kbit, 100);
	assert_int_equal(o->gw_up_100kbit, 20);
	air_run(a, span_ms(1000));
	for (size_t i = 0; i < a->ogms; i++) {
		if (!mac_equal(a->ogm[i].ogm.orig, air_mac(PUPPET, 0)))
			continue;
		found++;
		assert_int_equal(a->ogm[i].ogm.tvlv_len, sizeof(both));
		assert_int_equal(a->ogm[i].tvlv_crc, o->news);
	}
	assert_int_equal(found, 1);
	/* No containers at all say nothing; others without it say that it is none any more. */
	puppet_says(a, PUPPET, 0, 50);
	assert_int_equal(o->gw_down_100kbit, 100);
	ogm.seqno = ++said[PUPPET];
	ogm.tvlv = unknown;
	ogm.tvlv_len = sizeof(unknown);
	air_hear(a, 0, 0, air_mac(PUPPET, 0), &ogm, 1);
	assert_int_equal(o->gw_down_100kbit, 0);
	/* A late copy of the older one does not bring it back. */
	ogm.seqno = said[PUPPET] - 2;
	ogm.tvlv = both;
	ogm.tvlv_len = sizeof(both);
	air_hear(a, 0, 0, air_mac(PUPPET, 0), &ogm, 1);
	assert_int_equal(o->gw_down_100kbit, 0);
	air_free(a);
}

/* Echoes leave before our own OGM, others behind it; older containers are not told
 * behind newer ones. */
static void test_order_in_frame(void **state)
{
	(void)state;
	struct air *a = bench(NULL);
	static const unsigned one[] = {PUPPET};
	struct batadv_ogm far = puppet_ogm(FAR, 50, said[FAR]), ogm[2];

	acquaint(a, one, 1, 80);
	puppet_passes_on(a, PUPPET, 0, far); /* makes the route */
	while (a->ogms == 0 || !mac_equal(a->ogm[a->ogms - 1].ogm.orig, air_mac(0, 0)))
		air_run(a, span_ms(10));
	air_run(a, span_ms(970));
	air_forget(a);
	far.seqno++;
	puppet_passes_on(a, PUPPET, 0, far);
	for (unsigned i = 0; i < 2; i++) {
		ogm[i] = puppet_ogm(PUPPET, 50, ++said[PUPPET]);
		ogm[i].tvlv = i == 0 ? gateway : unknown;
		ogm[i].tvlv_len = i == 0 ? sizeof(gateway) : sizeof(unknown);
		air_hear(a, 0, 0, air_mac(PUPPET, 0), &ogm[i], 1);
	}
	air_run(a, span_ms(60));
	assert_int_equal(a->ogms, 4);
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(a->ogm[i].frame, a->ogm[0].frame);
	assert_int_equal(a->ogm[0].ogm.seqno, ogm[0].seqno);
	assert_int_equal(a->ogm[0].ogm.tvlv_len, 0);
	assert_int_equal(a->ogm[1].ogm.seqno, ogm[1].seqno);
	assert_int_equal(a->ogm[1].ogm.tvlv_len, sizeof(unknown));
	assert_true(mac_equal(a->ogm[2].ogm.orig, air_mac(0, 0)));
	assert_true(mac_equal(a->ogm[3].ogm.orig, air_mac(FAR, 0)));
	air_free(a);
}

static void test_frames_fill_up(void **state)
{
	(void)state;
	struct air *a = bench(NULL);
	static const unsigned one[] = {PUPPET};
	static uint8_t big[1460];
	size_t frames = 0, forwarded = 0;

	big[0] = 0x77;
	big[2] = (sizeof(big) - 4) >> 8;
	big[3] = (sizeof(big) - 4) & 0xff;
	acquaint(a, one, 1, 20);
	drain(a);
	/* Each of 100 far nodes twice: the first makes the route, the second is passed on. */
	for (unsigned round = 0; round < 2; round++) {
		for (unsigned i = 0; i < 100; i++) {
			struct batadv_ogm ogm = puppet_ogm(120 + i, 50, ++said[120 + i]);

			puppet_passes_on(a, PUPPET, 0, ogm);
		}
	}
	air_run(a, span_ms(120));
	for (size_t i = 0; i < a->ogms; i++) {
		assert_true(a->ogm[i].frame_len <= OUTBOX_FRAME_MAX_BYTES);
		frames += i == 0 || a->ogm[i].frame != a->ogm[i - 1].frame;
		forwarded += !mac_equal(a->ogm[i].ogm.orig, air_mac(0, 0));
	}
	assert_int_equal(forwarded, 100);
	assert_in_range(frames, 2, 4);
	/* One that is larger than that leaves alone; one larger than the MTU cannot. */
	for (unsigned i = 0; i < 2; i++) {
		struct batadv_ogm ogm = puppet_ogm(120, 50, ++said[120]);

		air_forget(a);
		ogm.tvlv = big;
		ogm.tvlv_len = (uint16_t)(i == 0 ? 1460 : 1460);
		if (i == 1)
			air_l2(a, 0)->ports.at[0].mtu_bytes = 1400;
		puppet_passes_on(a, PUPPET, 0, ogm);
		air_run(a, span_ms(9));
		assert_int_equal(a->ogms, 1 - i);
	}
	air_free(a);
}

static void test_queue_is_bounded(void **state)
{
	(void)state;
	struct l2_conf conf = l2_conf_default();

	conf.forwards_max = 10;
	struct air *a = bench(&conf);
	static const unsigned one[] = {PUPPET};

	acquaint(a, one, 1, 20);
	air_run(a, span_ms(600));
	air_forget(a);
	for (unsigned round = 0; round < 2; round++) {
		for (unsigned i = 0; i < 30; i++) {
			struct batadv_ogm ogm = puppet_ogm(120 + i, 50, ++said[120 + i]);

			puppet_passes_on(a, PUPPET, 0, ogm);
		}
	}
	assert_int_equal(air_l2(a, 0)->ports.at[0].outbox->count, 10);
	assert_int_equal(air_l2(a, 0)->count.ogm_queue_full, 20);
	air_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_full_and_short),
		cmocka_unit_test(test_extra),
		cmocka_unit_test(test_warming),
		cmocka_unit_test(test_echo),
		cmocka_unit_test(test_lanes),
		cmocka_unit_test(test_containers_pass_unchanged),
		cmocka_unit_test(test_order_in_frame),
		cmocka_unit_test(test_frames_fill_up),
		cmocka_unit_test(test_queue_is_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
