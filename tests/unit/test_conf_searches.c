/* Proves that searches are read as BMX7's operators write them: the defaults are LibreMesh's, a
 * section takes the place of a default or takes it out, layers add up, a preferred gateway is a
 * search more, and each mistake has its line and remedy. */
/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "cmocka_all.h"
#include "conf/conf.h"
#include "crypto_test.h"

#define SOME_ID "000102030405060708090a0b0c0d0e0f101112131415161718191a1b"

static struct conf_problems problems;

static bool parse(struct conf *c, enum conf_layer layer, const char *text)
{
	conf_problems_init(&problems);
	return conf_parse(c, "file", text, strlen(text), layer, &problems);
}

static const struct gw_search *search(const struct conf *c, const char *label)
{
	for (unsigned i = 0; i < c->node.tunnel.searches; i++)
		if (strcmp(c->node.tunnel.search[i].label, label) == 0)
			return &c->node.tunnel.search[i];
	return NULL;
}

static void assert_search(const struct conf *c, const char *label, const char *prefix,
			  unsigned bits_max, unsigned ip_metric)
{
	const struct gw_search *s = search(c, label);
	char text[IPV6_PREFIX_TEXT];

	assert_non_null(s);
	assert_string_equal(prefix_print(&s->prefix, text), prefix);
	assert_int_equal(s->bits_max, bits_max);
	assert_int_equal(s->ip_metric, ip_metric);
}

static void assert_same(const struct gw_search *a, const struct gw_search *b)
{
	assert_string_equal(a->label, b->label);
	assert_true(prefix_equal(&a->prefix, &b->prefix));
	assert_int_equal(a->proto, b->proto);
	assert_int_equal(a->bits_min, b->bits_min);
	assert_int_equal(a->bits_max, b->bits_max);
	assert_string_equal(a->name, b->name);
	assert_int_equal(a->by_node, b->by_node);
	assert_true(digest_equal(&a->node, &b->node));
	assert_int_equal(a->rating, b->rating);
	assert_int_equal(a->hysteresis, b->hysteresis);
	assert_int_equal(a->bandwidth_min, b->bandwidth_min);
	assert_int_equal(a->preference, b->preference);
	assert_int_equal(a->table, b->table);
	assert_int_equal(a->ip_metric, b->ip_metric);
	assert_int_equal(a->allow_overlap, b->allow_overlap);
	assert_int_equal(a->break_overlap, b->break_overlap);
}

static void assert_prints_back(const struct conf *c)
{
	char *text = conf_print(c);
	struct conf again;

	conf_init_defaults(&again);
	assert_true(parse(&again, CONF_NODE, text));
	assert_int_equal(problems.count, 0);
	assert_true(conf_equal(c, &again));
	assert_int_equal(c->node.tunnel.searches, again.node.tunnel.searches);
	for (unsigned i = 0; i < again.node.tunnel.searches; i++)
		assert_same(&c->node.tunnel.search[i], &again.node.tunnel.search[i]);
	free(text);
}

static void test_defaults(void **state)
{
	struct conf c;
	struct gw_search plain;

	(void)state;
	conf_init_defaults(&c);
	assert_true(c.node.tunnel.on);
	assert_int_equal(c.node.tunnel.searches, 6);
	assert_search(&c, "nodes", "172.16.0.0/12", 128, 1024);
	assert_search(&c, "clouds", "10.0.0.0/8", 128, 1024);
	assert_search(&c, "clouds6", "fd00::/8", 128, 1024);
	assert_search(&c, "inet4", "0.0.0.0/0", 0, 1024);
	assert_int_equal(search(&c, "inet4")->table, 72);
	assert_search(&c, "inet6", "::/0", 0, 1024);
	assert_int_equal(search(&c, "inet6")->table, 72);
	assert_search(&c, "publicv6", "2000::/3", 64, 1024);
	assert_int_equal(search(&c, "publicv6")->table, 72);
	/* What is left out is as the engine has it. */
	plain = gw_search_default(search(&c, "clouds")->prefix);
	strcpy(plain.label, "clouds");
	assert_same(&plain, search(&c, "clouds"));
}

