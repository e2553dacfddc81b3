/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "wire/bmx7_description.h"
#include <assert.h>
#include "wire/bmx7_info.h"
#include "wire/bmx7_metric.h"
#include "wire/bmx7_prefix.h"

enum {
	NESTING_MAX = 2,
	TRUST_SHIFT = 6,
	CONTENTS_BITS = 11,
	CONTENTS_MASK = 0x7ff,
	DIGEST_BYTES = sizeof(struct digest),
};

/* ---- CONTENT_HASH ---- */

/* Do nesting, compression and payload go together? */
static bool reference_sane(const struct bmx7_reference *r)
{
	if (r->expanded_len == 0 || r->expanded_len > BMX7_EXPANDED_MAX ||
	    r->expanded_type == BMX7_CONTENT_HASH || r->nesting > NESTING_MAX)
		return false;
	if (r->payload_len == 0)
		return r->nesting == 1 && !r->gzip && r->expanded_len <= BMX7_CONTENT_MAX;
	return r->nesting == 0 ? r->gzip : r->payload_len % DIGEST_BYTES == 0;
}

enum err bmx7_reference_parse(const void *data, size_t len, struct bmx7_reference *r)
{
	struct rd in = rd_over(data, len);

	r->expanded_hash = rd_digest(&in);
	uint32_t word = rd_u32(&in);
	r->expanded_len = word >> 8;
	r->expanded_type = word >> 3 & 31;
	r->nesting = word >> 1 & 3;
	r->gzip = word & 1;
	r->payload_len = rd_left(&in);
	r->payload = rd_take(&in, r->payload_len);
	if (in.bad)
		return ERR_SHORT;
	return reference_sane(r) ? OK : ERR_MALFORMED;
}

void bmx7_reference_write(struct wr *w, const struct bmx7_reference *r)
{
	assert(reference_sane(r));
	wr_digest(w, &r->expanded_hash);
	wr_u32(w, r->expanded_len << 8 | (uint32_t)r->expanded_type << 3 |
			  (uint32_t)r->nesting << 1 | r->gzip);
	wr_bytes(w, r->payload, r->payload_len);
}

/* ---- keys and signatures ---- */

static enum err key_parse(const void *data, size_t len, size_t (*len_of)(uint8_t type),
			  struct bmx7_key *k)
{
	struct rd r = rd_over(data, len);

	k->type = rd_u8(&r);
	k->len = rd_left(&r);
	k->data = rd_take(&r, k->len);
	if (r.bad)
		return ERR_SHORT;
	if (len_of(k->type) == 0)
		return ERR_UNKNOWN;
	return k->len == len_of(k->type) ? OK : ERR_MALFORMED;
}

enum err bmx7_rsa_parse(const void *data, size_t len, struct bmx7_key *k)
{
	return key_parse(data, len, bmx7_rsa_len, k);
}

enum err bmx7_dh_parse(const void *data, size_t len, struct bmx7_key *k)
{
	return key_parse(data, len, bmx7_dh_len, k);
}

void bmx7_key_write(struct wr *w, const struct bmx7_key *k)
{
	assert(k->len > 0 && (k->len == bmx7_rsa_len(k->type) || k->len == bmx7_dh_len(k->type)));
	wr_u8(w, k->type);
	wr_bytes(w, k->data, k->len);
}

/* ---- VERSION ---- */

static struct bmx7_link link_read(struct rd *r)
{
	struct bmx7_link link = {{0}};
	const uint8_t *p = rd_take(r, BMX7_LINK);

	if (p)
		memcpy(link.b, p, BMX7_LINK);
	return link;
}

enum err bmx7_version_parse(const void *data, size_t len, struct bmx7_version *v)
{
	struct rd r = rd_over(data, len);

	v->version = rd_u8(&r);
	v->capabilities = rd_u8(&r);
	v->boot_sqn = rd_u32(&r);
	v->desc_sqn = rd_u32(&r);
	v->sqn_range = rd_u16(&r);
	v->anchor = link_read(&r);
	v->seed = link_read(&r);
	uint32_t sizes = rd_u32(&r);
	v->virtual_len = sizes >> CONTENTS_BITS;
	v->contents = sizes & CONTENTS_MASK;
	if (r.bad)
		return ERR_SHORT;
	if (v->version < BMX7_VERSION - 1 || v->version > BMX7_VERSION + 1)
		return ERR_VERSION;
	if (rd_left(&r) > 0 || v->desc_sqn == 0 || v->boot_sqn == 0)
		return ERR_MALFORMED;
	return v->sqn_range == 0 || v->sqn_range > BMX7_SQN_RANGE_MAX ? ERR_MALFORMED : OK;
}

void bmx7_version_write(struct wr *w, const struct bmx7_version *v)
{
	assert(v->desc_sqn > 0 && v->sqn_range > 0 && v->sqn_range <= BMX7_SQN_RANGE_MAX);
	wr_u8(w, v->version);
	wr_u8(w, v->capabilities);
	wr_u32(w, v->boot_sqn);
	wr_u32(w, v->desc_sqn);
	wr_u16(w, v->sqn_range);
	wr_bytes(w, v->anchor.b, BMX7_LINK);
	wr_bytes(w, v->seed.b, BMX7_LINK);
	wr_u32(w, v->virtual_len << CONTENTS_BITS | v->contents);
}

/* ---- SUPPORTS, TRUSTS ---- */

