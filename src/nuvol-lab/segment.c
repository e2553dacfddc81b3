/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nuvol-lab/segment.h"
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "nuvol-lab/link.h"
#include "nuvol-lab/medium.h"

#define MEDIUM_READY_SPAN span_s(20)
#define CARRIER_SPAN span_s(2)
enum { CARRIER_POLL_MS = 5 };

/* Bits 3 to 15: link-local frames that a cable would carry too. The kernel refuses
 * the first three, and passes spanning tree's by itself as long as it is off. */
#define GROUP_FORWARD_ALL "0xfff8"

void segment_plan(const struct lab *lab, unsigned segment, struct batch *b)
{
	const struct town *t = &lab->town;
	const struct town_segment *s = &t->segments[segment];

	batch_add(b,
		  "link add " SEGMENT_BRIDGE
		  " mtu %u type bridge stp_state 0 forward_delay 0 mcast_snooping 0"
		  " group_fwd_mask " GROUP_FORWARD_ALL,
		  segment, s->mtu_bytes);
	batch_add(b, "link set " SEGMENT_BRIDGE " addrgenmode none up alias %s", segment, s->name);
	for (unsigned n = 0; n < t->node_count; n++) {
		unsigned mesh = town_mesh_find(t, n, segment);
		char mac[MAC_TEXT];

		if (mesh == TOWN_NONE)
			continue;
		batch_add(b,
			  "link add " SEGMENT_PORT
			  " mtu %u type veth peer name mesh%u address %s mtu %u netns nv-%s-%s",
			  segment, n, s->mtu_bytes, mesh,
			  mac_print(t->nodes[n].mesh[mesh].mac, mac), s->mtu_bytes, t->name,
			  t->nodes[n].name);
		batch_add(b,
			  "link set " SEGMENT_PORT
			  " addrgenmode none up alias %s.%s master " SEGMENT_BRIDGE,
			  segment, n, s->name, t->nodes[n].name, segment);
	}
}

bool medium_is_needed(const struct town *t)
{
	for (unsigned i = 0; i < t->segment_count; i++)
		if (town_segment_is_medium(&t->segments[i]) && t->segments[i].node_count > 0)
			return true;
	return false;
}

bool medium_start(struct lab *lab)
{
	char self[PATH_MAX] = "", log[LAB_PATH_ROOM], netns[PLACE_PATH_ROOM], ready[16] = "";
	const char *argv[] = {self, "medium", "--name", lab->town.name, NULL};
	struct spawn how = {.netns = netns, .log = log};
	int result;

	if (!medium_is_needed(&lab->town))
		return true;
	if (readlink("/proc/self/exe", self, sizeof(self) - 1) < 0)
		return lab_fail("cannot find my own program in /proc");
	place_path(lab->town.name, PLACE_AIR, netns);
	lab_path(lab->town.name, "medium.log", log);
	result = process_daemon(argv, &how, &lab->medium, ready, sizeof(ready), MEDIUM_READY_SPAN);
	if (result < 0 || strcmp(ready, "ready") != 0) {
		size_t len;
		char *text = file_read(log, 1 << 20, &len);

		lab_fail("the medium did not start: %s", strerror(result < 0 ? -result : EPROTO));
		if (text)
			fputs(text, stderr);
		free(text);
		return false;
	}
	return true;
}

static bool medium_cut(const struct lab *lab, const char *segment, const char *node, enum cut how)
{
	char request[128], path[LAB_PATH_ROOM];
	char *answer;
	bool good;

	snprintf(request, sizeof(request), "%s %s %s %s", how == CUT_NONE ? "heal" : "cut", segment,
		 node, how == CUT_SILENT ? "silent" : "carrier");
	answer = medium_ask(lab_path(lab->town.name, "medium.sock", path), request);
	good = answer && strcmp(answer, "ok") == 0;
	if (!good)
		lab_fail("%s", answer ? answer + strlen("error: ") : "the medium does not answer");
	free(answer);
	return good;
}

/* The bridge hears of a carrier a little later than we, and then forwards, whatever was
 * said before. */
static int forwarding_set(const char *port, bool forwarding)
{
	instant deadline = instant_add(clock_read(), CARRIER_SPAN);
	int result;

	while ((result = link_set_forwarding(port, true)) == -ENETDOWN &&
	       !instant_reached(deadline, clock_read()))
		poll(NULL, 0, CARRIER_POLL_MS);
	return result == 0 && !forwarding ? link_set_forwarding(port, false) : result;
}

/* A port of the segment's bridge: down takes the carrier from the node; disabled it
 * keeps it. A port that comes up forwards by itself. */
static bool wire_cut(const struct lab *lab, unsigned segment, unsigned node, enum cut was,
		     enum cut how)
{
	char port[16];
	int back, result = place_enter(lab->town.name, PLACE_AIR, &back);

	if (result == 0) {
		snprintf(port, sizeof(port), SEGMENT_PORT, segment, node);
		result = link_set_up(port, how != CUT_CARRIER);
		if (result == 0 && (how == CUT_SILENT || (how == CUT_NONE && was == CUT_SILENT)))
			result = forwarding_set(port, how == CUT_NONE);
		place_leave(back);
	}
	return result == 0 ||
	       lab_fail("cannot change '%s' of '%s': %s", lab->town.segments[segment].name,
			lab->town.nodes[node].name, strerror(-result));
}

bool segment_cut(struct lab *lab, unsigned segment, unsigned node, enum cut how)
{
	const struct town *t = &lab->town;
	const struct town_segment *s = &t->segments[segment];

	for (unsigned n = 0; n < t->node_count; n++) {
		unsigned mesh = town_mesh_find(t, n, segment);

		if (mesh == TOWN_NONE || (node != TOWN_NONE && node != n))
			continue;
		if (!(town_segment_is_medium(s)
			      ? medium_cut(lab, s->name, t->nodes[n].name, how)
			      : wire_cut(lab, segment, n, lab->nodes[n].cut[mesh], how)))
			return false;
		lab->nodes[n].cut[mesh] = how;
	}
	return true;
}
