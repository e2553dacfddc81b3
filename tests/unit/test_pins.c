/* Proves that all nodes of a cloud know through which gateway each client goes and what people wish
 * for it: the newer word holds, what nobody tells any more is forgotten or told on, partitions come
 * to one end, and records that make no sense are refused. */
/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <string.h>
#include "cmocka_all.h"
#include "core/share/pins.h"
#include "share_fake.h"

enum { DESKS = 4 };

/* A node's pins, and what it kept over a restart. */
struct desk {
	struct fx fx;
	struct pins *p;
	struct share share;
	unsigned news, kept;
	uint32_t kept_version;
	struct pins_wish kept_wish;
};

static struct desk desk[DESKS];
static bool cut[DESKS][DESKS];
static instant now;

static struct mac node(unsigned i)
{
	return (struct mac){{2, 0, 0, 0, 1, (uint8_t)i}};
}

static struct mac client(unsigned i)
{
	return (struct mac){{4, 0, 0, 0, (uint8_t)(i >> 8), (uint8_t)i}};
}

static struct pins_exit exit_by(uint8_t v4, uint8_t v6)
{
	return (struct pins_exit){{v4 > 0, v6 > 0}, {{{v4}}, {{v6}}}};
}

static void emit(struct fx *fx, const struct effect *e)
{
	(void)fx;
	(void)e;
}

static void changed(void *ctx, instant at, struct mac mac)
{
	(void)at;
	(void)mac;
	((struct desk *)ctx)->news++;
}

static void keep(void *ctx, struct mac mac, uint32_t version, const struct pins_wish *wish,
		 struct fx *fx)
{
	struct desk *d = ctx;

	(void)mac;
	(void)fx;
	d->kept++;
	d->kept_version = version;
	d->kept_wish = *wish;
}

static void start(unsigned i, uint32_t clients_max)
{
	const struct pins_conf conf = {node(i), clients_max};
	const struct pins_env env = {&desk[i], changed, keep};

	desk[i].fx.emit = emit;
	desk[i].p = pins_new(&conf, &env, &desk[i].share, now, i);
	assert_non_null(desk[i].p);
}

static void stop(unsigned i)
{
	pins_free(desk[i].p);
	share_fake_free(&desk[i].share);
	desk[i] = (struct desk){.news = 0};
}

static void record(unsigned to, struct mac from, uint8_t type, const void *data, size_t len,
		   bool gone)
{
	const struct share_record r = {
		.source = from, .type = type, .version = 1, .data = data, .len = len};

	pins_record(desk[to].p, now, &r, gone, &desk[to].fx);
}

/* What has changed reaches all that are not cut off. */
static void spread(unsigned from)
{
	for (unsigned type = RECORD_PINS; type < RECORD_WISHES + RECORD_WISHES_COUNT; type++) {
		struct fake_record *r = &desk[from].share.record[type];

		if (!r->fresh)
			continue;
		r->fresh = false;
		for (unsigned to = 0; to < DESKS; to++)
			if (to != from && desk[to].p && !cut[from][to])
				record(to, node(from), (uint8_t)type, r->data, r->len, false);
	}
}

static void run(span time)
{
	const struct ev ev = {.kind = EV_DEADLINE};
	instant end = instant_add(now, time);

	for (;;) {
		instant next = end;

		for (unsigned i = 0; i < DESKS; i++)
			if (desk[i].p)
				next = instant_min(next, pins_deadline(desk[i].p));
		if (instant_before(now, next))
			now = next;
		for (unsigned i = 0; i < DESKS; i++)
			if (desk[i].p)
				pins_handle(desk[i].p, now, &ev, &desk[i].fx);
		for (unsigned i = 0; i < DESKS; i++)
			if (desk[i].p)
				spread(i);
		if (instant_reached(end, now))
			return;
	}
}

/* All records of `from` once more. */
static void resend(unsigned from, unsigned to)
{
	for (unsigned type = RECORD_PINS; type < RECORD_WISHES + RECORD_WISHES_COUNT; type++) {
		struct fake_record *r = &desk[from].share.record[type];

		if (r->there)
			record(to, node(from), (uint8_t)type, r->data, r->len, false);
	}
}

/* A node's records expire at another. */
static void expire(unsigned of, unsigned at)
{
	for (unsigned type = RECORD_PINS; type < RECORD_WISHES + RECORD_WISHES_COUNT; type++)
		record(at, node(of), (uint8_t)type, NULL, 0, true);
}

