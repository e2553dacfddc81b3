/* Proves that every hash, signature, MAC and OGM chain in captures of real bmx7 nodes is what our
 * crypto functions compute. */
/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include "bmx7_capture.h"
#include "bmx7_verify.h"
#include "cmocka_all.h"
#include "drv/crypto.h"
#include "drv/public_key.h"

/* As tests/capture/bmx7/decode.py -q counts them. */
static const struct {
	const char *name, *secrets;
	struct bmx7_verified is;
} captures[] = {
	{"01-two-nodes-startup",
	 NULL,
	 {.descriptions = 6,
	  .expanded = 12,
	  .macs_unknown = 211,
	  .replies = 201,
	  .iid_chains = 4,
	  .ogm_chains = 51}},
	{"02-two-nodes-rsa-link-signatures",
	 NULL,
	 {.descriptions = 6,
	  .expanded = 10,
	  .rsa = 118,
	  .replies = 111,
	  .iid_chains = 4,
	  .ogm_chains = 26}},
	{"03-three-in-a-line-n1-eth0",
	 NULL,
	 {.descriptions = 9,
	  .expanded = 18,
	  .macs_unknown = 299,
	  .replies = 186,
	  .iid_chains = 7,
	  .ogm_chains = 72}},
	{"03-three-in-a-line-n1-eth1",
	 NULL,
	 {.descriptions = 9,
	  .expanded = 18,
	  .macs_unknown = 295,
	  .replies = 183,
	  .iid_chains = 6,
	  .ogm_chains = 71}},
	{"04-tunnel-gateway-n2-eth0",
	 NULL,
	 {.descriptions = 18,
	  .expanded = 66,
	  .macs_unknown = 833,
	  .replies = 392,
	  .iid_chains = 8,
	  .ogm_chains = 205}},
	{"04-tunnel-gateway-n2-eth1",
	 NULL,
	 {.descriptions = 18,
	  .expanded = 66,
	  .macs_unknown = 624,
	  .replies = 390,
	  .iid_chains = 8,
	  .ogm_chains = 205}},
	{"05-link-failure-n0_eth0",
	 NULL,
	 {.descriptions = 14,
	  .expanded = 30,
	  .macs_unknown = 1142,
	  .replies = 500,
	  .iid_chains = 17,
	  .ogm_chains = 299}},
	{"05-link-failure-n0_eth1",
	 NULL,
	 {.descriptions = 19,
	  .expanded = 42,
	  .macs_unknown = 1248,
	  .replies = 620,
	  .iid_chains = 9,
	  .ogm_chains = 316}},
	{"05-link-failure-n2_eth0",
	 NULL,
	 {.descriptions = 17,
	  .description_key_missing = 7,
	  .expanded = 40,
	  .macs_unknown = 1215,
	  .replies = 602,
	  .iid_chains = 17,
	  .ogm_chains = 309,
	  .ogm_strange = 4}},
	{"06-three-on-one-lan-all-desc-types",
	 BMX7_CAPTURES "/06-three-on-one-lan-all-desc-types.dhm-secrets.txt",
	 {.descriptions = 18,
	  .expanded = 37,
	  .macs = 440,
	  .replies = 384,
	  .iid_chains = 10,
	  .ogm_chains = 84}},
	{"07-node-isolated-by-short-dh-key", NULL, {.macs_unknown = 6, .ogm_strange = 5}},
};

#define SAME(field)                                                                                \
	do {                                                                                       \
		if (got.field != is->field)                                                        \
			fail_msg("%s: " #field " %u, not %u", captures[i].name, got.field,         \
				 is->field);                                                       \
	} while (0)

static void test_every_capture(void **state)
{
	(void)state;
	for (unsigned i = 0; i < sizeof(captures) / sizeof(captures[0]); i++) {
		const struct bmx7_verified *is = &captures[i].is;
		char path[500];

		snprintf(path, sizeof(path), BMX7_CAPTURES "/%s.pcap", captures[i].name);
		struct bmx7_verified got =
			bmx7_verify(path, captures[i].secrets, crypto_mbedtls(), public_key_job);
		SAME(wrong);
		SAME(descriptions);
		SAME(description_key_missing);
		SAME(expanded);
		SAME(rsa);
		SAME(macs);
		SAME(macs_unknown);
		SAME(replies);
		SAME(iid_chains);
		SAME(ogm_chains);
		SAME(ogm_strange);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_capture),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
