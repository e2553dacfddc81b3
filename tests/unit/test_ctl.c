/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Proves: each method tells the truth about live nodes; wrong and hostile lines get
 * an error that helps; echoes and watchers stay within their limits. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "cmocka_all.h"
#include "ctl/method.h"
#include "ctl_lab.h"
#include "ctl_read.h"

static struct lab *lab;

static int setup_line(void **state)
{
	(void)state;
	lab = calloc(1, sizeof(*lab));
	lab_init(lab, 3, false);
	lab_client_event(lab, 0, 1, CLIENT_SEEN);
	lab_client_event(lab, 2, 2, CLIENT_SEEN);
	lab_run(lab, span_s(10));
	return 0;
}

static int setup_ring(void **state)
{
	(void)state;
	lab = calloc(1, sizeof(*lab));
	lab_init(lab, 3, true);
	lab_run(lab, span_s(10));
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	for (unsigned i = 0; i < lab->asker_count; i++)
		assert_int_equal(lab->askers[i].bad, 0);
	lab_fini(lab);
	free(lab);
	return 0;
}

/* ---- what it tells ---- */

static void test_status(void **state)
{
	struct asker *a = lab_asker(lab, false);
	json_t *s = lab_ask(lab, a, "status", NULL);
	json_t *id = json_object_get(s, "identity"), *cloud = json_object_get(s, "cloud");
	json_t *port = json_array_get(json_object_get(s, "ports"), 0);

	(void)state;
	assert_string_equal(text(s, "version"), NUVOL_VERSION);
	assert_int_equal(number(s, "uptime_ms"), 10000);
	assert_string_equal(text(id, "ssid"), "valley");
	assert_string_equal(text(id, "hostname"), "LiMe-000100");
	/* md5("valley\n") begins with 23: 29 + (0x23 - 13) */
	assert_int_equal(number(json_object_get(id, "cloud_vlan"), "id"), 29 + 0x23 - 13);
	assert_string_equal(text(id, "ipv4"), "10.35.1.0/16");
	assert_true(flag(cloud, "up"));
	assert_mac(cloud, "mac", lab_mac(0, 1));
	assert_int_equal(number(cloud, "nodes"), 2);
	assert_int_equal(number(cloud, "neighbours"), 1);
	assert_int_equal(number(cloud, "clients_here"), 1);
	assert_int_equal(number(cloud, "clients_elsewhere"), 1);
	assert_true(json_is_null(json_object_get(cloud, "lan_blocked")));
	assert_int_equal(json_array_size(json_object_get(s, "ports")), 1);
	assert_string_equal(text(port, "name"), "mesh1");
	assert_int_equal(number(port, "mtu_bytes"), 1532);
	assert_true(flag(port, "up"));
	assert_int_equal(number(port, "neighbours"), 1);
	assert_int_equal(number(json_object_get(json_object_get(s, "host"), "process"), "pid"),
			 4711);
	assert_true(number(json_object_get(s, "memory"), "used_bytes") > 0);
}

static void test_status_down(void **state)
{
	struct asker *a = lab_asker(lab, false);
	struct ev ev = {.kind = EV_PORT, .port = {.port = 1, .mac = lab_mac(0, 1)}};

	(void)state;
	node_handle(&lab->nodes[0], lab->now, &ev, &lab->fx[0].fx);

	json_t *cloud = json_object_get(lab_ask(lab, a, "status", NULL), "cloud");

	assert_false(flag(cloud, "up"));
	assert_int_equal(number(cloud, "neighbours"), 0);
}

static void test_lan_blocked_in_words(void **state)
{
	/* What a foreign bridge-loop-avoidance gateway announces every 10 s: an ARP
	 * reply, specs/batman-adv.md 15. */
	uint8_t claim[60] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff,	      /* to */
			     0x02, 0xaa, 0,    0,    0,	   1,		      /* from the gateway */
			     0x08, 0x06, 0,    1,    8,	   0,	 6, 4, 0, 2,  /* ARP reply */
			     0x43, 0x05, 0x43, 0x05, 0,	   0,	 0, 0, 0, 0,  /* sender: a CRC */
			     0xff, 0x43, 0x05, 0x02, 0x12, 0x34, 0, 0, 0, 0}; /* announce */
	struct asker *a = lab_asker(lab, false);

	(void)state;
	lab_lan_frame(lab, 0, claim, sizeof(claim));
	lab_run(lab, span_s(2));

	json_t *cloud = json_object_get(lab_ask(lab, a, "status", NULL), "cloud");
	json_t *blocked = json_object_get(cloud, "lan_blocked");

	assert_true(json_is_object(blocked));
	assert_non_null(strstr(text(blocked, "reason"), "02:aa:00:00:00:01"));
	assert_in_range(number(blocked, "opens_in_ms"), 57000, 58000);
	lab_run(lab, span_s(61));
	cloud = json_object_get(lab_ask(lab, a, "status", NULL), "cloud");
	assert_true(json_is_null(json_object_get(cloud, "lan_blocked")));
}

