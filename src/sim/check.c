/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sim/check.h"
#include <string.h>
#include "sim/run.h"

static const struct check table[] = {
	{.name = "ways-last",
	 .meaning = "no circle of routes lasts, and no hole where there could be a way",
	 .look = check_pairs,
	 .of_network = true},
	{.name = "numbers-grow",
	 .meaning = "the number of a node's description never goes back",
	 .look = check_numbers,
	 .of_network = true},
	{.name = "no-twins",
	 .meaning = "two clients of one cloud do not keep one address",
	 .look = check_twins},
	{.name = "one-right",
	 .meaning = "no node believes for long that two clients have the right to one address",
	 .look = check_rights},
	{.name = "limits",
	 .meaning = "every table is within its limit",
	 .look = check_limits,
	 .of_network = true},
	{.name = "no-gateway-loop",
	 .meaning = "a packet for the Internet never comes to a node twice",
	 .look = check_loops},
	{.name = "internet-lasts",
	 .meaning = "nobody is without Internet for long while an honest gateway is reachable",
	 .look = check_dark},
	{.name = "one-exit",
	 .meaning = "what a client has begun stays with its gateway over a walk, as long as that "
		    "works",
	 .look = check_one_exit},
	{.name = "walks-short",
	 .meaning = "a walk takes a client's Internet for moments only, when nothing else is wrong",
	 .look = check_walks},
	{.name = "gateways-steady",
	 .meaning = "nobody leaves gateways that work again and again",
	 .look = check_steady},
	{.name = "floods",
	 .meaning = "no broadcast is sent more often than its copies need",
	 .look = check_floods},
	{.name = "frames-whole",
	 .meaning = "what clients get is what was sent",
	 .look = check_whole},
	{.name = "frames-fit",
	 .meaning = "no frame is longer than its segment carries",
	 .look = check_fit},
	{.name = "no-repeats",
	 .meaning = "no client gets a broadcast twice",
	 .look = check_repeats},
	{.name = "anycast-stays",
	 .meaning = "no frame from or to the anycast gateway leaves its LAN",
	 .look = check_anycast},
	{.name = "ways",
	 .meaning = "all nodes that can reach each other have a way",
	 .holds = check_ways,
	 .of_network = true},
	{.name = "cloud-routes",
	 .meaning = "all nodes of a cloud have a route to each other",
	 .holds = check_cloud_routes},
	{.name = "tables-agree",
	 .meaning = "all nodes of a cloud have each other's tables of clients (CRC)",
	 .holds = check_cloud_tables},
	{.name = "tables-told",
	 .meaning = "where no frame is lost, nobody has to ask for a table of clients",
	 .look = check_asks},
	{.name = "clients-known",
	 .meaning = "all nodes of a cloud know where each client is",
	 .holds = check_clients_known},
	{.name = "frames-arrive",
	 .meaning = "what clients send each other arrives",
	 .holds = check_arrive},
	{.name = "no-circles", .meaning = "frames do not go in circles", .holds = check_circles},
	{.name = "addresses",
	 .meaning = "every client that wants an address has one",
	 .holds = check_addresses},
	{.name = "slices-apart",
	 .meaning = "no two nodes of a cloud give addresses from one slice",
	 .holds = check_slices},
	{.name = "leases-agree",
	 .meaning = "all nodes of a cloud know the lease of each client",
	 .holds = check_leases_agree},
	{.name = "exits",
	 .meaning = "all nodes reach the Internet when there is an honest gateway",
	 .holds = check_exits},
	{.name = "pins-agree",
	 .meaning = "all nodes of a cloud know by which gateway each client goes",
	 .holds = check_pins},
	{.name = "offers",
	 .meaning = "who has the Internet offers it, and nobody else does",
	 .holds = check_offers},
	{.name = "memory-returns",
	 .meaning = "tables are as small again as before the faults",
	 .holds = check_memory,
	 .of_network = true},
	{.name = "bytes", .meaning = "nodes send no more than the budget", .holds = check_bytes},
};

const struct check *check_at(unsigned i)
{
	return i < sizeof(table) / sizeof(table[0]) ? &table[i] : NULL;
}

bool check_lasts(instant *since, bool wrong, instant now, span most)
{
	if (!wrong) {
		*since = (instant){0};
		return false;
	}
	if (since->us == 0)
		*since = now;
	if (!span_less(most, instant_since(now, *since)))
		return false;
	*since = NEVER; /* told */
	return true;
}

const struct check *check_find(const char *name)
{
	for (unsigned i = 0; check_at(i); i++)
		if (strcmp(table[i].name, name) == 0)
			return &table[i];
	return NULL;
}
