/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * public_key - carries out the jobs of core/job.h: RSA and Diffie-Hellman.
 *
 * Source  mbedTLS; specs/bmx7.md 2, 3.1; RFC 3526 (groups), PKCS#1 (signatures,
 *         secret RSA keys as DER).
 * Time    takes milliseconds, a new RSA key seconds: not for the loop's thread. Calls in
 *         several threads do not disturb each other.
 * Memory  the caller's.
 */
#pragma once
#include "core/job_result.h"

/* ok in *r is false for what cannot be done, lengths of other kinds' fields are 0. */
void public_key_job(const struct job *job, struct job_result *r);

/* The public key, type byte first, that belongs to an RSA key of the state folder.
 * false: no RSA key, or of a length that BMX7 does not know. */
bool public_key_of(struct job_bytes secret, uint8_t public[JOB_PUBLIC_MAX], size_t *public_len);