/* As OpenWrt's bmx7 writes its searches, quotes and all. */
static void test_bmx7_file(void **state)
{
	static const char text[] = "config 'tunOut' 'inet4'\n"
				   "\toption 'tunOut' 'inet4'\n"
				   "\toption 'network' '0.0.0.0/0'\n"
				   "\toption 'minPrefixLen' '0'\n"
				   "\toption 'maxPrefixLen' '24'\n"
				   "\toption 'gwName' 'uplink-house'\n"
				   "\toption 'gwId' '" SOME_ID "'\n"
				   "\toption 'rating' '250'\n"
				   "\toption 'hysteresis' '50'\n"
				   "\toption 'minBandwidth' '10000000'\n"
				   "\toption 'ipMetric' '500'\n"
				   "\toption 'tableRule' '1000/60'\n"
				   "\toption 'proto' '3'\n"
				   "\toption 'allowOverlappingPrefix' '0'\n"
				   "\toption 'breakOverlappingPrefix' '0'\n"
				   "\toption 'exportDistance' '10'\n"
				   "\toption 'setProto' '3'\n"
				   "config 'tunOut'\n"
				   "\toption 'tunOut' 'clouds'\n"
				   "\toption 'network' '10.20.3.4/16'\n"
				   "config 'tunOut'\n"
				   "\toption 'network' '192.168.0.0/16'\n"
				   "config 'tunOut'\n"
				   "\toption 'tunOut' 'clouds'\n"
				   "\toption 'rating' '7'\n";
	const struct gw_search *s;
	struct conf c;
	char id[DIGEST_TEXT];

	(void)state;
	conf_init_defaults(&c);
	assert_true(parse(&c, CONF_NODE, text));
	assert_int_equal(problems.count, 2); /* exportDistance, setProto */
	assert_non_null(strstr(problems.at[0].text, "BMX7's option exportDistance"));
	assert_int_equal(c.node.tunnel.searches, 7);
	assert_search(&c, "inet4", "0.0.0.0/0", 24, 500);
	s = search(&c, "inet4");
	assert_string_equal(s->name, "uplink-house");
	assert_true(s->by_node);
	assert_string_equal(digest_print(&s->node, id), SOME_ID);
	assert_int_equal(s->bits_min, 0);
	assert_int_equal(s->rating, 250);
	assert_int_equal(s->hysteresis, 50);
	assert_int_equal(s->bandwidth_min, 10000000);
	assert_int_equal(s->preference, 1000);
	assert_int_equal(s->table, 60);
	assert_int_equal(s->proto, 3);
	assert_false(s->allow_overlap || s->break_overlap);
	assert_search(&c, "clouds", "10.20.0.0/16", 128, 1024);
	assert_int_equal(search(&c, "clouds")->rating, 7);
	assert_search(&c, "tunOut1", "192.168.0.0/16", 128, 1024);
	assert_prints_back(&c);
}

/* Nothing of a default is left in a section of its name, but files add up. */
static void test_layers(void **state)
{
	struct conf c;

	(void)state;
	conf_init_defaults(&c);
	assert_true(parse(&c, CONF_COMMUNITY,
			  "config tunOut inet4\noption network 0.0.0.0/0\noption rating 50\n"
			  "config tunOut nodes\noption disabled 1\n"
			  "config tunOut publicv6\noption disabled 1\n"));
	assert_int_equal(problems.count, 0);
	assert_search(&c, "inet4", "0.0.0.0/0", 128, 1024);
	assert_int_equal(c.node.tunnel.searches, 4);
	assert_null(search(&c, "nodes"));
	assert_prints_back(&c);
	assert_true(
		parse(&c, CONF_NODE,
		      "config tunOut inet4\noption gwName anna\n"
		      "config tunOut nodes\noption network 172.20.0.0/16\noption disabled 0\n"));
	assert_int_equal(c.node.tunnel.searches, 5);
	assert_search(&c, "nodes", "172.20.0.0/16", 128, 1024);
	assert_int_equal(search(&c, "inet4")->rating, 50);
	assert_string_equal(search(&c, "inet4")->name, "anna");
	assert_prints_back(&c);
}

