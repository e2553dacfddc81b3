/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bmx7_verify.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "bmx7_capture.h"
#include "wire/bmx7_description.h"
#include "wire/bmx7_ogm.h"

enum { CONTENTS = 400, DESCRIPTIONS = 100, SECRETS = 16, IIDS = 200, EXPANDED = 8192 };

struct content {
	struct digest hash;
	struct bmx7_content c;
	uint8_t bytes[1 + BMX7_CONTENT_MAX];
};

struct described {
	struct digest node, hash;
	struct bmx7_version version;
	uint8_t body[BMX7_DESCRIPTION_MAX];
	size_t len;
	bool seen; /* in the second reading */
};

struct secret {
	struct digest a, b, shared;
};

struct numbered {
	struct digest by, node;
	uint16_t iid;
};

struct capture {
	const struct crypto *crypto;
	void (*carry_out)(const struct job *job, struct job_result *r);
	struct content content[CONTENTS];
	struct described described[DESCRIPTIONS];
	struct secret secret[SECRETS];
	struct numbered numbered[IIDS];
	unsigned contents, descriptions, secrets, numbers;
	bool collecting; /* the first reading */
	struct bmx7_verified got;
};

/* A packet under the eye. */
struct sight {
	struct capture *c;
	const struct bmx7_datagram *d;
	struct bmx7_packet p;
};

/* ---- contents ---- */

static struct content *content_find(struct capture *c, const struct digest *hash)
{
	for (unsigned i = 0; i < c->contents; i++) {
		if (digest_equal(&c->content[i].hash, hash))
			return &c->content[i];
	}
	return NULL;
}

static void content_seen(struct capture *c, const struct bmx7_tlv *t)
{
	struct digest hash = crypto_hash(c->crypto, t->data, t->len);
	struct content *k = &c->content[c->contents];

	if (content_find(c, &hash))
		return;
	if (c->contents == CONTENTS)
		abort();
	k->hash = hash;
	memcpy(k->bytes, t->data, t->len);
	c->got.wrong += bmx7_content_parse(k->bytes, t->len, &k->c) != OK;
	c->contents++;
}

/* Appends what a content stands for; false: something is missing. */
static bool content_put(struct capture *c, const struct digest *hash, unsigned depth, struct wr *w)
{
	const struct content *k = content_find(c, hash);

	if (!k || depth > 2)
		return false;
	if (k->c.nesting == 0) {
		wr_bytes(w, k->c.body, k->c.body_len);
		return true;
	}
	struct rd r = rd_over(k->c.body, k->c.body_len);
	for (struct digest next; bmx7_request_digest(&r, &next);) {
		if (!content_put(c, &next, depth + 1, w))
			return false;
	}
	return !r.bad;
}

/* What a reference stands for; false: something is missing, or wrong (counted). */
static bool expand(struct capture *c, const struct bmx7_reference *f, uint8_t out[EXPANDED])
{
	uint8_t packed[EXPANDED];
	struct wr w = wr_over(packed, sizeof(packed));
	static const uint8_t flags = 0;
	bool whole = true;

	if (f->payload_len == 0) {
		whole = content_put(c, &f->expanded_hash, 0, &w);
	} else if (f->nesting == 0) {
		wr_bytes(&w, f->payload, f->payload_len);
	} else {
		struct rd r = rd_over(f->payload, f->payload_len);
		for (struct digest next; whole && bmx7_request_digest(&r, &next);)
			whole = content_put(c, &next, 0, &w);
	}
	if (!whole)
		return false;
	if (f->expanded_len > EXPANDED || w.bad)
		abort();
	bool right = f->gzip ? c->crypto->inflate(packed, wr_len(&w), out, f->expanded_len)
			     : wr_len(&w) == f->expanded_len;
	if (right && !f->gzip)
		memcpy(out, packed, f->expanded_len);
	if (right) {
		const struct crypto_part parts[] = {{&flags, 1}, {out, f->expanded_len}};
		struct digest h = c->crypto->sha224(parts, 2);
		right = digest_equal(&h, &f->expanded_hash);
	}
	c->got.wrong += !right;
	return right;
}

/* ---- descriptions ---- */

