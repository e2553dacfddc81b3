/* Proves that the lab's medium delivers to those who hear, loses, delays, keeps its rate and its
 * order, shares the air fairly, honours cuts, and plays the same history for the same seed. */
/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>
#include "cmocka_all.h"
#include "nuvol-lab/air.h"
#include "town/quantity.h"

enum { STATIONS_MAX = 8, FRAME_LEN = 1000, AIRTIME_BYTES = FRAME_LEN + 24 };

/* What a station got. */
struct ear {
	unsigned count;
	uint32_t newest; /* number of the newest frame ... */
	unsigned disordered;
	uint64_t digest;
	instant last;
};

static struct ear ears[STATIONS_MAX];
static instant now;

static void hear(void *ctx, const uint8_t *frame, size_t len)
{
	struct ear *e = ctx;
	uint32_t number;

	assert_int_equal(len, FRAME_LEN);
	memcpy(&number, frame + 14, sizeof(number));
	e->disordered += e->count > 0 && number <= e->newest;
	e->newest = number;
	e->digest = e->digest * 31 + number;
	e->count++;
	e->last = now;
}

/* A segment of count stations. */
static struct air *air_with(const struct air_conf *conf, unsigned count, uint64_t seed)
{
	struct air *a = air_new(seed, hear);
	unsigned segment = air_segment(a, conf);

	memset(ears, 0, sizeof(ears));
	now = (instant){1000000};
	for (unsigned i = 0; i < count; i++)
		assert_int_equal(air_station(a, segment, &ears[i]), i);
	return a;
}

static enum err say(struct air *a, unsigned station, uint32_t number, bool unicast)
{
	uint8_t frame[FRAME_LEN] = {unicast ? 0x02 : 0xff};

	memcpy(frame + 14, &number, sizeof(number));
	return air_send(a, now, station, frame, sizeof(frame));
}

/* Lets all that is due before until happen at its time. */
static void run(struct air *a, instant until)
{
	while (instant_reached(air_deadline(a), until)) {
		now = air_deadline(a);
		air_expire(a, now);
	}
	now = until;
}

static instant later(span s)
{
	return instant_add(now, s);
}

static void test_all_hear_at_once(void **state)
{
	struct air_conf conf = {0};
	struct air *a = air_with(&conf, 4, 1);

	(void)state;
	assert_int_equal(say(a, 1, 1, false), OK);
	assert_int_equal(ears[0].count, 1);
	assert_int_equal(ears[1].count, 0);
	assert_int_equal(ears[2].count, 1);
	assert_int_equal(ears[3].count, 1);
	assert_true(air_deadline(a).us == NEVER.us);
	assert_int_equal(air_send(a, now, 0, (const uint8_t *)"short", 5), ERR_SHORT);
	air_free(a);
}

static void test_only_links_hear(void **state)
{
	struct air_conf conf = {.links = true};
	struct air *a = air_with(&conf, 4, 1);

	(void)state;
	air_link(a, 0, 1, 0);
	air_link(a, 1, 3, LOSS_ALL);
	say(a, 1, 1, false);
	say(a, 0, 2, false);
	assert_int_equal(ears[0].count, 1);
	assert_int_equal(ears[1].count, 1);
	assert_int_equal(ears[2].count, 0);
	assert_int_equal(ears[3].count, 0); /* in range, but loses everything */
	assert_int_equal(air_counters(a, 3)->lost, 1);
	assert_int_equal(air_counters(a, 2)->lost, 0);
	air_free(a);
}

/* 20 % of 20000: the standard deviation is 57 frames, so 300 is 5 of them. */
static void test_each_receiver_loses_by_itself(void **state)
{
	struct air_conf conf = {.loss = LOSS_ALL / 5};
	struct air *a = air_with(&conf, 3, 7);

	(void)state;
	for (uint32_t i = 1; i <= 20000; i++)
		say(a, 0, i, false);
	assert_in_range(ears[1].count, 16000 - 300, 16000 + 300);
	assert_in_range(ears[2].count, 16000 - 300, 16000 + 300);
	assert_true(ears[1].digest != ears[2].digest);
	air_free(a);
}

static void test_unicast_is_repeated(void **state)
{
	struct air_conf conf = {.loss = LOSS_ALL / 2, .retries = 4};
	struct air *a = air_with(&conf, 2, 7);

	(void)state;
	for (uint32_t i = 1; i <= 10000; i++)
		say(a, 0, i, true);
	assert_in_range(ears[1].count, 9600, 9780); /* 1 - 1/32 of 10000 = 9687, +-17 */
	memset(ears, 0, sizeof(ears));
	for (uint32_t i = 1; i <= 10000; i++)
		say(a, 0, i, false);
	assert_in_range(ears[1].count, 4750, 5250);
	air_free(a);
}

