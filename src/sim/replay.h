/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * replay - one node lives again what a record says that it was told (node/record.h).
 *
 * Source  ours; nuvol-sim(1).
 * Shape   An input a step. After each, its effects are compared with the record's; where they
 *         first differ, it ends. A record is a stranger's file: whatever is wrong with it is
 *         said, and changes nothing.
 * Memory  replay_free frees; the record is the caller's, and stays. One replay at a time: crypto
 *         functions have no context.
 */
#pragma once
#include <stdio.h>
#include "core/crypto.h"
#include "node/record.h"

enum { REPLAY_FAULT_ROOM = 240 };

struct replay_conf {
	const uint8_t *data;
	size_t len;
	const struct crypto *crypto;
	FILE *trace;	  /* what the node is told, tells and does, a line each; or NULL */
	const char *pcap; /* a folder for the frames of each port, or NULL */
};

enum replay_result {
	REPLAY_GOES_ON,
	REPLAY_SAME,	/* the record ends, and all was the same */
	REPLAY_DIFFERS, /* ... at this input; fault says how */
	REPLAY_BROKEN,	/* the record makes no sense from here on; fault says why */
};

/* How a record ends. */
enum replay_end {
	REPLAY_STOPPED, /* as its daemon did */
	REPLAY_FULL,	/* at its limit */
	REPLAY_CUT,	/* between two inputs: the daemon was killed, or copying was */
	REPLAY_AMID,	/* with an input whose effects are not there: it may have died of it */
};

struct replay {
	struct fx fx; /* first: emit gets back here by it */
	struct replay_conf conf;
	struct rd in;
	struct record_start start;
	struct node *node;
	struct crypto crypto;
	struct record_secrets secrets;
	uint8_t public[JOB_PUBLIC_MAX]; /* the node's key */
	FILE *cloud[PORT_MAX], *network[PORT_MAX];
	struct mac network_mac[PORT_MAX];
	instant now;
	struct record_done done;
	uint64_t inputs, effects;
	uint64_t by_kind[EV_TUNNEL + 1];
	enum replay_end end;
	bool amiss; /* an answer was not there */
	char fault[REPLAY_FAULT_ROOM];
};

/* NULL: fault says what is wrong with the record. */
struct replay *replay_new(const struct replay_conf *conf, char fault[REPLAY_FAULT_ROOM]);
void replay_free(struct replay *r);
enum replay_result replay_step(struct replay *r);
/* Since the start. */
span replay_age(const struct replay *r);