static bool verify(struct capture *c, struct job_bytes public, struct digest hash,
		   struct job_bytes signature)
{
	struct job job = {
		.kind = JOB_RSA_VERIFY, .public = public, .signature = signature, .hash = hash};
	struct job_result r;

	c->carry_out(&job, &r);
	return r.ok;
}

static void description_verify(struct capture *c, struct described *k)
{
	struct bmx7_walk walk = bmx7_description_walk(k->body, k->len);
	const struct content *key = content_find(c, &k->node);
	struct bmx7_key signature = {0};
	struct bmx7_tlv t;
	uint8_t expanded[EXPANDED];

	while (bmx7_next(&walk, &t)) {
		struct bmx7_reference f;

		if (t.type == BMX7_DSC_SIGNATURE)
			c->got.wrong += bmx7_rsa_parse(t.data, t.len, &signature) != OK;
		if (t.type == BMX7_VERSION_TLV && key) {
			size_t rest = (size_t)(k->body + k->len - t.at);
			bool right = verify(c, (struct job_bytes){key->c.body, key->c.body_len},
					    crypto_hash(c->crypto, t.at, rest),
					    (struct job_bytes){signature.data, signature.len});
			c->got.descriptions += right;
			c->got.wrong += !right;
		}
		if (t.type != BMX7_CONTENT_HASH || k->seen)
			continue;
		c->got.wrong += bmx7_reference_parse(t.data, t.len, &f) != OK;
		if (!expand(c, &f, expanded))
			continue;
		c->got.expanded++;
		c->got.wrong += bmx7_tlv_check(f.expanded_type, expanded, f.expanded_len) != OK;
	}
	c->got.wrong += walk.err != OK;
	c->got.description_key_missing += !key;
	k->seen = true;
}

static void description_seen(struct capture *c, const struct bmx7_tlv *frame)
{
	struct digest hash = crypto_hash(c->crypto, frame->data, frame->len);
	struct described *k = &c->described[c->descriptions];
	struct bmx7_walk walk = bmx7_description_walk(frame->data, frame->len);
	struct bmx7_tlv t;

	for (unsigned i = 0; i < c->descriptions; i++) {
		if (digest_equal(&c->described[i].hash, &hash)) {
			if (!c->collecting)
				description_verify(c, &c->described[i]);
			return;
		}
	}
	if (c->descriptions == DESCRIPTIONS || frame->len > sizeof(k->body))
		abort();
	*k = (struct described){.hash = hash, .len = frame->len};
	memcpy(k->body, frame->data, frame->len);
	while (bmx7_next(&walk, &t)) {
		if (t.expanded == BMX7_NODE_PUBKEY)
			k->node = digest_from(t.data);
		if (t.type == BMX7_VERSION_TLV)
			c->got.wrong += bmx7_version_parse(t.data, t.len, &k->version) != OK;
	}
	c->descriptions++;
}

/* The RSA link key of a node's description; false: not there. */
static bool link_key(struct capture *c, const struct digest *node, uint32_t desc_sqn,
		     uint8_t out[EXPANDED], size_t *len)
{
	for (unsigned i = 0; i < c->descriptions; i++) {
		const struct described *k = &c->described[i];
		struct bmx7_walk walk = bmx7_description_walk(k->body, k->len);
		struct bmx7_reference f;
		struct bmx7_tlv t;

		if (!digest_equal(&k->node, node) || k->version.desc_sqn != desc_sqn)
			continue;
		while (bmx7_next(&walk, &t)) {
			if (t.expanded == BMX7_RSA_LINK_PUBKEY &&
			    bmx7_reference_parse(t.data, t.len, &f) == OK && expand(c, &f, out)) {
				*len = f.expanded_len;
				return true;
			}
		}
	}
	return false;
}

/* ---- packets' signatures ---- */

static bool mac_right(struct capture *c, const struct digest *sender, const struct digest *hash,
		      const uint8_t *mac)
{
	for (unsigned i = 0; i < c->secrets; i++) {
		const struct secret *s = &c->secret[i];
		const struct crypto_part parts[] = {{hash->b, sizeof(hash->b)},
						    {s->shared.b, sizeof(s->shared.b)}};

		if (!digest_equal(&s->a, sender) && !digest_equal(&s->b, sender))
			continue;
		struct digest m = c->crypto->sha224(parts, 2);
		if (memcmp(m.b, mac, BMX7_MAC) == 0)
			return true;
	}
	return false;
}

