/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nuvol-lab/lease.h"
#include <errno.h>
#include <jansson.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/ip.h"
#include "nuvol-lab/batch.h"
#include "nuvol-lab/interrupt.h"
#include "town/quantity.h"

/* How long a client and its server may take for one word each. */
#define RELEASE_SPAN span_s(3)
#define RENEW_SPAN span_s(10)
enum {
	FILE_ROOM = LAB_PATH_ROOM + 32,
	POLL_MS = 10,
	MTU_LEAST = 576,
	MTU_MOST = 9000,
	LEASE_S_MOST = 999999999,
};

/* ---- what it has ---- */

static void text_get(const json_t *from, const char *key, char *text, size_t room)
{
	const char *value = json_string_value(json_object_get(from, key));

	snprintf(text, room, "%s", value ? value : "");
}

static bool file_load(const char *path, struct lab_lease *lease)
{
	json_t *all = json_load_file(path, 0, NULL);

	*lease = (struct lab_lease){0};
	text_get(all, "ipv4", lease->address, sizeof(lease->address));
	text_get(all, "router", lease->router, sizeof(lease->router));
	text_get(all, "dns", lease->dns, sizeof(lease->dns));
	text_get(all, "server", lease->server, sizeof(lease->server));
	text_get(all, "domain", lease->domain, sizeof(lease->domain));
	lease->mtu_bytes = (uint32_t)json_integer_value(json_object_get(all, "mtu_bytes"));
	lease->lease_s = (uint32_t)json_integer_value(json_object_get(all, "lease_s"));
	lease->since.us = json_integer_value(json_object_get(all, "since_us"));
	json_decref(all);
	return lease->address[0] != '\0';
}

/* In one step, so that nobody reads the half of it. */
static bool file_save(const char *path, const struct lab_lease *l)
{
	json_t *all = json_pack("{s:s, s:s, s:s, s:s, s:s, s:i, s:I, s:I}", "ipv4", l->address,
				"router", l->router, "dns", l->dns, "server", l->server, "domain",
				l->domain, "mtu_bytes", l->mtu_bytes, "lease_s",
				(json_int_t)l->lease_s, "since_us", (json_int_t)l->since.us);
	char fresh[FILE_ROOM + 4];
	bool good;

	snprintf(fresh, sizeof(fresh), "%s.new", path);
	good = all && json_dump_file(all, fresh, JSON_INDENT(1)) == 0 && rename(fresh, path) == 0;
	json_decref(all);
	return good || lab_fail("cannot write %s: %s", path, strerror(errno));
}

bool lease_read(const struct lab *lab, unsigned client, struct lab_lease *lease)
{
	char path[LAB_PATH_ROOM];

	return file_load(lab_client_path(lab, client, "lease.json", path), lease);
}

/* ---- its udhcpc ---- */

bool lease_launch(struct lab *lab, unsigned client)
{
	const char *name = lab->town.clients[client].name;
	struct lab_client *state = &lab->clients[client];
	char self[PATH_MAX] = "", hostname[WHO_NAME_MAX + 16];
	char netns[PLACE_PATH_ROOM], folder[LAB_PATH_ROOM], log[LAB_PATH_ROOM], pid[LAB_PATH_ROOM];
	const char *argv[] = {"busybox", "udhcpc", "-f", "-R", "-i",	 "eth0", "-s",
			      self,	 "-p",	   pid,	 "-x", hostname, "-O",	 "mtu",
			      "-t",	 "3",	   "-T", "1",  "-A",	 "1",	 NULL};
	const char *environment[] = {LEASE_VARIABLE, folder, NULL};
	struct spawn how = {
		.netns = netns, .hostname = name, .log = log, .environment = environment};
	int result;

	if (process_alive(state->dhcp))
		return true;
	if (readlink("/proc/self/exe", self, sizeof(self) - 1) < 0)
		return lab_fail("cannot read /proc/self/exe: %s", strerror(errno));
	snprintf(hostname, sizeof(hostname), "hostname:%s", name);
	place_path(lab->town.name, name, netns);
	lab_client_path(lab, client, "log", log);
	lab_client_path(lab, client, "udhcpc.pid", pid);
	lab_client_path(lab, client, "", folder);
	result = process_daemon(argv, &how, &state->dhcp, NULL, 0, span_us(0));
	return result == 0 || lab_fail("cannot run busybox udhcpc for '%s': %s; install busybox",
				       name, strerror(-result));
}