/* LibreMesh's bmx7_pref_gw. */
static void test_preferred(void **state)
{
	struct conf c;

	(void)state;
	conf_init_defaults(&c);
	assert_true(parse(&c, CONF_NODE, "config lime network\noption bmx7_pref_gw bru\n"));
	assert_int_equal(problems.count, 0);
	assert_int_equal(c.node.tunnel.searches, 8);
	assert_search(&c, "inet4p", "0.0.0.0/0", 0, 1024);
	assert_int_equal(search(&c, "inet4p")->table, 72);
	assert_search(&c, "inet6p", "::/0", 0, 1024);
	assert_int_equal(search(&c, "inet6p")->table, 72);
	assert_string_equal(search(&c, "inet4p")->name, "bru");
	assert_int_equal(search(&c, "inet4p")->rating, 1000);
	assert_int_equal(search(&c, "inet4")->rating, 100);
	assert_prints_back(&c);
	/* It competes with the search that it is of; none of it when that is off. */
	assert_true(parse(&c, CONF_NODE,
			  "config tunOut inet6\noption disabled 1\n"
			  "config tunOut inet4\noption network 0.0.0.0/0\noption ipMetric 7\n"
			  "option maxPrefixLen 0\n"));
	assert_null(search(&c, "inet6p"));
	assert_search(&c, "inet4p", "0.0.0.0/0", 0, 7);
	/* Who writes LibreMesh's own section has that one. */
	assert_true(parse(&c, CONF_NODE,
			  "config tunOut inet4p\noption network 0.0.0.0/0\noption rating 3\n"));
	assert_int_equal(search(&c, "inet4p")->rating, 3);
	assert_true(parse(&c, CONF_NODE,
			  "config lime network\noption bmx7_pref_gw none\n"
			  "config tunOut inet4p\noption disabled 1\n"));
	assert_null(search(&c, "inet4p"));
}