static void signatures_verify(struct sight *s, const struct bmx7_tlv *t)
{
	struct capture *c = s->c;
	struct bmx7_signatures all;
	struct bmx7_signature one;
	uint8_t key[EXPANDED];
	size_t key_len;

	if (bmx7_signatures_parse(&s->p, t, &all) != OK) {
		c->got.wrong++;
		return;
	}
	const struct crypto_part parts[] = {{s->d->from.b, sizeof(s->d->from.b)},
					    {all.header, BMX7_SIGNATURE_HEADER},
					    {all.signed_rest, all.signed_rest_len}};
	struct digest hash = c->crypto->sha224(parts, 3);
	struct rd r = rd_over(all.list, all.list_len);
	while (bmx7_signature_next(&r, &one)) {
		if (one.len == BMX7_MAC) {
			bool right = mac_right(c, &s->p.sender, &hash, one.data);
			c->got.macs += right;
			c->got.macs_unknown += !right;
		} else if (link_key(c, &s->p.sender, all.desc_sqn, key, &key_len)) {
			bool right = verify(c, (struct job_bytes){key, key_len}, hash,
					    (struct job_bytes){one.data, one.len});
			c->got.rsa += right;
			c->got.wrong += !right;
		}
	}
	c->got.wrong += r.bad;
}

/* ---- chains ---- */

static struct bmx7_link link_hash(struct capture *c, const struct crypto_part *parts, size_t count)
{
	struct digest d = c->crypto->sha224(parts, count);
	struct bmx7_link link;

	memcpy(link.b, d.b, sizeof(link.b));
	return link;
}

/* How many links of k's chain are between its anchor and one in disguise; -1: it is none. */
static int chain_position(struct capture *c, const struct described *k,
			  const struct bmx7_link *disguised)
{
	const struct bmx7_version *v = &k->version;
	const uint8_t sqn[] = {(uint8_t)(v->desc_sqn >> 24), (uint8_t)(v->desc_sqn >> 16),
			       (uint8_t)(v->desc_sqn >> 8), (uint8_t)v->desc_sqn};
	const struct crypto_part mask_of[] = {{k->hash.b, sizeof(k->hash.b)},
					      {v->anchor.b, BMX7_LINK},
					      {v->seed.b, BMX7_LINK},
					      {k->node.b, sizeof(k->node.b)},
					      {sqn, sizeof(sqn)}};
	struct bmx7_link link = link_hash(c, mask_of, 5);
	const struct crypto_part step[] = {{link.b, BMX7_LINK},
					   {v->seed.b, BMX7_LINK},
					   {k->node.b, sizeof(k->node.b)},
					   {sqn, sizeof(sqn)}};

	for (unsigned i = 0; i < BMX7_LINK; i++)
		link.b[i] ^= disguised->b[i];
	for (int n = 0; n <= v->sqn_range; n++) {
		if (memcmp(link.b, v->anchor.b, BMX7_LINK) == 0)
			return n;
		link = link_hash(c, step, 4);
	}
	return -1;
}

static const struct numbered *number_find(const struct capture *c, const struct digest *by,
					  uint16_t iid)
{
	for (unsigned i = c->numbers; i > 0; i--) {
		const struct numbered *n = &c->numbered[i - 1];

		if (n->iid == iid && digest_equal(&n->by, by))
			return n;
	}
	return NULL;
}

static void iids_verify(struct sight *s, const struct bmx7_tlv *t)
{
	struct capture *c = s->c;
	struct rd r = rd_over(t->data, t->len);

	for (struct bmx7_iid i; bmx7_iid_next(&r, &i);) {
		if (c->numbers == IIDS)
			abort();
		c->numbered[c->numbers++] = (struct numbered){s->p.sender, i.node, i.iid};
		for (unsigned k = 0; k < c->descriptions; k++) {
			const struct described *d = &c->described[k];

			if (!digest_equal(&d->node, &i.node) || d->version.desc_sqn != i.desc_sqn)
				continue;
			bool right = chain_position(c, d, &i.chain) >= 0;
			c->got.iid_chains += right;
			c->got.wrong += !right;
		}
	}
	c->got.wrong += r.bad;
}