static int setup(void **state)
{
	(void)state;
	now = (instant){1000000};
	memset(cut, 0, sizeof(cut));
	for (unsigned i = 0; i < DESKS; i++)
		start(i, 100);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	for (unsigned i = 0; i < DESKS; i++)
		stop(i);
	return 0;
}

/* The gateway of IPv4 there; 0: none is known. */
static unsigned by(unsigned at, unsigned of)
{
	struct pins_view v;

	return pins_find(desk[at].p, client(of), &v) && v.pinned && v.exit.there[0]
		       ? v.exit.gateway[0].b[0]
		       : 0;
}

static struct pins_wish wished(unsigned at, unsigned of)
{
	struct pins_view v;
	const struct pins_wish none = {.any = true};

	return pins_find(desk[at].p, client(of), &v) && v.wished ? v.wish : none;
}

static void put(unsigned at, unsigned of, uint8_t gateway)
{
	const struct pins_exit e = exit_by(gateway, 0);

	assert_int_equal(pins_put(desk[at].p, now, client(of), &e), OK);
}

/* ---- tests ---- */

/* Whom a newer word outdoes tells its own no more. */
static void outdone_is_silent(void **state)
{
	(void)state;
	cut[1][0] = cut[0][1] = true;
	put(0, 1, 5);
	run(span_s(1));
	put(1, 1, 6);
	put(1, 1, 7);
	run(span_s(1));
	assert_int_equal(by(0, 1), 5);
	resend(1, 0);
	run(span_s(1));
	assert_int_equal(by(0, 1), 7);
	for (unsigned type = RECORD_PINS; type < RECORD_PINS + RECORD_PINS_COUNT; type++)
		assert_int_equal(desk[0].share.record[type].len, 1);
}

/* Whose newer word was believed takes it back: what another one has told all along holds then, and
 * not what nobody tells any more. */
static void older_word_returns(void **state)
{
	(void)state;
	cut[1][0] = cut[0][1] = true;
	put(0, 1, 5);
	put(0, 1, 6);
	put(1, 1, 7);
	run(span_s(1));
	assert_int_equal(by(2, 1), 6);
	assert_int_equal(by(1, 1), 7);
	desk[2].share.known = &desk[1].share;
	desk[2].share.known_mac = node(1);
	expire(0, 2);
	assert_int_equal(by(2, 1), 7);
	/* It is a word as any other: it may be outdone, and taken back. */
	put(1, 1, 8);
	run(span_s(1));
	assert_int_equal(by(2, 1), 8);
	desk[2].share.known = NULL;
	expire(1, 2);
	struct pins_view v;
	assert_true(pins_find(desk[2].p, client(1), &v) && mac_is_zero(v.pin_node));
}

static void all_know(void **state)
{
	struct pins_exit both = exit_by(5, 6);
	struct pins_view v;

	(void)state;
	put(0, 1, 5);
	pins_put(desk[0].p, now, client(2), &both);
	run(span_ms(100));
	for (unsigned i = 0; i < DESKS; i++) {
		assert_int_equal(by(i, 1), 5);
		assert_true(pins_find(desk[i].p, client(2), &v));
		assert_true(v.exit.there[1] && v.exit.gateway[1].b[0] == 6);
		assert_true(mac_equal(v.pin_node, node(0)));
	}
	/* It roams, and then moves. */
	put(1, 1, 5);
	put(1, 1, 7);
	run(span_ms(100));
	for (unsigned i = 0; i < DESKS; i++)
		assert_int_equal(by(i, 1), 7);
}

/* Only what changes costs the cloud anything. */
static void no_flood(void **state)
{
	unsigned puts;

	(void)state;
	for (unsigned i = 0; i < 50; i++)
		put(0, i, 5);
	run(span_ms(100));
	puts = desk[0].share.puts;
	assert_in_range(puts, 1, RECORD_PINS_COUNT);
	for (unsigned turn = 0; turn < 100; turn++) {
		for (unsigned i = 0; i < 50; i++)
			put(turn % 2, i, 5); /* they roam all the time */
		run(span_s(1));
	}
	assert_int_equal(desk[0].share.puts, puts);
	assert_int_equal(desk[1].share.puts, RECORD_PINS_COUNT); /* empty, as it starts */
	/* A gateway that dies: one time each record. */
	for (unsigned i = 0; i < 50; i++)
		put(0, i, 6);
	run(span_ms(100));
	assert_in_range(desk[0].share.puts, puts + 1, puts + RECORD_PINS_COUNT);
}

