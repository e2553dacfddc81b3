/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * loop - one node on this machine: the drivers, and the event loop around them.
 *
 * Source  DESIGN 3 to 5.
 * Shape   What the kernel says becomes events for the node; what the node wants
 *         goes to the drivers. Before the loop sleeps, all that is queued is sent
 *         and one timer is set to the earliest deadline of node and ctl.
 *         On SIGTERM and SIGINT the network is told that we leave, and then everything that we
 *         made is taken away. After
 *         SIGKILL, the next daemon adopts it (run_dir.h).
 * Memory  struct loop is large: allocate it.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "conf/conf.h"
#include "ctl/ctl.h"
#include "drv/cables.h"
#include "drv/client_preference.h"
#include "drv/ctl_socket.h"
#include "drv/datapath.h"
#include "drv/fast.h"
#include "drv/fdb.h"
#include "drv/gateway.h"
#include "drv/lan.h"
#include "drv/link.h"
#include "drv/mesh_port.h"
#include "drv/netlink.h"
#include "drv/network.h"
#include "drv/record_file.h"
#include "drv/run_dir.h"
#include "drv/tap.h"
#include "drv/tunnel.h"
#include "drv/uplinks.h"
#include "node/node.h"

enum {
	LOOP_CHORES_MS = 30000, /* counters of the kernel, old entries */
	LOOP_CARRIER_MS = 200,	/* how soon a carrier's loss is seen at the latest */
	LOOP_MEND_MS = 1000,	/* after the bridge or bat0 was taken away */
	LOOP_LEAVE_MS = 80,	/* at a stop: between two words to others ... */
	LOOP_LEAVE_SAYS = 2, /* ... of so many; twice the time where an uplink is withdrawn first */
};

struct loop {
	struct fx fx; /* first: what the node emits comes back to us */
	uv_loop_t uv;
	uv_prepare_t before_sleep;
	uv_timer_t deadline, chores, carrier, mend, leave;
	uv_signal_t term, interrupt, hangup;
	uv_poll_t monitor_poll;
	struct watch *tap_watch;
	struct watch *port_watch[PORT_MAX];
	instant armed; /* what the deadline timer is set to */
	bool ready;    /* events may go to the node */
	bool stopping;
	unsigned leaving; /* so many times LOOP_LEAVE_MS until the end */

	struct conf conf;
	const char *conf_dir; /* where it came from, for SIGHUP; may be NULL */
	struct node node;
	struct ctl ctl;
	struct ctl_host ctl_host;
	struct ctl_socket ctl_socket;
	struct datapath datapath;
	struct fast fast;
	struct tap tap;
	struct netlink monitor; /* listens */
	struct netlink ask;	/* asks */
	struct netlink fdb_ask; /* for effects, which come while `ask` is busy */
	struct links links;
	struct lan lan;
	struct mesh_ports mesh;
	struct fdb fdb;
	struct cables cables;
	struct gateway gateway;
	struct network network;
	struct tunnel_fast tunnel_fast;
	struct vlan_fast vlan_fast;
	struct tunnel tunnel;
	struct uplinks uplinks;
	struct client_preferences client_preferences;
	struct record_file record;
	struct run_dir run;
	uint64_t resyncs; /* messages of the kernel were lost */
};

/* Runs a node until it is told to stop. conf is copied. Returns the exit status:
 * 0, or 1 after an error that was logged. */
int loop_run(const struct conf *conf, const char *conf_dir, const struct record_file_conf *record);

/* The host's part of the status, into a JSON object (loop_status.c). */
void loop_status(void *ctx, json_t *into);
