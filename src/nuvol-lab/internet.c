/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nuvol-lab/internet.h"
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "nuvol-lab/batch.h"
#include "nuvol-lab/process.h"

#define PAGE4 "203.0.113.80"
#define PAGE6 "2001:db8:80::80"
#define PORTAL_PORT "8080"
#define LIE_TABLE "lab_lie"

enum { LONG_FILE_BYTES = 1 << 30, PATH_ROOM = LAB_PATH_ROOM };

static const char *const addresses[] = {
	/* whom nodes ask by default, and their default resolvers */
	"8.8.8.8/32", "9.9.9.9/32", "1.1.1.1/32", "4.2.2.2/32", "141.1.1.1/32",
	"2001:4860:4860::8888/128", "2620:fe::fe/128", "2606:4700:4700::1111/128",
	"2001:470:20::2/128",
	/* pages */
	PAGE4 "/32", PAGE6 "/128"};

bool internet_is_needed(const struct town *t)
{
	for (unsigned i = 0; i < t->node_count; i++)
		if (t->nodes[i].uplink)
			return true;
	return false;
}

static bool cables_make(const struct lab *lab)
{
	const struct town *t = &lab->town;
	char netns[PLACE_PATH_ROOM];
	struct batch b;

	batch_init(&b);
	batch_add(&b, "link set lo up");
	for (unsigned i = 0; i < sizeof(addresses) / sizeof(addresses[0]); i++)
		batch_add(&b, "addr add %s dev lo", addresses[i]);
	for (unsigned i = 0; i < t->node_count; i++) {
		if (!t->nodes[i].uplink)
			continue;
		batch_add(&b, "link add up%u type veth peer name wan0 netns nv-%s-%s", i, t->name,
			  t->nodes[i].name);
		batch_add(&b, "link set up%u up alias %s", i, t->nodes[i].name);
		batch_add(&b, "addr add 100.64.%u.1/24 dev up%u", i, i);
		batch_add(&b, "addr add 2001:db8:64:%u::1/64 dev up%u nodad", i, i);
	}
	return batch_run(&b, place_path(t->name, PLACE_INTERNET, netns));
}

/* As a DHCP client and a router's advertisement would leave it. */
static bool node_join(const struct lab *lab, unsigned node)
{
	char netns[PLACE_PATH_ROOM];
	struct batch b;

	batch_init(&b);
	batch_add(&b, "link set wan0 up");
	batch_add(&b, "addr add 100.64.%u.2/24 dev wan0", node);
	batch_add(&b, "addr add 2001:db8:64:%u::2/64 dev wan0 nodad", node);
	batch_add(&b, "route add default via 100.64.%u.1 dev wan0 metric 100", node);
	batch_add(&b, "route add default via 2001:db8:64:%u::1 dev wan0 metric 1024", node);
	return batch_run(&b, place_path(lab->town.name, lab->town.nodes[node].name, netns));
}

static bool rate_set(const char *netns, const char *interface, uint64_t bps)
{
	char rate[32];
	const char *argv[] = {"tc",   "qdisc", "add",	"dev",	"",	   "root", "tbf",
			      "rate", rate,    "burst", "64kb", "latency", "50ms", NULL};
	struct spawn how = {.netns = netns};

	argv[4] = interface;
	snprintf(rate, sizeof(rate), "%llubit", (unsigned long long)bps);
	return process_run(argv, &how, NULL) == 0 ||
	       lab_fail("cannot make %s as slow as its uplink; the kernel needs sch_tbf",
			interface);
}

static bool rates_set(const struct lab *lab)
{
	const struct town *t = &lab->town;
	char netns[PLACE_PATH_ROOM], name[16];

	for (unsigned i = 0; i < t->node_count; i++) {
		if (!t->nodes[i].uplink)
			continue;
		snprintf(name, sizeof(name), "up%u", i);
		if (!rate_set(place_path(t->name, PLACE_INTERNET, netns), name,
			      t->nodes[i].uplink_bps) ||
		    !rate_set(place_path(t->name, t->nodes[i].name, netns), "wan0",
			      t->nodes[i].uplink_bps))
			return false;
	}
	return true;
}

static bool daemon_run(const char *netns, const char *const *argv, const char *log)
{
	struct spawn how = {.netns = netns, .log = log};
	struct process p;
	int e = process_daemon(argv, &how, &p, NULL, 0, span_s(0));

	return e == 0 || lab_fail("cannot start %s: %s", argv[0], strerror(-e));
}

/* A folder of pages, and what it says first. */
static bool pages_make(const char *town, const char *name, const char *says, char path[PATH_ROOM])
{
	char file[PATH_ROOM], within[64];

	mkdir(lab_path(town, name, path), 0755);
	snprintf(within, sizeof(within), "%s/success.txt", name);
	if (!file_write(lab_path(town, within, file), says))
		return false;
	snprintf(within, sizeof(within), "%s/bytes", name);
	return file_write(lab_path(town, within, file), "") && truncate(file, LONG_FILE_BYTES) == 0;
}

/* A page that says through whose uplink it was asked for: NODE ADDRESS. */
static bool from_page_make(const struct lab *lab)
{
	const struct town *t = &lab->town;
	char path[PATH_ROOM], *text = NULL;
	size_t len;
	FILE *o = open_memstream(&text, &len);
	bool good;

	if (!o)
		abort();
	fprintf(o, "#!/bin/sh\nname=-\ncase $REMOTE_ADDR in\n");
	for (unsigned i = 0; i < t->node_count; i++)
		if (t->nodes[i].uplink)
			fprintf(o, "*100.64.%u.* | *2001:db8:64:%u:*) name=%s ;;\n", i, i,
				t->nodes[i].name);
	fprintf(o, "esac\nprintf 'Content-Type: text/plain\\r\\n\\r\\n%%s %%s\\n' "
		   "$name $REMOTE_ADDR\n");
	fclose(o);
	mkdir(lab_path(t->name, "pages/cgi-bin", path), 0755);
	good = file_write(lab_path(t->name, "pages/cgi-bin/from", path), text) &&
	       chmod(path, 0755) == 0;
	free(text);
	return good;
}

