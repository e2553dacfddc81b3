/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bmx7_verify - verifies every hash, signature, MAC and OGM chain of a capture, with the
 * table of crypto functions.
 *
 * Source  docs/specs/bmx7.md 2-4, 6.1; the same checks as tests/capture/bmx7/decode.py.
 * Shape   The capture is read twice: contents, keys and descriptions may come later than
 *         what refers to them.
 */
#pragma once
#include "core/crypto.h"
#include "core/job_result.h"

struct bmx7_verified {
	unsigned descriptions;		  /* signatures that are right */
	unsigned description_key_missing; /* the key is not in the capture */
	unsigned expanded;		  /* contents put together: hash and length are right */
	unsigned rsa;			  /* packets with a right RSA signature */
	unsigned macs, macs_unknown;	  /* right; no secret at hand */
	unsigned replies;		  /* HELLO_REPLYs that name a description */
	unsigned iid_chains, ogm_chains;  /* found in the chain of a description */
	unsigned ogm_strange;		  /* iid or description not in the capture */
	unsigned wrong;			  /* anything that is not right */
};

/* path: of a pcap file; secrets: lines of two node ids and what they share, or NULL. */
struct bmx7_verified bmx7_verify(const char *path, const char *secrets, const struct crypto *crypto,
				 void (*carry_out)(const struct job *job, struct job_result *r));
