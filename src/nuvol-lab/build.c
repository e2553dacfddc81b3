/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nuvol-lab/build.h"
#include <errno.h>
#include <ftw.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "nuvol-lab/batch.h"
#include "nuvol-lab/client.h"
#include "nuvol-lab/daemon.h"
#include "nuvol-lab/internet.h"
#include "nuvol-lab/interrupt.h"
#include "nuvol-lab/lease.h"
#include "nuvol-lab/segment.h"

/* How long what runs in the town may take to end by itself. */
#define END_SPAN span_s(3)
enum { END_POLL_MS = 20, UNLINK_FDS = 16 };

bool build_name(const struct build_options *o, const char *file, char name[TOWN_NAME_MAX + 1])
{
	const char *base = strrchr(file, '/');
	size_t len;

	if (o->name) {
		if (!town_name_check(o->name))
			return lab_fail("'%s' is no name for a town; it takes 1 to 31 letters, "
					"digits, '_' and '-'",
					o->name);
		strcpy(name, o->name);
		return true;
	}
	base = base ? base + 1 : file;
	len = strcspn(base, ".");
	if (len <= TOWN_NAME_MAX) {
		memcpy(name, base, len);
		name[len] = '\0';
		if (town_name_check(name))
			return true;
	}
	return lab_fail("'%s' gives no name for a town; say one with --name", base);
}

static void place_count(void *ctx, const char *town, const char *who)
{
	(void)town;
	(void)who;
	++*(unsigned *)ctx;
}

static void place_add(struct batch *b, const char *town, const char *who)
{
	batch_add(b, "netns add nv-%s-%s", town, who);
}

static bool places_make(const struct lab *lab)
{
	const struct town *t = &lab->town;
	struct batch b;

	batch_init(&b);
	place_add(&b, t->name, PLACE_AIR);
	if (internet_is_needed(t))
		place_add(&b, t->name, PLACE_INTERNET);
	for (unsigned i = 0; i < t->node_count; i++)
		place_add(&b, t->name, t->nodes[i].name);
	for (unsigned i = 0; i < t->client_count; i++)
		place_add(&b, t->name, t->clients[i].name);
	return batch_run(&b, NULL);
}

struct sysctl {
	const char *path, *value;
};

/* What does not exist in this kernel needs no setting. */
static bool sysctls_write(const char *town, const char *who, const struct sysctl *sysctls)
{
	int back, result = place_enter(town, who, &back);

	if (result < 0)
		return lab_fail("cannot enter the namespace of '%s': %s", who, strerror(-result));
	for (; sysctls->path; sysctls++) {
		FILE *f = fopen(sysctls->path, "r+e");

		if (f) {
			fputs(sysctls->value, f);
			fclose(f);
		}
	}
	place_leave(back);
	return true;
}

/* Bridged frames must not walk through iptables. */
#define BRIDGE_FILTER_OFF                                                                          \
	{"/proc/sys/net/bridge/bridge-nf-call-arptables", "0"},                                    \
		{"/proc/sys/net/bridge/bridge-nf-call-iptables", "0"},                             \
	{                                                                                          \
		"/proc/sys/net/bridge/bridge-nf-call-ip6tables", "0"                               \
	}

static const struct sysctl node_sysctls[] = {BRIDGE_FILTER_OFF, {NULL, NULL}};

/* Nothing in the air speaks for itself. */
static const struct sysctl air_sysctls[] = {
	BRIDGE_FILTER_OFF, {"/proc/sys/net/ipv6/conf/default/disable_ipv6", "1"}, {NULL, NULL}};

static bool air_make(const struct lab *lab)
{
	const struct town *t = &lab->town;
	char netns[PLACE_PATH_ROOM];
	struct batch b;

	if (!sysctls_write(t->name, PLACE_AIR, air_sysctls))
		return false;
	batch_init(&b);
	batch_add(&b, "link set lo up");
	for (unsigned i = 0; i < t->segment_count; i++)
		if (!town_segment_is_medium(&t->segments[i]))
			segment_plan(lab, i, &b);
	for (unsigned i = 0; i < t->node_count; i++)
		client_plan_ap(lab, i, &b);
	for (unsigned i = 0; i < t->client_count; i++)
		client_plan(lab, i, &b);
	return batch_run(&b, place_path(t->name, PLACE_AIR, netns));
}

