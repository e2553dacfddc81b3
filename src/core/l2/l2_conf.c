/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/l2/l2_conf.h"

struct l2_conf l2_conf_default(void)
{
	return (struct l2_conf){
		.orig_interval = span_s(1),
		.hop_penalty = 30,
		.fragmentation = true,
		.flood_unknown = true,
		.ports_max = 8,
		.originators_max = 2048,
		.clients_here_max = 1024,
		.clients_max = 16384,
		.vlans_max = 16,
		.forwards_max = 256,
		.memory_max_bytes = (size_t)64 << 20,
	};
}
