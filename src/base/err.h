/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * err - why an input was refused.
 *
 * Source  ours.
 * Shape   one closed list for the whole tree, so that a counter per reason is
 *         an array indexed by enum err. OK is 0.
 */
#pragma once

enum err {
	OK,
	ERR_SHORT,     /* ends before its header or announced length does */
	ERR_VERSION,   /* another protocol version */
	ERR_MALFORMED, /* a field has a value that cannot be */
	ERR_UNKNOWN,   /* refers to a node, client or type that we do not know */
	ERR_OWN,       /* our own packet came back */
	ERR_OLD,       /* older than what we have, or outside the window */
	ERR_DUPLICATE, /* heard before */
	ERR_PROTECTED, /* sequence number jumped twice in 30 s */
	ERR_TTL,       /* time to live used up */
	ERR_LOOP,      /* would go round in a circle */
	ERR_BLOCKED,   /* this LAN is blocked, or the frame must not cross */
	ERR_FULL,      /* a table or queue is at its limit */
	ERR_RATE,      /* more than the rate limit allows */
	ERR_TOO_BIG,   /* does not fit the MTU even in pieces */
	ERR_NO_ROUTE,  /* no next hop */
	ERR_KEPT,      /* stays on its own LAN */
	ERR_TAKEN,     /* belongs to somebody else */
	ERR_COUNT
};

/* A short lower-case name for people and JSON: "short", "no-route". */
const char *err_name(enum err e);
