/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/cable/cable.h"

void cable_init(struct cable *c, const struct cable_conf *conf)
{
	*c = (struct cable){.conf = *conf};
}

void cable_handle(struct cable *c, instant now, const struct ev *ev, struct fx *fx)
{
	(void)c, (void)now, (void)ev, (void)fx;
}

instant cable_deadline(const struct cable *c)
{
	(void)c;
	return NEVER;
}
