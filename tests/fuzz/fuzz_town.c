/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Any bytes as a town file for nuvol-lab: what is refused says why, with a line; what is
 * accepted has only indexes that exist, and a configuration for each node that is well formed.
 */
#include <stdlib.h>
#include <string.h>
#include "drv/crypto.h"
#include "fuzz.h"
#include "town/node_config.h"
#include "town/town.h"

static void check_node(const struct town *t, unsigned index)
{
	static struct conf conf;
	const struct town_node *n = &t->nodes[index];
	struct node_config config;
	char *said = NULL;
	size_t len = 0;
	FILE *errors = open_memstream(&said, &len);

	must(errors);
	must(who_name_check(n->name) && town_node_find(t, n->name) == index);
	for (unsigned i = 0; i < n->mesh_count; i++)
		must(n->mesh[i].segment < t->segment_count &&
		     town_mesh_find(t, index, n->mesh[i].segment) == i);
	node_config_init(&config, t, index);
	/* Only what the town itself sets can be refused. */
	if (!node_config_check(&config, "f", n->name, &conf, crypto_mbedtls(), errors))
		must(t->sets.count > 0 || n->sets.count > 0 || *n->ssid);
	node_config_fini(&config);
	fclose(errors);
	free(said);
}

static void check_town(const struct town *t)
{
	must(t->node_count > 0 && t->node_count <= TOWN_NODES_MAX);
	for (unsigned i = 0; i < t->node_count && i < 4; i++)
		check_node(t, i);
	for (unsigned i = 0; i < t->link_count; i++)
		for (unsigned k = 0; k < 2; k++)
			must(town_mesh_find(t, t->links[i].node[k], t->links[i].segment) !=
			     TOWN_NONE);
	for (unsigned i = 0; i < t->client_count; i++)
		must(t->clients[i].at == TOWN_NONE || t->clients[i].at < t->node_count);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *said = NULL;
	size_t len = 0;
	FILE *errors = open_memstream(&said, &len);
	struct town t;
	bool good;

	must(errors);
	good = town_parse(&t, "fuzz", "f", (const char *)data, size, errors);
	fclose(errors);
	must(good == (len == 0));
	must(good || (strncmp(said, "f:", 2) == 0 && said[2] >= '1' && said[2] <= '9'));
	if (good)
		check_town(&t);
	town_fini(&t);
	free(said);
	return 0;
}