static void ogms_verify(struct sight *s, const struct bmx7_tlv *t)
{
	struct capture *c = s->c;
	uint16_t sqn;
	struct rd r;

	if (bmx7_batch_parse(t->data, t->len, &sqn, &r) != OK)
		c->got.wrong++;
	for (struct bmx7_ogm o; bmx7_ogm_next(&r, &o);) {
		const struct numbered *n = number_find(c, &s->p.sender, o.iid);
		const struct digest *node = n ? &n->node : o.iid == 1 ? &s->p.sender : NULL;
		bool found = false;

		for (unsigned k = 0; node && k < c->descriptions && !found; k++)
			found = digest_equal(&c->described[k].node, node) &&
				chain_position(c, &c->described[k], &o.chain) >= 0;
		c->got.ogm_chains += found;
		c->got.ogm_strange += !found;
	}
	c->got.wrong += r.bad;
}

static void replies_verify(struct capture *c, const struct bmx7_tlv *t)
{
	struct rd r = rd_over(t->data, t->len);

	for (struct bmx7_hello_reply h; bmx7_hello_reply_next(&r, &h);) {
		for (unsigned i = 0; i < c->descriptions; i++)
			c->got.replies += c->described[i].seen &&
					  digest_equal(&c->described[i].hash, &h.description);
	}
	c->got.wrong += r.bad;
}

/* ---- the whole ---- */

static void datagram(struct capture *c, const struct bmx7_datagram *d)
{
	struct sight s = {.c = c, .d = d};
	struct bmx7_tlv t;

	if (bmx7_packet_parse(d->data, d->len, &s.p) != OK) {
		c->got.wrong++;
		return;
	}
	struct bmx7_walk walk = bmx7_frames_walk(&s.p);
	while (bmx7_next(&walk, &t)) {
		if (t.type == BMX7_DESC_ADV)
			description_seen(c, &t);
		else if (t.type == BMX7_CONTENT_ADV)
			content_seen(c, &t);
		else if (t.type == BMX7_IID_ADV)
			iids_verify(&s, &t);
		else if (c->collecting)
			continue;
		else if (t.type == BMX7_SIGNATURE_ADV)
			signatures_verify(&s, &t);
		else if (t.type == BMX7_OGM_ADV)
			ogms_verify(&s, &t);
		else if (t.type == BMX7_HELLO_REPLY)
			replies_verify(c, &t);
	}
	c->got.wrong += walk.err != OK;
}

static void secrets_read(struct capture *c, const char *path)
{
	FILE *file = fopen(path, "r");
	char a[DIGEST_TEXT], b[DIGEST_TEXT], shared[DIGEST_TEXT];

	if (!file)
		abort();
	while (fscanf(file, "%56s %56s %56s", a, b, shared) == 3) {
		struct secret *s = &c->secret[c->secrets++];

		if (c->secrets > SECRETS || !digest_parse(a, &s->a) || !digest_parse(b, &s->b) ||
		    !digest_parse(shared, &s->shared))
			abort();
	}
	fclose(file);
}

static void reading(struct capture *c, const char *path, bool collecting)
{
	struct bmx7_datagram d;
	struct pcap p = pcap_open(path);

	c->collecting = collecting;
	while (bmx7_capture_next(&p, &d))
		datagram(c, &d);
}

struct bmx7_verified bmx7_verify(const char *path, const char *secrets, const struct crypto *crypto,
				 void (*carry_out)(const struct job *job, struct job_result *r))
{
	struct capture *c = calloc(1, sizeof(*c));
	struct bmx7_verified got;

	if (!c)
		abort();
	c->crypto = crypto;
	c->carry_out = carry_out;
	if (secrets)
		secrets_read(c, secrets);
	reading(c, path, true);
	got = c->got;
	c->got = (struct bmx7_verified){.wrong = got.wrong};
	reading(c, path, false);
	got = c->got;
	free(c);
	return got;
}
