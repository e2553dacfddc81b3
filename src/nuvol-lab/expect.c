/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nuvol-lab/expect.h"
#include <errno.h>
#include <jansson.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include "nuvol-lab/daemon.h"
#include "nuvol-lab/inside.h"
#include "nuvol-lab/interrupt.h"
#include "town/quantity.h"

enum { UNIT_S = 1000000, AGAIN_MS = 50, COUNT_MAX = 100000 };

/* A condition with its words (the first is its name), asked once. Says what it
 * found into r->said. */
struct condition {
	const char *name;
	int least, most; /* words behind the name */
	bool (*holds)(struct run *r, const char *const *words, instant deadline);
	bool tells;		 /* what it found is worth telling when it holds too */
	const char *const *path; /* of one that counts, instead of holds */
};

static unsigned node_get(struct run *r, const struct lab *lab, const char *name)
{
	unsigned node = town_node_find(&lab->town, name);

	if (node == TOWN_NONE)
		snprintf(r->said, sizeof(r->said), "there is no node '%s'", name);
	return node;
}

/* Where the conditions that count find their number in the daemon's status. */
static const char *const nodes_path[] = {"cloud", "nodes", NULL};
static const char *const neighbours_path[] = {"cloud", "neighbours", NULL};
static const char *const network_path[] = {"network", "nodes_routed", NULL};
static const char *const tunnels_path[] = {"host", "tunnels", "routes", NULL};

/* NODE NUMBER: what the node's status has at path is as wanted. */
static bool count_holds(struct run *r, const char *const *words, const char *const *path)
{
	struct lab lab;
	uint32_t number = 0;
	json_t *answer = NULL, *count;
	unsigned node;
	bool holds = false;

	if (!lab_open(&lab, r->town, LAB_READ))
		return false;
	node = node_get(r, &lab, words[1]);
	if (node != TOWN_NONE)
		answer = daemon_ask(&lab, node, "status");
	for (count = answer; *path; path++)
		count = json_object_get(count, *path);
	if (json_is_integer(count)) {
		snprintf(r->said, sizeof(r->said), "%lld", (long long)json_integer_value(count));
		holds = number_parse(words[2], 0, COUNT_MAX, &number) &&
			json_integer_value(count) == number;
	} else if (node != TOWN_NONE) {
		snprintf(r->said, sizeof(r->said), "its nuvold does not say");
	}
	json_decref(answer);
	lab_close(&lab);
	return holds;
}

/* Is this MAC among the clients that the daemon names? */
static bool clients_have(const json_t *answer, struct mac mac, const char *address)
{
	const json_t *client;
	size_t i;

	(void)address;
	json_array_foreach(json_object_get(answer, "clients"), i, client)
	{
		const char *text = json_string_value(json_object_get(client, "mac"));
		struct mac m;

		if (text && mac_parse(text, &m) && mac_equal(m, mac))
			return true;
	}
	return false;
}

/* address CLIENT */
static bool address_holds(struct run *r, const char *const *words, instant deadline)
{
	struct lab lab;
	unsigned client;
	bool holds = false;

	(void)deadline;
	if (!lab_open(&lab, r->town, LAB_READ))
		return false;
	client = town_client_find(&lab.town, words[1]);
	if (client == TOWN_NONE)
		snprintf(r->said, sizeof(r->said), "there is no client '%s'", words[1]);
	else
		holds = lab.clients[client].address[0] != '\0';
	if (client != TOWN_NONE)
		snprintf(r->said, sizeof(r->said), "%s",
			 holds ? lab.clients[client].address : "it has none");
	lab_close(&lab);
	return holds;
}

/* Does the daemon know that this client has an address, and which if it has one? */
static bool leases_have(const json_t *answer, struct mac mac, const char *address)
{
	const json_t *lease;
	size_t i, len = strcspn(address, "/");

	json_array_foreach(json_object_get(answer, "leases"), i, lease)
	{
		const char *text = json_string_value(json_object_get(lease, "mac"));
		const char *ip = json_string_value(json_object_get(lease, "ipv4"));
		struct mac m;

		if (text && mac_parse(text, &m) && mac_equal(m, mac))
			return json_integer_value(json_object_get(lease, "left_ms")) > 0 &&
			       (len == 0 ||
				(ip && strlen(ip) == len && strncmp(ip, address, len) == 0));
	}
	return false;
}

/* What a node's daemon answers to method, looked at for a client. */
static bool node_tells(struct run *r, const char *const *words, const char *method,
		       bool (*has)(const json_t *answer, struct mac mac, const char *address))
{
	struct lab lab;
	unsigned node, client;
	json_t *answer = NULL;
	bool holds = false;

	if (!lab_open(&lab, r->town, LAB_READ))
		return false;
	node = node_get(r, &lab, words[1]);
	client = town_client_find(&lab.town, words[2]);
	if (client == TOWN_NONE)
		snprintf(r->said, sizeof(r->said), "there is no client '%s'", words[2]);
	else if (node != TOWN_NONE)
		answer = daemon_ask(&lab, node, method);
	if (answer)
		holds = has(answer, lab.town.clients[client].mac, lab.clients[client].address);
	json_decref(answer);
	lab_close(&lab);
	return holds;
}

/* knows NODE CLIENT */
static bool knows_holds(struct run *r, const char *const *words, instant deadline)
{
	(void)deadline;
	return node_tells(r, words, "clients", clients_have);
}

/* lease NODE CLIENT */
static bool lease_holds(struct run *r, const char *const *words, instant deadline)
{
	(void)deadline;
	return node_tells(r, words, "leases", leases_have);
}

