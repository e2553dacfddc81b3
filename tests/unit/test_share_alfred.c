/* Proves that one engine deals with alfred's primaries and secondaries as alfred would, and that
 * strangers, forgers, floods and broken datagrams cost it a counter and nothing else. */
/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <stdlib.h>
#include "cmocka_all.h"
#include "share_net.h"
#include "wire/alfred.h"

enum { KEPT = 4096, NODE = 0 };

static struct share_net net;

static struct kept {
	struct mac to;
	size_t len;
	uint8_t *data;
} kept[KEPT];
static unsigned kept_count;

static void keep(struct share_net *n, unsigned from, const struct fx_datagram *d)
{
	(void)n, (void)from;
	if (kept_count == KEPT)
		return;
	uint8_t *copy = malloc(d->len);
	assert_non_null(copy);
	memcpy(copy, d->data, d->len);
	kept[kept_count++] = (struct kept){d->to, d->len, copy};
}

static void forget(void)
{
	while (kept_count > 0)
		free(kept[--kept_count].data);
}

static int setup(void **state)
{
	(void)state;
	share_net_init(&net, 1, 1);
	net.tap = keep;
	share_net_run(&net, span_s(9), NULL);
	forget();
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	forget();
	share_net_fini(&net);
	return 0;
}

static struct share *engine(void)
{
	return net.node[NODE].share;
}

static uint64_t count(enum share_counter c)
{
	return share_count(engine(), c);
}

static void run_ms(int64_t ms)
{
	share_net_run(&net, span_ms(ms), NULL);
}

/* ---- what others say ---- */

static void say_push(unsigned from, struct mac source, uint8_t type, const char *text)
{
	uint8_t bytes[2000];
	struct wr w = wr_over(bytes, sizeof(bytes));
	const struct alfred_record x = {source, type, 0, (const uint8_t *)text,
					(uint16_t)strlen(text)};
	uint8_t *begin = alfred_push_begin(&w, 77, 0);

	alfred_record_write(&w, &x);
	alfred_push_end(&w, begin);
	share_net_give(&net, NODE, share_net_mac(from), bytes, wr_len(&w));
}

static void say_announce(unsigned from)
{
	static const uint8_t announce[] = {1, 0, 0, 0};

	share_net_give(&net, NODE, share_net_mac(from), announce, sizeof(announce));
}

static void say_request(unsigned from, uint8_t type, uint16_t tx)
{
	uint8_t bytes[ALFRED_REQUEST_LEN];
	struct wr w = wr_over(bytes, sizeof(bytes));

	alfred_request_write(&w, (struct alfred_request){type, tx});
	share_net_give(&net, NODE, share_net_mac(from), bytes, sizeof(bytes));
}

/* ---- what was sent ---- */

static bool is_to(const struct kept *k, struct mac to, uint8_t type)
{
	return mac_equal(k->to, to) && k->data[0] == type;
}

static unsigned sent(struct mac to, uint8_t type)
{
	unsigned n = 0;

	for (unsigned i = 0; i < kept_count; i++)
		n += is_to(&kept[i], to, type);
	return n;
}

/* How often this text of source was in pushes to somebody; each of them with its end. */
static unsigned sent_text(struct mac to, struct mac source, uint8_t type, const char *text)
{
	unsigned n = 0;

	for (unsigned i = 0; i < kept_count; i++) {
		struct rd r = rd_over(kept[i].data, kept[i].len);
		struct alfred_tlv t;
		struct alfred_push p;
		struct alfred_record x;
		if (!is_to(&kept[i], to, ALFRED_PUSH_DATA))
			continue;
		assert_int_equal(alfred_tlv_next(&r, &t), OK);
		assert_int_equal(alfred_push_parse(&t, &p), OK);
		r = rd_over(p.records, p.len);
		while (alfred_record_next(&r, &x))
			n += mac_equal(x.source, source) && x.type == type &&
			     x.len == strlen(text) && memcmp(x.data, text, x.len) == 0;
		assert_int_equal(rd_left(&r), 0);
	}
	return n;
}