/* A node dies: its clients' pins are forgotten, but for those that another node has. */
static void dead_node(void **state)
{
	(void)state;
	put(0, 1, 5);
	put(0, 2, 5);
	run(span_ms(100));
	for (unsigned i = 1; i < DESKS; i++)
		expire(0, i);
	stop(0);
	start(0, 100);
	put(1, 2, 5);
	run(span_s(PINS_KEEP_S + 60));
	assert_int_equal(by(2, 1), 0);
	assert_int_equal(by(2, 2), 5);
	assert_int_equal(pins_clients(desk[2].p), 1);
}

/* A node that has forgotten everything is believed of what it told itself. */
static void restart(void **state)
{
	(void)state;
	for (uint8_t i = 1; i < 10; i++)
		put(0, 1, i);
	run(span_ms(100));
	stop(0);
	start(0, 100);
	put(0, 1, 20);
	run(span_ms(100));
	for (unsigned i = 0; i < DESKS; i++)
		assert_int_equal(by(i, 1), 20);
}

/* ... and takes back what it told, or its old word would outlast that of the client's new node,
 * which has forgotten as well. */
static void restart_of_two(void **state)
{
	(void)state;
	for (uint8_t i = 1; i < 10; i++)
		put(0, 1, i);
	run(span_ms(100));
	for (unsigned i = 0; i < 2; i++) {
		stop(i);
		start(i, 100);
	}
	put(1, 1, 20);
	run(span_ms(100));
	for (unsigned i = 0; i < DESKS; i++)
		assert_int_equal(by(i, 1), 20);
}

static void gone_client(void **state)
{
	(void)state;
	put(0, 1, 5);
	run(span_s(PINS_AWAY_S - 10));
	assert_int_equal(by(3, 1), 5);
	pins_touch(desk[0].p, now, client(1));
	run(span_s(60));
	assert_int_equal(by(3, 1), 5);
	run(span_s(PINS_AWAY_S + PINS_KEEP_S + 60));
	for (unsigned i = 0; i < DESKS; i++)
		assert_int_equal(pins_clients(desk[i].p), 0);
}

/* Halves say different things, and meet. */
static void partition(void **state)
{
	struct pins_wish one = {.gateway = {{8}}}, two = {.gateway = {{9}}, .strict = true};

	(void)state;
	put(0, 1, 5);
	run(span_ms(100));
	cut[0][2] = cut[0][3] = cut[1][2] = cut[1][3] = true;
	cut[2][0] = cut[3][0] = cut[2][1] = cut[3][1] = true;
	put(0, 1, 6);
	put(2, 1, 7);
	pins_wish(desk[1].p, now, client(1), &one, &desk[1].fx);
	pins_wish(desk[3].p, now, client(1), &two, &desk[3].fx);
	run(span_ms(100));
	assert_int_equal(by(1, 1), 6);
	assert_int_equal(by(3, 1), 7);
	memset(cut, 0, sizeof(cut));
	for (unsigned i = 0; i < DESKS; i++)
		for (unsigned k = 0; k < DESKS; k++)
			if (i != k)
				resend(i, k);
	run(span_s(1));
	for (unsigned i = 0; i < DESKS; i++) {
		assert_int_equal(by(i, 1), 7);
		assert_int_equal(wished(i, 1).gateway.b[0], 9);
	}
	/* Who has the client says the last word. */
	put(0, 1, 6);
	run(span_s(1));
	for (unsigned i = 0; i < DESKS; i++)
		assert_int_equal(by(i, 1), 6);
}

static void wishes(void **state)
{
	struct pins_wish wish = {.gateway = {{8}}, .strict = true}, none = {.any = true};

	(void)state;
	pins_wish(desk[0].p, now, client(1), &wish, &desk[0].fx);
	run(span_ms(100));
	for (unsigned i = 0; i < DESKS; i++) {
		assert_true(wished(i, 1).strict);
		assert_int_equal(desk[i].kept, 1); /* all keep it */
	}
	/* Its node dies for ever; the others tell it on. */
	for (unsigned i = 1; i < DESKS; i++)
		expire(0, i);
	stop(0);
	run(span_s(PINS_ADOPT_S * 2 + 10));
	start(0, 100);
	for (unsigned i = 1; i < DESKS; i++)
		resend(i, 0);
	assert_int_equal(wished(0, 1).gateway.b[0], 8);
	/* Somebody else takes it back; who was away with the old one is told. */
	pins_wish(desk[2].p, now, client(1), &none, &desk[2].fx);
	run(span_s(1));
	stop(3);
	start(3, 100);
	pins_recall(desk[3].p, now, client(1), 1, &wish);
	assert_true(wished(3, 1).strict);
	resend(2, 3);
	run(span_s(PINS_ADOPT_S * 3));
	for (unsigned i = 0; i < DESKS; i++)
		assert_true(wished(i, 1).any);
	assert_true(desk[3].kept_wish.any);
	run(span_s(WISHES_KEEP_S + 60));
	for (unsigned i = 0; i < DESKS; i++)
		assert_int_equal(pins_clients(desk[i].p), 0);
}

