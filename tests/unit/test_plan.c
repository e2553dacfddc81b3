/* Proves that the plan is what LibreMesh derives, for every vector in tests/golden/libremesh.json.
 */
/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include "cmocka_all.h"
#include "core/plan/plan.h"
#include "crypto_test.h"

static json_t *golden;

static int golden_load(void **state)
{
	(void)state;
	golden = json_load_file(TESTS_DIR "/golden/libremesh.json", 0, NULL);
	return golden ? 0 : -1;
}

static int golden_free(void **state)
{
	(void)state;
	json_decref(golden);
	return 0;
}

static const char *text_of(const json_t *v, const char *key)
{
	const char *text = json_string_value(json_object_get(v, key));

	assert_non_null(text);
	return text;
}

static long number_of(const json_t *v, const char *key)
{
	assert_true(json_is_integer(json_object_get(v, key)));
	return (long)json_integer_value(json_object_get(v, key));
}

static struct plan plan_of(const json_t *v)
{
	struct plan_conf conf = plan_conf_default();
	struct plan p;

	snprintf(conf.ssid, sizeof(conf.ssid), "%s", text_of(v, "ssid"));
	assert_true(mac_parse(text_of(v, "primary_mac"), &conf.primary_mac));
	assert_int_equal(plan_init(&p, &conf, crypto_test()), OK);
	return p;
}

static json_t *vectors(void)
{
	json_t *all = json_object_get(golden, "vectors");

	assert_true(json_array_size(all) >= 5);
	return all;
}

static void test_ids(void **state)
{
	size_t i;
	json_t *v;

	(void)state;
	json_array_foreach(vectors(), i, v)
	{
		struct plan p = plan_of(v);
		char hex[33];

		for (unsigned k = 0; k < 16; k++)
			snprintf(hex + 2 * k, 3, "%02x", p.network_id[k]);
		assert_string_equal(hex, text_of(v, "md5"));
		for (unsigned k = 0; k < 6; k++) {
			snprintf(hex, sizeof(hex), "%02x", p.network_id[k]);
			assert_string_equal(
				hex, json_string_value(json_array_get(json_object_get(v, "N"), k)));
		}
		assert_int_equal(p.network_id[0], number_of(v, "N1"));
		assert_string_equal(p.hostname, text_of(v, "hostname"));
	}
}

static void test_vlans(void **state)
{
	size_t i;
	json_t *v;

	(void)state;
	json_array_foreach(vectors(), i, v)
	{
		struct plan p = plan_of(v);

		assert_true(p.cloud_tagged);
		assert_int_equal(p.cloud_vid, number_of(v, "batadv_vid"));
		assert_int_equal(p.cloud_tpid, 0x88a8);
		assert_int_equal(p.network_vid, number_of(v, "bmx7_vid"));
	}
}

static void test_addresses(void **state)
{
	static const char *const rules[] = {NULL, "NETWORK", "ANYGW", "BROADCAST"};
	size_t i;
	json_t *v;

	(void)state;
	json_array_foreach(vectors(), i, v)
	{
		struct plan p = plan_of(v);
		json_t *rule = json_object_get(v, "ipv4_rule");
		char text[IPV6_PREFIX_TEXT];

		assert_string_equal(ipv4_prefix_print(p.ipv4, text), text_of(v, "ipv4"));
		assert_string_equal(ipv6_prefix_print(p.ipv6, text), text_of(v, "ipv6"));
		assert_string_equal(ipv4_prefix_print(p.prefix4, text), text_of(v, "prefix4"));
		assert_string_equal(ipv6_prefix_print(p.prefix6, text), text_of(v, "prefix6"));
		assert_non_null(rule);
		if (json_is_null(rule))
			assert_int_equal(p.ipv4_rule, PLAN_IPV4_FREE);
		else
			assert_string_equal(rules[p.ipv4_rule], json_string_value(rule));
	}
}

static void test_anygw_and_dhcp(void **state)
{
	size_t i;
	json_t *v;

	(void)state;
	json_array_foreach(vectors(), i, v)
	{
		struct plan p = plan_of(v);
		char text[IPV6_PREFIX_TEXT];

		assert_string_equal(mac_print(p.anygw_mac, text), text_of(v, "anygw_mac"));
		assert_string_equal(ipv6_print(p.anygw_link_local, text), text_of(v, "anygw_ll"));
		assert_string_equal(ipv4_prefix_print(p.anygw_ipv4, text),
				    text_of(v, "anygw_ipv4"));
		assert_string_equal(ipv6_prefix_print(p.anygw_ipv6, text),
				    text_of(v, "anygw_ipv6"));
		assert_string_equal(ipv4_print(p.dhcp_first, text), text_of(v, "dhcp_first"));
		assert_string_equal(ipv4_print(p.dhcp_last, text), text_of(v, "dhcp_last"));
		assert_int_equal(p.dhcp_limit, number_of(v, "dhcp_limit"));
	}
}

/* The keys are Linux' names, BASE_VID; the hash is over the base device's name. */
static void test_port_macs(void **state)
{
	size_t i;
	json_t *v;

	(void)state;
	json_array_foreach(vectors(), i, v)
	{
		struct plan p = plan_of(v);
		const char *name;
		json_t *expected;

		assert_true(json_object_size(json_object_get(v, "batadv_hardif_macs")) >= 4);
		json_object_foreach(json_object_get(v, "batadv_hardif_macs"), name, expected)
		{
			char base[16];
			char text[MAC_TEXT];
			struct mac mac;

			snprintf(base, sizeof(base), "%.*s", (int)strcspn(name, "_"), name);
			assert_int_equal(atoi(strchr(name, '_') + 1), p.cloud_vid);
			plan_port_mac(&p, crypto_test(), base, &mac);
			assert_string_equal(mac_print(mac, text), json_string_value(expected));
		}
	}
}

static bool warns(const struct plan *p, enum plan_warning_kind kind)
{
	for (unsigned i = 0; i < p->warning_count; i++)
		if (p->warnings[i].kind == kind)
			return true;
	return false;
}

static void test_vectors_warn(void **state)
{
	size_t i;
	json_t *v;

	(void)state;
	json_array_foreach(vectors(), i, v)
	{
		struct plan p = plan_of(v);
		bool clashes = json_is_true(json_object_get(v, "ipv6_clashes_with_anygw"));

		assert_int_equal(warns(&p, PLAN_IPV6_ANYCAST), clashes);
		assert_int_equal(warns(&p, PLAN_IPV4_RESERVED),
				 !json_is_null(json_object_get(v, "ipv4_rule")));
	}
}

static void test_dnsmasq_choice(void **state)
{
	struct plan p = plan_of(json_array_get(vectors(), 0));
	const char *client;
	json_t *expected;

	(void)state;
	assert_true(json_object_size(json_object_get(golden, "dnsmasq_first_choice")) >= 2);
	json_object_foreach(json_object_get(golden, "dnsmasq_first_choice"), client, expected)
	{
		struct mac mac;
		char text[IPV4_TEXT];

		assert_true(mac_parse(client, &mac));
		assert_string_equal(ipv4_print(plan_dhcp_choice(&p, mac), text),
				    json_string_value(expected));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ids),
		cmocka_unit_test(test_vlans),
		cmocka_unit_test(test_addresses),
		cmocka_unit_test(test_anygw_and_dhcp),
		cmocka_unit_test(test_port_macs),
		cmocka_unit_test(test_vectors_warn),
		cmocka_unit_test(test_dnsmasq_choice),
	};

	return cmocka_run_group_tests(tests, golden_load, golden_free);
}