static bool has(struct mac source, uint8_t type, const char *text, enum share_class class)
{
	struct share_record r;

	return share_find(engine(), net.now, source, type, &r) && r.class == class &&
	       r.len == strlen(text) && memcmp(r.data, text, r.len) == 0;
}

#define US share_net_mac(NODE)
#define P1 share_net_mac(1)
#define P2 share_net_mac(2)
#define P3 share_net_mac(3)

/* ---- alfred's primaries ---- */

/* A new primary gets all that is ours, at once and once; each transaction has its end. */
static void test_new_primary(void **state)
{
	(void)state;
	share_net_put(&net, NODE, 70, "seventy");
	share_net_put(&net, NODE, 71, "seventy-one");
	run_ms(100);
	forget();
	say_announce(1);
	run_ms(400);
	assert_int_equal(net.node[NODE].peers_came, 1);
	assert_int_equal(sent(P1, ALFRED_ANNOUNCE_PRIMARY), 1);
	assert_int_equal(sent_text(P1, US, 70, "seventy"), 1);
	assert_int_equal(sent_text(P1, US, 71, "seventy-one"), 1);
	assert_int_equal(sent(P1, ALFRED_PUSH_DATA), sent(P1, ALFRED_STATUS_TXEND));
}

/* A change goes to all at once, to alfred again for three intervals, and not for ever. */
static void test_change_to_primary(void **state)
{
	(void)state;
	say_announce(1);
	run_ms(500);
	forget();
	share_net_put(&net, NODE, 70, "new");
	run_ms(50);
	assert_int_equal(sent_text(MAC_BROADCAST, US, 70, "new"), 1);
	assert_int_equal(sent(MAC_BROADCAST, ALFRED_STATUS_TXEND), 1);
	for (unsigned i = 0; i < 5; i++) {
		run_ms(10000);
		say_announce(1);
	}
	assert_in_range(sent_text(P1, US, 70, "new"), 3, 4);
	forget();
	share_net_put(&net, NODE, 70, "new");
	for (unsigned i = 0; i < 6; i++) {
		run_ms(10000);
		say_announce(1);
	}
	assert_int_equal(sent_text(P1, US, 70, "new"), 0);
}

/* Within the time that alfred keeps a record it hears it some times. */
static void test_refresh(void **state)
{
	(void)state;
	share_net_put(&net, NODE, 70, "same");
	say_announce(1);
	run_ms(60000);
	forget();
	for (unsigned i = 0; i < 60; i++) {
		run_ms(10000);
		say_announce(1);
	}
	assert_in_range(sent_text(MAC_BROADCAST, US, 70, "same"), 3, 4);
}

/* What a primary pushes is kept, and is not ours to push on; it dies after its time. */
static void test_primary_pushes(void **state)
{
	(void)state;
	say_announce(1);
	say_push(1, P1, 65, "mine");
	say_push(1, P2, 65, "of my secondary");
	assert_true(has(P1, 65, "mine", SHARE_FIRST_HAND));
	assert_true(has(P2, 65, "of my secondary", SHARE_SYNCED));
	assert_int_equal(net.node[NODE].came, 2);
	run_ms(1000);
	say_push(1, P1, 65, "mine");
	assert_int_equal(net.node[NODE].came, 2);
	assert_int_equal(sent(MAC_BROADCAST, ALFRED_PUSH_DATA), 0);
	run_ms(70000);
	assert_int_equal(net.node[NODE].peers_went, 1);
	run_ms(528000);
	assert_true(has(P2, 65, "of my secondary", SHARE_SYNCED));
	run_ms(5000);
	assert_int_equal(net.node[NODE].went, 2);
	assert_false(has(P1, 65, "mine", SHARE_FIRST_HAND));
}

/* ---- alfred's secondaries ---- */

/* What a secondary gives us we push on to all, and keep while it gives it again. */
static void test_secondary_pushes(void **state)
{
	(void)state;
	say_push(3, P3, 65, "secondary");
	assert_true(has(P3, 65, "secondary", SHARE_FIRST_HAND));
	run_ms(50);
	assert_int_equal(sent_text(MAC_BROADCAST, P3, 65, "secondary"), 1);
	for (unsigned i = 0; i < 100; i++) {
		run_ms(10000);
		say_push(3, P3, 65, "secondary");
	}
	assert_int_equal(net.node[NODE].came, 1);
	assert_int_equal(net.node[NODE].went, 0);
	assert_int_equal(net.node[NODE].peers_came, 0);
	run_ms(601000);
	assert_int_equal(net.node[NODE].went, 1);
}

