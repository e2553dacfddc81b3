/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>

#include "drv/vlan_fast.h"

void vlan_fast_open(struct vlan_fast *f, enum host_datapath datapath)
{
	(void)datapath;
	*f = (struct vlan_fast){0};
}

void vlan_fast_close(struct vlan_fast *f)
{
	(void)f;
}

int vlan_fast_set(struct vlan_fast *f, struct netlink *ask, const struct vlan_fast_port *p)
{
	(void)f, (void)ask, (void)p;
	return -EOPNOTSUPP;
}

void vlan_fast_unset(struct vlan_fast *f, struct netlink *ask, const struct vlan_fast_port *p)
{
	(void)f, (void)ask, (void)p;
}
