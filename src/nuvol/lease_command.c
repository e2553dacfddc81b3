/* SPDX-License-Identifier: GPL-2.0-or-later */
/* nuvol leases, names: who has which address and which name in the cloud. */
#include <arpa/inet.h>
#include <inttypes.h>
#include <string.h>
#include "nuvol/list.h"
#include "nuvol/words.h"

/* ---- leases ---- */

static uint32_t address_of(const json_t *o)
{
	struct in_addr a = {0};

	inet_pton(AF_INET, member_text(o, "ipv4", ""), &a);
	return ntohl(a.s_addr);
}

/* By address, then by who has it. */
static int lease_compare(const void *a, const void *b)
{
	uint32_t ip_a = address_of(row_of(a)), ip_b = address_of(row_of(b));

	if (ip_a != ip_b)
		return ip_a < ip_b ? -1 : 1;
	return by_mac(row_of(a), row_of(b));
}

static void lease_node(struct table *t, const json_t *l)
{
	const char *name = member_text(l, "node_name", member_text(l, "node", "-"));

	if (member_flag(l, "here"))
		table_add(t, TONE_GOOD, "here");
	else
		table_add(t, TONE_PLAIN, "%s", name);
}

static void lease_row(struct table *t, const json_t *l)
{
	const json_t *conflict = json_object_get(l, "conflict");
	char left[WORDS_ROOM];

	table_add(t, TONE_PLAIN, "%s", member_text(l, "ipv4", "?"));
	table_add(t, TONE_PLAIN, "%s", member_text(l, "mac", "?"));
	table_add(t, TONE_PLAIN, "%s", member_text(l, "name", "-"));
	lease_node(t, l);
	table_add(t, TONE_PLAIN, "%s", member_age(l, "left_ms", left));
	if (json_is_object(conflict))
		table_add(t, TONE_BAD, "conflict: %s wins; withdrawn at the next renewal",
			  member_text(conflict, "winner", "?"));
	else if (member_flag(l, "reserved"))
		table_add(t, TONE_FAINT, "reserved");
	else
		table_add(t, TONE_FAINT, "%s",
			  json_is_number(json_object_get(l, "left_ms"))
				  ? ""
				  : "claimed by a node that knows no slices");
}

/* What people ask next: is there room? */
static void pool_print(const struct cli *cli, const json_t *pool)
{
	int64_t conflicts = member_count(pool, "conflicts");
	char leases[WORDS_ROOM], slices[WORDS_ROOM];

	printf("\n%s, %" PRId64 " here.\nPool: %" PRId64 " addresses in %" PRId64
	       " slices of %" PRId64 "; this node has %s",
	       count_words(member_count(pool, "leases"), "lease", leases),
	       member_count(pool, "here"), member_count(pool, "pool"), member_count(pool, "slices"),
	       member_count(pool, "slice_size"),
	       count_words(member_count(pool, "slices_ours"), "slice", slices));
	printf(" with %" PRId64 " free, other nodes have %" PRId64 ".\n",
	       member_count(pool, "free_here"), member_count(pool, "slices_others"));
	if (conflicts > 0)
		printf("%sConflicts: %" PRId64 "%s; nuvol why lease CLIENT tells more.\n",
		       tone_begin(TONE_BAD, cli->colour), conflicts,
		       tone_end(TONE_BAD, cli->colour));
}

static enum exit_code leases_run(const struct cli *cli)
{
	static const struct column columns[] = {
		{"ADDRESS", false}, {"CLIENT", false}, {"NAME", false},
		{"NODE", false},    {"LEFT", true},    {"NOTE", false},
	};
	static const struct list_shape shape = {
		.columns = columns,
		.width = sizeof(columns) / sizeof(columns[0]),
		.compare = lease_compare,
		.row = lease_row,
		.none = "No client has an address from this cloud.",
	};
	json_t *result;
	enum exit_code status;

	if (!list_ask(cli, "leases", NULL, &result, &status))
		return status;
	list_print(cli, &shape, json_object_get(result, "leases"));
	if (json_is_object(json_object_get(result, "pool")))
		pool_print(cli, json_object_get(result, "pool"));
	json_decref(result);
	return EXIT_OK;
}

const struct command leases_command = {
	.name = "leases",
	.summary = "which client has which address, the same on all nodes",
	.details = "NODE gave or renewed the address last. If two clients got one address while\n"
		   "nodes could not hear each other, the older lease wins; the younger one is\n"
		   "withdrawn at its next renewal, and shown as a conflict until then.\n",
	.run = leases_run,
};

/* ---- names ---- */

/* Nodes first, as in the rule of clashes. */
static int name_compare(const void *a, const void *b)
{
	bool node_a = strcmp(member_text(row_of(a), "kind", ""), "node") == 0;
	bool node_b = strcmp(member_text(row_of(b), "kind", ""), "node") == 0;

	if (node_a != node_b)
		return node_a ? -1 : 1;

	int order = strcmp(member_text(row_of(a), "name", ""), member_text(row_of(b), "name", ""));

	return order != 0 ? order : by_mac(row_of(a), row_of(b));
}

static void name_row(struct table *t, const json_t *n)
{
	const char *wanted = member_text(n, "instead_of", NULL);

	table_add(t, TONE_PLAIN, "%s", member_text(n, "name", "?"));
	table_add(t, TONE_PLAIN, "%s", member_text(n, "ipv4", "-"));
	table_add(t, TONE_PLAIN, "%s", member_text(n, "ipv6", "-"));
	table_add(t, TONE_PLAIN, "%s %s", member_text(n, "kind", "?"), member_text(n, "mac", "?"));
	if (wanted)
		table_add(t, TONE_BAD, "calls itself %s; another had that name before", wanted);
	else if (!member_flag(n, "alive"))
		table_add(t, TONE_FAINT, "gone");
	else
		table_add(t, TONE_FAINT, "%s", member_flag(n, "here") ? "here" : "");
}

static bool has_clash(const json_t *names)
{
	const json_t *n;
	size_t i;

	json_array_foreach(names, i, n) if (member_text(n, "instead_of", NULL)) return true;
	return false;
}

static enum exit_code names_run(const struct cli *cli)
{
	static const struct column columns[] = {
		{"NAME", false},  {"IPV4", false}, {"IPV6", false},
		{"WHOSE", false}, {"NOTE", false},
	};
	static const struct list_shape shape = {
		.columns = columns,
		.width = sizeof(columns) / sizeof(columns[0]),
		.compare = name_compare,
		.row = name_row,
		.none = "Nobody in the cloud has a name.",
	};
	json_t *result;
	enum exit_code status;

	if (!list_ask(cli, "names", NULL, &result, &status))
		return status;
	list_print(cli, &shape, json_object_get(result, "names"));
	printf("\nEach name is known with .");
	text_print(stdout, member_text(result, "domain", "?"));
	printf(" behind it too.\n");
	if (has_clash(json_object_get(result, "names")))
		printf("Of one name, nodes have it before clients, and older leases before "
		       "younger ones;\nwho comes second gets the end of the MAC behind it.\n");
	json_decref(result);
	return EXIT_OK;
}

const struct command names_command = {
	.name = "names",
	.summary = "the names that DNS knows in this cloud, and whose they are",
	.details = "A name belongs to a node before a client, and to an older lease before a\n"
		   "younger one; who comes second is called NAME-XXXX, from the end of its MAC.\n",
	.run = names_run,
};