/* The client's udhcpc gets a signal, and done becomes true within the time. */
static bool dhcp_tell(const struct lab *lab, unsigned client, int signal, span at_most,
		      bool (*done)(bool has, instant since, instant began))
{
	const char *name = lab->town.clients[client].name;
	instant began = clock_read(), deadline = instant_add(began, at_most);
	struct lab_lease lease;

	if (!lab->clients[client].by_dhcp)
		return lab_fail("'%s' has a fixed address", name);
	if (!process_signal(lab->clients[client].dhcp, signal))
		return lab_fail("the udhcpc of '%s' has ended", name);
	for (;;) {
		bool has = lease_read(lab, client, &lease);

		if (done(has, lease.since, began))
			return true;
		if (instant_reached(deadline, clock_read()) || interrupt_came())
			return lab_fail("'%s' has %s address still", name, has ? "its old" : "no");
		poll(NULL, 0, POLL_MS);
	}
}

static bool is_released(bool has, instant since, instant began)
{
	(void)since;
	(void)began;
	return !has;
}

static bool is_renewed(bool has, instant since, instant began)
{
	return has && instant_before(began, since);
}

bool lease_release(const struct lab *lab, unsigned client)
{
	return dhcp_tell(lab, client, SIGUSR2, RELEASE_SPAN, is_released);
}

bool lease_renew(const struct lab *lab, unsigned client)
{
	return dhcp_tell(lab, client, SIGUSR1, RENEW_SPAN, is_renewed);
}

/* ---- as its script ---- */

/* One word of a variable that udhcpc gives. */
static void variable_get(const char *name, char *text, size_t room)
{
	const char *value = getenv(name);

	snprintf(text, room, "%.*s", value ? (int)strcspn(value, " \t") : 0, value ? value : "");
}

static uint32_t number_get(const char *name, uint32_t least, uint32_t most)
{
	const char *value = getenv(name);
	uint32_t number = 0;

	return value && number_parse(value, least, most, &number) ? number : 0;
}

/* From what the server said. false: that is no address. */
static bool lease_take(struct lab_lease *l)
{
	char text[IPV4_TEXT];
	struct ipv4 ip;

	*l = (struct lab_lease){.since = clock_read()};
	variable_get("ip", text, sizeof(text));
	if (!ipv4_parse(text, &ip))
		return false;
	ip.bits = (uint8_t)number_get("mask", 1, 32);
	ipv4_prefix_print(ip, l->address);
	variable_get("router", l->router, sizeof(l->router));
	variable_get("dns", l->dns, sizeof(l->dns));
	variable_get("serverid", l->server, sizeof(l->server));
	variable_get("domain", l->domain, sizeof(l->domain));
	l->mtu_bytes = number_get("mtu", MTU_LEAST, MTU_MOST);
	l->lease_s = number_get("lease", 1, LEASE_S_MOST);
	return true;
}

/* Written over, not anew: who runs in the client has this very file in view. */
static bool resolv_write(const char *folder, const struct lab_lease *l)
{
	char path[FILE_ROOM], text[128] = "";
	int at = 0;

	snprintf(path, sizeof(path), "%s/resolv.conf", folder);
	if (l->dns[0])
		at = snprintf(text, sizeof(text), "nameserver %s\n", l->dns);
	if (l->domain[0])
		snprintf(text + at, sizeof(text) - (size_t)at, "search %s\n", l->domain);
	return file_write(path, text);
}

/* The address and what comes with it; old: what was there before, or "". */
static bool lease_apply(const struct lab_lease *l, const char *old)
{
	struct batch b;

	batch_init(&b);
	if (old[0] && strcmp(old, l->address) != 0)
		batch_add(&b, "addr del %s dev eth0", old);
	if (l->mtu_bytes)
		batch_add(&b, "link set eth0 mtu %u", l->mtu_bytes);
	if (l->address[0])
		batch_add(&b, "addr replace %s broadcast + dev eth0", l->address);
	if (l->router[0])
		batch_add(&b, "route replace default via %s dev eth0", l->router);
	return batch_run(&b, NULL);
}

int lease_event(const char *folder, const char *event)
{
	char path[FILE_ROOM];
	struct lab_lease before, l = {0};
	bool bound = strcmp(event, "bound") == 0 || strcmp(event, "renew") == 0, good;

	if (!bound && strcmp(event, "deconfig") != 0)
		return EXIT_SUCCESS;
	snprintf(path, sizeof(path), "%s/lease.json", folder);
	file_load(path, &before);
	if (bound && !lease_take(&l))
		return EXIT_FAILURE;
	good = lease_apply(&l, before.address) && resolv_write(folder, &l);
	/* Last: who waits for it finds all done. */
	if (bound)
		good = file_save(path, &l) && good;
	else
		unlink(path);
	return good ? EXIT_SUCCESS : EXIT_FAILURE;
}