/* All records of a type, as one transaction; none is an answer too. */
static void test_requests(void **state)
{
	char text[600];

	(void)state;
	memset(text, 'r', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	share_net_put(&net, NODE, 90, text);
	for (unsigned i = 1; i < 8; i++)
		say_push(i, share_net_mac(i), 90, text);
	run_ms(100);
	forget();
	say_request(9, 90, 0x1234);
	run_ms(100);
	const unsigned pushes = sent(share_net_mac(9), ALFRED_PUSH_DATA);
	assert_in_range(pushes, 4, 8);
	for (unsigned i = 0; i < kept_count; i++)
		if (mac_equal(kept[i].to, share_net_mac(9)))
			assert_memory_equal(kept[i].data + 4, "\x12\x34", 2);
	const struct kept *last = &kept[kept_count - 1];
	while (!mac_equal(last->to, share_net_mac(9)))
		last--;
	assert_true(is_to(last, share_net_mac(9), ALFRED_STATUS_TXEND));
	assert_int_equal(last->data[7], pushes);
	unsigned records = 0;
	for (unsigned i = 0; i < 8; i++)
		records += sent_text(share_net_mac(9), share_net_mac(i), 90, text);
	assert_int_equal(records, 8);

	forget();
	say_request(9, 91, 0x4321);
	run_ms(100);
	static const uint8_t none[] = {3, 0, 0, 4, 0x43, 0x21, 0, 0};
	assert_int_equal(sent(share_net_mac(9), ALFRED_PUSH_DATA), 0);
	last = kept;
	while (last < kept + kept_count && !mac_equal(last->to, share_net_mac(9)))
		last++;
	assert_int_equal(last->len, sizeof(none));
	assert_memory_equal(last->data, none, sizeof(none));
}

/* ---- programs on this machine ---- */

static enum err put_for(struct mac source, uint8_t type, const char *text)
{
	return share_put_for(engine(), net.now, source, type, 1, (const uint8_t *)text,
			     strlen(text), &net.node[NODE].fx);
}

static void test_programs(void **state)
{
	(void)state;
	assert_int_equal(put_for((struct mac){{0}}, 66, "program"), OK);
	assert_int_equal(put_for(P2, 66, "for another"), OK);
	assert_int_equal(put_for(MAC_BROADCAST, 66, "nobody"), ERR_MALFORMED);
	assert_true(has(US, 66, "program", SHARE_LOCAL));
	run_ms(100);
	assert_int_equal(sent_text(MAC_BROADCAST, US, 66, "program"), 1);
	assert_int_equal(sent_text(MAC_BROADCAST, P2, 66, "for another"), 1);
	say_push(2, P2, 66, "himself");
	assert_true(has(P2, 66, "for another", SHARE_LOCAL));
	run_ms(590000);
	put_for((struct mac){{0}}, 66, "program");
	run_ms(20000);
	assert_true(has(US, 66, "program", SHARE_LOCAL));
	assert_false(has(P2, 66, "for another", SHARE_LOCAL));
	/* What the node itself puts stays. */
	share_net_put(&net, NODE, 66, "program");
	run_ms(1000000);
	assert_true(has(US, 66, "program", SHARE_LOCAL));
	assert_int_equal(put_for((struct mac){{0}}, 66, "another program"), ERR_TAKEN);
	assert_int_equal(put_for(US, 66, "program"), ERR_TAKEN);
	assert_true(has(US, 66, "program", SHARE_LOCAL));
	/* So does what a living node says of itself. */
	say_push(2, P2, 66, "himself");
	assert_int_equal(put_for(P2, 66, "for another"), ERR_TAKEN);
	assert_true(has(P2, 66, "himself", SHARE_FIRST_HAND));
	assert_int_equal(count(SHARE_FORGED), 3);
}

static void test_sizes(void **state)
{
	static uint8_t big[SHARE_DATA_MAX + 1];
	struct fx *fx = &net.node[NODE].fx;

	(void)state;
	assert_int_equal(share_put(engine(), net.now, 99, 0, big, SHARE_DATA_MAX, fx), OK);
	assert_int_equal(share_put(engine(), net.now, 99, 0, big, SHARE_DATA_MAX + 1, fx),
			 ERR_TOO_BIG);
	run_ms(100);
	assert_int_equal(sent(MAC_BROADCAST, ALFRED_PUSH_DATA), 1);
	assert_int_equal(count(SHARE_TOO_BIG), 1);
}

/* Nothing leaves when nothing changed; small changes at one time leave together. */
static void test_gathers(void **state)
{
	(void)state;
	for (uint8_t t = 100; t < 120; t++)
		share_net_put(&net, NODE, t, "together");
	run_ms(50);
	assert_int_equal(sent(MAC_BROADCAST, ALFRED_PUSH_DATA), 1);
	forget();
	for (uint8_t t = 100; t < 120; t++)
		share_net_put(&net, NODE, t, "together");
	run_ms(50);
	assert_int_equal(kept_count, 0);
}

/* ---- what is refused ---- */

static void test_strangers(void **state)
{
	static const uint8_t announce[] = {1, 0, 0, 0};
	static const struct mac strangers[] = {
		{{0x02, 0x99, 0, 0, 0, 1}}, {{0}}, {{0x03, 0x5a, 0, 0, 0, 1}}};
	const size_t memory = share_memory(engine());

	(void)state;
	for (unsigned i = 0; i < 3; i++)
		share_net_give(&net, NODE, strangers[i], announce, sizeof(announce));
	assert_int_equal(count(SHARE_STRANGER), 3);
	assert_int_equal(share_memory(engine()), memory);
	run_ms(500);
	assert_int_equal(net.node[NODE].unicasts, 0);
	/* Our own that came back is not even counted. */
	say_announce(NODE);
	assert_int_equal(count(SHARE_STRANGER), 3);
	assert_int_equal(count(SHARE_RX), 3);
}

static void test_malformed(void **state)
{
	static const struct {
		const char *name;
		uint8_t bytes[24];
		size_t len;
	} cases[] = {
		{"nothing", {0}, 0},
		{"half a header", {1, 0}, 2},
		{"another version", {1, 1, 0, 0}, 4},
		{"longer than it is", {1, 0, 0, 5, 0}, 5},
		{"an unknown type", {11, 0, 0, 0}, 4},
		{"of the unix socket", {5, 0, 0, 1, 1}, 5},
		{"ours in front", {0x61, 0, 0, 9, 0, 0, 0, 1, 0, 0, 0, 1, 0}, 13},
		{"a push without number", {0, 0, 0, 2, 0, 1}, 6},
		{"a record cut off", {0, 0, 0, 13, 0, 1, 0, 0, 2, 0x5a, 0, 0, 0, 2, 65, 0, 0}, 17},
		{"a request without type", {2, 0, 0, 0}, 4},
		{"a state cut off", {1, 0, 0, 0, 0x61, 0, 0, 1, 0}, 9},
		{"a state of edition 0",
		 {1, 0, 0, 0, 0x61, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0, 1, 0},
		 17},
	};

	(void)state;
	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		share_net_give(&net, NODE, P2, cases[i].bytes, cases[i].len);
		if (count(SHARE_MALFORMED) != i + 1)
			fail_msg("not counted: %s", cases[i].name);
	}
	say_push(2, (struct mac){{0}}, 65, "of nobody");
	say_push(2, MAC_BROADCAST, 65, "of all");
	assert_int_equal(count(SHARE_MALFORMED), sizeof(cases) / sizeof(cases[0]) + 2);
	assert_int_equal(net.node[NODE].came + net.node[NODE].peers_came, 0);
}

