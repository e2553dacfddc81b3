/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * dnsmasq_conf - the configuration that dnsmasq gets from us.
 *
 * Source  dnsmasq(8) 2.90; specs/libremesh.md 1.9.
 * Shape   plain data in, a text out: nothing of the machine is asked here.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "conf/host_conf.h"
#include "core/fx.h"
#include "core/plan/plan.h"

struct dnsmasq_conf {
	const struct plan *plan;
	const struct host_conf *host;
	const char *run_dir;
	const char *script; /* nuvol-dhcp-event */
	const char *user;   /* whom dnsmasq becomes */
	const struct range *ranges;
	size_t range_count;
	bool ipv6_exit; /* is there a way to the IPv6 Internet? */
	bool clouds;	/* are other clouds reached through this node? */
	bool no_ipv6;	/* the kernel has none: dnsmasq would not start */
	bool no_dns;	/* the port is another's */
	uint32_t leases_max;
};

/* NULL: no memory. The caller frees. */
char *dnsmasq_conf_print(const struct dnsmasq_conf *c);
