/* SPDX-License-Identifier: GPL-2.0-or-later */
/* nuvol topology: the network as NetJSON, for programs that draw it. */
#include "nuvol/ask.h"
#include "nuvol/words.h"

static enum exit_code topology_run(const struct cli *cli)
{
	json_t *result;
	json_t *params = json_pack("{s:s}", "as", cli->value['R'] ? "routes" : "graph");
	enum exit_code status = ask_once(cli, "topology", params, &result);

	if (status != EXIT_OK)
		return status;
	json_print(result);
	json_decref(result);
	return EXIT_OK;
}

const struct command topology_command = {
	.name = "topology",
	.summary = "the network of all clouds as NetJSON",
	.details = "Prints a NetworkGraph: the links of this node, those that others publish, and "
		   "for\neach node that is further away the way from the next hop on. A cost is "
		   "the time\nof a bit in nanoseconds: 1 at 1 Gbit/s.\n",
	.options = {{"routes", 'R', NULL, "print a NetworkRoutes: this node's routes"}},
	.run = topology_run,
};