static bool servers_start(const struct lab *lab)
{
	const char *town = lab->town.name;
	char netns[PLACE_PATH_ROOM], log[PATH_ROOM], pages[PATH_ROOM], portal[PATH_ROOM];
	const char *dns[] = {"dnsmasq",	    "--keep-in-foreground", "--no-resolv",
			     "--no-hosts",  "--user=root",	    "--conf-file=/dev/null",
			     "--pid-file=", "--address=/#/" PAGE4,  "--address=/#/" PAGE6,
			     NULL};
	const char *httpd[][8] = {
		{"busybox", "httpd", "-f", "-p", "80", "-h", pages, NULL},
		{"busybox", "httpd", "-f", "-p", "443", "-h", pages, NULL},
		{"busybox", "httpd", "-f", "-p", PORTAL_PORT, "-h", portal, NULL}};
	bool good;

	place_path(town, PLACE_INTERNET, netns);
	lab_path(town, "internet.log", log);
	good = pages_make(town, "pages", "success\n", pages) && from_page_make(lab) &&
	       pages_make(town, "portal", "<html>please log in</html>\n", portal) &&
	       daemon_run(netns, dns, log);
	for (unsigned i = 0; good && i < sizeof(httpd) / sizeof(httpd[0]); i++)
		good = daemon_run(netns, httpd[i], log);
	return good;
}

bool internet_make(const struct lab *lab)
{
	const struct town *t = &lab->town;

	if (!internet_is_needed(t))
		return true;
	if (!cables_make(lab))
		return false;
	for (unsigned i = 0; i < t->node_count; i++)
		if (t->nodes[i].uplink && !node_join(lab, i))
			return false;
	return rates_set(lab) && servers_start(lab);
}

/* ---- faults ---- */

static const struct {
	const char *word;
	const char *filter, *nat; /* rules for what comes by the uplink */
} faults[] = {
	[INTERNET_RETURNS] = {"returns", NULL, NULL},
	[INTERNET_DIES] = {"dies", "drop", NULL},
	[INTERNET_NO_DNS] = {"nodns", "meta l4proto { tcp, udp } th dport 53 drop", NULL},
	[INTERNET_LIES] = {"lies", NULL, NULL},
	[INTERNET_PORTAL] = {"portal",
			     "udp dport 53 accept\ntcp dport { 80, " PORTAL_PORT " } accept\ndrop",
			     "tcp dport 80 redirect to :" PORTAL_PORT},
};

bool internet_fault_parse(const char *word, enum internet_fault *what)
{
	for (unsigned i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
		if (strcmp(word, faults[i].word) != 0)
			continue;
		*what = (enum internet_fault)i;
		return true;
	}
	return false;
}

/* Behind the uplink: what does not come back. */
static void fault_write(FILE *o, unsigned node, enum internet_fault what)
{
	fprintf(o, "table inet up%u {}\ndelete table inet up%u\n", node, node);
	if (!faults[what].filter)
		return;
	fprintf(o,
		"table inet up%u {\nchain lost {\ntype filter hook prerouting priority -200;\n"
		"iifname != \"up%u\" accept\n"
		"icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } accept\n%s\n}\n",
		node, node, faults[what].filter);
	if (faults[what].nat)
		fprintf(o,
			"chain turned {\ntype nat hook prerouting priority -100;\n"
			"iifname \"up%u\" %s\n}\n",
			node, faults[what].nat);
	fprintf(o, "}\n");
}

/* On the node: what others sent is not passed on. */
static void lie_write(FILE *o, enum internet_fault what)
{
	fprintf(o, "table inet " LIE_TABLE " {}\ndelete table inet " LIE_TABLE "\n");
	if (what == INTERNET_LIES)
		fprintf(o, "table inet " LIE_TABLE " {\nchain lost {\n"
			   "type filter hook forward priority -300;\noifname \"wan0\" drop\n"
			   "}\n}\n");
}

static bool rules_load(const struct lab *lab, const char *place, char *rules)
{
	static const char *const argv[] = {"nft", "-f", "-", NULL};
	char netns[PLACE_PATH_ROOM];
	struct spawn how = {.netns = place_path(lab->town.name, place, netns), .input = rules};
	int e = process_run(argv, &how, NULL);

	free(rules);
	if (e < 0)
		return lab_fail("cannot run nft: %s; install nftables", strerror(-e));
	return e == 0 || lab_fail("nft refuses the rules of the uplink");
}

bool internet_break(const struct lab *lab, unsigned node, enum internet_fault what)
{
	const struct town_node *n = &lab->town.nodes[node];
	char *behind = NULL, *here = NULL;
	size_t len;
	bool good;
	FILE *o;

	if (!n->uplink)
		return lab_fail("node '%s' has no uplink", n->name);
	o = open_memstream(&behind, &len);
	if (!o)
		abort();
	fault_write(o, node, what);
	fclose(o);
	o = open_memstream(&here, &len);
	if (!o)
		abort();
	lie_write(o, what);
	fclose(o);
	good = rules_load(lab, PLACE_INTERNET, behind);
	return rules_load(lab, n->name, here) && good;
}
