/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bmx7_again.h"
#include "wire/bmx7_description.h"
#include "wire/bmx7_info.h"
#include "wire/bmx7_metric.h"
#include "wire/bmx7_ogm.h"
#include "wire/bmx7_prefix.h"

static enum err end_of(const struct rd *r)
{
	return r->bad ? ERR_MALFORMED : OK;
}

/* ---- TLVs ---- */

static enum err reference_again(const void *data, size_t len, struct wr *w)
{
	struct bmx7_reference r;
	enum err e = bmx7_reference_parse(data, len, &r);

	if (e == OK)
		bmx7_reference_write(w, &r);
	return e;
}

static enum err rsa_again(const void *data, size_t len, struct wr *w)
{
	struct bmx7_key k;
	enum err e = bmx7_rsa_parse(data, len, &k);

	if (e == OK)
		bmx7_key_write(w, &k);
	return e;
}

static enum err dh_again(const void *data, size_t len, struct wr *w)
{
	struct bmx7_key k;
	enum err e = bmx7_dh_parse(data, len, &k);

	if (e == OK)
		bmx7_key_write(w, &k);
	return e;
}

static enum err version_again(const void *data, size_t len, struct wr *w)
{
	struct bmx7_version v;
	enum err e = bmx7_version_parse(data, len, &v);

	if (e == OK)
		bmx7_version_write(w, &v);
	return e;
}

static enum err metric_again(const void *data, size_t len, struct wr *w)
{
	struct bmx7_metric m;
	enum err e = bmx7_metric_parse(data, len, &m);

	if (e == OK)
		bmx7_metric_write(w, &m);
	return e;
}

static enum err info_again(const void *data, size_t len, struct wr *w)
{
	struct bmx7_info i;
	enum err e = bmx7_info_parse(data, len, &i);

	if (e == OK)
		bmx7_info_write(w, &i);
	return e;
}

static enum err topology_again(const void *data, size_t len, struct wr *w)
{
	struct bmx7_topology t;
	struct rd r;
	enum err e = bmx7_topology_parse(data, len, &r);

	if (e != OK)
		return e;
	bmx7_topology_begin(w);
	while (bmx7_topology_next(&r, &t))
		bmx7_topology_write(w, &t);
	return end_of(&r);
}

