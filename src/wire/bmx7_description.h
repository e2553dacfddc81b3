/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bmx7_description - what a description says of a node itself: its version,
 * keys, addresses of its links, whom it trusts; and the references to contents.
 *
 * Source  specs/bmx7.md 2, 4.1-4.3, 9, 10.1.
 * Shape   parse takes the expanded data of a TLV; write appends the data only:
 *         it may become a content of its own, so its header is the caller's.
 *         bmx7_tlv_check says whether an expanded TLV of any type is well formed.
 * Memory  and errors: as in bmx7.h.
 */
#pragma once
#include "base/ip.h"
#include "wire/bmx7_frame.h"

/* Every test of a TLV that needs its bytes only. Types that we do not know, and
 * link keys, INFO and TOPOLOGY of kinds that we do not know, pass. ERR_SHORT, ERR_MALFORMED. */
enum err bmx7_tlv_check(uint8_t type, const void *data, size_t len);

/* ---- CONTENT_HASH ---- */

struct bmx7_reference {
	struct digest expanded_hash;
	uint32_t expanded_len; /* 1 .. BMX7_EXPANDED_MAX */
	uint8_t expanded_type;
	uint8_t nesting; /* 0: payload is the (compressed) body; 1, 2: hashes of contents */
	bool gzip;
	const uint8_t *payload; /* none: expanded_hash is the hash of the one content */
	size_t payload_len;
};

enum err bmx7_reference_parse(const void *data, size_t len, struct bmx7_reference *r);
void bmx7_reference_write(struct wr *w, const struct bmx7_reference *r);

/* ---- NODE_PUBKEY, RSA_LINK_PUBKEY, DHM_LINK_PUBKEY, DSC_SIGNATURE ---- */

struct bmx7_key {
	uint8_t type;
	const uint8_t *data; /* modulus, signature or g^x */
	size_t len;
};

/* An RSA modulus or signature; g^x. ERR_UNKNOWN: another type than we know.
 * ERR_MALFORMED: another length than its type says. */
enum err bmx7_rsa_parse(const void *data, size_t len, struct bmx7_key *k);
enum err bmx7_dh_parse(const void *data, size_t len, struct bmx7_key *k);
void bmx7_key_write(struct wr *w, const struct bmx7_key *k);

/* ---- VERSION ---- */

enum { BMX7_VERSION_LEN = 44, BMX7_SQN_RANGE_MAX = 8192, BMX7_CAPABILITIES = 2 };

struct bmx7_version {
	uint8_t version;
	uint8_t capabilities;
	uint32_t boot_sqn, desc_sqn;
	uint16_t sqn_range; /* 1 .. BMX7_SQN_RANGE_MAX */
	struct bmx7_link anchor, seed;
	uint32_t virtual_len; /* sum of the lengths of the expanded references, 21 bits */
	uint16_t contents;    /* 11 bits */
};
enum err bmx7_version_parse(const void *data, size_t len, struct bmx7_version *v);
void bmx7_version_write(struct wr *w, const struct bmx7_version *v);

/* ---- SUPPORTS, TRUSTS ---- */

struct bmx7_trust {
	struct digest node;
	uint8_t level; /* 0..3 */
};
bool bmx7_trust_next(struct rd *r, struct bmx7_trust *t);
void bmx7_trust_write(struct wr *w, const struct bmx7_trust *t);

/* ---- LLIP, TUN6: bare addresses ---- */

bool bmx7_address_next(struct rd *r, struct ipv6 *a); /* bits: 128 */
void bmx7_address_write(struct wr *w, const struct ipv6 *a);
