/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * job - public-key work that a core asks for and gets answered later.
 *
 * Source  issue "One network over all clouds": all public-key work is off the loop;
 *         specs/bmx7.md 2, 3 for what the bytes mean.
 * Shape   id is the asker's, unique among its open jobs. Secret keys are bytes that a job gave
 *         (or the host read from the state folder): the core keeps them and never looks inside.
 *         Public keys are as on the wire, type byte first.
 * Memory  bytes belong to who emits, and are valid during the call only: who carries the job
 *         out copies them.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/digest.h"

enum job_kind {
	JOB_DH_KEY,	/* type -> secret, public; byte 0 of g^x and of x is not zero */
	JOB_DH_SHARED,	/* secret, peer's public -> result: 28 bytes, H(g^xy) */
	JOB_RSA_KEY,	/* type -> secret, public */
	JOB_RSA_SIGN,	/* secret, hash -> result: the signature */
	JOB_RSA_VERIFY, /* public, hash, signature -> ok */
};

enum {
	JOB_PUBLIC_MAX = 1 + 512,
	JOB_SECRET_MAX = 2400, /* PKCS#1 DER of RSA-4096 */
};

struct job_bytes {
	const uint8_t *at;
	size_t len;
};

struct job {
	uint32_t id;
	enum job_kind kind;
	uint8_t type;		    /* of the key, as on the wire */
	struct job_bytes secret;    /* ours: DH_SHARED, RSA_SIGN */
	struct job_bytes public;    /* DH_SHARED, RSA_VERIFY */
	struct job_bytes signature; /* RSA_VERIFY, without type byte */
	struct digest hash;
};

struct job_done {
	uint32_t id;
	bool ok;			 /* false: cannot be done, or the signature is wrong */
	struct job_bytes secret, public; /* of a new key */
	struct job_bytes result;	 /* shared secret, signature */
};