static void test_tables(void **state)
{
	struct asker *a = lab_asker(lab, false);
	json_t *o = lab_ask(lab, a, "neighbours", NULL);
	json_t *n = find(json_object_get(o, "neighbours"), "mac", lab_mac(1, 0));

	(void)state;
	assert_string_equal(text(n, "port"), "mesh1");
	assert_in_range(number(n, "last_heard_ms"), 0, 600);
	assert_in_range(number(n, "tq"), 100, 255);

	o = lab_ask(lab, a, "nodes", NULL);
	n = find(json_object_get(o, "nodes"), "mac", lab_mac(2, 0));
	assert_mac(n, "next_hop", lab_mac(1, 0));
	assert_string_equal(text(n, "port"), "mesh1");
	assert_int_equal(number(n, "clients"), 1);
	assert_false(flag(n, "neighbour"));
	assert_true(flag(n, "table"));
	assert_true(json_is_null(json_object_get(n, "gateway")));

	o = lab_ask(lab, a, "clients", NULL);
	n = find(json_object_get(o, "clients"), "mac", lab_client(1));
	assert_true(flag(n, "here"));
	assert_int_equal(number(n, "last_seen_ms"), 10000);
	n = find(json_object_get(o, "clients"), "mac", lab_client(2));
	assert_false(flag(n, "here"));
	assert_mac(n, "node", lab_mac(2, 0));
	assert_true(json_is_null(json_object_get(n, "last_seen_ms")));
	assert_true(json_is_null(json_object_get(n, "vlan")));
}

/* Every counter of L2_COUNTERS and every reason of enum err is there, as it is now. */
static void test_counters(void **state)
{
	struct l2_counters *count = &lab->nodes[0].l2.count;
	struct asker *a = lab_asker(lab, false);

	(void)state;
	count->frag_merged = 123456789012;
	count->dropped[ERR_TOO_BIG] = 17;

	json_t *o = lab_ask(lab, a, "counters", NULL);
	json_t *counters = json_object_get(o, "counters"), *dropped = json_object_get(o, "dropped");

#define ASSERT_COUNTER(name) assert_int_equal(number(counters, #name), count->name);
	L2_COUNTERS(ASSERT_COUNTER)
	assert_int_equal(number(counters, "frag_merged"), 123456789012);
	assert_int_equal(number(dropped, "too-big"), 17);
	assert_int_equal(json_object_size(dropped), ERR_COUNT - 1);
}

static void test_why_line(void **state)
{
	struct asker *a = lab_asker(lab, false);
	json_t *o = lab_ask(lab, a, "why", "{'what':'node','mac':'02:00:00:00:03:00'}");
	json_t *c = json_array_get(json_object_get(o, "candidates"), 0);

	(void)state;
	assert_string_equal(text(o, "what"), "node");
	assert_int_equal(json_array_size(json_object_get(o, "candidates")), 1);
	assert_mac(c, "next_hop", lab_mac(1, 0));
	assert_true(flag(c, "chosen"));
	assert_string_equal(text(c, "reason"), "chosen: the only way");

	o = lab_ask(lab, a, "why", "{'what':'client','mac':'06:00:00:00:00:02'}");
	c = json_array_get(json_object_get(o, "places"), 0);
	assert_false(flag(c, "here"));
	assert_non_null(strstr(text(c, "text"), "02:00:00:00:03:00"));
	c = json_array_get(json_object_get(c, "candidates"), 0);
	assert_mac(c, "node", lab_mac(2, 0));
	assert_mac(c, "next_hop", lab_mac(1, 0));

	o = lab_ask(lab, a, "why", "{'what':'client','mac':'06:00:00:00:00:01'}");
	c = json_array_get(json_object_get(o, "places"), 0);
	assert_true(flag(c, "here"));
	assert_string_equal(text(c, "text"), "it is attached to this node");

	o = lab_ask(lab, a, "why", "{'what':'node','mac':'06:00:00:00:00:02'}");
	assert_string_equal(text(o, "code"), "unknown-node");
	o = lab_ask(lab, a, "why", "{'what':'client','mac':'02:00:00:00:03:00'}");
	assert_string_equal(text(o, "code"), "unknown-client");
	o = lab_ask(lab, a, "why", "{'what':'node','mac':'02:00:00:00:01:01'}");
	assert_string_equal(text(o, "code"), "own-node");
}

