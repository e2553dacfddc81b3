/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Drives drv/tunnel by hand for tests of tunnels: what the core would wish comes as lines from
 * standard input; "status" is answered by a line of JSON. The argument is the kind. Without
 * a node around it, forwarding and addresses are the test's affair. */
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "drv/log.h"
#include "drv/privilege.h"
#include "drv/tunnel.h"
#include "hand.h"

enum { NO_WAYS_MAX = 8 };

static struct {
	uv_loop_t uv;
	uv_prepare_t prepare;
	uv_poll_t monitor_poll;
	struct netlink monitor, ask;
	struct links links;
	struct tunnel_fast fast;
	struct tunnel tunnel;
	struct ipv6 no_way[NO_WAYS_MAX];
	unsigned no_ways;
	struct hand_lines lines;
} hand;

static bool has_route(void *ctx, struct ipv6 primary)
{
	(void)ctx;
	for (unsigned i = 0; i < hand.no_ways; i++)
		if (ipv6_equal(hand.no_way[i], primary))
			return false;
	return true;
}

static void way_set(struct ipv6 primary, bool there)
{
	if (!there && hand.no_ways < NO_WAYS_MAX)
		hand.no_way[hand.no_ways++] = primary;
	for (unsigned i = 0; there && i < hand.no_ways; i++)
		if (ipv6_equal(hand.no_way[i], primary))
			hand.no_way[i] = hand.no_way[--hand.no_ways];
	tunnel_route_changed(&hand.tunnel, primary);
}

static bool prefix_read(char *text, struct prefix *p)
{
	char *bits = strchr(text, '/');
	struct ipv4 a4;
	struct ipv6 a6;

	if (!bits)
		return false;
	*bits++ = '\0';
	if (ipv4_parse(text, &a4)) {
		a4.bits = (uint8_t)atoi(bits);
		*p = prefix_of4(a4);
		return true;
	}
	if (!ipv6_parse(text, &a6))
		return false;
	a6.bits = (uint8_t)atoi(bits);
	*p = prefix_of6(a6);
	return true;
}

static bool to_read(const char *node, const char *dummy, struct tunnel_to *to)
{
	unsigned b[4];

	memset(to->node.b, 0xee, sizeof(to->node.b));
	if (sscanf(node, "%2x%2x%2x%2x", &b[0], &b[1], &b[2], &b[3]) != 4)
		return false;
	for (unsigned i = 0; i < 4; i++)
		to->node.b[i] = (uint8_t)b[i];
	/* Two with the same beginning are two. */
	to->node.b[27] = (uint8_t)strlen(node);
	return ipv6_parse(dummy, &to->dummy);
}

/* What the kernel's end would get, of any interface: not every kernel has ip6_tunnel. */
static bool filter_obey(const char *name, const char *net4, const char *net6)
{
	struct tunnel_filter_wish wish = {.name = ""};

	snprintf(wish.name, sizeof(wish.name), "%.15s", name);
	if (name[0] != '\0' && (!ipv4_parse(net4, &wish.cloud4) || !ipv6_parse(net6, &wish.cloud6)))
		return false;
	wish.cloud4.bits = 16;
	wish.cloud6.bits = 64;
	tunnel_filter_set(&hand.tunnel.filter, &wish);
	return true;
}

