/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * content_forge - descriptions by hand, signed: what a real node might send, or somebody who
 * means harm.
 *
 * Source  ours; docs/specs/bmx7.md 4.1.
 */
#pragma once
#include "content_rig.h"

struct forge {
	struct station *as; /* whose key signs */
	uint32_t desc_sqn;
	uint8_t body[BMX7_DESCRIPTION_MAX];
	size_t len;
};

void forge_tlv(struct wr *w, uint8_t type, const void *data, size_t len);
void forge_reference(struct wr *w, const struct bmx7_reference *f);
/* s's address with another second byte, of which these bits are the prefix. */
void forge_hna(struct wr *w, const struct station *s, uint8_t second, uint8_t bits);
/* rest: the TLVs behind the version. */
void forge_sign(struct forge *f, const struct wr *rest);
/* The least that is accepted, but for what `more` adds; it may be NULL. */
void forge_plain(struct forge *f, struct station *as, uint32_t desc_sqn, const struct wr *more);