/* Two ways round a ring: both are shown, one is chosen, the other says why not. */
static void test_why_ring(void **state)
{
	struct asker *a = lab_asker(lab, false);
	json_t *list = json_object_get(
		lab_ask(lab, a, "why", "{'what':'node','mac':'02:00:00:00:02:00'}"), "candidates");
	json_t *direct = find(list, "next_hop", lab_mac(1, 0));
	json_t *other = find(list, "next_hop", lab_mac(2, 1));
	char want[64];

	(void)state;
	assert_int_equal(json_array_size(list), 2);
	assert_ptr_equal(direct, json_array_get(list, 0));
	assert_true(flag(direct, "chosen"));
	assert_string_equal(text(direct, "reason"), "chosen: no other has a higher TQ");
	assert_false(flag(other, "chosen"));
	assert_string_equal(text(other, "port"), "mesh0");
	snprintf(want, sizeof(want), "TQ %lld is less than %lld", number(other, "tq"),
		 number(direct, "tq"));
	assert_string_equal(text(other, "reason"), want);
}

static void test_config(void **state)
{
	struct asker *a = lab_asker(lab, false);

	(void)state;
	/* Tabs and newlines belong to the text. */
	assert_string_equal(text(lab_ask(lab, a, "config", NULL), "text"),
			    "config lime 'system'\n\toption ap_ssid 'valley'\n");
	lab->host.config = NULL;
	lab->host.status = NULL;
	assert_string_equal(text(lab_ask(lab, a, "config", NULL), "code"), "unsupported");
	assert_true(json_is_object(json_object_get(lab_ask(lab, a, "status", NULL), "host")));
}

/* An SSID of any bytes must not spoil the answer. */
static void test_text_from_outside(void **state)
{
	struct asker *a = lab_asker(lab, false);

	(void)state;
	strcpy(lab->nodes[0].plan.ssid, "v\xc3\xa0l\x1b[2Jl\xff");

	json_t *id = json_object_get(lab_ask(lab, a, "status", NULL), "identity");

	assert_string_equal(text(id, "ssid"), "v??l?[2Jl?");
	strcpy(lab->nodes[0].plan.ssid, "v\xc3\xa0l\x1bl");
	id = json_object_get(lab_ask(lab, a, "status", NULL), "identity");
	assert_string_equal(text(id, "ssid"), "v\xc3\xa0l?l");
}

/* ---- echoes ---- */

static void test_ping(void **state)
{
	struct asker *a = lab_asker(lab, false);
	json_t *o = lab_ask(lab, a, "ping", "{'target':'02:00:00:00:03:00','seqno':9}");

	(void)state;
	assert_string_equal(text(o, "outcome"), "reply");
	assert_mac(o, "from", lab_mac(2, 0));
	assert_int_equal(number(o, "seqno"), 9);
	/* four times over a cable of 0.7 ms */
	assert_true(json_real_value(json_object_get(o, "rtt_ms")) > 2.799);
	assert_true(json_real_value(json_object_get(o, "rtt_ms")) < 4.0);

	o = lab_ask(lab, a, "ping", "{'target':'02:00:00:00:03:00','ttl':1}");
	assert_string_equal(text(o, "outcome"), "ttl-exceeded");
	assert_mac(o, "from", lab_mac(1, 0));

	o = lab_ask(lab, a, "ping", "{'target':'06:00:00:00:00:02'}");
	assert_string_equal(text(o, "outcome"), "reply");
	assert_mac(o, "target", lab_client(2));
	assert_mac(o, "node", lab_mac(2, 0));

	o = lab_ask(lab, a, "ping", "{'target':'06:00:00:00:00:77'}");
	assert_string_equal(text(o, "code"), "unknown-node");
	o = lab_ask(lab, a, "ping", "{'target':'02:00:00:00:01:01'}");
	assert_string_equal(text(o, "outcome"), "reply");
}

