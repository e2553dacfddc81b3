/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sim/check.h"
#include <string.h>
#include "sim/run.h"

static const struct check table[] = {
	{"ways-last", "no circle of routes lasts, and no hole where there could be a way",
	 CHECK_ALWAYS, check_pairs, NULL},
	{"numbers-grow", "the number of a node's description never goes back", CHECK_ALWAYS,
	 check_numbers, NULL},
	{"no-twins", "two clients of one cloud do not keep one address", CHECK_ALWAYS, check_twins,
	 NULL},
	{"limits", "every table is within its limit", CHECK_ALWAYS, check_limits, NULL},
	{"ways", "all nodes that can reach each other have a way", CHECK_CALM, NULL, check_ways},
	{"cloud-routes", "all nodes of a cloud have a route to each other", CHECK_CALM, NULL,
	 check_cloud_routes},
	{"tables-agree", "all nodes of a cloud have each other's tables of clients (CRC)",
	 CHECK_CALM, NULL, check_cloud_tables},
	{"clients-known", "all nodes of a cloud know where each client is", CHECK_CALM, NULL,
	 check_clients_known},
	{"no-circles", "frames do not go in circles", CHECK_CALM, NULL, check_circles},
	{"addresses", "every client that wants an address has one", CHECK_CALM, NULL,
	 check_addresses},
	{"leases-agree", "all nodes of a cloud know the lease of each client", CHECK_CALM, NULL,
	 check_leases_agree},
	{"memory-returns", "tables are as small again as before the faults", CHECK_CALM, NULL,
	 check_memory},
	{"bytes", "nodes send no more than the budget", CHECK_CALM, NULL, check_bytes},
};

const struct check *check_at(unsigned i)
{
	return i < sizeof(table) / sizeof(table[0]) ? &table[i] : NULL;
}

const struct check *check_find(const char *name)
{
	for (unsigned i = 0; check_at(i); i++)
		if (strcmp(table[i].name, name) == 0)
			return &table[i];
	return NULL;
}