/* A record of ours, or of a living node, in the mouth of another. */
static void test_forged(void **state)
{
	(void)state;
	share_net_put(&net, NODE, 70, "ours");
	say_announce(1);
	say_push(1, P1, 70, "his");
	say_push(2, US, 70, "a little late");
	say_push(2, P1, 70, "a little late");
	assert_int_equal(count(SHARE_FORGED), 0);
	for (unsigned i = 0; i < 5; i++) {
		run_ms(10000);
		say_announce(1);
		say_push(2, US, 70, "ours");
		say_push(2, P1, 70, "his");
	}
	assert_int_equal(count(SHARE_FORGED), 0);
	say_push(2, US, 70, "forged");
	say_push(2, P1, 70, "forged");
	say_push(2, US, 71, "never was");
	assert_int_equal(count(SHARE_FORGED), 2);
	assert_true(has(US, 70, "ours", SHARE_LOCAL));
	assert_true(has(P1, 70, "his", SHARE_FIRST_HAND));
	assert_false(has(US, 71, "never was", SHARE_SYNCED));
	/* Its death leaves it to others. */
	run_ms(70000);
	say_push(2, P1, 70, "adopted");
	assert_true(has(P1, 70, "adopted", SHARE_SYNCED));
}

/* A node that pushes without end gets its share of the room, and nobody loses a record. */
static void test_flood(void **state)
{
	static char text[1200];

	(void)state;
	memset(text, 'f', sizeof(text) - 1);
	share_net_put(&net, NODE, 70, "ours");
	say_announce(1);
	say_push(1, P1, 70, "his");
	for (unsigned i = 0; i < 30000; i++) {
		struct mac source = {
			{2, 0x5a, 1, (uint8_t)(i >> 16), (uint8_t)(i >> 8), (uint8_t)i}};
		say_push(2, source, (uint8_t)i, text);
		if (i % 100 == 99)
			run_ms(300);
	}
	print_message("rate %u, full %u, memory %u KiB\n", (unsigned)count(SHARE_RATE),
		      (unsigned)count(SHARE_FULL), (unsigned)(share_memory(engine()) >> 10));
	assert_true(count(SHARE_FULL) > 1000);
	assert_true(has(US, 70, "ours", SHARE_LOCAL));
	assert_true(has(P1, 70, "his", SHARE_FIRST_HAND));
	say_push(1, P1, 71, "his second");
	assert_true(has(P1, 71, "his second", SHARE_FIRST_HAND));
	share_net_put(&net, NODE, 71, "ours too");
	assert_true(has(US, 71, "ours too", SHARE_LOCAL));
	const uint64_t full = count(SHARE_FULL), rate = count(SHARE_RATE);
	for (unsigned i = 0; i < 3000; i++)
		say_push(2, P2, 65, text);
	assert_true(count(SHARE_RATE) > rate + 2000);
	assert_true(count(SHARE_FULL) <= full + 500);
}