static void test_mistakes(void **state)
{
	static const struct {
		const char *text;
		unsigned line;
		const char *says, *remedy;
	} cases[] = {
		{"config tunOut x\n", 1, "'x'", "add option network"},
		{"\nconfig tunOut\n\nconfig tunOut y\noption network ::/0\n", 2, "'tunOut1'",
		 "add option network"},
		{"config tunOut inet4\noption rating 3\n", 1, "'inet4'", "add option network"},
		{"config tunOut x\noption network 10.0.0.0\n", 2, "'10.0.0.0'", "10.0.0.0/8"},
		{"config tunOut x\noption network ''\n", 2, "''", "10.0.0.0/8"},
		{"config tunOut x\noption disabled 1\noption gwId 0102\n", 3, "'0102'", "56"},
		{"config tunOut x\noption disabled 1\noption rating 100001\n", 3, "'100001'",
		 "0 to 100000, in percent"},
		{"config tunOut x\noption disabled 1\noption minPrefixLen 130\n", 3, "'130'",
		 "0 to 129"},
		{"config tunOut x\noption disabled 1\noption ipMetric 0\n", 3, "'0'", "1 to"},
		{"config tunOut x\noption disabled 1\noption tableRule 254\n", 3, "'254'",
		 "32767/254"},
		{"config tunOut x\noption disabled 1\noption tableRule 0/254\n", 3, "'0/254'",
		 "32767/254"},
		{"config tunOut x\noption disabled 1\noption tableRule 9/4294967297\n", 3,
		 "'9/4294967297'", "32767/254"},
		{"config tunOut x\noption disabled 1\noption tableRule 9/255\n", 3, "taken", "254"},
		{"config tunOut x\noption disabled 1\noption tableRule 9/70\n", 3, "taken", "254"},
		{"config tunOut x\noption disabled 1\noption ratng 9\n", 3, "'ratng'",
		 "did you mean rating?"},
		{"config tunOut x\noption disabled 1\noption tunOut x\n", 3, "tunOut",
		 "put it first"},
		{"config tunOut x\noption tunOut 'a b'\noption disabled 1\n", 2, "tunOut",
		 "letters, digits"},
		{"config tunOut a1234567890123456789012345678901\noption network ::/0\n", 2,
		 "more than 31", "shorten"},
		{"config tunout x\n", 1, "'tunout'", "did you mean tunOut?"},
		{"config lime network\noption bmx7_pref_gw ''\n", 2, "0 bytes", "1 to 63"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct conf c, before;
		char shown[512];

		conf_init_defaults(&c);
		before = c;
		assert_false(parse(&c, CONF_NODE, cases[i].text));
		assert_true(conf_equal(&c, &before));
		conf_problem_print(&problems.at[0], shown, sizeof(shown));
		if (problems.errors < 1 || problems.at[0].line != cases[i].line ||
		    !strstr(problems.at[0].text, cases[i].says) ||
		    !strstr(problems.at[0].remedy, cases[i].remedy))
			fail_msg("case %zu: %s", i, shown);
	}
}

static void test_full(void **state)
{
	static char text[64 * (CONF_SEARCHES_MAX + 1)];
	struct conf c;
	size_t used = 0;

	(void)state;
	conf_init_defaults(&c);
	for (unsigned i = c.searches.count; i < CONF_SEARCHES_MAX; i++)
		used += (size_t)snprintf(text + used, sizeof(text) - used,
					 "config tunOut s%u\noption network 10.0.0.0/8\n", i);
	snprintf(text + used, sizeof(text) - used, "config lime network\noption bmx7_pref_gw a\n");
	assert_true(parse(&c, CONF_NODE, text));
	assert_int_equal(c.node.tunnel.searches, GW_SEARCHES_MAX);
	assert_false(parse(&c, CONF_NODE, "config tunOut more\noption network 10.0.0.0/8\n"));
	assert_non_null(strstr(problems.at[0].text, "more than 30"));
}

/* What is allowed, but finds nothing. */
static void test_notes(void **state)
{
	static const struct {
		const char *text;
		const char *says; /* NULL: sound */
	} cases[] = {
		{"", NULL},
		{"config tunOut x\noption network 10.14.0.0/16\n", NULL},
		{"config tunOut x\noption network 10.13.7.0/24\n", "inside of this cloud"},
		{"config tunOut x\noption network 10.13.7.0/24\noption disabled 1\n", NULL},
		{"config tunOut x\noption network 10.14.0.0/16\noption maxPrefixLen 8\n",
		 "minPrefixLen"},
		{"config tunOut x\noption network 10.14.0.0/16\noption minPrefixLen 33\n",
		 "minPrefixLen"},
		{"config tunOut x\noption network fd00::/8\noption minPrefixLen 33\n", NULL},
		{"config tunOut x\noption network 10.14.0.0/16\noption rating 0\n", "rating of 0"},
		{"config lime system\noption hostname anna\n"
		 "config tunOut x\noption network 10.14.0.0/16\noption gwName anna\n",
		 "no gateway for itself"},
		{"config tunOut x\noption network 10.14.0.0/16\n"
		 "config nuvol bmx7\noption tunnels 0\n",
		 "without the network"},
		{"config nuvol bmx7\noption tunnels 0\n", NULL},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct conf c;

		conf_init_defaults(&c);
		c.node.plan.network = true;
		assert_true(parse(&c, CONF_NODE, cases[i].text));
		assert_true(conf_check(&c, crypto_test(), &problems));
		if (problems.count != (cases[i].says != NULL) ||
		    (cases[i].says && !strstr(problems.at[0].text, cases[i].says)))
			fail_msg("case %zu: %u notes, %s", i, problems.count, problems.at[0].text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_defaults), cmocka_unit_test(test_bmx7_file),
		cmocka_unit_test(test_layers),	 cmocka_unit_test(test_preferred),
		cmocka_unit_test(test_mistakes), cmocka_unit_test(test_full),
		cmocka_unit_test(test_notes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
