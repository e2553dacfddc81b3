/* Proves that the end of a Wi-Fi station is heard from the kernel's message, that other and
 * broken messages are nothing, and that the kernel's answer about a family is understood, by
 * the family that every kernel has. */
/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <linux/genetlink.h>
#include <linux/nl80211.h>
#include <string.h>

#include "cmocka_all.h"
#include "drv/stations.h"

enum { FAMILY = 28, RADIO = 7 };

static const uint8_t peer[6] = {2, 0, 0, 0, 0, 9};
static unsigned heard;
static struct mac heard_mac;
static int heard_ifindex;

static void collect(void *ctx, int ifindex, struct mac mac)
{
	(void)ctx;
	heard++;
	heard_ifindex = ifindex;
	heard_mac = mac;
}

static void say(uint16_t type, uint8_t command, uint32_t ifindex, size_t mac_len)
{
	static _Alignas(16) uint8_t buffer[256];
	const struct stations s = {.family = FAMILY, .gone = collect};
	struct nlmsghdr *h = mnl_nlmsg_put_header(memset(buffer, 0, sizeof(buffer)));
	struct genlmsghdr *g = mnl_nlmsg_put_extra_header(h, sizeof(*g));

	h->nlmsg_type = type;
	g->cmd = command;
	if (ifindex)
		mnl_attr_put_u32(h, NL80211_ATTR_IFINDEX, ifindex);
	if (mac_len)
		mnl_attr_put(h, NL80211_ATTR_MAC, mac_len, peer);
	heard = 0;
	stations_rx(&s, h);
}

static void test_end_of_a_station(void **state)
{
	(void)state;
	say(FAMILY, NL80211_CMD_DEL_STATION, RADIO, 6);
	assert_int_equal(heard, 1);
	assert_int_equal(heard_ifindex, RADIO);
	assert_memory_equal(heard_mac.b, peer, 6);

	say(FAMILY, NL80211_CMD_NEW_STATION, RADIO, 6);
	assert_int_equal(heard, 0);
	say(FAMILY + 1, NL80211_CMD_DEL_STATION, RADIO, 6);
	assert_int_equal(heard, 0);
	say(FAMILY, NL80211_CMD_DEL_STATION, 0, 6);
	assert_int_equal(heard, 0);
	say(FAMILY, NL80211_CMD_DEL_STATION, RADIO, 0);
	assert_int_equal(heard, 0);
	say(FAMILY, NL80211_CMD_DEL_STATION, RADIO, 4);
	assert_int_equal(heard, 0);
}

struct answer {
	const char *group;
	bool right;
	uint16_t family;
	uint32_t number;
};

static int answer_cb(const struct nlmsghdr *h, void *ctx)
{
	struct answer *a = ctx;

	a->right = stations_family_read(h, a->group, &a->family, &a->number);
	return MNL_CB_OK;
}

/* genetlink's own family, whose number and group all kernels have. */
static void ask_kernel(struct answer *a)
{
	struct netlink ask;
	struct nlmsghdr *h;
	struct genlmsghdr *g;

	assert_int_equal(netlink_open_generic(&ask, 0), 0);
	h = netlink_begin(&ask, GENL_ID_CTRL, 0);
	g = mnl_nlmsg_put_extra_header(h, sizeof(*g));
	g->cmd = CTRL_CMD_GETFAMILY;
	g->version = 1;
	mnl_attr_put_strz(h, CTRL_ATTR_FAMILY_NAME, "nlctrl");
	assert_int_equal(netlink_show(&ask, h, answer_cb, a), 0);
	netlink_close(&ask);
}

static void test_family_of_the_kernel(void **state)
{
	struct answer there = {.group = "notify"}, missing = {.group = "notif"};

	(void)state;
	ask_kernel(&there);
	assert_true(there.right);
	assert_int_equal(there.family, GENL_ID_CTRL);
	assert_int_not_equal(there.number, 0);
	ask_kernel(&missing);
	assert_false(missing.right);
	assert_int_equal(missing.number, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_end_of_a_station),
		cmocka_unit_test(test_family_of_the_kernel),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
