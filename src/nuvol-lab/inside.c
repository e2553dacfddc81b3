/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nuvol-lab/inside.h"
#include <errno.h>
#include <libgen.h>
#include <stdlib.h>
#include <string.h>
#include "nuvol-lab/client.h"

enum { ARGV_MAX = 128, ADDRESS_ROOM = IPV6_PREFIX_TEXT };

bool inside_init(struct inside *room, const struct lab *lab, const char *who, struct spawn *how)
{
	const char *path = getenv("PATH");
	unsigned node = town_node_find(&lab->town, who);
	unsigned client = town_client_find(&lab->town, who);
	char folder[PATH_MAX];

	if (node == TOWN_NONE && client == TOWN_NONE)
		return lab_fail("there is no node or client '%s' in town '%s'", who,
				lab->town.name);
	place_path(lab->town.name, who, room->netns);
	snprintf(room->hostname, sizeof(room->hostname), "%s", who);
	snprintf(folder, sizeof(folder), "%s", lab->nuvol);
	snprintf(room->path, sizeof(room->path), "%s%s%s", lab->nuvol[0] ? dirname(folder) : "",
		 lab->nuvol[0] ? ":" : "", path ? path : "/usr/sbin:/usr/bin:/sbin:/bin");
	room->environment[0] = "PATH";
	room->environment[1] = room->path;
	room->environment[2] = NULL;
	*how = (struct spawn){
		.netns = room->netns, .hostname = room->hostname, .environment = room->environment};
	if (node != TOWN_NONE) {
		how->shown = lab_node_path(lab, node, "", room->shown);
		how->shown_at = LAB_NODE_RUN;
	} else if (lab->clients[client].by_dhcp) {
		how->shown = lab_client_path(lab, client, "resolv.conf", room->shown);
		how->shown_at = "/etc/resolv.conf";
	}
	return true;
}

/* What NAME, NAME.ipv6 and NAME.mac mean. */
static bool address_of(const struct lab *lab, const char *name, char text[ADDRESS_ROOM])
{
	size_t len = strcspn(name, ".");
	bool mac = strcmp(name + len, ".mac") == 0, ipv6 = strcmp(name + len, ".ipv6") == 0;
	char who[WHO_NAME_MAX + 1];
	unsigned node, client;
	bool is_node;

	if (len > WHO_NAME_MAX || (name[len] && !mac && !ipv6))
		return false;
	snprintf(who, sizeof(who), "%.*s", (int)len, name);
	node = town_node_find(&lab->town, who);
	client = town_client_find(&lab->town, who);
	is_node = node != TOWN_NONE;
	if (!is_node && client == TOWN_NONE)
		return false;
	if (mac)
		mac_print(is_node ? lab->town.nodes[node].mac : lab->town.clients[client].mac,
			  text);
	else if (ipv6 && !is_node)
		return client_address6(lab, client, text);
	else if (ipv6)
		snprintf(text, ADDRESS_ROOM, "%s", lab->nodes[node].address6);
	else
		snprintf(text, ADDRESS_ROOM, "%s",
			 is_node ? lab->nodes[node].address : lab->clients[client].address);
	text[strcspn(text, "/")] = '\0';
	return text[0] != '\0';
}

/* An argv with @NAME replaced. */
struct words {
	const char *argv[ARGV_MAX + 1];
	char addresses[ARGV_MAX][ADDRESS_ROOM];
};

static void words_fill(struct words *w, const struct lab *lab, const char *const *argv)
{
	unsigned i;

	for (i = 0; argv[i] && i < ARGV_MAX; i++) {
		w->argv[i] = argv[i];
		if (argv[i][0] == '@' && address_of(lab, argv[i] + 1, w->addresses[i]))
			w->argv[i] = w->addresses[i];
	}
	w->argv[i] = NULL;
}

int inside_run(const char *town, const char *folder, const char *who, const char *const *argv,
	       span at_most, char **output)
{
	static struct inside room; /* too big for a stack */
	static struct words words;
	struct lab lab;
	struct spawn how;
	int status = -ENOENT;

	*output = NULL;
	if (!lab_open(&lab, town, LAB_READ))
		return -ENOENT;
	if (inside_init(&room, &lab, who, &how)) {
		words_fill(&words, &lab, argv);
		how.folder = folder;
		how.stderr_too = true;
		status = process_run_within(words.argv, &how, at_most, output);
	}
	lab_close(&lab);
	return status;
}

bool inside_start(const char *town, const char *folder, const char *who, const char *const *argv,
		  const char *log, struct process *p)
{
	static struct inside room; /* too big for a stack */
	static struct words words;
	struct lab lab;
	struct spawn how;
	int result = -ENOENT;

	if (!lab_open(&lab, town, LAB_READ))
		return false;
	if (inside_init(&room, &lab, who, &how)) {
		words_fill(&words, &lab, argv);
		how.folder = folder;
		how.log = log;
		result = process_start(words.argv, &how, p);
		if (result < 0)
			lab_fail("cannot run %s: %s", argv[0], strerror(-result));
	}
	lab_close(&lab);
	return result == 0;
}

void inside_fault(int status, char *text, size_t room)
{
	if (status == -ETIMEDOUT)
		snprintf(text, room, "it did not end in time");
	else if (status < 0)
		snprintf(text, room, "%s", strerror(-status));
	else if (status > 128)
		snprintf(text, room, "ended by signal %d", status - 128);
	else
		snprintf(text, room, "exit status %d", status);
}
