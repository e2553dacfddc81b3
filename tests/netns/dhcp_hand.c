/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Drives drv/dhcp by hand for tests/netns: what the core would wish comes as lines from
 * standard input, what the core would be told goes as lines to standard output. */
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "drv/conf_files.h"
#include "drv/crypto.h"
#include "drv/dhcp.h"
#include "drv/log.h"
#include "drv/privilege.h"
#include "hand.h"

enum { RANGES_MAX = 64 };

static struct {
	uv_loop_t uv;
	struct conf conf;
	struct plan plan;
	struct run_dir run;
	struct dhcp dhcp;
	struct hand_lines lines;
} hand;

static void tell(void *ctx, const struct ev *ev)
{
	static const char *const names[] = {"granted", "dropped", "remembered"};
	const struct lease *l = &ev->lease.lease;
	char mac[MAC_TEXT], ip[IPV4_TEXT];

	(void)ctx;
	printf("%s %s %s %u %s\n", names[ev->lease.change], mac_print(l->mac, mac),
	       ipv4_print(l->ip, ip), l->left_s, l->name);
	fflush(stdout);
}

static void link_look(void)
{
	struct link l = {.ifindex = (int)if_nametoindex(hand.conf.host.anygw), .up = true};

	snprintf(l.name, sizeof(l.name), "%s", hand.conf.host.anygw);
	dhcp_link(&hand.dhcp, &l, l.ifindex == 0);
}

static void ranges(char *words)
{
	struct range at[RANGES_MAX];
	struct effect e = {.kind = FX_RANGES, .ranges = {.at = at}};
	char *rest = NULL;

	for (char *w = strtok_r(words, " -", &rest); w; w = strtok_r(NULL, " -", &rest)) {
		struct range *r = &at[e.ranges.count];

		if (ipv4_parse(w, &r->first) && (w = strtok_r(NULL, " -", &rest)) &&
		    ipv4_parse(w, &r->last))
			e.ranges.count++;
	}
	dhcp_effect(&hand.dhcp, &e);
}

static bool obey(char *line)
{
	char a[80], b[80], c[80];
	struct effect e = {0};

	if (sscanf(line, "reserve %79s %79s", a, b) == 2 ||
	    sscanf(line, "gone %79s %79s", a, b) == 2) {
		e.kind = FX_RESERVE;
		e.reserve.gone = line[0] == 'g';
		if (!mac_parse(a, &e.reserve.mac) || !ipv4_parse(b, &e.reserve.ip))
			return false;
	} else if (sscanf(line, "keep %79s %79s %79s", a, b, c) == 3) {
		e.kind = FX_LEASE;
		e.lease.since_unix_s = 7;
		e.lease.version = 1;
		e.lease.left_s = (uint32_t)atoi(c);
		if (!mac_parse(a, &e.lease.mac) || !ipv4_parse(b, &e.lease.ip))
			return false;
	} else if (sscanf(line, "name %79s %79s", a, b) == 2 ||
		   sscanf(line, "noname %79s %79s", a, b) == 2) {
		e.kind = FX_NAME;
		e.name.name = a;
		e.name.gone = strncmp(line, "noname", 6) == 0;
		if (!ipv4_parse(b, &e.name.ip4))
			return false;
	} else {
		return false;
	}
	dhcp_effect(&hand.dhcp, &e);
	return true;
}

static void line_rx(char *line)
{
	if (strncmp(line, "ranges", 6) == 0) {
		ranges(line + 6);
	} else if (strcmp(line, "link") == 0) {
		link_look();
	} else if (strcmp(line, "chores") == 0) {
		dhcp_chores(&hand.dhcp);
	} else if (strcmp(line, "status") == 0) {
		hand_answer(dhcp_status(&hand.dhcp));
	} else if (strcmp(line, "quit") == 0) {
		uv_stop(&hand.uv);
	} else if (!obey(line)) {
		fprintf(stderr, "what is this: %s\n", line);
	}
}

/* dhcp_hand CONF_DIR RUN_DIR SCRIPT */
int main(int argc, char **argv)
{
	struct dhcp_env env = {.conf = &hand.conf,
			       .plan = &hand.plan,
			       .run = &hand.run,
			       .uv = &hand.uv,
			       .tell = tell};
	struct conf_problems problems;
	long pid;

	conf_problems_init(&problems);
	log_set_level(LOG_DEBUG);
	if (argc != 4 || !conf_load_dir(argv[1], &hand.conf, &problems) ||
	    plan_init(&hand.plan, &hand.conf.node.plan, crypto_mbedtls()) != OK ||
	    run_dir_open(&hand.run, argv[2], &pid))
		return EXIT_FAILURE;
	snprintf(hand.conf.host.run_dir, sizeof(hand.conf.host.run_dir), "%s", argv[2]);
	uv_loop_init(&hand.uv);
	dhcp_start(&hand.dhcp, &env);
	snprintf(hand.dhcp.script, sizeof(hand.dhcp.script), "%s", argv[3]);
	privilege_drop(false);
	link_look();
	hand_lines_open(&hand.lines, &hand.uv, line_rx);
	uv_run(&hand.uv, UV_RUN_DEFAULT);
	dhcp_stop(&hand.dhcp);
	hand_loop_end(&hand.uv);
	run_dir_close(&hand.run);
	return EXIT_SUCCESS;
}