static bool running_holds(struct run *r, const char *const *words, instant deadline)
{
	struct lab lab;
	unsigned node;
	bool holds;

	(void)deadline;
	if (!lab_open(&lab, r->town, LAB_READ))
		return false;
	node = node_get(r, &lab, words[1]);
	holds = node != TOWN_NONE && process_alive(lab.nodes[node].daemon);
	lab_close(&lab);
	return holds;
}

/* The last line that says something, cut to fit. */
static void output_say(struct run *r, const char *output)
{
	size_t len = output ? strlen(output) : 0, used = strlen(r->said);
	const char *line;

	while (len > 0 && (output[len - 1] == '\n' || output[len - 1] == ' '))
		len--;
	if (len == 0)
		return;
	for (line = output + len; line > output && line[-1] != '\n'; line--)
		;
	snprintf(r->said + used, sizeof(r->said) - used, "%s%.*s", used ? ": " : "",
		 (int)(output + len - line), line);
}

static bool program_holds(struct run *r, const char *who, const char *const *argv, instant deadline)
{
	span left = instant_since(deadline, clock_read());
	char *output = NULL;
	int status;

	if (left.us < AGAIN_MS * 1000)
		left = span_ms(AGAIN_MS);
	status = inside_run(r->town, r->folder, who, argv, left, &output);
	/* A try that the deadline cuts short says less than the one before. */
	if (status != 0 && !(status == -ETIMEDOUT && *r->said)) {
		inside_fault(status, r->said, sizeof(r->said));
		output_say(r, output);
	}
	free(output);
	return status == 0;
}

/* exec WHO -- PROGRAM ... */
static bool exec_holds(struct run *r, const char *const *words, instant deadline)
{
	return program_holds(r, words[1], words + 3, deadline);
}

/* reach WHO WHOM [ipv6] */
static bool reach_holds(struct run *r, const char *const *words, instant deadline)
{
	char to[WHO_NAME_MAX + sizeof("@.ipv6")];
	const char *argv[] = {"ping", "-n", "-c", "1", "-W", "1", to, NULL};

	snprintf(to, sizeof(to), "@%s%s", words[2], words[3] ? ".ipv6" : "");
	return program_holds(r, words[1], argv, deadline);
}

static const struct condition conditions[] = {
	{.name = "nodes", .least = 2, .most = 2, .path = nodes_path},
	{.name = "neighbours", .least = 2, .most = 2, .path = neighbours_path},
	{.name = "network", .least = 2, .most = 2, .path = network_path},
	{.name = "tunnels", .least = 2, .most = 2, .path = tunnels_path},
	{.name = "knows", .least = 2, .most = 2, .holds = knows_holds},
	{.name = "running", .least = 1, .most = 1, .holds = running_holds},
	{.name = "address", .least = 1, .most = 1, .holds = address_holds, .tells = true},
	{.name = "lease", .least = 2, .most = 2, .holds = lease_holds},
	{.name = "reach", .least = 2, .most = 3, .holds = reach_holds},
	{.name = "exec", .least = 3, .most = STEP_WORDS_MAX, .holds = exec_holds},
};

/* Where the condition begins in the words of the step; NULL: there is none. */
static const struct condition *condition_find(const struct step *s, int *at, bool *negated)
{
	*negated = s->count > 2 && strcmp(s->words[2], "not") == 0;
	*at = *negated ? 3 : 2;
	for (size_t i = 0; *at < s->count && i < sizeof(conditions) / sizeof(conditions[0]); i++)
		if (strcmp(conditions[i].name, s->words[*at]) == 0)
			return &conditions[i];
	return NULL;
}

const char *expect_check(const struct step *s)
{
	int at, words;
	bool negated;
	const struct condition *c = condition_find(s, &at, &negated);
	uint32_t number;
	span time;

	if (!span_parse(s->words[1], UNIT_S, &time))
		return "the time is not one; like 20s";
	if (!c)
		return "no such condition; it takes nodes, neighbours, network, tunnels, "
		       "knows, running, address, lease, reach or exec";
	words = s->count - at - 1;
	if (words < c->least || words > c->most)
		return "a condition has too few or too many words; nuvol-lab(8) shows how";
	if (c->holds == exec_holds && strcmp(s->words[at + 2], "--") != 0)
		return "exec is written 'exec NODE|CLIENT -- PROGRAM ...'";
	if (c->path && !number_parse(s->words[at + 2], 0, COUNT_MAX, &number))
		return "this condition takes a node and a number";
	if (c->holds == reach_holds && words == 3 && strcmp(s->words[at + 3], "ipv6") != 0)
		return "reach is written 'reach WHO WHOM [ipv6]'";
	return NULL;
}

bool expect_act(struct run *r, const struct step *s)
{
	int at;
	bool negated, holds;
	const struct condition *c = condition_find(s, &at, &negated);
	instant deadline;
	span time;

	if (!r->town[0])
		return lab_fail("no town is up; the step 'up FILE' comes first, or --name");
	span_parse(s->words[1], UNIT_S, &time);
	deadline = instant_add(clock_read(), time);
	for (;;) {
		holds = (c->path ? count_holds(r, s->words + at, c->path)
				 : c->holds(r, s->words + at, deadline)) != negated;
		if (interrupt_came())
			return false;
		if (holds || instant_reached(deadline, clock_read()))
			break;
		poll(NULL, 0, AGAIN_MS);
	}
	if (holds && !(c->tells && !negated))
		r->said[0] = '\0';
	return holds;
}