static void test_ping_timeout(void **state)
{
	struct asker *a = lab_asker(lab, false);

	(void)state;
	lab->cut[1] = true;

	instant before = lab->now;
	json_t *o = lab_ask(lab, a, "ping", "{'target':'02:00:00:00:03:00','timeout_ms':300}");
	span took = instant_since(lab->now, before);

	assert_string_equal(text(o, "outcome"), "timeout");
	assert_null(json_object_get(o, "from"));
	assert_in_range(span_to_ms(took), 300, 310);
	assert_true(ctl_deadline(&lab->ctl).us == NEVER.us);
}

static const char slow_ping[] =
	"{\"id\":%u,\"method\":\"ping\",\"params\":{\"target\":\"02:00:00:00:03:00\","
	"\"timeout_ms\":60000}}";

static void send_slow_ping(struct asker *a, unsigned id)
{
	char line[200];

	snprintf(line, sizeof(line), slow_ping, id);
	lab_line(lab, a, line);
}

/* One connection may not use up the places of all; all together may not either. */
static void test_ping_limits(void **state)
{
	struct asker *first = lab_asker(lab, false);
	unsigned n;

	(void)state;
	lab->cut[1] = true;
	for (n = 0; n < CTL_ASKS_PER_CLIENT; n++)
		send_slow_ping(first, n);
	assert_int_equal(json_array_size(first->lines), 0);
	send_slow_ping(first, n);
	assert_int_equal(json_array_size(first->lines), 1);
	assert_string_equal(text(json_object_get(asker_last(first), "error"), "code"), "busy");
	assert_int_equal(number(asker_last(first), "id"), n);
	while (n < CTL_ASKS_MAX) {
		struct asker *next = lab_asker(lab, false);

		for (unsigned i = 0; i < CTL_ASKS_PER_CLIENT; i++, n++)
			send_slow_ping(next, i);
		assert_int_equal(json_array_size(next->lines), 0);
	}

	struct asker *last = lab_asker(lab, false);

	send_slow_ping(last, 1);
	assert_string_equal(text(json_object_get(asker_last(last), "error"), "code"), "busy");
	/* Whoever leaves makes room, and is not told any more. */
	ctl_client_fini(&lab->ctl, &first->client);
	send_slow_ping(last, 2);
	assert_int_equal(json_array_size(last->lines), 1);
	lab_run(lab, span_s(61));
	assert_int_equal(json_array_size(first->lines), 1);
	assert_int_equal(json_array_size(last->lines), 2);
	assert_int_equal(number(asker_last(last), "id"), 2);
}

/* ---- watching ---- */

static json_t *event_find(const struct asker *a, const char *event)
{
	json_t *o;
	size_t i;

	json_array_foreach(a->lines, i, o) if (strcmp(text(o, "event"), event) == 0) return o;
	fail_msg("event %s was not told", event);
	return NULL;
}

static void test_watch(void **state)
{
	struct asker *w = lab_asker(lab, false), *silent = lab_asker(lab, false);

	(void)state;
	assert_true(flag(lab_ask(lab, w, "watch", NULL), "watching"));
	lab_client_event(lab, 0, 3, CLIENT_SEEN);
	lab_client_event(lab, 0, 2, CLIENT_SEEN);
	lab_run(lab, span_s(3));

	json_t *e = event_find(w, "client-roamed-in");

	assert_string_equal(text(e, "text"),
			    "client 06:00:00:00:00:02 came here from node 02:00:00:00:03:00");
	assert_mac(e, "client", lab_client(2));
	assert_mac(e, "node", lab_mac(2, 0));
	assert_true(json_is_null(json_object_get(e, "vlan")));
	assert_in_range(number(e, "uptime_ms"), 10000, 10100);
	assert_mac(event_find(w, "client-new"), "client", lab_client(3));
	assert_int_equal(json_array_size(silent->lines), 0);

	ctl_client_fini(&lab->ctl, &w->client);

	size_t before = json_array_size(w->lines);

	lab_client_event(lab, 0, 4, CLIENT_SEEN);
	assert_int_equal(json_array_size(w->lines), before);
}