static void test_delay_and_jitter_keep_order(void **state)
{
	struct air_conf conf = {.delay = span_ms(5), .jitter = span_ms(10)};
	struct air *a = air_with(&conf, 2, 3);
	instant begin = now, first;

	(void)state;
	for (uint32_t i = 1; i <= 1000; i++)
		say(a, 0, i, false);
	assert_int_equal(ears[1].count, 0);
	first = air_deadline(a);
	assert_true(instant_since(first, begin).us >= 5000);
	assert_true(instant_since(first, begin).us <= 15000);
	run(a, later(span_ms(16)));
	assert_int_equal(ears[1].count, 1000);
	assert_int_equal(ears[1].disordered, 0);
	air_free(a);
}

static void test_rate_is_kept_and_queue_is_bounded(void **state)
{
	struct air_conf conf = {.rate_bps = 8 * AIRTIME_BYTES * 1000, .queue_frames = 50};
	struct air *a = air_with(&conf, 2, 3);
	unsigned refused = 0;

	(void)state;
	/* One frame a millisecond: 50 wait, the first leaves once time moves. */
	for (uint32_t i = 1; i <= 80; i++)
		refused += say(a, 0, i, false) == ERR_FULL;
	assert_int_equal(refused, 30);
	assert_int_equal(air_counters(a, 0)->overflows, 30);
	run(a, later(span_us(20500)));
	assert_int_equal(ears[1].count, 20);
	run(a, later(span_ms(100)));
	assert_int_equal(ears[1].count, 50);
	assert_int_equal(ears[1].disordered, 0);
	air_free(a);
}

/* Both directions at once: a wire has room for both, a radio for one at a time. */
static void test_radio_shares_its_time(void **state)
{
	struct air_conf conf = {.rate_bps = 8 * AIRTIME_BYTES * 1000, .queue_frames = 1000};

	(void)state;
	for (int shared = 0; shared < 2; shared++) {
		struct air *a;
		instant begin;

		conf.shared = shared;
		a = air_with(&conf, 3, 3);
		begin = now;
		for (uint32_t i = 1; i <= 100; i++) {
			say(a, 0, i, false);
			say(a, 1, i, false);
		}
		run(a, later(span_ms(101)));
		/* Station 2 hears both; who sends is not heard by himself. */
		assert_in_range(ears[2].count, shared ? 99 : 200, shared ? 101 : 200);
		if (shared) {
			assert_in_range(ears[0].count, 49, 51);
			assert_in_range(ears[1].count, 49, 51);
		}
		run(a, instant_add(begin, span_ms(300)));
		assert_int_equal(ears[2].count, 200);
		air_free(a);
	}
}

/* A line of four: the two ends can send at the same time, they do not hear each other. */
static void test_far_stations_send_at_once(void **state)
{
	struct air_conf conf = {.shared = true,
				.links = true,
				.rate_bps = 8 * AIRTIME_BYTES * 1000,
				.queue_frames = 1000};
	struct air *a = air_with(&conf, 4, 3);

	(void)state;
	air_link(a, 0, 1, 0);
	air_link(a, 1, 2, 0);
	air_link(a, 2, 3, 0);
	for (uint32_t i = 1; i <= 100; i++) {
		say(a, 0, i, false);
		say(a, 3, i, false);
	}
	run(a, later(span_ms(101)));
	assert_in_range(ears[1].count, 99, 100);
	assert_in_range(ears[2].count, 99, 100);
	air_free(a);
}

static void test_cut_frames_vanish(void **state)
{
	struct air_conf conf = {.delay = span_ms(1)};
	struct air *a = air_with(&conf, 3, 3);

	(void)state;
	air_cut(a, 1, true);
	say(a, 0, 1, false);
	say(a, 1, 2, false);
	run(a, later(span_ms(2)));
	assert_int_equal(ears[0].count, 0);
	assert_int_equal(ears[1].count, 0);
	assert_int_equal(ears[2].count, 1);
	assert_int_equal(air_counters(a, 1)->cut, 1);
	air_cut(a, 1, false);
	say(a, 1, 3, false);
	run(a, later(span_ms(2)));
	assert_int_equal(ears[0].count, 1);
	air_free(a);
}

static uint64_t history(uint64_t seed)
{
	struct air_conf conf = {.loss = LOSS_ALL / 10, .jitter = span_ms(3)};
	struct air *a = air_with(&conf, 4, seed);

	for (uint32_t i = 1; i <= 500; i++) {
		say(a, i % 4, i, false);
		run(a, later(span_us(500)));
	}
	run(a, later(span_s(1)));
	air_free(a);
	return ears[0].digest ^ ears[1].digest * 3 ^ ears[2].digest * 5 ^ ears[3].digest * 7;
}

static void test_same_seed_same_history(void **state)
{
	(void)state;
	assert_true(history(11) == history(11));
	assert_true(history(11) != history(12));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all_hear_at_once),
		cmocka_unit_test(test_only_links_hear),
		cmocka_unit_test(test_each_receiver_loses_by_itself),
		cmocka_unit_test(test_unicast_is_repeated),
		cmocka_unit_test(test_delay_and_jitter_keep_order),
		cmocka_unit_test(test_rate_is_kept_and_queue_is_bounded),
		cmocka_unit_test(test_radio_shares_its_time),
		cmocka_unit_test(test_far_stations_send_at_once),
		cmocka_unit_test(test_cut_frames_vanish),
		cmocka_unit_test(test_same_seed_same_history),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
