/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * uplink_check - asks somebody on the Internet by one interface and no other.
 *
 * Source  core/uplink.h; icmp(7), socket(7) SO_BINDTODEVICE; RFC 9110 for the page.
 * Shape   Each check has a socket of its own, which ends with the answer or after
 *         UPLINK_CHECK_S; silence is not told. An echo is ours by a random number in it, an
 *         answer of DNS by its id and question. The page's address is asked of a resolver among
 *         the targets, its own family first. What comes is somebody's word: nothing of
 *         it is kept.
 * Memory  at most UPLINK_CHECKS_MAX checks; more are as if nobody answered.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "base/list.h"
#include "conf/host_conf.h"
#include "core/uplink.h"
#include "node/node_conf.h"

enum {
	UPLINK_CHECKS_MAX = 96,
	UPLINK_CHECK_S = 3,
	UPLINK_SWEEP_MS = 200,
	UPLINK_PAGE_MAX = 2048,
	UPLINK_WEB_PORT = 80,
};

struct uplink_checks {
	const struct uplink_conf *conf;
	const struct host_uplink *host;
	/* From the event loop, never from uplink_check_begin. */
	void (*done)(void *ctx, uint32_t token, enum uplink_result result);
	void *ctx;
	uv_loop_t *uv;
	uv_timer_t sweep;
	struct list all;
	unsigned count;
};

/* The first five are set by the caller. */
void uplink_checks_init(struct uplink_checks *c);
/* Ends all; uv handles are closed. */
void uplink_checks_fini(struct uplink_checks *c);
void uplink_check_begin(struct uplink_checks *c, const char *interface,
			const struct fx_uplink_check *check);

/* What an answer of HTTP says when text is what the page must begin with. ended: no more comes.
 * false: more is needed. */
bool uplink_page_judge(const char *answer, size_t len, bool ended, const char *text,
		       enum uplink_result *result);
