/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * dhcp_event - what dnsmasq tells about its leases, by nuvol-dhcp-event.
 *
 * Source  ours; dnsmasq(8), --dhcp-script.
 * Shape   A line "ACTION MAC IP LEFT EXPIRES LENGTH [NAME]", LEFT and LENGTH in
 *         seconds, EXPIRES in Unix time, 0 for unknown; NAME as the client sent it,
 *         - when dnsmasq has forgotten it. Lines come one by one as datagrams to
 *         RUN_DIR/dhcp.sock, or, from while we were away, in RUN_DIR/dhcp.spool.
 * Memory  the caller embeds the struct.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "base/ip.h"
#include "base/mac.h"
#include "core/lease.h"
#include "drv/run_dir.h"

enum dhcp_action { DHCP_EVENT_ADD, DHCP_EVENT_OLD, DHCP_EVENT_DEL };

struct dhcp_event {
	enum dhcp_action action;
	struct mac mac;
	struct ipv4 ip;
	uint32_t left_s;
	uint32_t expires_unix_s;
	bool without_clock;	    /* dnsmasq says how long, not when it ends */
	bool named;		    /* name is what the client says of itself, "" for nothing */
	char name[LEASE_NAME_ROOM]; /* cleaned */
};

/* One line, without its end. false: it is none; *e is not to be used. */
bool dhcp_event_parse(const char *line, struct dhcp_event *e);

struct dhcp_events {
	int fd; /* -1: closed */
	uv_poll_t poll;
	const struct run_dir *run;
	uint64_t heard, spooled, malformed;
	/* Before each batch: whatever was heard on other ways must be told first. */
	void (*before)(void *ctx);
	void (*tell)(void *ctx, const struct dhcp_event *e);
	void *ctx;
};

/* run, before, tell and ctx are set by the caller. Reads what was spooled, then listens.
 * Negative errno. */
int dhcp_events_open(struct dhcp_events *d, uv_loop_t *uv);
/* Reads what is waiting. */
void dhcp_events_read(struct dhcp_events *d);
/* What was spooled because we were too slow, or a moment too late. */
void dhcp_events_read_spool(struct dhcp_events *d);
void dhcp_events_close(struct dhcp_events *d);