static bool obey(char *line)
{
	struct fx_tunnel e = {.kind = TUNNEL_END};
	char verb[16], a[80] = "", b[80] = "", c[80] = "", d[80] = "";
	unsigned preference = 32767, table = 254, metric = 1024;
	int n = sscanf(line, "%15s %79s %79s %79s %79s", verb, a, b, c, d);
	struct ipv6 way;

	if (n == 5 && strcmp(verb, "end") == 0) {
		(void)ipv4_parse(c, &e.end.inner4);
		(void)ipv6_parse(d, &e.end.inner6);
		e.end.inner4.bits = 16;
		e.end.inner6.bits = 64;
		if (!ipv6_parse(a, &e.end.primary) || !ipv6_parse(b, &e.end.dummy))
			return false;
	} else if (strcmp(verb, "noend") == 0) {
		e.end.gone = true;
	} else if (n == 4 && (strcmp(verb, "out") == 0 || strcmp(verb, "noout") == 0)) {
		e.kind = TUNNEL_OUT;
		e.out.gone = verb[0] == 'n';
		if (!to_read(a, b, &e.out.to) || !ipv6_parse(c, &e.out.primary))
			return false;
	} else if (n >= 4 && (strcmp(verb, "route") == 0 || strcmp(verb, "noroute") == 0)) {
		e.kind = TUNNEL_ROUTE;
		e.route.gone = verb[0] == 'n';
		(void)sscanf(line, "%*s %*s %*s %*s %u %u %u", &preference, &table, &metric);
		e.route.key = (struct tunnel_key){
			.preference = preference, .table = table, .ip_metric = metric};
		if (!prefix_read(a, &e.route.key.prefix) || !to_read(b, c, &e.route.to))
			return false;
	} else if (n == 5 && (strcmp(verb, "local") == 0 || strcmp(verb, "nolocal") == 0)) {
		e.kind = TUNNEL_ROUTE;
		e.route.gone = verb[0] == 'n';
		e.route.local = true;
		e.route.key = (struct tunnel_key){.preference = (uint32_t)atoi(b),
						  .table = (uint32_t)atoi(c),
						  .ip_metric = (uint32_t)atoi(d)};
		if (!prefix_read(a, &e.route.key.prefix))
			return false;
	} else if (n == 3 && strcmp(verb, "way") == 0 && ipv6_parse(a, &way)) {
		way_set(way, b[0] == '1');
		return true;
	} else if (n == 2 && strcmp(verb, "port") == 0) {
		tunnel_port(&hand.tunnel, 0, (int)if_nametoindex(a));
		return true;
	} else if (strcmp(verb, "filter") == 0) {
		return filter_obey(a, b, c);
	} else {
		return false;
	}
	tunnel_effect(&hand.tunnel, &e);
	return true;
}

static void line_rx(char *line)
{
	if (strcmp(line, "status") == 0) {
		json_t *o = json_object();

		tunnel_settle(&hand.tunnel);
		tunnel_status(&hand.tunnel, o);
		hand_answer(o);
	} else if (strcmp(line, "compare") == 0) {
		tunnel_compare(&hand.tunnel);
	} else if (strcmp(line, "quit") == 0) {
		uv_stop(&hand.uv);
	} else if (!obey(line)) {
		fprintf(stderr, "what is this: %s\n", line);
	}
}

static void link_changed(void *ctx, const struct link *l, bool gone)
{
	(void)ctx;
	tunnel_link(&hand.tunnel, l, gone);
}

static int monitor_message(const struct nlmsghdr *h, void *ctx)
{
	(void)ctx;
	links_rx(&hand.links, h);
	return MNL_CB_OK;
}

static void monitor_ready(uv_poll_t *poll, int status, int events)
{
	(void)poll, (void)status, (void)events;
	(void)netlink_read(&hand.monitor, monitor_message, NULL);
}

static void before_sleep(uv_prepare_t *p)
{
	(void)p;
	tunnel_settle(&hand.tunnel);
}

static enum host_tunnel kind_of(const char *name)
{
	if (strcmp(name, "tun") == 0)
		return HOST_TUNNEL_TUN;
	if (strcmp(name, "bpf") == 0)
		return HOST_TUNNEL_BPF;
	return strcmp(name, "ip6_tunnel") == 0 ? HOST_TUNNEL_IP6_TUNNEL : HOST_TUNNEL_AUTO;
}

int main(int argc, char **argv)
{
	static const unsigned groups[] = {RTNLGRP_LINK};
	const struct tunnel_env env = {.kind = kind_of(argc > 1 ? argv[1] : "auto"),
				       .fast = &hand.fast,
				       .links = &hand.links,
				       .uv = &hand.uv,
				       .has_route = has_route};

	uv_loop_init(&hand.uv);
	tunnel_fast_open(&hand.fast, HOST_DATAPATH_AUTO, env.kind);
	if (netlink_open(&hand.monitor, groups, 1) || netlink_open(&hand.ask, NULL, 0) ||
	    links_init(&hand.links, &hand.ask, link_changed, NULL) ||
	    privilege_drop(tunnel_fast_is_on(&hand.fast)))
		return 1;
	tunnel_start(&hand.tunnel, &env);
	uv_prepare_init(&hand.uv, &hand.prepare);
	uv_prepare_start(&hand.prepare, before_sleep);
	uv_poll_init(&hand.uv, &hand.monitor_poll, netlink_fd(&hand.monitor));
	uv_poll_start(&hand.monitor_poll, UV_READABLE, monitor_ready);
	hand_lines_open(&hand.lines, &hand.uv, line_rx);
	uv_run(&hand.uv, UV_RUN_DEFAULT);
	tunnel_stop(&hand.tunnel);
	hand_loop_end(&hand.uv);
	links_fini(&hand.links);
	netlink_close(&hand.monitor);
	netlink_close(&hand.ask);
	return 0;
}
