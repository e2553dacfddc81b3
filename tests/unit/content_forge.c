/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "content_forge.h"
#include <assert.h>
#include "wire/bmx7_prefix.h"

void forge_tlv(struct wr *w, uint8_t type, const void *data, size_t len)
{
	size_t opened = bmx7_open(w, type);

	wr_bytes(w, data, len);
	bmx7_close(w, opened);
}

void forge_reference(struct wr *w, const struct bmx7_reference *f)
{
	size_t opened = bmx7_open(w, BMX7_CONTENT_HASH);

	bmx7_reference_write(w, f);
	bmx7_close(w, opened);
}

void forge_sign(struct forge *f, const struct wr *rest)
{
	struct wr w = wr_over(f->body, sizeof(f->body));
	const struct job_result *key = &f->as->key;
	struct bmx7_version v = {
		.version = 21, .boot_sqn = 11, .desc_sqn = f->desc_sqn, .sqn_range = 100};
	struct job_result signature;

	forge_reference(&w, &(struct bmx7_reference){.expanded_hash = f->as->l3.self->id,
						     .expanded_len = (uint32_t)key->public_len,
						     .expanded_type = BMX7_NODE_PUBKEY,
						     .nesting = 1});
	size_t opened = bmx7_open(&w, BMX7_DSC_SIGNATURE);
	wr_u8(&w, key->public[0]);
	uint8_t *room = wr_take(&w, key->public_len - 1);
	bmx7_close(&w, opened);
	size_t signed_at = wr_len(&w);
	opened = bmx7_open(&w, BMX7_VERSION_TLV);
	bmx7_version_write(&w, &v);
	bmx7_close(&w, opened);
	wr_bytes(&w, rest->start, wr_len(rest));
	assert(!w.bad);
	struct job sign = {
		.kind = JOB_RSA_SIGN,
		.secret = f->as->l3.conf.node_secret,
		.hash = crypto_hash(f->as->l3.crypto, f->body + signed_at, wr_len(&w) - signed_at)};
	f->as->rig->carry_out(&sign, &signature);
	memcpy(room, signature.result, signature.result_len);
	f->len = wr_len(&w);
}

void forge_hna(struct wr *w, const struct station *s, uint8_t second, uint8_t bits)
{
	struct bmx7_hna h = {.net = {{0xfd, second}, bits}};

	memcpy(h.net.b + 2, s->l3.self->id.b, 14);
	bmx7_hna_write(w, &h);
}

void forge_plain(struct forge *f, struct station *as, uint32_t desc_sqn, const struct wr *more)
{
	uint8_t hna[100], rest[900];
	struct wr h = wr_over(hna, sizeof(hna)), w = wr_over(rest, sizeof(rest));

	*f = (struct forge){.as = as, .desc_sqn = desc_sqn};
	forge_hna(&h, as, 0x70, 128);
	forge_tlv(&w, BMX7_HNA6, hna, wr_len(&h));
	if (more)
		wr_bytes(&w, more->start, wr_len(more));
	forge_sign(f, &w);
}
