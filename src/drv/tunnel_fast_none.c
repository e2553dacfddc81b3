/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "drv/log.h"
#include "drv/tunnel_fast.h"

void tunnel_fast_open(struct tunnel_fast *f, enum host_datapath datapath, enum host_tunnel kind)
{
	(void)datapath;
	*f = (struct tunnel_fast){0};
	if (kind == HOST_TUNNEL_BPF)
		log_line(LOG_WARN, "this nuvold was built without programs for tunnels");
}

void tunnel_fast_close(struct tunnel_fast *f, struct netlink *ask)
{
	(void)f, (void)ask;
}

void tunnel_fast_end_set(struct tunnel_fast *f, int ifindex, const struct tunnel_end *end)
{
	(void)f, (void)ifindex, (void)end;
}

void tunnel_fast_end_unset(struct tunnel_fast *f)
{
	(void)f;
}

void tunnel_fast_port(struct tunnel_fast *f, struct netlink *ask, unsigned slot, uint32_t ifindex)
{
	(void)f, (void)ask, (void)slot, (void)ifindex;
}

void tunnel_fast_check(struct tunnel_fast *f)
{
	(void)f;
}

void tunnel_fast_out_set(struct tunnel_fast *f, int ifindex, struct ipv6 primary, struct ipv6 dummy)
{
	(void)f, (void)ifindex, (void)primary, (void)dummy;
}

void tunnel_fast_out_unset(struct tunnel_fast *f, struct netlink *ask, int ifindex)
{
	(void)f, (void)ask, (void)ifindex;
}

struct tunnel_counter tunnel_fast_count(const struct tunnel_fast *f, int ifindex)
{
	(void)f, (void)ifindex;
	return (struct tunnel_counter){0};
}