/* Questions cost their sender's tokens, and answers leave at a pace. */
static void test_request_flood(void **state)
{
	(void)state;
	share_net_put(&net, NODE, 70, "ours");
	run_ms(100);
	forget();
	for (unsigned i = 0; i < 3000; i++) {
		say_request(1 + i % 20, 70, (uint16_t)i);
		if (i % 3 == 0)
			run_ms(1);
	}
	assert_true(count(SHARE_RATE) > 1000);
	assert_true(kept_count < 1000);
}

/* No more peers than there may be. */
static void test_many_peers(void **state)
{
	static const uint8_t announce[] = {1, 0, 0, 0};

	(void)state;
	for (unsigned i = 0; i < 2000; i++) {
		struct mac who = {{2, 0x5a, 1, 0, (uint8_t)(i >> 8), (uint8_t)i}};
		share_net_give(&net, NODE, who, announce, sizeof(announce));
		if (i % 100 == 0)
			run_ms(50);
	}
	assert_int_equal(net.node[NODE].peers_came, 1024);
	assert_int_equal(count(SHARE_FULL), 2000 - 1024);
	run_ms(70000);
	assert_int_equal(net.node[NODE].peers_went, 1024);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_new_primary),
		TEST(test_change_to_primary),
		TEST(test_refresh),
		TEST(test_primary_pushes),
		TEST(test_secondary_pushes),
		TEST(test_requests),
		TEST(test_programs),
		TEST(test_sizes),
		TEST(test_gathers),
		TEST(test_strangers),
		TEST(test_malformed),
		TEST(test_forged),
		TEST(test_flood),
		TEST(test_request_flood),
		TEST(test_many_peers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
