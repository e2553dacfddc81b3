/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * counters - what the engine of the network counts.
 *
 * Source  ours.
 * Shape   L3_COUNTERS lists name and meaning once; all count from the start.
 */
#pragma once
#include <stdint.h>
#include "base/err.h"

#define L3_COUNTERS(X)                                                                             \
	X(rx, "packets heard")                                                                     \
	X(rx_bytes, "bytes of these")                                                              \
	X(rx_verified, "packets whose signature is right")                                         \
	X(rx_unverified, "signed packets that could not be verified (yet)")                        \
	X(forged, "packets with a wrong signature, replayed or with a foreign address")            \
	X(tx, "packets sent")                                                                      \
	X(tx_bytes, "bytes of these")                                                              \
	X(jobs, "public-key work asked for")                                                       \
	X(jobs_refused, "public-key work that the limits refused")                                 \
	X(attacks, "OGMs of ours that we never sent")                                              \
	X(chain_steps, "hashes made to find a sequence number")                                    \
	X(ogm_rx, "OGMs heard")                                                                    \
	X(ogm_unresolved, "of these, those whose node or description is not known yet")            \
	X(ogm_tx, "OGMs passed on, our own too")                                                   \
	X(batches_lost, "batches of OGMs that had to be asked for")                                \
	X(route_changes, "routes set, changed or lost")                                            \
	X(repairs, "routes moved at once to a feasible alternative")                               \
	X(nodes_gone, "nodes forgotten")                                                           \
	X(nodes_evicted, "of these, those that made room")

struct l3_counters {
#define L3_COUNTER(name, meaning) uint64_t name;
	L3_COUNTERS(L3_COUNTER)
#undef L3_COUNTER
	uint64_t dropped[ERR_COUNT]; /* bad input by reason */
};
