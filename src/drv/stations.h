/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * stations - what the kernel's Wi-Fi says about neighbours that have left.
 *
 * Source  linux/nl80211.h, genetlink: multicast group mlme, NL80211_CMD_DEL_STATION. A mesh
 *         peer or a station of an ad hoc cell is deleted when its link is closed, or when the
 *         driver has not heard of it or got nothing through to it for long.
 * Shape   a listening socket. Without Wi-Fi in the kernel there is none, and nothing to hear.
 */
#pragma once
#include <uv.h>

#include "base/mac.h"
#include "drv/netlink.h"

struct stations {
	struct netlink heard;
	uv_poll_t *poll;
	uint16_t family; /* nl80211's number here */
	void (*gone)(void *ctx, int ifindex, struct mac mac);
	void *ctx;
};

/* gone and ctx are set. 0; -ENOENT: the kernel has no Wi-Fi; other negative errno. */
int stations_start(struct stations *s, uv_loop_t *uv);
void stations_stop(struct stations *s);
/* A message of the kernel; others than the end of a station are ignored. */
void stations_rx(const struct stations *s, const struct nlmsghdr *h);

/* From the kernel's answer about a family: its number and that of a multicast group. false:
 * it is no such answer, or there is no such group. */
bool stations_family_read(const struct nlmsghdr *h, const char *group, uint16_t *family,
			  uint32_t *number);