/* Alone in the world after a restart: what was kept holds at once, and is told later. */
static void kept(void **state)
{
	struct pins_wish wish = {.gateway = {{8}}};

	(void)state;
	pins_recall(desk[0].p, now, client(1), 7, &wish);
	assert_int_equal(wished(0, 1).gateway.b[0], 8);
	run(span_s(PINS_ADOPT_S * 2 + 10));
	assert_int_equal(wished(3, 1).gateway.b[0], 8);
}

/* Versions may wrap: nobody says a last word. */
static void last_word(void **state)
{
	uint8_t data[1 + 28 + 12] = {1, 66};

	(void)state;
	put(0, 1, 5);
	run(span_ms(100));
	memcpy(data + 29, client(1).b, 6);
	memset(data + 35, 0xff, 4);
	data[35] = 0x7f;
	data[39] = 0;
	data[40] = 0xff;
	for (unsigned type = RECORD_PINS; type < RECORD_PINS + RECORD_PINS_COUNT; type++)
		record(0, node(9), (uint8_t)type, data, sizeof(data), false);
	assert_int_equal(by(0, 1), 66);
	assert_int_equal(pins_count(desk[0].p, PINS_MALFORMED), RECORD_PINS_COUNT - 1);
	put(0, 1, 5);
	run(span_ms(100));
	for (unsigned i = 0; i < DESKS; i++)
		assert_int_equal(by(i, 1), 5);
}

static void refused(void **state)
{
	/* An index without a gateway, half a client, a gateway that is not there, no station. */
	static const uint8_t bad[][16] = {
		{0, 4, 0, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0xff},
		{0, 4, 0, 0, 0, 0, 1, 0, 0, 0, 1, 0xff},
		{1, 4, 0, 0, 0, 0, 1, 0, 0, 0, 1, 0xff, 0xff},
		{0, 5, 0, 0, 0, 0, 1, 0, 0, 0, 1, 0xff, 0xff},
	};
	static const size_t len[] = {13, 12, 13, 13};

	(void)state;
	for (size_t i = 0; i < sizeof(len) / sizeof(len[0]); i++)
		for (unsigned type = RECORD_PINS; type < RECORD_PINS + RECORD_PINS_COUNT; type++)
			record(0, node(9), (uint8_t)type, bad[i], len[i], false);
	record(0, node(9), RECORD_PINS, NULL, 0, false);
	assert_int_equal(pins_count(desk[0].p, PINS_MALFORMED), 4 * RECORD_PINS_COUNT + 1);
	assert_int_equal(pins_clients(desk[0].p), 0);
	assert_int_equal(desk[0].news, 0);
}

/* One record says of more clients than it may; and there is no room for so many. */
static void bounds(void **state)
{
	static uint8_t data[6000];

	(void)state;
	for (unsigned i = 0; i < 150; i++) {
		const struct pins_exit e = exit_by(5, 0);

		assert_int_equal(pins_put(desk[0].p, now, client(i), &e), i < 100 ? OK : ERR_FULL);
	}
	assert_int_equal(pins_count(desk[0].p, PINS_FULL), 50);
	for (unsigned i = 0; i <= PINS_RECORD_MAX; i++) {
		uint8_t *at = data + 1 + (size_t)i * 12;

		memcpy(at, client(1).b, 6);
		at[9] = 1;
		at[10] = at[11] = 0xff;
	}
	for (unsigned type = RECORD_PINS; type < RECORD_PINS + RECORD_PINS_COUNT; type++)
		record(1, node(9), (uint8_t)type, data, 1 + (PINS_RECORD_MAX + 1) * 12, false);
	assert_int_equal(pins_count(desk[1].p, PINS_MALFORMED), RECORD_PINS_COUNT);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(all_know),
		TEST(no_flood),
		TEST(dead_node),
		TEST(restart),
		TEST(restart_of_two),
		TEST(gone_client),
		TEST(partition),
		TEST(wishes),
		TEST(kept),
		TEST(last_word),
		TEST(refused),
		TEST(bounds),
		TEST(older_word_returns),
		TEST(outdone_is_silent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
