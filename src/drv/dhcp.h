/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * dhcp - addresses and names for the LAN's clients, by a dnsmasq that we look after.
 *
 * Source  specs/libremesh.md 1.9; docs/decisions.md.
 * Shape   The leases are the core's: dnsmasq tells each of its doings (dhcp_event), the
 *         core answers with reservations, ranges and names, which dnsmasq is told
 *         without restarting it; only ranges, and the way to the IPv6 Internet, need a
 *         restart. dnsmasq runs while the anycast gateway's interface has an address.
 *         When the cloud gives an address to another client, or takes it back, our
 *         dnsmasq is made to forget its lease (dhcp_release).
 *         The first change is told after DHCP_FLUSH_MS, then at a pace that grows with
 *         the tables, as dnsmasq's work does.
 * Memory  the caller embeds the struct; what env points to lives longer.
 */
#pragma once
#include <jansson.h>
#include <stdbool.h>
#include <uv.h>

#include "conf/conf.h"
#include "core/ev.h"
#include "core/fx.h"
#include "core/plan/plan.h"
#include "drv/dhcp_event.h"
#include "drv/dhcp_release.h"
#include "drv/dns_name.h"
#include "drv/dnsmasq.h"
#include "drv/held_lease.h"
#include "drv/ipv6_exit.h"
#include "drv/lease_store.h"
#include "drv/link.h"
#include "drv/reservation.h"

enum {
	DHCP_FLUSH_MS = 20,
	DHCP_PACE_MS = 150,	/* between two, and 1 ms for each ... */
	DHCP_PACE_ENTRIES = 16, /* ... of these in the tables */
	DHCP_RELOAD_PACE_MS = 1000,
	DHCP_EXIT_GONE_MS = 2000, /* so long no way out is none */
	DHCP_RANGES_MAX = 1024,
};

struct dhcp_env {
	const struct conf *conf;
	const struct plan *plan;
	const struct run_dir *run;
	uv_loop_t *uv;
	void (*tell)(void *ctx, const struct ev *ev); /* EV_LEASE */
	void *ctx;
};

struct dhcp {
	struct dhcp_env env;
	bool started;
	int ifindex;	    /* of the anycast gateway's interface; 0: not there */
	unsigned looks;	    /* for its address */
	uv_timer_t address; /* the next look */
	uv_timer_t flush;
	instant flushed, reloaded;
	char script[RUN_PATH_ROOM * 2];
	const char *user;
	struct range ranges[DHCP_RANGES_MAX];
	size_t range_count;
	size_t ranges_told; /* that this dnsmasq knows */
	bool without_clock; /* dnsmasq was built without: it counts seconds */
	bool dns_deaf;	    /* another program has the port of DNS */
	struct dnsmasq dnsmasq;
	struct dhcp_events events;
	struct dhcp_release release;
	struct held_leases held;
	struct reservations reservations;
	struct dns_names names;
	struct ipv6_exit exit6;
	unsigned exit_told; /* exit_grade() that this dnsmasq knows */
	bool exit_logged;
	uv_timer_t exit_gone; /* what went is told then, if it has not come back */
	struct lease_store store;
};

/* Tells what is remembered. Never fails as a whole: what is missing is logged. */
void dhcp_start(struct dhcp *d, const struct dhcp_env *env);
/* Ends dnsmasq, takes the files away; uv handles are closed. */
void dhcp_stop(struct dhcp *d);
/* FX_LEASE, FX_RESERVE, FX_RANGES, FX_NAME, FX_UPLINK; others are ignored. */
void dhcp_effect(struct dhcp *d, const struct effect *e);
void dhcp_link(struct dhcp *d, const struct link *l, bool gone);
/* Now and then. */
void dhcp_chores(struct dhcp *d);
/* As whom dnsmasq runs. */
const char *dhcp_user(const char *run_dir);
/* Is there a DHCP server that would give addresses? */
bool dhcp_serves(const struct dhcp *d);
/* An object; the caller owns it. */
json_t *dhcp_status(const struct dhcp *d);
