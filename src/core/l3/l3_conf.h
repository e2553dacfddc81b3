/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * l3_conf - what an operator may set in the engine of the network.
 *
 * Source  specs/bmx7.md 4.3 (METRIC), 5, 6, 10; README.md here for the paces.
 * Memory  node_secret, node_public and shared belong to the host, and stay as long as the engine.
 */
#pragma once
#include <stddef.h>
#include <stdint.h>
#include "base/clock.h"
#include "base/ip.h"
#include "core/job.h"
#include "core/shared.h"
#include "wire/bmx7_info.h"
#include "wire/bmx7_metric.h"

struct l3_conf {
	struct ipv6 prefix;		  /* of primary addresses, a /16; default fd70::/16 */
	char hostname[BMX7_NAME_MAX + 1]; /* of INFO; "" for none */
	struct job_bytes node_secret;	  /* the RSA key that makes the node's id ... */
	struct job_bytes node_public;	  /* ... type byte first */
	struct shared *shared;		  /* NULL: nobody to share with */
	uint32_t desc_sqn_kept;		  /* from the last NETWORK_KEEP; 0: there was none */
	struct bmx7_metric metric;	  /* how others compute the metric towards us */
	uint16_t sqn_range;		  /* OGMs by one description, 10 .. 8192; default 6000 */
	uint8_t dh_type;		  /* of link keys; default 17, 2048 bits */
	uint8_t link_quality_min; /* of 255, each way, for a link to be usable; default 25 */
	span key_lifetime;	  /* of link keys; default 21600 s */
	span tx_gap;		  /* between two runs of sending; default 40 ms, more in a crowd */
	span hello_young;	  /* pace of HELLOs at first; default 100 ms */
	span hello_usual;	  /* ... while links lose; default 800 ms */
	span hello_stable;	  /* ... and when they do not; default 2000 ms */
	span ogm_young, ogm_stable; /* default 6 s, 54 s */
	span ogm_foreign;	    /* instead, among nodes of other programs; default 5 s */
	span link_timeout;	    /* of silence, after which it is gone; default 20 s */
	span topology_period;	    /* our links are told in our description; 0: never */
	uint32_t nodes_max;	    /* known in any way; default 2000 */
	uint32_t neighbours_max;    /* heard directly; default 256 */
	uint32_t links_max;	    /* default 512 */
	uint32_t claims_max;	    /* neighbours times nodes; default 40000 */
	size_t memory_max_bytes;    /* default 48 MiB */
};

/* The defaults above; no key. */
struct l3_conf l3_conf_default(void);