/* Each note of core/note.h has words and fields of its own. */
static void test_watch_words(void **state)
{
	static const struct {
		enum note what;
		uint32_t value;
		const char *words;
	} cases[] = {
		{NOTE_NEIGHBOUR_NEW, 1, "neighbour 0a:00:00:00:00:01 heard on mesh1"},
		{NOTE_NEIGHBOUR_DOUBTED, 0,
		 "neighbour 0a:00:00:00:00:01 on mesh0 is silent; other ways are preferred"},
		{NOTE_NEIGHBOUR_GONE, 1, "neighbour 0a:00:00:00:00:01 left mesh1"},
		{NOTE_NODE_NEW, 0, "node 0a:00:00:00:00:01 is in the cloud"},
		{NOTE_NODE_GONE, 0, "node 0a:00:00:00:00:01 is gone"},
		{NOTE_ROUTE_CHANGED, 1,
		 "node 0a:00:00:00:00:01 is now reached by 0b:00:00:00:00:02 on mesh1"},
		{NOTE_ROUTE_LOST, 0, "no way to node 0a:00:00:00:00:01 any more"},
		{NOTE_CLIENT_NEW, 0x8005, "client 0a:00:00:00:00:01 is here (VLAN 5)"},
		{NOTE_CLIENT_GONE, 0, "client 0a:00:00:00:00:01 left"},
		{NOTE_CLIENT_ROAMED_IN, 0x8000,
		 "client 0a:00:00:00:00:01 came here from node 0b:00:00:00:00:02 (VLAN 0)"},
		{NOTE_CLIENT_ROAMED_OUT, 0,
		 "client 0a:00:00:00:00:01 went to node 0b:00:00:00:00:02"},
		{NOTE_LAN_BLOCKED, 0, "LAN blocked: node 0a:00:00:00:00:01 serves it too"},
		{NOTE_LAN_OPEN, 0, "LAN open again: no other node claims it"},
		{NOTE_TABLE_FULL, ERR_FULL, "a table is full (full)"},
		{NOTE_TABLE_FULL, 999, "a table is full (?)"},
	};
	struct asker *w = lab_asker(lab, false);

	(void)state;
	lab_ask(lab, w, "watch", NULL);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct effect e = {.kind = FX_NOTE,
				   .note = {.what = cases[i].what,
					    .subject = {{0x0a, 0, 0, 0, 0, 1}},
					    .object = {{0x0b, 0, 0, 0, 0, 2}},
					    .value = cases[i].value}};

		ctl_effect(&lab->ctl, lab->now, &e);
		assert_string_equal(text(asker_last(w), "event"), note_name(cases[i].what));
		assert_string_equal(text(asker_last(w), "text"), cases[i].words);
	}
}

/* Each change of a gateway is a sentence with its name, or its id if it has none. */
static void test_watch_gateways(void **state)
{
	const struct note_gateway_end none = {.name = ""}, anna = {{{0xaa}}, "anna"},
				      bru = {{{0xbb, 0xcc}}, ""};
	const struct {
		enum note what;
		struct note_gateway gateway;
		const char *words;
	} cases[] = {
		{NOTE_GATEWAY_TAKEN,
		 {false, false, GATEWAY_FOUND, none, anna},
		 "IPv4 to the Internet goes by anna"},
		{NOTE_GATEWAY_TAKEN,
		 {true, true, GATEWAY_AGAIN, none, anna},
		 "IPv6 to the Internet goes by anna again (our own uplink is used before it)"},
		{NOTE_GATEWAY_CHANGED,
		 {false, false, GATEWAY_SILENT, anna, bru},
		 "IPv4 to the Internet goes by bbcc0000 now: anna carries nothing to the Internet"},
		{NOTE_GATEWAY_LOST,
		 {false, false, GATEWAY_GONE, anna, none},
		 "no gateway carries IPv4 to the Internet any more: anna offers it no more"},
	};
	struct asker *w = lab_asker(lab, false);

	(void)state;
	lab_ask(lab, w, "watch", NULL);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct effect e = {.kind = FX_NOTE,
				   .note = {.what = cases[i].what, .gateway = cases[i].gateway}};

		ctl_effect(&lab->ctl, lab->now, &e);
		assert_string_equal(text(asker_last(w), "text"), cases[i].words);
		assert_string_equal(text(asker_last(w), "event"), note_name(cases[i].what));
		assert_string_equal(text(asker_last(w), "why"),
				    gateway_why_name(cases[i].gateway.why));
	}
	assert_true(json_is_null(json_object_get(asker_last(w), "to")));
	assert_string_equal(text(asker_last(w), "from_name"), "anna");
}

