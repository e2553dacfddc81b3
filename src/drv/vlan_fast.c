/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "drv/vlan_fast.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <string.h>

#include "bpf/object.h"
#include "drv/fast_object.h"
#include "drv/fast_port.h"
#include "drv/log.h"

static int load(struct vlan_fast *f)
{
	int e = fast_object_load(&f->object, bpf_vlan_object, bpf_vlan_object_len);

	if (e)
		return e;
	f->in_program = fast_object_program(f->object, "vlan_in");
	f->out_program = fast_object_program(f->object, "vlan_out");
	f->ins = bpf_object__find_map_fd_by_name(f->object, "vlan_ins");
	f->outs = bpf_object__find_map_fd_by_name(f->object, "vlan_outs");
	return f->in_program < 0 || f->out_program < 0 ? -ENOENT : 0;
}

void vlan_fast_open(struct vlan_fast *f, enum host_datapath datapath)
{
	int e;

	*f = (struct vlan_fast){0};
	/* Only if asked for: a gateway whose nuvold was killed goes on to carry, and is left late.
	 */
	if (datapath != HOST_DATAPATH_BPF)
		return;
	e = load(f);
	if (!e)
		return;
	log_line(LOG_WARN, "the kernel does not take the programs of VLAN ports: %s", strerror(-e));
	vlan_fast_close(f);
}

void vlan_fast_close(struct vlan_fast *f)
{
	bpf_object__close(f->object);
	f->object = NULL;
}

int vlan_fast_set(struct vlan_fast *f, struct netlink *ask, const struct vlan_fast_port *p)
{
	const struct vlan_out_value out = {.lower = p->lower, .vid = p->vid, .tpid = p->tpid};
	const struct vlan_in_key key = {.lower = p->lower, .vid = p->vid, .tpid = p->tpid};
	struct vlan_in_value in = {.port = p->ifindex};
	int e;

	memcpy(in.mac, p->mac.b, sizeof(in.mac));
	if (bpf_map_update_elem(f->outs, &p->ifindex, &out, BPF_ANY) ||
	    bpf_map_update_elem(f->ins, &key, &in, BPF_ANY))
		e = -errno;
	else
		e = fast_port_attach(p->ifindex, FAST_VLAN_EGRESS, f->out_program);
	if (!e)
		e = fast_port_attach(p->lower, FAST_VLAN_INGRESS, f->in_program);
	if (e)
		vlan_fast_unset(f, ask, p);
	return e;
}

void vlan_fast_unset(struct vlan_fast *f, struct netlink *ask, const struct vlan_fast_port *p)
{
	const struct vlan_in_key key = {.lower = p->lower, .vid = p->vid, .tpid = p->tpid};

	if (f->object) {
		(void)bpf_map_delete_elem(f->ins, &key);
		(void)bpf_map_delete_elem(f->outs, &p->ifindex);
	}
	fast_port_detach(ask, p->lower, FAST_VLAN_INGRESS);
	fast_port_detach(ask, p->ifindex, FAST_VLAN_EGRESS);
}
