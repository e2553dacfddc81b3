/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * node_key - who the node is in the network: its RSA key, and the number that must grow.
 *
 * Source  specs/bmx7.md 2; core/network.h NETWORK_KEEP.
 * Shape   FOLDER/rsa.der: the key, PKCS#1 DER, mode 0600, written once. A key that cannot
 *         be read is never replaced: with another key the node would be another.
 *         FOLDER/desc_sqn: a decimal number, on the disk before it is used.
 */
#pragma once
#include <stddef.h>
#include <stdint.h>

#include "core/job.h"

struct node_key {
	uint8_t secret[JOB_SECRET_MAX];
	uint8_t public[JOB_PUBLIC_MAX]; /* type byte first */
	size_t secret_len, public_len;
};

/* -ENOENT: there is none yet; -EINVAL: what is there is no RSA key that BMX7 knows; other
 * negative errno. */
int node_key_load(const char *folder, struct node_key *k);
/* Makes the folder if need be. -EEXIST: there is one. Negative errno. */
int node_key_save(const char *folder, const struct node_key *k);

/* 0 when nothing was kept. */
uint32_t desc_sqn_load(const char *folder);
/* On the disk when it returns 0; negative errno. */
int desc_sqn_save(const char *folder, uint32_t desc_sqn);
