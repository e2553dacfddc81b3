/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * counters - what the layer 2 engine has seen and done; all of them are shown.
 *
 * Source  ours; names follow batctl statistics where they mean the same.
 * Shape   only ever grow. L2_COUNTERS is the one list; ctl prints from it.
 */
#pragma once
#include <stdint.h>
#include "base/err.h"

#define L2_COUNTERS(X)                                                                             \
	X(tx) /* client frames into the mesh */                                                    \
	X(tx_bytes)                                                                                \
	X(tx_dropped) /* client frames that found no way */                                        \
	X(rx)	      /* client frames delivered to the LAN */                                     \
	X(rx_bytes)                                                                                \
	X(forward) /* client frames passed on for others */                                        \
	X(forward_bytes)                                                                           \
	X(mgmt_tx) /* OGM frames sent */                                                           \
	X(mgmt_tx_bytes)                                                                           \
	X(mgmt_rx)                                                                                 \
	X(mgmt_rx_bytes)                                                                           \
	X(ogm_own)	 /* own OGMs originated, extra ones included */                            \
	X(ogm_extra)	 /* of these, out of turn because something changed */                     \
	X(ogm_warm)	 /* short-range OGMs that warm up a young link */                          \
	X(ogm_forwarded) /* OGMs of others passed on or echoed */                                  \
	X(ogm_queue_full)                                                                          \
	X(frag_tx)                                                                                 \
	X(frag_rx)                                                                                 \
	X(frag_fwd)                                                                                \
	X(frag_merged)                                                                             \
	X(frag_evicted)                                                                            \
	X(bcast_tx) /* own floods */                                                               \
	X(bcast_rx)                                                                                \
	X(bcast_fwd)                                                                               \
	X(bcast_duplicate)                                                                         \
	X(flood_unknown) /* unicast frames flooded because nobody announces the client */          \
	X(tt_request_tx)                                                                           \
	X(tt_request_rx)                                                                           \
	X(tt_request_fwd)                                                                          \
	X(tt_response_tx)                                                                          \
	X(tt_response_rx)                                                                          \
	X(tt_roam_adv_tx)                                                                          \
	X(tt_roam_adv_rx)                                                                          \
	X(tt_reroute) /* frames redirected to a client's new home */                               \
	X(tt_crc_mismatch)                                                                         \
	X(tt_full) /* clients refused because a table is full */                                   \
	X(originator_full)                                                                         \
	X(echo_rx)                                                                                 \
	X(echo_tx)                                                                                 \
	X(unknown_type)	 /* packets of unknown type passed on or dropped */                        \
	X(nested_batadv) /* batman frames from the LAN, refused */                                 \
	X(claim_rx)	 /* bridge loop avoidance frames from the LAN */                           \
	X(kept_mac)	 /* not let across: from or to an anycast MAC; see keep.h */               \
	X(kept_address)	 /* from, to or about the anycast addresses */                             \
	X(kept_router)	 /* router solicitations and advertisements */                             \
	X(kept_dhcp)                                                                               \
	X(kept_alfred) /* for the nodes' shared records, from a client */                          \
	X(kept_hello)  /* of nodes on a cable */                                                   \
	X(kept_mesh)   /* of these six, how many the mesh brought: another node lets them in */

struct l2_counters {
#define L2_COUNTER_FIELD(name) uint64_t name;
	L2_COUNTERS(L2_COUNTER_FIELD)
#undef L2_COUNTER_FIELD
	/* Frames refused, by reason; those of the LAN are in tx_dropped, too. */
	uint64_t dropped[ERR_COUNT];
};