static void test_watch_limit(void **state)
{
	(void)state;
	for (unsigned i = 0; i < CTL_WATCHERS_MAX; i++) {
		struct asker *w = lab_asker(lab, false);

		/* Twice is as good as once. */
		assert_true(flag(lab_ask(lab, w, "watch", NULL), "watching"));
		assert_true(flag(lab_ask(lab, w, "watch", NULL), "watching"));
	}

	struct asker *more = lab_asker(lab, false);

	assert_string_equal(text(lab_ask(lab, more, "watch", NULL), "code"), "busy");
	assert_false(more->client.watching);
}

/* ---- wrong and hostile lines ---- */

static void test_errors(void **state)
{
	static const struct {
		const char *line, *code, *words;
	} cases[] = {
		{"", "bad-json", "not JSON"},
		{"status", "bad-json", "not JSON"},
		{"{\"id\":1,\"method\":\"status\"", "bad-json", "not JSON"},
		{"{\"id\":1,\"method\":\"status\"} x", "bad-json", "not JSON"},
		{"{\"id\":1,\"id\":2,\"method\":\"status\"}", "bad-json", "duplicate"},
		{"{\"method\":\"sta\xfftus\"}", "bad-json", "not JSON"},
		{"{\"method\":\"a\\u0000b\"}", "bad-json", "not JSON"},
		{"[1]", "bad-request", "object"},
		{"\"status\"", "bad-json", "not JSON"},
		{"{}", "bad-request", "\"method\" must be there"},
		{"{\"method\":7}", "bad-request", "\"method\" must be there"},
		{"{\"id\":[1],\"method\":\"status\"}", "bad-request", "\"id\" must be"},
		{"{\"id\":1.5,\"method\":\"status\"}", "bad-request", "\"id\" must be"},
		{"{\"method\":\"status\",\"parms\":{}}", "bad-request", "\"parms\" is unknown"},
		{"{\"method\":\"status\",\"params\":[]}", "bad-request", "\"params\" must be"},
		{"{\"method\":\"nosuch\"}", "unknown-method", "\"version\" lists them"},
		{"{\"method\":\"status\",\"params\":{\"x\":1}}", "unknown-parameter",
		 "it takes none"},
		{"{\"method\":\"why\",\"params\":{\"x\":1}}", "unknown-parameter",
		 "it takes \"what\", \"mac\", \"client\""},
		{"{\"method\":\"why\",\"params\":{\"what\":\"node\"}}", "missing-parameter",
		 "needs \"mac\""},
		{"{\"method\":\"why\",\"params\":{\"what\":\"nod\",\"mac\":\"\"}}", "bad-parameter",
		 "node client lease"},
		{"{\"method\":\"why\",\"params\":{\"what\":\"node client\",\"mac\":\"\"}}",
		 "bad-parameter", "node client lease"},
		{"{\"method\":\"why\",\"params\":{\"what\":\"\",\"mac\":\"\"}}", "bad-parameter",
		 "node client lease"},
		{"{\"method\":\"why\",\"params\":{\"what\":1,\"mac\":\"\"}}", "bad-parameter",
		 "node client lease"},
		{"{\"method\":\"ping\",\"params\":{\"target\":\"02:00:00:00:03\"}}",
		 "bad-parameter", "must be a MAC"},
		{"{\"method\":\"ping\",\"params\":{\"target\":2}}", "bad-parameter",
		 "must be a MAC"},
		{"{\"method\":\"ping\",\"params\":{\"target\":\"02:00:00:00:03:00\",\"ttl\":0}}",
		 "bad-parameter", "1 to 255"},
		{"{\"method\":\"ping\",\"params\":{\"target\":\"02:00:00:00:03:00\",\"ttl\":256}}",
		 "bad-parameter", "1 to 255"},
		{"{\"method\":\"ping\",\"params\":{\"target\":\"02:00:00:00:03:00\",\"ttl\":1.0}}",
		 "bad-parameter", "whole number"},
		{"{\"method\":\"ping\",\"params\":{\"target\":\"02:00:00:00:03:00\","
		 "\"timeout_ms\":99999999999999999999}}",
		 "bad-json", "too big"},
	};
	struct asker *a = lab_asker(lab, false);

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		lab_line(lab, a, cases[i].line);

		json_t *error = json_object_get(asker_last(a), "error");

		assert_int_equal(json_array_size(a->lines), i + 1);
		assert_string_equal(text(error, "code"), cases[i].code);
		if (!strstr(text(error, "message"), cases[i].words))
			fail_msg("%s: %s", cases[i].line, text(error, "message"));
	}
}

