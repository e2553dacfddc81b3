/* SPDX-License-Identifier: GPL-2.0-or-later */
/* nuvol nodes, neighbours, clients, counters: the daemon's lists as tables. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include "nuvol/list.h"
#include "nuvol/network_words.h"
#include "nuvol/words.h"

static enum tone tq_tone(int64_t tq)
{
	return tq >= 200 ? TONE_GOOD : tq >= 80 ? TONE_PLAIN : TONE_BAD;
}

/* ---- nodes ---- */

/* Best first. */
static int node_compare(const void *a, const void *b)
{
	int64_t tq_a = member_count(row_of(a), "tq"), tq_b = member_count(row_of(b), "tq");

	if (tq_a != tq_b)
		return tq_a > tq_b ? -1 : 1;
	return by_mac(row_of(a), row_of(b));
}

static void node_row(struct table *t, const json_t *n)
{
	int64_t tq = member_count(n, "tq");
	const json_t *gateway = json_object_get(n, "gateway");
	const char *next_hop = member_text(n, "next_hop", NULL);
	char age[WORDS_ROOM];

	table_add(t, TONE_PLAIN, "%s", member_text(n, "mac", "?"));
	table_add(t, tq_tone(tq), "%" PRId64, tq);
	if (!next_hop)
		table_add(t, TONE_BAD, "no way");
	else if (strcmp(next_hop, member_text(n, "mac", "")) == 0)
		table_add(t, TONE_FAINT, "directly");
	else
		table_add(t, TONE_PLAIN, "%s", next_hop);
	table_add(t, TONE_PLAIN, "%s", member_text(n, "port", "-"));
	table_add(t, TONE_PLAIN, "%" PRId64, member_count(n, "alternatives"));
	table_add(t, TONE_PLAIN, "%" PRId64, member_count(n, "clients"));
	table_add(t, TONE_PLAIN, "%s", member_age(n, "last_seen_ms", age));
	if (json_is_object(gateway))
		table_add(t, TONE_PLAIN, "gateway, %.1f/%.1f Mbit/s",
			  member_real(gateway, "down_kbit") / 1000,
			  member_real(gateway, "up_kbit") / 1000);
	else
		table_add(t, TONE_FAINT, "%s",
			  member_flag(n, "table") ? "" : "a port, or too new to have a table");
}

static enum exit_code nodes_run(const struct cli *cli)
{
	static const struct column columns[] = {
		{"NODE", false},  {"TQ", true},	     {"NEXT HOP", false}, {"PORT", false},
		{"OTHERS", true}, {"CLIENTS", true}, {"SEEN", true},	  {"NOTE", false},
	};
	static const struct list_shape shape = {
		.columns = columns,
		.width = sizeof(columns) / sizeof(columns[0]),
		.compare = node_compare,
		.row = node_row,
		.none = "No other node is in the cloud.",
	};

	return list_both(cli, "nodes", &shape, &network_nodes);
}

const struct command nodes_command = {
	.name = "nodes",
	.arguments = "[cloud|network]",
	.summary = "the nodes of the cloud and of the network, and the way to each",
	.details =
		"TQ is the quality of the whole way, 0 to 255. OTHERS counts the neighbours that\n"
		"could stand in for the next hop. SEEN is how long ago its last OGM came. A "
		"neighbour's\n"
		"further ports are listed too; they have no clients.\n"
		"The second table is the network of all clouds, if the node is in it. RATE is what "
		"the\n"
		"whole way carries, WAYS counts the neighbours that claim one, DESCRIBED is how "
		"long\n"
		"ago the node told of itself last.\n",
	.arguments_max = 1,
	.run = nodes_run,
};

/* ---- neighbours ---- */

static int neighbour_compare(const void *a, const void *b)
{
	int order = strcmp(member_text(row_of(a), "port", ""), member_text(row_of(b), "port", ""));

	return order != 0 ? order : by_mac(row_of(a), row_of(b));
}

static void neighbour_row(struct table *t, const json_t *n)
{
	int64_t tq = member_count(n, "tq");
	char age[WORDS_ROOM];

	table_add(t, TONE_PLAIN, "%s", member_text(n, "mac", "?"));
	table_add(t, TONE_PLAIN, "%s", member_text(n, "port", "?"));
	table_add(t, tq_tone(tq), "%" PRId64, tq);
	table_add(t, TONE_PLAIN, "%" PRId64 "/64", member_count(n, "rq"));
	table_add(t, TONE_PLAIN, "%" PRId64 "/64", member_count(n, "eq"));
	table_add(t, TONE_PLAIN, "%s", member_age(n, "last_heard_ms", age));
	if (member_flag(n, "doubted"))
		table_add(t, TONE_BAD, "silent");
	else
		table_add(t, TONE_GOOD, "heard");
}

static enum exit_code neighbours_run(const struct cli *cli)
{
	static const struct column columns[] = {
		{"NEIGHBOUR", false}, {"PORT", false}, {"TQ", true},	 {"HEARD", true},
		{"ECHOED", true},     {"LAST", true},  {"STATE", false},
	};
	static const struct list_shape shape = {
		.columns = columns,
		.width = sizeof(columns) / sizeof(columns[0]),
		.compare = neighbour_compare,
		.row = neighbour_row,
		.none = "No neighbour is heard on any mesh port.",
	};