#define LIST_AGAIN(name, type)                                                                     \
	static enum err name##_again(const void *data, size_t len, struct wr *w)                   \
	{                                                                                          \
		struct rd r = rd_over(data, len);                                                  \
		type message;                                                                      \
                                                                                                   \
		while (bmx7_##name##_next(&r, &message))                                           \
			bmx7_##name##_write(w, &message);                                          \
		return end_of(&r);                                                                 \
	}

LIST_AGAIN(trust, struct bmx7_trust)
LIST_AGAIN(address, struct ipv6)
LIST_AGAIN(hna, struct bmx7_hna)
LIST_AGAIN(ingress4, struct bmx7_ingress4)
LIST_AGAIN(ingress6, struct bmx7_ingress6)
LIST_AGAIN(net4, struct bmx7_net4)
LIST_AGAIN(net6, struct bmx7_net6)
LIST_AGAIN(sms, struct bmx7_sms)

enum err bmx7_tlv_again(uint8_t type, const void *data, size_t len, struct wr *w)
{
	static enum err (*const again[32])(const void *data, size_t len, struct wr *w) = {
		[BMX7_CONTENT_HASH] = reference_again,
		[BMX7_NODE_PUBKEY] = rsa_again,
		[BMX7_DSC_SIGNATURE] = rsa_again,
		[BMX7_VERSION_TLV] = version_again,
		[BMX7_RSA_LINK_PUBKEY] = rsa_again,
		[BMX7_DHM_LINK_PUBKEY] = dh_again,
		[BMX7_SUPPORTS] = trust_again,
		[BMX7_TRUSTS] = trust_again,
		[BMX7_METRIC] = metric_again,
		[BMX7_LLIP] = address_again,
		[BMX7_HNA6] = hna_again,
		[BMX7_TUN6] = address_again,
		[BMX7_TUN4IN6_INGRESS] = ingress4_again,
		[BMX7_TUN6IN6_INGRESS] = ingress6_again,
		[BMX7_TUN4IN6_NET] = net4_again,
		[BMX7_TUN6IN6_NET] = net6_again,
		[BMX7_TOPOLOGY] = topology_again,
		[BMX7_INFO] = info_again,
		[BMX7_SMS] = sms_again,
	};

	if (again[type])
		return again[type](data, len, w);
	wr_bytes(w, data, len);
	return OK;
}

enum err bmx7_description_again(const void *body, size_t len, struct wr *w,
				struct bmx7_counts *counts)
{
	struct bmx7_walk walk = bmx7_description_walk(body, len);
	struct bmx7_tlv t;

	while (bmx7_next(&walk, &t)) {
		size_t opened = bmx7_open(w, t.type);
		enum err e = bmx7_tlv_again(t.type, t.data, t.len, w);

		if (e != OK)
			return e;
		bmx7_close(w, opened);
		counts->tlvs++;
	}
	return walk.err;
}

/* ---- frames ---- */

struct frame {
	const struct bmx7_packet *packet;
	const struct bmx7_tlv *t;
	struct wr *w;
	struct bmx7_counts *counts;
};

static enum err content_again(struct frame *f)
{
	struct bmx7_content c;
	enum err e = bmx7_content_parse(f->t->data, f->t->len, &c);

	if (e == OK)
		bmx7_content_write(f->w, &c);
	return e;
}

static enum err signatures_again(struct frame *f)
{
	struct bmx7_signatures s;
	struct bmx7_signature one;
	enum err e = bmx7_signatures_parse(f->packet, f->t, &s);

	if (e != OK)
		return e;
	size_t opened = bmx7_signatures_open(f->w, s.desc_sqn, s.burst_sqn, s.dev_idx);
	struct rd r = rd_over(s.list, s.list_len);
	while (bmx7_signature_next(&r, &one)) {
		bmx7_signature_write(f->w, &one);
		f->counts->macs += one.len == BMX7_MAC;
		f->counts->signatures += one.len != BMX7_MAC;
	}
	bmx7_close(f->w, opened);
	return end_of(&r);
}

static enum err aggregations_again(struct frame *f)
{
	struct bmx7_aggregations a;
	enum err e = bmx7_aggregations_parse(f->t->data, f->t->len, &a);

	if (e == OK)
		bmx7_aggregations_write(f->w, a);
	return e;
}

static enum err hello_again(struct frame *f)
{
	uint16_t sqn;
	enum err e = bmx7_hello_parse(f->t->data, f->t->len, &sqn);

	if (e == OK)
		bmx7_hello_write(f->w, sqn);
	return e;
}

static enum err replies_again(struct frame *f)
{
	struct rd r = rd_over(f->t->data, f->t->len);
	struct bmx7_hello_reply h;
	size_t opened = bmx7_open(f->w, BMX7_HELLO_REPLY);

	for (; bmx7_hello_reply_next(&r, &h); f->counts->replies++)
		bmx7_hello_reply_write(f->w, &h);
	if (r.bad)
		return ERR_MALFORMED;
	bmx7_close(f->w, opened);
	return OK;
}

static enum err iids_again(struct frame *f)
{
	struct rd r = rd_over(f->t->data, f->t->len);
	struct bmx7_iid i;
	size_t opened = bmx7_open(f->w, BMX7_IID_ADV);

	for (; bmx7_iid_next(&r, &i); f->counts->iids++)
		bmx7_iid_write(f->w, &i);
	if (r.bad)
		return ERR_MALFORMED;
	bmx7_close(f->w, opened);
	return OK;
}

static enum err batch_again(struct frame *f)
{
	uint16_t sqn;
	struct rd r;
	struct bmx7_ogm o;
	enum err e = bmx7_batch_parse(f->t->data, f->t->len, &sqn, &r);

	if (e != OK)
		return e;
	size_t opened = bmx7_batch_open(f->w, sqn);
	for (; bmx7_ogm_next(&r, &o); f->counts->ogms++)
		bmx7_ogm_write(f->w, &o);
	bmx7_close(f->w, opened);
	return end_of(&r);
}

static enum err request_again(struct frame *f)
{
	uint8_t type = f->t->type;
	bool digests = type == BMX7_DESC_REQ || type == BMX7_CONTENT_REQ;
	struct bmx7_request q;
	struct digest d;
	uint16_t n;
	enum err e = bmx7_request_parse(type, f->t->data, f->t->len, &q);

	if (e != OK)
		return e;
	size_t opened = bmx7_request_open(f->w, type, &q.to);
	for (; digests && bmx7_request_digest(&q.items, &d); f->counts->requested++)
		wr_digest(f->w, &d);
	for (; !digests && bmx7_request_number(&q.items, &n); f->counts->requested++)
		wr_u16(f->w, n);
	bmx7_close(f->w, opened);
	return end_of(&q.items);
}

static enum err description_again(struct frame *f)
{
	size_t opened = bmx7_open(f->w, BMX7_DESC_ADV);
	enum err e = bmx7_description_again(f->t->data, f->t->len, f->w, f->counts);

	if (e == OK)
		bmx7_close(f->w, opened);
	return e;
}

static enum err frame_again(struct frame *f)
{
	static enum err (*const again[32])(struct frame * f) = {
		[BMX7_DESC_ADV] = description_again,
		[BMX7_CONTENT_ADV] = content_again,
		[BMX7_SIGNATURE_ADV] = signatures_again,
		[BMX7_OGM_AGGREG_SQN_ADV] = aggregations_again,
		[BMX7_HELLO_ADV] = hello_again,
		[BMX7_HELLO_REPLY] = replies_again,
		[BMX7_IID_ADV] = iids_again,
		[BMX7_OGM_ADV] = batch_again,
		[BMX7_OGM_REQ] = request_again,
		[BMX7_IID_REQ] = request_again,
		[BMX7_DESC_REQ] = request_again,
		[BMX7_CONTENT_REQ] = request_again,
	};

	f->counts->frames[f->t->type]++;
	return again[f->t->type] ? again[f->t->type](f) : ERR_UNKNOWN;
}

enum err bmx7_packet_again(const void *packet, size_t len, struct wr *w, struct bmx7_counts *counts)
{
	struct bmx7_counts unused = {0};
	struct bmx7_packet p;
	struct bmx7_tlv t;
	enum err e = bmx7_packet_parse(packet, len, &p);

	if (e != OK)
		return e;
	struct bmx7_walk walk = bmx7_frames_walk(&p);
	bmx7_packet_write(w, &p.sender);
	while (bmx7_next(&walk, &t)) {
		struct frame f = {&p, &t, w, counts ? counts : &unused};

		e = frame_again(&f);
		if (e != OK)
			return e;
	}
	return walk.err;
}