bool bmx7_trust_next(struct rd *r, struct bmx7_trust *t)
{
	if (rd_left(r) == 0)
		return false;
	t->node = rd_digest(r);
	t->level = rd_u8(r) >> TRUST_SHIFT;
	rd_u8(r); /* reserved */
	return !r->bad;
}

void bmx7_trust_write(struct wr *w, const struct bmx7_trust *t)
{
	assert(t->level <= 3);
	wr_digest(w, &t->node);
	wr_u8(w, (uint8_t)(t->level << TRUST_SHIFT));
	wr_u8(w, 0);
}

/* ---- LLIP, TUN6 ---- */

bool bmx7_address_next(struct rd *r, struct ipv6 *a)
{
	if (rd_left(r) == 0)
		return false;
	const uint8_t *p = rd_take(r, sizeof(a->b));
	if (p)
		memcpy(a->b, p, sizeof(a->b));
	a->bits = 128;
	return !r->bad;
}

void bmx7_address_write(struct wr *w, const struct ipv6 *a)
{
	wr_bytes(w, a->b, sizeof(a->b));
}

/* ---- is a TLV well formed? ---- */

static enum err reference_check(const void *data, size_t len)
{
	struct bmx7_reference r;

	return bmx7_reference_parse(data, len, &r);
}

static enum err rsa_check(const void *data, size_t len)
{
	struct bmx7_key k;

	return bmx7_rsa_parse(data, len, &k);
}

/* What a newer (or older) program says in a way that we do not know is none of ours. */
static enum err unknown_passes(enum err e)
{
	return e == ERR_UNKNOWN ? OK : e;
}

static enum err rsa_link_check(const void *data, size_t len)
{
	return unknown_passes(rsa_check(data, len));
}

static enum err dh_check(const void *data, size_t len)
{
	struct bmx7_key k;

	return unknown_passes(bmx7_dh_parse(data, len, &k));
}

static enum err version_check(const void *data, size_t len)
{
	struct bmx7_version v;

	return bmx7_version_parse(data, len, &v);
}

static enum err trusts_check(const void *data, size_t len)
{
	struct rd r = rd_over(data, len);
	struct bmx7_trust t, last;

	for (bool first = true; bmx7_trust_next(&r, &t); first = false) {
		if (!first && digest_compare(&last.node, &t.node) >= 0)
			return ERR_MALFORMED;
		last = t;
	}
	return r.bad ? ERR_MALFORMED : OK;
}

static enum err metric_check(const void *data, size_t len)
{
	struct bmx7_metric m;

	return bmx7_metric_parse(data, len, &m);
}

static enum err info_check(const void *data, size_t len)
{
	struct bmx7_info i;

	return unknown_passes(bmx7_info_parse(data, len, &i));
}

static enum err topology_check(const void *data, size_t len)
{
	struct bmx7_topology t;
	struct rd r;
	enum err e = bmx7_topology_parse(data, len, &r);

	while (e == OK && bmx7_topology_next(&r, &t))
		;
	return e == OK && r.bad ? ERR_MALFORMED : unknown_passes(e);
}

/* A list of which each message must be readable, and no byte be left. */
#define LIST_CHECK(name, next, type)                                                               \
	static enum err name##_check(const void *data, size_t len)                                 \
	{                                                                                          \
		struct rd r = rd_over(data, len);                                                  \
		type message;                                                                      \
                                                                                                   \
		while (next(&r, &message))                                                         \
			;                                                                          \
		return r.bad ? ERR_MALFORMED : OK;                                                 \
	}

LIST_CHECK(address, bmx7_address_next, struct ipv6)
LIST_CHECK(hna, bmx7_hna_next, struct bmx7_hna)
LIST_CHECK(ingress4, bmx7_ingress4_next, struct bmx7_ingress4)
LIST_CHECK(ingress6, bmx7_ingress6_next, struct bmx7_ingress6)
LIST_CHECK(net4, bmx7_net4_next, struct bmx7_net4)
LIST_CHECK(net6, bmx7_net6_next, struct bmx7_net6)
LIST_CHECK(sms, bmx7_sms_next, struct bmx7_sms)

enum err bmx7_tlv_check(uint8_t type, const void *data, size_t len)
{
	static enum err (*const check[BMX7_TLV_TYPES])(const void *data, size_t len) = {
		[BMX7_CONTENT_HASH] = reference_check,
		[BMX7_NODE_PUBKEY] = rsa_check,
		[BMX7_DSC_SIGNATURE] = rsa_check,
		[BMX7_VERSION_TLV] = version_check,
		[BMX7_RSA_LINK_PUBKEY] = rsa_link_check,
		[BMX7_DHM_LINK_PUBKEY] = dh_check,
		[BMX7_SUPPORTS] = trusts_check,
		[BMX7_TRUSTS] = trusts_check,
		[BMX7_METRIC] = metric_check,
		[BMX7_LLIP] = address_check,
		[BMX7_HNA6] = hna_check,
		[BMX7_TUN6] = address_check,
		[BMX7_TUN4IN6_INGRESS] = ingress4_check,
		[BMX7_TUN6IN6_INGRESS] = ingress6_check,
		[BMX7_TUN4IN6_NET] = net4_check,
		[BMX7_TUN6IN6_NET] = net6_check,
		[BMX7_TOPOLOGY] = topology_check,
		[BMX7_INFO] = info_check,
		[BMX7_SMS] = sms_check,
	};

	assert(type < BMX7_TLV_TYPES);
	return check[type] ? check[type](data, len) : OK;
}