	return list_both(cli, "neighbours", &shape, &network_neighbours);
}

const struct command neighbours_command = {
	.name = "neighbours",
	.arguments = "[cloud|network]",
	.summary = "who is heard directly, on which port, and how well",
	.details = "HEARD: of its last 64 OGMs, how many came here. ECHOED: of ours, how many it\n"
		   "passed on. TQ, 0 to 255, is what both say of the link towards it.\n"
		   "The second table has the links of the network of all clouds: RQ and TQ, 0 to\n"
		   "255, are how well the neighbour is heard here, and this node there.\n",
	.arguments_max = 1,
	.run = neighbours_run,
};

/* ---- clients ---- */

/* Ours first, then by node. */
static int client_compare(const void *a, const void *b)
{
	bool here_a = member_flag(row_of(a), "here"), here_b = member_flag(row_of(b), "here");

	if (here_a != here_b)
		return here_a ? -1 : 1;

	int order = strcmp(member_text(row_of(a), "node", ""), member_text(row_of(b), "node", ""));

	if (order == 0)
		order = by_mac(row_of(a), row_of(b));
	if (order == 0)
		order = (int)(member_count(row_of(a), "vlan") - member_count(row_of(b), "vlan"));
	return order;
}

static void client_states(const json_t *c, char *text, size_t room)
{
	static const char *const states[] = {"permanent", "wifi", "isolated", "temporary",
					     "roaming"};
	size_t at = 0;

	text[0] = '\0';
	for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++)
		if (member_flag(c, states[i]) && at < room)
			at += (size_t)snprintf(text + at, room - at, "%s%s", at > 0 ? " " : "",
					       states[i]);
	if (!member_flag(c, "announced") && member_flag(c, "here") && at < room)
		snprintf(text + at, room - at, "%sfresh", at > 0 ? " " : "");
}

static void client_row(struct table *t, const json_t *c)
{
	const json_t *vlan = json_object_get(c, "vlan");
	char age[WORDS_ROOM], states[80];

	client_states(c, states, sizeof(states));
	table_add(t, TONE_PLAIN, "%s", member_text(c, "mac", "?"));
	if (json_is_integer(vlan))
		table_add(t, TONE_PLAIN, "%" PRId64, (int64_t)json_integer_value(vlan));
	else
		table_add(t, TONE_FAINT, "-");
	if (member_flag(c, "here"))
		table_add(t, TONE_GOOD, "here");
	else
		table_add(t, TONE_PLAIN, "%s", member_text(c, "node", "no way"));
	if (member_count(c, "homes") > 1)
		table_add(t, TONE_PLAIN, "+%" PRId64, member_count(c, "homes") - 1);
	else
		table_add(t, TONE_PLAIN, "%s", "");
	table_add(t, TONE_PLAIN, "%s", member_age(c, "last_seen_ms", age));
	table_add(t, TONE_FAINT, "%s", states);
}

static enum exit_code clients_run(const struct cli *cli)
{
	static const struct column columns[] = {
		{"CLIENT", false}, {"VLAN", true}, {"NODE", false},
		{"ALSO", true},	   {"SEEN", true}, {"STATE", false},
	};
	static const struct list_shape shape = {
		.columns = columns,
		.width = sizeof(columns) / sizeof(columns[0]),
		.compare = client_compare,
		.row = client_row,
		.none = "No client is known in the cloud.",
	};
	json_t *result;
	enum exit_code status;

	if (!list_ask(cli, "clients", NULL, &result, &status))
		return status;
	list_print(cli, &shape, json_object_get(result, "clients"));
	json_decref(result);
	return EXIT_OK;
}

const struct command clients_command = {
	.name = "clients",
	.summary = "the clients of the cloud, and the node where each is",
	.details = "ALSO counts further nodes that announce the client. SEEN is known for clients\n"
		   "here only. fresh: not announced yet; temporary: seen in a frame only;\n"
		   "roaming: left its node, the new one has not spoken yet.\n",
	.run = clients_run,
};

/* ---- counters ---- */

static void counters_add(struct table *t, const char *prefix, const json_t *counters, bool all)
{
	const char *name;
	json_t *value;

	json_object_foreach((json_t *)counters, name, value)
	{
		if (json_integer_value(value) == 0 && !all)
			continue;
		table_add(t, TONE_PLAIN, "%s%s", prefix, name);
		table_add(t, TONE_PLAIN, "%" PRId64, (int64_t)json_integer_value(value));
	}
}

static enum exit_code counters_run(const struct cli *cli)
{
	static const struct column columns[] = {{"COUNTER", false}, {"VALUE", true}};
	json_t *result;
	enum exit_code status;

	if (!list_ask(cli, "counters", NULL, &result, &status))
		return status;

	struct table t;
	bool all = !cli->value['n'];

	table_init(&t, columns, 2);
	counters_add(&t, "", json_object_get(result, "counters"), all);
	counters_add(&t, "dropped ", json_object_get(result, "dropped"), all);
	table_print(&t, stdout, cli->colour, 0);
	table_fini(&t);
	json_decref(result);
	return EXIT_OK;
}

const struct command counters_command = {
	.name = "counters",
	.summary = "what the engine has seen, done and dropped since it started",
	.options = {{"nonzero", 'n', NULL, "leave out what is still 0"}},
	.run = counters_run,
};
