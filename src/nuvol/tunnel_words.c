/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nuvol/tunnel_words.h"
#include <string.h>
#include "nuvol/network_words.h"
#include "nuvol/status_gateway.h"

/* The most that BMX7 can say of a bandwidth; a cloud's networks are offered with it. */
#define BANDWIDTH_ALL INT64_C(257698037760)

static void bandwidth_cell(struct table *t, const json_t *o, const char *key)
{
	int64_t bps = member_count(o, key);
	char words[WORDS_ROOM];

	if (bps >= BANDWIDTH_ALL)
		table_add(t, TONE_FAINT, "all");
	else if (bps > 0)
		table_add(t, TONE_PLAIN, "%s", rate_words((uint64_t)bps, words));
	else
		table_add(t, TONE_FAINT, "-");
}

char *offer_words(const json_t *offer, char *words, size_t room)
{
	int64_t bps = member_count(offer, "bandwidth_bps");
	char rate[WORDS_ROOM];

	if (bps >= BANDWIDTH_ALL)
		snprintf(words, room, "%s", member_text(offer, "network", "?"));
	else
		snprintf(words, room, "%s (%s)", member_text(offer, "network", "?"),
			 rate_words((uint64_t)bps, rate));
	return words;
}

char *networks_words(const json_t *list, char *words, size_t room)
{
	const json_t *one;
	size_t i, at = 0;

	snprintf(words, room, "nothing now");
	json_array_foreach(list, i, one)
	{
		const char *text = json_is_string(one) ? json_string_value(one) : "?";

		if (at < room)
			at += (size_t)snprintf(words + at, room - at, "%s%s", i > 0 ? ", " : "",
					       text);
	}
	return words;
}

/* ---- routes ---- */

static int route_compare(const void *a, const void *b)
{
	return strcmp(member_text(row_of(a), "network", ""), member_text(row_of(b), "network", ""));
}

static void route_row(struct table *t, const json_t *r)
{
	char age[WORDS_ROOM];

	table_add(t, TONE_PLAIN, "%s", member_text(r, "network", "?"));
	if (member_flag(r, "lost"))
		table_add(t, TONE_BAD, "nobody");
	else
		network_node_cell(t, r, "");
	network_way_cells(t, r);
	bandwidth_cell(t, r, "bandwidth_bps");
	table_add(t, TONE_PLAIN, "%s", member_text(r, "search", "-"));
	table_add(t, TONE_PLAIN, "%s", member_age(r, "since_ms", age));
}

static const struct column route_columns[] = {
	{"BY TUNNEL", false}, {"TO NODE", false}, {"NEXT HOP", false},
	{"PORT", false},      {"RATE", true},	  {"HOPS", true},
	{"OFFERS", true},     {"SEARCH", false},  {"SINCE", true},
};

const struct list_shape tunnel_routes = {
	.columns = route_columns,
	.width = sizeof(route_columns) / sizeof(route_columns[0]),
	.compare = route_compare,
	.row = route_row,
	.none = "No network outside is reached by a tunnel.",
};

/* ---- why ---- */

static void gateway_row(struct table *t, const json_t *g)
{
	bool chosen = member_flag(g, "chosen");

	table_add(t, chosen ? TONE_GOOD : TONE_PLAIN, "%s", chosen ? "*" : "");
	network_node_cell(t, g, "");
	table_add(t, TONE_PLAIN, "%s", member_text(g, "network", "?"));
	table_add(t, TONE_PLAIN, "%s", member_text(g, "search", "-"));
	bandwidth_cell(t, g, "bandwidth_bps");
	bandwidth_cell(t, g, "metric_bps");
	bandwidth_cell(t, g, "worth_bps");
	table_add(t, chosen ? TONE_GOOD : TONE_PLAIN, "%s", member_text(g, "reason", "?"));
}

void tunnel_gateways_print(const struct cli *cli, const json_t *tunnel)
{
	static const struct column columns[] = {
		{"", false},	   {"GATEWAY", false}, {"OFFERS", false}, {"SEARCH", false},
		{"OFFERED", true}, {"WAY", true},      {"WORTH", true},	  {"REASON", false},
	};
	static const struct list_shape shape = {
		.columns = columns,
		.width = sizeof(columns) / sizeof(columns[0]),
		.indent = 2,
		.row = gateway_row,
	};

	list_print_cut(cli, &shape, json_object_get(tunnel, "gateways"),
		       member_count(tunnel, "gateways_more"));
}

/* ---- status ---- */

void tunnel_status_print(const struct cli *cli, const json_t *tunnels, const json_t *host)
{
	const char *state = member_text(tunnels, "state", "");
	const char *fault = member_text(host, "fault", ""), *kind = member_text(host, "kind", "");
	char text[200], offers[WORDS_ROOM], out[WORDS_ROOM], routes[WORDS_ROOM];

	if (strcmp(state, "on") != 0)
		return;
	snprintf(text, sizeof(text), "%s offered; %s to %s%s%s",
		 count_words(member_count(tunnels, "offers"), "network", offers),
		 count_words(member_count(tunnels, "routes"), "route", routes),
		 count_words(member_count(tunnels, "out"), "gateway", out),
		 kind[0] != '\0' ? ", by " : "", kind);
	if (fault[0] != '\0')
		status_bad(cli, "Tunnels", "broken", fault);
	else
		status_text(cli, "Tunnels", text);
}