/* The id comes back as it was, with errors too. */
static void test_id(void **state)
{
	struct asker *a = lab_asker(lab, false);

	(void)state;
	lab_line(lab, a, "{\"id\":\"a b\",\"method\":\"version\"}");
	assert_string_equal(text(asker_last(a), "id"), "a b");
	assert_int_equal(number(json_object_get(asker_last(a), "result"), "protocol"), CTL_VERSION);
	lab_line(lab, a, "{\"id\":-4,\"method\":\"nosuch\"}");
	assert_int_equal(number(asker_last(a), "id"), -4);
	lab_line(lab, a, "{\"method\":\"version\"}");
	assert_true(json_is_null(json_object_get(asker_last(a), "id")));
}

static void test_hostile_lines(void **state)
{
	struct asker *a = lab_asker(lab, false);
	size_t len = CTL_LINE_MAX + 1;
	char *line = malloc(len);

	(void)state;
	/* Deep: refused before the parser goes down. */
	memset(line, '[', len);
	ctl_line(&lab->ctl, &a->client, lab->now, line, CTL_LINE_MAX, &lab->fx[0].fx);
	assert_string_equal(text(json_object_get(asker_last(a), "error"), "code"), "too-deep");
	/* Long, even if it were right. */
	memset(line, ' ', len);
	memcpy(line, "{\"method\":\"version\"}", 20);
	ctl_line(&lab->ctl, &a->client, lab->now, line, len, &lab->fx[0].fx);
	assert_string_equal(text(json_object_get(asker_last(a), "error"), "code"), "too-long");
	ctl_line(&lab->ctl, &a->client, lab->now, line, len - 1, &lab->fx[0].fx);
	assert_true(json_is_object(json_object_get(asker_last(a), "result")));
	/* Brackets inside a string are not depth; a name that long is cut, between
	 * the bytes of a character too. */
	memset(line, '[', len);
	memcpy(line, "{\"method\":\"", 11);
	memset(line + 11 + 59, 0xc3, 1);
	memset(line + 11 + 60, 0xa0, 1);
	memcpy(line + 200, "\"}", 2);
	ctl_line(&lab->ctl, &a->client, lab->now, line, 202, &lab->fx[0].fx);
	assert_string_equal(text(json_object_get(asker_last(a), "error"), "code"),
			    "unknown-method");
	/* A NUL in the line. */
	ctl_line(&lab->ctl, &a->client, lab->now, "{\"method\":\0\"version\"}", 21, &lab->fx[0].fx);
	assert_string_equal(text(json_object_get(asker_last(a), "error"), "code"), "bad-json");
	free(line);
}

/* Methods that change the node are for privileged clients only. */
static void test_privilege(void **state)
{
	struct ctl_client reader = {.privileged = false}, root = {.privileged = true};
	struct method changing = {.name = "x", .changes = true};

	(void)state;
	assert_false(method_allowed(&changing, &reader));
	assert_true(method_allowed(&changing, &root));
	for (const struct method *m = methods; m->name; m++)
		assert_int_equal(method_allowed(m, &reader), strcmp(m->name, "prefer") != 0);
}

#define LINE(f) cmocka_unit_test_setup_teardown(f, setup_line, teardown)
#define RING(f) cmocka_unit_test_setup_teardown(f, setup_ring, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		LINE(test_status),	  LINE(test_status_down),  LINE(test_lan_blocked_in_words),
		LINE(test_tables),	  LINE(test_counters),	   LINE(test_why_line),
		RING(test_why_ring),	  LINE(test_config),	   LINE(test_text_from_outside),
		LINE(test_ping),	  LINE(test_ping_timeout), LINE(test_ping_limits),
		LINE(test_watch),	  LINE(test_watch_words),  LINE(test_watch_gateways),
		LINE(test_watch_limit),	  LINE(test_errors),	   LINE(test_id),
		LINE(test_hostile_lines), LINE(test_privilege),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
