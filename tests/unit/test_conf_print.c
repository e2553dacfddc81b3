/* Proves that what is printed parses again to the same, for the defaults and for a thousand
 * configurations made at random; and that comparing sees every option. */
/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/prng.h"
#include "cmocka_all.h"
#include "conf/options.h"
#include "conf/section.h"

static void assert_prints_back(const struct conf *c)
{
	struct conf_problems problems;
	struct conf again;
	char *text = conf_print(c);
	char *second;

	assert_non_null(text);
	conf_problems_init(&problems);
	conf_init_defaults(&again);
	if (!conf_parse(&again, "printed", text, strlen(text), CONF_NODE, &problems)) {
		char shown[512];

		fail_msg("%s\n%s", conf_problem_print(&problems.at[0], shown, sizeof(shown)), text);
	}
	assert_int_equal(problems.count, 0);
	assert_true(conf_equal(c, &again));
	second = conf_print(&again);
	assert_non_null(second);
	assert_string_equal(text, second);
	free(text);
	free(second);
}

static void test_defaults(void **state)
{
	struct conf c;

	(void)state;
	conf_init_defaults(&c);
	assert_prints_back(&c);
}

/* A value that the row may or may not accept. */
static void random_value(struct prng *g, const struct option *o, char *value, size_t room)
{
	static const char *const words[] = {
		"a",
		"it's",
		"x y",
		"\"q\"",
		"#no",
		"back\\",
		"batadv",
		"batadv:0",
		"batadv:%N2:8021q",
		"lan",
		"anygw",
		"manual",
		"babeld:17",
		"02:00:00:00:00:07",
		"",
		"1",
		"0",
		"yes",
		"no",
		"auto",
		"macvlan",
		"tun",
		"bpf",
		"/run/x",
		"192.0.2.53",
		"2001:DB8::53",
		"02:00:00:00:00:07,10.0.0.7",
		"02:00:00:00:00:08,10.0.0.8,printer",
		"eth0.5",
		"mesh-0",
		"10.%N1.0.0/16",
		"10.0.128.0/16/17",
		"fd00::/64",
		"02:%N1:0a:%N2:00:01",
		"n-%M6",
		"caf\xc3\xa9",
		"a.b",
		"$x",
		"10.20.0.0/16",
		"2001:db8::/32",
		"000102030405060708090a0b0c0d0e0f101112131415161718191a1b",
		"1000/60",
		"nat66",
		"ping:192.0.2.1",
		"tcp:[2001:db8::1]:443",
		"tcp:192.0.2.1:80",
		"dns:2001:db8::53",
		"%N1",
	};

	if ((o->kind == OPTION_NUMBER || o->kind == OPTION_MS) && prng_below(g, 4) > 0)
		snprintf(value, room, "%" PRIu64,
			 (uint64_t)o->min + prng_u64(g) % (uint64_t)(o->max - o->min + 1));
	else
		snprintf(value, room, "%s", words[prng_below(g, sizeof(words) / sizeof(words[0]))]);
}

static void random_interface(struct prng *g, struct conf *c, unsigned number)
{
	struct conf_problems problems;
	char text[64];

	conf_problems_init(&problems);
	snprintf(text, sizeof(text), "config net %s%u", prng_below(g, 2) ? "mesh-" : "n.", number);
	assert_true(conf_parse(c, "random", text, strlen(text), CONF_NODE, &problems));
}

static void *base_of(struct prng *g, struct conf *c, const struct option *o)
{
	const struct section_kind *k = section_kind_find(o->type);

	if (o->section)
		return c;
	return section_count(k, c) > 0 ? section_at(k, c, prng_below(g, section_count(k, c)))
				       : NULL;
}

static unsigned random_conf(struct prng *g, struct conf *c)
{
	size_t count;
	const struct option *o = option_table(&count);
	unsigned interfaces = prng_below(g, 4);
	unsigned accepted = 0;

	conf_init_defaults(c);
	for (unsigned i = 0; i < interfaces; i++)
		random_interface(g, c, i);
	for (unsigned i = 0; i < 60; i++) {
		const struct option *row = &o[prng_below(g, (uint32_t)count)];
		void *base = base_of(g, c, row);
		struct conf before = *c;
		struct option_answer a;
		char value[64];

		if (!base)
			continue;
		random_value(g, row, value, sizeof(value));
		if (option_is_list(row) && prng_below(g, 2))
			option_add(row, base, value, &a);
		else
			option_set(row, base, value, &a);
		if (a.kind == ANSWER_ERROR)
			*c = before;
		else
			accepted++;
	}
	return accepted;
}

static void test_random(void **state)
{
	unsigned long accepted = 0;

	(void)state;
	for (uint64_t seed = 1; seed <= 1000; seed++) {
		struct prng g;
		struct conf c;

		prng_seed(&g, seed);
		accepted += random_conf(&g, &c);
		assert_prints_back(&c);
	}
	/* Most rounds changed something, or nothing was shown. */
	assert_true(accepted > 1000 * 10);
}

/* Changing any one option is seen by conf_equal and in the print. */
static void test_equal_sees_all(void **state)
{
	size_t count;
	const struct option *o = option_table(&count);

	(void)state;
	for (size_t i = 0; i < count; i++) {
		struct prng g;
		struct conf plain;
		struct conf changed;
		bool differs = false;

		if (o[i].kind == OPTION_FIXED)
			continue;
		prng_seed(&g, i + 1);
		conf_init_defaults(&plain);
		random_interface(&g, &plain, 0);
		for (unsigned tries = 0; tries < 1000 && !differs; tries++) {
			struct option_answer a;
			char value[64];

			changed = plain;
			random_value(&g, &o[i], value, sizeof(value));
			option_set(&o[i], base_of(&g, &changed, &o[i]), value, &a);
			differs = a.kind != ANSWER_ERROR &&
				  memcmp(&plain, &changed, sizeof(plain)) != 0;
		}
		assert_true(differs);
		if (conf_equal(&plain, &changed))
			fail_msg("%s: a change is not seen", o[i].name);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_equal_sees_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