/* What an operating system would have set up before nuvold starts. */
static bool node_make(struct lab *lab, unsigned node)
{
	const struct town_node *n = &lab->town.nodes[node];
	char netns[PLACE_PATH_ROOM], mac[MAC_TEXT];
	struct batch b;

	if (!sysctls_write(lab->town.name, n->name, node_sysctls))
		return false;
	batch_init(&b);
	batch_add(&b, "link set lo up");
	batch_add(&b, "link add br-lan address %s type bridge stp_state 0 forward_delay 0",
		  mac_print(n->mac, mac));
	batch_add(&b, "link set br-lan up");
	batch_add(&b, "link set ap0 master br-lan addrgenmode none up");
	for (unsigned i = 0; i < n->mesh_count; i++)
		batch_add(&b, "link set mesh%u address %s mtu %u up", i,
			  mac_print(n->mesh[i].mac, mac),
			  lab->town.segments[n->mesh[i].segment].mtu_bytes);
	return batch_run(&b, place_path(lab->town.name, n->name, netns)) &&
	       daemon_configure(lab, node);
}

static bool nodes_make(struct lab *lab)
{
	for (unsigned i = 0; i < lab->town.node_count; i++)
		if (!node_make(lab, i) || interrupt_came())
			return false;
	return true;
}

static bool clients_make(struct lab *lab)
{
	span took;

	for (unsigned i = 0; i < lab->town.client_count; i++)
		if (!client_configure(lab, i) ||
		    (lab->town.clients[i].at != TOWN_NONE &&
		     !client_attach(lab, i, lab->town.clients[i].at, &took)) ||
		    interrupt_came())
			return false;
	return true;
}

static bool daemons_start(struct lab *lab)
{
	for (unsigned i = 0; i < lab->town.node_count; i++)
		if (!daemon_launch(lab, i) || interrupt_came())
			return false;
	for (unsigned i = 0; i < lab->town.node_count; i++)
		if (!daemon_await(lab, i) || interrupt_came())
			return false;
	return true;
}

/* Only now, for who asks in vain waits before asking again. */
static bool leases_start(struct lab *lab)
{
	for (unsigned i = 0; i < lab->town.client_count; i++)
		if ((lab->clients[i].by_dhcp && !lease_launch(lab, i)) || interrupt_came())
			return false;
	return true;
}

static bool programs_find(struct lab *lab, const struct build_options *o)
{
	program_find("nuvol", lab->nuvol);
	if (!o->nuvold)
		program_find("nuvold", lab->nuvold);
	else if (strcmp(o->nuvold, "none") == 0)
		return true;
	else if (!realpath(o->nuvold, lab->nuvold))
		return lab_fail("cannot run %s: %s", o->nuvold, strerror(errno));
	return lab->nuvold[0] || lab_fail("cannot find nuvold beside me or in PATH; say where "
					  "with --nuvold PATH, or --nuvold none");
}

static bool system_check(const struct lab *lab)
{
	if (geteuid() != 0)
		return lab_fail("this takes root, for network namespaces");
	if (medium_is_needed(&lab->town) && access("/dev/net/tun", R_OK | W_OK) < 0)
		return lab_fail("this town has radios or slow wires, which take /dev/net/tun: %s",
				strerror(errno));
	return true;
}

/* The medium reads the town from here, and so do all later commands. */
static bool town_keep(const struct lab *lab)
{
	char path[LAB_PATH_ROOM];
	size_t len;
	char *text = file_read(lab->file, TOWN_FILE_MAX, &len);
	bool good = text && file_write(lab_path(lab->town.name, "town", path), text);

	free(text);
	return good;
}

static bool town_make(struct lab *lab)
{
	return town_keep(lab) && places_make(lab) && air_make(lab) && medium_start(lab) &&
	       nodes_make(lab) && internet_make(lab) && clients_make(lab) && daemons_start(lab) &&
	       leases_start(lab) && lab_save(lab);
}

