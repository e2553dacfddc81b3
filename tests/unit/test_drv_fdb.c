/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Proves that the bridge's messages become the right news of clients: seen, moved,
 * gone, but neither what is behind bat0 nor what only became old. */
#include "cmocka_all.h"

#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>

#include "drv/fdb.h"

enum { BRIDGE = 10, BAT0 = 11, LAN0 = 12, LAN1 = 13, OTHER_BRIDGE = 20, NEWS_MAX = 16 };

static struct ev_client news[NEWS_MAX];
static unsigned news_count;
static struct fdb fdb;
static uint8_t buffer[512];

static void collect(void *ctx, const struct ev_client *c)
{
	(void)ctx;
	assert_true(news_count < NEWS_MAX);
	news[news_count++] = *c;
}

static int start(void **state)
{
	(void)state;
	news_count = 0;
	fdb_init(&fdb, 1, collect, NULL);
	fdb_set_bridge(&fdb, BRIDGE, BAT0);
	return 0;
}

static int stop(void **state)
{
	(void)state;
	fdb_fini(&fdb);
	return 0;
}

struct line {
	bool gone;
	int port, master;
	uint8_t client; /* last byte of the MAC */
	uint16_t state;
	uint8_t flags;
	uint16_t vlan;
};

static void say(int64_t seconds, struct line l)
{
	struct nlmsghdr *h = mnl_nlmsg_put_header(memset(buffer, 0, sizeof(buffer)));
	struct ndmsg *n = mnl_nlmsg_put_extra_header(h, sizeof(*n));
	const uint8_t mac[6] = {2, 0, 0, 0, 0, l.client};

	h->nlmsg_type = l.gone ? RTM_DELNEIGH : RTM_NEWNEIGH;
	n->ndm_family = AF_BRIDGE;
	n->ndm_ifindex = l.port;
	n->ndm_state = l.state;
	n->ndm_flags = l.flags;
	mnl_attr_put(h, NDA_LLADDR, sizeof(mac), mac);
	if (l.master)
		mnl_attr_put_u32(h, NDA_MASTER, (uint32_t)l.master);
	if (l.vlan)
		mnl_attr_put_u16(h, NDA_VLAN, l.vlan);
	fdb_rx(&fdb, (instant){seconds * 1000000}, h);
}

static void seen(int64_t seconds, uint8_t client, int port)
{
	say(seconds,
	    (struct line){
		    .port = port, .master = BRIDGE, .client = client, .state = NUD_REACHABLE});
}

static void gone(int64_t seconds, uint8_t client, int port)
{
	say(seconds, (struct line){.gone = true,
				   .port = port,
				   .master = BRIDGE,
				   .client = client,
				   .state = NUD_STALE});
}

static void expect(unsigned at, enum client_change change, uint8_t client, uint16_t vid)
{
	assert_true(at < news_count);
	assert_int_equal(news[at].change, change);
	assert_int_equal(news[at].mac.b[5], client);
	assert_int_equal(news[at].vid, vid);
	assert_false(news[at].wifi);
}

static void tells_of_clients_of_the_lan(void **state)
{
	(void)state;
	seen(0, 1, LAN0);
	expect(0, CLIENT_SEEN, 1, 0);
	seen(1, 1, LAN1); /* moved to another port: still here */
	expect(1, CLIENT_SEEN, 1, 0);
	gone(2, 1, LAN0); /* a late word about the old port */
	assert_int_equal(news_count, 2);
	gone(3, 1, LAN1);
	expect(2, CLIENT_GONE, 1, 0);
	assert_int_equal(fdb.count, 0);
}

