/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cheap_crypto - stand-ins for digests and public keys, for simulations of many nodes.
 *
 * Source  ours. Has the sizes and the answers of the real thing, and no secrecy at all:
 *         who knows a public key can sign with it.
 * Shape   deterministic: new keys come from the caller's generator. Nothing is ever
 *         compressed. Identifiers by "MD5" are others than real ones.
 */
#pragma once
#include "base/prng.h"
#include "core/crypto.h"
#include "core/job_result.h"

const struct crypto *cheap_crypto(void);

/* Carries out any job of core/job.h at once. */
void cheap_job(struct prng *prng, const struct job *job, struct job_result *r);
