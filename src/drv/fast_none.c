/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "drv/fast.h"
#include "drv/log.h"

enum host_datapath fast_wanted(enum host_datapath configured)
{
	return configured;
}

bool fast_start(struct fast *f, const struct fast_env *env)
{
	*f = (struct fast){.env = *env, .fault = "built without it"};
	if (env->datapath == HOST_DATAPATH_BPF)
		log_line(LOG_ERROR,
			 "this nuvold was built without the fast path: install clang and "
			 "libbpf-dev and build again, or set datapath of nuvol.host");
	return env->datapath != HOST_DATAPATH_BPF;
}

void fast_stop(struct fast *f)
{
	(void)f;
}

void fast_effect(struct fast *f, const struct fx_forwarding *told)
{
	(void)f, (void)told;
}

void fast_settle(struct fast *f)
{
	(void)f;
}

void fast_cloud(struct fast *f, uint32_t ifindex)
{
	(void)f, (void)ifindex;
}

bool fast_port(struct fast *f, uint8_t port, const char *name, const struct packet_conf *c)
{
	(void)f, (void)port, (void)name, (void)c;
	return false;
}
