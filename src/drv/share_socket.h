/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * share_socket - the datagrams of core/share, on the LAN's bridge.
 *
 * Source  specs/alfred.md "Transport"; socket(7) SO_ATTACH_FILTER.
 * Shape   Two sockets on UDP port SHARE_PORT of the bridge: one at the link-local address of
 *         the node's MAC (EUI-64), by which all leaves; one at ff02::1. The address is
 *         added to the bridge when the kernel has not made it itself. The MAC of a sender
 *         is that in its address; the kernel drops what was not sent by the Ethernet
 *         address of that MAC, so that a client that borrows a node's address has to
 *         borrow its MAC as well, and then it is seen to be a client.
 *         To whom we send, the kernel is told his MAC: it is in his address, and asking all
 *         for it would be a flood through the cloud for each pair of nodes.
 *         What is missing (bridge, address, port) is looked for each SHARE_LOOK_MS.
 * Memory  the caller embeds the struct; a batch of buffers is allocated.
 */
#pragma once
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "base/clock.h"
#include "base/mac.h"
#include "core/ev.h"
#include "core/fx.h"
#include "drv/link.h"
#include "drv/netlink.h"

enum {
	SHARE_LOOK_MS = 1000,
	SHARE_BATCH = 8,    /* datagrams read at once ... */
	SHARE_BATCHES = 16, /* ... so often at most before others have their turn */
	SHARE_NEIGHBOURS = 64,
	SHARE_NEIGHBOUR_S = 20,
};

struct share_socket_env {
	const char *bridge;
	struct mac mac; /* share_conf.self */
	struct links *links;
	struct netlink *ask, *effect_ask; /* effects come while `ask` is busy */
	uv_loop_t *uv;
	void (*tell)(void *ctx, const struct ev *ev); /* EV_DATAGRAM */
	void *ctx;
};

struct share_ear {
	int fd; /* -1: closed */
	uv_poll_t *poll;
	struct share_socket *socket;
};

struct share_socket {
	struct share_socket_env env;
	bool started;
	int ifindex; /* of the bridge that the sockets are on; 0: closed */
	bool added;  /* the address, by us */
	struct share_ear own, all;
	uv_timer_t look;
	struct share_batch *batch;
	struct {
		struct mac mac;
		instant told;
	} neighbour[SHARE_NEIGHBOURS]; /* whose MAC the kernel was told lately */
	unsigned next_neighbour;
	uint64_t unsent, not_eui64;
	const char *fault; /* why it does not run; NULL: it does */
	int error;	   /* of fault; negative errno */
};

void share_socket_start(struct share_socket *s, const struct share_socket_env *env);
/* uv handles are closed. */
void share_socket_stop(struct share_socket *s);
/* FX_DATAGRAM. What cannot be sent now is lost; the core repairs it. */
void share_socket_send(struct share_socket *s, const struct fx_datagram *d);
/* links.changed for all links. */
void share_socket_link(struct share_socket *s, const struct link *l, bool gone);
/* An object; the caller owns it. */
json_t *share_socket_status(const struct share_socket *s);
