/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nuvol-lab/action.h"
#include <string.h>
#include "nuvol-lab/client.h"
#include "nuvol-lab/daemon.h"
#include "nuvol-lab/lease.h"
#include "nuvol-lab/segment.h"

static bool node_find(const struct lab *lab, const char *name, unsigned *node)
{
	*node = town_node_find(&lab->town, name);
	return *node != TOWN_NONE ||
	       lab_fail("there is no node '%s' in town '%s'", name, lab->town.name);
}

/* Keeps what changed, also when a part of it failed. */
static bool finish(struct lab *lab, bool good)
{
	good = lab_save(lab) && good;
	lab_close(lab);
	return good;
}

bool action_roam(const char *town, const char *client, const char *node, span *took)
{
	struct lab lab;
	unsigned c, n = TOWN_NONE;
	bool good;

	if (!lab_open(&lab, town, LAB_CHANGE))
		return false;
	c = town_client_find(&lab.town, client);
	good = c != TOWN_NONE || lab_fail("there is no client '%s' in town '%s'", client, town);
	good = good && (strcmp(node, "-") == 0 || node_find(&lab, node, &n));
	return finish(&lab, good && client_attach(&lab, c, n, took));
}

bool action_cut(const char *town, const char *segment, const char *node, enum cut how)
{
	struct lab lab;
	unsigned s, n = TOWN_NONE;
	bool good;

	if (!lab_open(&lab, town, LAB_CHANGE))
		return false;
	s = town_segment_find(&lab.town, segment);
	good = s != TOWN_NONE || lab_fail("there is no segment '%s' in town '%s'", segment, town);
	good = good && (!node || node_find(&lab, node, &n));
	if (good && n != TOWN_NONE && town_mesh_find(&lab.town, n, s) == TOWN_NONE)
		good = lab_fail("node '%s' is not on segment '%s'", node, segment);
	return finish(&lab, good && segment_cut(&lab, s, n, how));
}

/* Changes nothing that the lab remembers: others may act meanwhile; so action_lease. */
bool action_uplink(const char *town, const char *node, enum internet_fault what)
{
	struct lab lab;
	unsigned n;
	bool good;

	if (!lab_open(&lab, town, LAB_READ))
		return false;
	good = node_find(&lab, node, &n) && internet_break(&lab, n, what);
	lab_close(&lab);
	return good;
}

bool action_lease(const char *town, const char *client, enum lease_action what)
{
	struct lab lab;
	unsigned c;
	bool good;

	if (!lab_open(&lab, town, LAB_READ))
		return false;
	c = town_client_find(&lab.town, client);
	good = c != TOWN_NONE || lab_fail("there is no client '%s' in town '%s'", client, town);
	if (good)
		switch (what) {
		case LEASE_RELEASE: good = lease_release(&lab, c); break;
		case LEASE_RENEW: good = lease_renew(&lab, c); break;
		}
	lab_close(&lab);
	return good;
}

bool action_daemon(const char *town, const char *node, enum daemon_action what)
{
	struct lab lab;
	unsigned n;
	bool good;

	if (!lab_open(&lab, town, LAB_CHANGE))
		return false;
	good = node_find(&lab, node, &n);
	if (good && !lab.nuvold[0])
		good = lab_fail("town '%s' was brought up without nuvold", town);
	if (good)
		switch (what) {
		case DAEMON_START: good = daemon_launch(&lab, n) && daemon_await(&lab, n); break;
		case DAEMON_STOP: good = daemon_stop(&lab, n); break;
		case DAEMON_KILL: good = daemon_kill(&lab, n); break;
		}
	return finish(&lab, good);
}
