/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * primary - the MAC that names this machine.
 *
 * Source  specs/libremesh.md 1.1 (primary_interface).
 */
#pragma once
#include "base/mac.h"
#include "conf/host_conf.h"
#include "core/crypto.h"
#include "drv/link.h"

/* The MAC of the configured primary interface; else of the first interface that is
 * to carry the mesh or the LAN; else of any Ethernet-like one; else one made of the
 * machine's id, the same at each start. from: says in words where it is from. */
struct mac primary_mac_find(const struct host_conf *conf, const struct links *links,
			    const struct crypto *crypto, char *from, size_t room);