static void is_silent_about_others(void **state)
{
	const struct line lines[] = {
		{.port = BAT0, .master = BRIDGE, .client = 1, .state = NUD_REACHABLE},
		{.port = LAN0, .master = BRIDGE, .client = 2, .state = NUD_PERMANENT},
		{.port = BRIDGE, .master = BRIDGE, .client = 3, .state = NUD_REACHABLE},
		{.port = LAN0, .master = OTHER_BRIDGE, .client = 4, .state = NUD_REACHABLE},
		{.port = LAN0, .client = 5, .state = NUD_REACHABLE},
		{.port = LAN0,
		 .master = BRIDGE,
		 .client = 6,
		 .state = NUD_REACHABLE,
		 .flags = NTF_SELF},
	};

	(void)state;
	for (unsigned i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		say(0, lines[i]);
	assert_int_equal(news_count, 0);
	assert_int_equal(fdb.count, 0);
}

/* The engine knows by itself where it went; a loss of the old port says nothing. */
static void forgets_who_went_behind_the_cloud(void **state)
{
	(void)state;
	seen(0, 1, LAN0);
	seen(1, 1, BAT0);
	gone(1, 1, LAN0);
	fdb_port_gone(&fdb, LAN0);
	assert_int_equal(news_count, 1);
	seen(2, 1, LAN0);
	expect(1, CLIENT_SEEN, 1, 0);
}

static void old_is_not_gone(void **state)
{
	(void)state;
	seen(0, 1, LAN0);
	gone(FDB_AGE_S, 1, LAN0);
	assert_int_equal(news_count, 1);
	assert_int_equal(fdb.count, 1);
	fdb_expire(&fdb, (instant){(int64_t)(FDB_AGE_S + FDB_FORGET_S - 1) * 1000000});
	assert_int_equal(fdb.count, 1);
	/* its port is pulled out: now it is */
	fdb_port_gone(&fdb, LAN0);
	expect(1, CLIENT_GONE, 1, 0);
	seen(1000, 2, LAN0);
	gone(1000 + FDB_AGE_S, 2, LAN0);
	fdb_expire(&fdb, (instant){(int64_t)(1000 + FDB_AGE_S + FDB_FORGET_S) * 1000000});
	assert_int_equal(fdb.count, 0);
	assert_int_equal(news_count, 3);
}

static void a_port_takes_only_its_own(void **state)
{
	(void)state;
	seen(0, 1, LAN0);
	seen(0, 2, LAN1);
	seen(0, 3, LAN0);
	fdb_port_gone(&fdb, LAN0);
	assert_int_equal(news_count, 5);
	expect(3, CLIENT_GONE, 1, 0);
	expect(4, CLIENT_GONE, 3, 0);
	assert_int_equal(fdb.count, 1);
}

static void knows_vlans(void **state)
{
	struct line l = {.port = LAN0, .master = BRIDGE, .client = 1, .state = NUD_REACHABLE};

	(void)state;
	l.vlan = 1; /* the bridge's default for untagged frames */
	say(0, l);
	expect(0, CLIENT_SEEN, 1, 0);
	l.vlan = 7;
	say(0, l);
	expect(1, CLIENT_SEEN, 1, 0x8007);
	assert_int_equal(fdb.count, 2);
}

static void is_bounded(void **state)
{
	(void)state;
	for (unsigned i = 0; i < FDB_MAX + 10; i++) {
		struct nlmsghdr *h = mnl_nlmsg_put_header(memset(buffer, 0, sizeof(buffer)));
		struct ndmsg *n = mnl_nlmsg_put_extra_header(h, sizeof(*n));
		const uint8_t mac[6] = {2, 0, 0, 0, (uint8_t)(i >> 8), (uint8_t)i};

		h->nlmsg_type = RTM_NEWNEIGH;
		n->ndm_family = AF_BRIDGE;
		n->ndm_ifindex = LAN0;
		n->ndm_state = NUD_REACHABLE;
		mnl_attr_put(h, NDA_LLADDR, sizeof(mac), mac);
		mnl_attr_put_u32(h, NDA_MASTER, BRIDGE);
		fdb_rx(&fdb, (instant){0}, h);
		news_count = 0;
	}
	assert_int_equal(fdb.count, FDB_MAX);
	assert_int_equal(fdb.refused, 10);
}

/* Another bridge: nothing of the old one is left. */
static void starts_anew_with_another_bridge(void **state)
{
	(void)state;
	seen(0, 1, LAN0);
	fdb_set_bridge(&fdb, BRIDGE, BAT0);
	assert_int_equal(fdb.count, 1);
	fdb_set_bridge(&fdb, OTHER_BRIDGE, BAT0);
	assert_int_equal(fdb.count, 0);
	assert_int_equal(news_count, 1);
	seen(1, 1, LAN0);
	assert_int_equal(news_count, 1);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, start, stop)
	const struct CMUnitTest tests[] = {
		TEST(tells_of_clients_of_the_lan),
		TEST(is_silent_about_others),
		TEST(forgets_who_went_behind_the_cloud),
		TEST(old_is_not_gone),
		TEST(a_port_takes_only_its_own),
		TEST(knows_vlans),
		TEST(is_bounded),
		TEST(starts_anew_with_another_bridge),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
