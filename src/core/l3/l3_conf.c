/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/l3/l3_conf.h"
#include "wire/bmx7.h"

struct l3_conf l3_conf_default(void)
{
	return (struct l3_conf){
		.prefix = {{0xfd, 0x70}, 16},
		.metric = BMX7_METRIC_DEFAULT,
		.sqn_range = 6000,
		.dh_type = BMX7_DH2048,
		.link_quality_min = 25,
		.key_lifetime = span_s(21600),
		.tx_gap = span_ms(40),
		.hello_young = span_ms(100),
		.hello_usual = span_ms(800),
		.hello_stable = span_ms(2000),
		.ogm_young = span_s(6),
		.ogm_stable = span_s(54),
		.ogm_foreign = span_s(5),
		.link_timeout = span_s(20),
		.nodes_max = 2000,
		.neighbours_max = 256,
		.links_max = 512,
		.claims_max = 40000,
		.memory_max_bytes = (size_t)48 << 20,
	};
}