static void report(const struct lab *lab, span took)
{
	const struct town *t = &lab->town;

	printf("town %s is up: %u nodes, %u segments, %u clients, in %.1f s%s\n", t->name,
	       t->node_count, t->segment_count, t->client_count, (double)took.us / 1e6,
	       lab->nuvold[0] ? "" : " (without nuvold)");
}

static bool locked_up(struct lab *lab, const struct build_options *o)
{
	const char *name = lab->town.name;
	instant begin = clock_read();
	unsigned places = 0;
	bool existed;

	place_each(name, place_count, &places);
	if (places > 0)
		return lab_fail("town '%s' is up already; nuvol-lab down --name %s takes it down",
				name, name);
	if (town_make(lab)) {
		if (!o->quiet)
			report(lab, instant_since(clock_read(), begin));
		return true;
	}
	if (interrupt_came())
		lab_fail("interrupted");
	lab_fail("town '%s' did not come up; cleaning up", name);
	close(lab->lock);
	lab->lock = -1;
	build_down(name, &existed);
	return false;
}

enum build_result build_up(const char *file, const struct build_options *o)
{
	enum build_result result = BUILD_REFUSED;
	char name[TOWN_NAME_MAX + 1];
	struct lab lab;

	if (!build_name(o, file, name))
		return BUILD_REFUSED;
	if (lab_new(&lab, name, file) && programs_find(&lab, o) && addresses_give(&lab, stderr)) {
		result = BUILD_FAILED;
		if (system_check(&lab))
			lab.lock = lab_lock(name);
		if (lab.lock >= 0 && locked_up(&lab, o))
			result = BUILD_DONE;
	}
	lab_close(&lab);
	return result;
}

static void place_remove(void *ctx, const char *town, const char *who)
{
	int result = place_delete(town, who);
	char name[PLACE_NAME_ROOM];

	if (result < 0)
		*(bool *)ctx = lab_fail("cannot remove %s: %s", place_name(town, who, name),
					strerror(-result));
}

/* Until nobody runs in the town any more, or at_most has passed. */
static bool processes_await(const char *name, span at_most)
{
	instant deadline = instant_add(clock_read(), at_most);

	while (places_signal(name, 0) > 0) {
		if (instant_reached(deadline, clock_read()))
			return false;
		poll(NULL, 0, END_POLL_MS);
	}
	return true;
}

static void processes_end(const char *name)
{
	if (places_signal(name, SIGTERM) == 0 || processes_await(name, END_SPAN))
		return;
	places_signal(name, SIGKILL);
	if (!processes_await(name, END_SPAN))
		lab_fail("something in town '%s' cannot be killed", name);
}

static int entry_remove(const char *path, const struct stat *s, int kind, struct FTW *ftw)
{
	(void)s;
	(void)kind;
	(void)ftw;
	return remove(path);
}

bool build_down(const char *name, bool *existed)
{
	char folder[LAB_PATH_ROOM];
	unsigned places = 0;
	bool good = true;
	int lock;

	place_each(name, place_count, &places);
	lab_path(name, "", folder);
	*existed = places > 0 || access(folder, F_OK) == 0;
	if (!*existed)
		return true;
	lock = lab_lock(name);
	if (lock < 0)
		return false;
	interrupt_clear();
	/* More than once: what a killed `up` had begun may still come to its end. The
	 * lock was in its children's hands until each had entered its place. */
	do {
		processes_end(name);
		place_each(name, place_remove, &good);
		places = 0;
		place_each(name, place_count, &places);
	} while (places > 0 && good);
	if (nftw(folder, entry_remove, UNLINK_FDS, FTW_DEPTH | FTW_PHYS) < 0)
		good = lab_fail("cannot remove %s: %s", folder, strerror(errno));
	close(lock);
	if (rmdir(LAB_FOLDER) == 0)  /* this was the last town */
		rmdir(LAB_NODE_RUN); /* a mount point of ours, if it is empty */
	return good;
}
