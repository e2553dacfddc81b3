/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "drv/tunnel_orphans.h"

#include "drv/link.h"
#include "drv/log.h"

enum { AT_ONCE = 64 };

struct orphans {
	enum tunnel_device_kind kind;
	bool (*is_wished)(const void *ctx, int ifindex); /* NULL: none is */
	const void *ctx;
	unsigned count;
	int ifindex[AT_ONCE];
};

static void orphan_seen(void *ctx, int ifindex, const char *name, enum tunnel_device_kind kind)
{
	struct orphans *o = ctx;

	(void)name;
	if (o->count == AT_ONCE || kind != o->kind ||
	    (o->is_wished && o->is_wished(o->ctx, ifindex)))
		return;
	o->ifindex[o->count++] = ifindex;
}

bool tunnel_orphans_any(struct netlink *ask, enum tunnel_device_kind kind)
{
	struct orphans o = {.kind = kind};

	(void)tunnel_kernel_each(ask, orphan_seen, &o);
	return o.count > 0;
}

/* Not from within the dump: its socket is busy. */
void tunnel_orphans_remove(struct netlink *ask, enum tunnel_device_kind kind,
			   bool (*is_wished)(const void *ctx, int ifindex), const void *ctx)
{
	struct orphans o;
	unsigned gone;

	do {
		o = (struct orphans){.kind = kind, .is_wished = is_wished, .ctx = ctx};
		gone = 0;
		(void)tunnel_kernel_each(ask, orphan_seen, &o);
		for (unsigned i = 0; i < o.count; i++)
			gone += link_delete(ask, o.ifindex[i]) == 0;
		if (gone > 0)
			log_line(LOG_INFO, "%u tunnel interfaces of a former daemon go", gone);
	} while (gone == AT_ONCE);
}
