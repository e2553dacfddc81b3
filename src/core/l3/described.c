/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/l3/described.h"
#include <assert.h>
#include "core/l3/internal.h"
#include "wire/bmx7_prefix.h"

enum {
	PREFIX_BYTES = 2, /* of primary addresses: a /16 */
	AROUND_MASK = 0xf0,
	LINK_LOCAL_MASK = 0xc0,
};

/* ---- the head ---- */

static enum err first_reference(const struct bmx7_tlv *t, struct digest *node)
{
	struct bmx7_reference f;
	enum err e;

	if (t->type != BMX7_CONTENT_HASH)
		return ERR_MALFORMED;
	e = bmx7_reference_parse(t->data, t->len, &f);
	if (e != OK)
		return e;
	if (f.expanded_type != BMX7_NODE_PUBKEY || f.payload_len > 0)
		return ERR_MALFORMED;
	*node = f.expanded_hash;
	return OK;
}

static enum err head_tlv(unsigned index, const struct bmx7_tlv *t, const uint8_t *end,
			 struct described_head *h)
{
	struct bmx7_reference f;

	if (index == 0)
		return first_reference(t, &h->node);
	if (index == 1)
		return t->type == BMX7_DSC_SIGNATURE
			       ? bmx7_rsa_parse(t->data, t->len, &h->signature)
			       : ERR_MALFORMED;
	if (index == 2) {
		if (t->type != BMX7_VERSION_TLV)
			return ERR_MALFORMED;
		h->signs = (struct tlv_data){t->at, (size_t)(end - t->at)};
		return bmx7_version_parse(t->data, t->len, &h->version);
	}
	return t->type == BMX7_CONTENT_HASH ? bmx7_reference_parse(t->data, t->len, &f) : OK;
}

enum err described_head(const void *body, size_t len, struct described_head *h)
{
	struct bmx7_walk walk = bmx7_description_walk(body, len);
	const uint8_t *end = (const uint8_t *)body + len;
	struct bmx7_tlv t;
	unsigned count = 0;
	enum err e = len <= BMX7_DESCRIPTION_MAX ? OK : ERR_TOO_BIG;

	while (e == OK && bmx7_next(&walk, &t))
		e = head_tlv(count++, &t, end, h);
	if (e == OK)
		e = walk.err;
	return e == OK && count < 3 ? ERR_SHORT : e;
}

struct described *described_new(struct l3 *l3, struct l3_node *n, const void *body, size_t len,
				const struct described_head *h)
{
	struct described *k = pool_alloc(&l3->pool, sizeof(*k));

	assert(len <= sizeof(k->body));
	if (!k)
		return NULL;
	k->node = n;
	k->len = len;
	memcpy(k->body, body, len);
	k->d.hash = crypto_hash(l3->crypto, body, len);
	k->d.version = h->version;
	k->signed_hash = crypto_hash(l3->crypto, h->signs.at, h->signs.len);
	k->signature = h->signature;
	k->signature.data = k->body + (h->signature.data - (const uint8_t *)body);
	list_init(&k->set.uses);
	return k;
}

/* What finish has put together so far. */
static void grown_free(struct l3 *l3, struct described *k)
{
	for (unsigned type = 0; type < BMX7_TLV_TYPES; type++) {
		pool_free(&l3->pool, k->grown[type], k->d.tlv[type].len);
		k->grown[type] = NULL;
		k->d.tlv[type] = (struct tlv_data){NULL, 0};
	}
}

static void set_clear(struct l3 *l3, struct use_set *s)
{
	list_each (u, &s->uses, struct use, of_user)
		use_free(l3, u);
	if (s->count > DESCRIBED_SMALL)
		l3->contents.large -= s->count - DESCRIBED_SMALL;
	s->count = 0;
}

void use_set_free(struct l3 *l3, struct use_set *s)
{
	if (!s)
		return;
	set_clear(l3, s);
	pool_free(&l3->pool, s, sizeof(*s));
}

void described_free(struct l3 *l3, struct described *k)
{
	if (!k)
		return;
	grown_free(l3, k);
	set_clear(l3, &k->set);
	pool_free(&l3->pool, k, sizeof(*k));
}

/* ---- contents ---- */

void described_use(struct l3 *l3, struct described *k, struct use *u)
{
	list_append(&k->set.uses, &u->of_user);
	if (k->set.count++ >= DESCRIBED_SMALL)
		l3->contents.large++;
}

/* May k have one content more, as far as the others leave room? */
static bool has_room(struct l3 *l3, const struct described *k)
{
	size_t most = l3->conf.memory_max_bytes / 4 / DESCRIBED_CONTENT_COST;

	return k->set.count < DESCRIBED_SMALL || l3->contents.large < most;
}

static struct stored *needed(struct l3 *l3, struct described *k, const struct digest *hash,
			     enum err *e)
{
	struct use *u;

	list_each (v, &k->set.uses, struct use, of_user) {
		if (digest_equal(&v->stored->hash, hash))
			return v->stored;
	}
	if (k->set.count == DESCRIBED_CONTENTS) {
		*e = ERR_TOO_BIG;
		return NULL;
	}
	u = has_room(l3, k) ? use_new(l3, hash, k->node) : NULL;
	if (!u) {
		*e = ERR_FULL;
		return NULL;
	}
	described_use(l3, k, u);
	return u->stored;
}

/* A worse error hides a lesser: that something is wanted is no fault. */
static enum err worse(enum err a, enum err b)
{
	if (a == OK || (a == ERR_UNKNOWN && b != OK))
		return b;
	return a;
}

/* A content of which `lists` levels may be lists of hashes. */
static enum err gather(struct l3 *l3, struct described *k, const struct digest *hash,
		       unsigned lists)
{
	enum err e = OK;
	const struct stored *s = needed(l3, k, hash, &e);

	if (!s)
		return e;
	if (!s->bytes)
		return ERR_UNKNOWN;
	if (s->c.gzip || (s->c.nesting > 0 && lists == 0))
		return ERR_MALFORMED;
	if (s->c.nesting == 0)
		return OK;
	struct rd r = rd_over(s->c.body, s->c.body_len);
	for (struct digest next; bmx7_request_digest(&r, &next);)
		e = worse(e, gather(l3, k, &next, lists - 1));
	return e;
}

static enum err reference_gather(struct l3 *l3, struct described *k, const struct bmx7_tlv *t)
{
	struct bmx7_reference f;
	enum err e = bmx7_reference_parse(t->data, t->len, &f);

	if (e != OK || f.nesting == 0)
		return e;
	if (f.payload_len == 0)
		return gather(l3, k, &f.expanded_hash, 0);
	struct rd r = rd_over(f.payload, f.payload_len);
	for (struct digest next; bmx7_request_digest(&r, &next);)
		e = worse(e, gather(l3, k, &next, f.nesting - 1U));
	return e;
}

enum err described_gather(struct l3 *l3, struct described *k)
{
	struct bmx7_walk walk = bmx7_description_walk(k->body, k->len);
	struct bmx7_tlv t;
	enum err e = OK;

	while (bmx7_next(&walk, &t)) {
		if (t.type == BMX7_CONTENT_HASH)
			e = worse(e, reference_gather(l3, k, &t));
	}
	return worse(e, walk.err);
}

/* ---- expanding ---- */

/* How many bytes a content stands for. */
static size_t gathered_len(const struct l3 *l3, const struct digest *hash)
{
	const struct stored *s = stored_find(l3, hash);
	size_t len = 0;

	if (s->c.nesting == 0)
		return s->c.body_len;
	struct rd r = rd_over(s->c.body, s->c.body_len);
	for (struct digest next; bmx7_request_digest(&r, &next);)
		len += gathered_len(l3, &next);
	return len;
}

static void gathered_put(const struct l3 *l3, const struct digest *hash, struct wr *w)
{
	const struct stored *s = stored_find(l3, hash);

	if (s->c.nesting == 0) {
		wr_bytes(w, s->c.body, s->c.body_len);
		return;
	}
	struct rd r = rd_over(s->c.body, s->c.body_len);
	for (struct digest next; bmx7_request_digest(&r, &next);)
		gathered_put(l3, &next, w);
}

/* The bytes of all contents of f one after the other, in new memory of *len bytes. A list may
 * name a content many times: so the sum comes first. */
static enum err payload_gathered(struct l3 *l3, const struct bmx7_reference *f, uint8_t **all,
				 size_t *len)
{
	struct rd r = rd_over(f->payload, f->payload_len);

	*len = 0;
	for (struct digest next; bmx7_request_digest(&r, &next);)
		*len += gathered_len(l3, &next);
	if (*len > f->expanded_len)
		return ERR_MALFORMED;
	*all = pool_alloc(&l3->pool, *len);
	if (!*all)
		return ERR_FULL;
	struct wr w = wr_over(*all, *len);
	r = rd_over(f->payload, f->payload_len);
	for (struct digest next; bmx7_request_digest(&r, &next);)
		gathered_put(l3, &next, &w);
	assert(!w.bad && wr_left(&w) == 0);
	return OK;
}

static enum err inflated(struct l3 *l3, const uint8_t *data, size_t len, struct tlv_data *out,
			 uint8_t **grown)
{
	*grown = pool_alloc(&l3->pool, out->len);
	if (!*grown)
		return ERR_FULL;
	out->at = *grown;
	return l3->crypto->inflate(data, len, *grown, out->len) ? OK : ERR_MALFORMED;
}

/* What f stands for, in new memory of f->expanded_len bytes; there or not, *grown and out agree. */
static enum err expanded(struct l3 *l3, const struct bmx7_reference *f, struct tlv_data *out,
			 uint8_t **grown)
{
	uint8_t *all;
	size_t len;
	enum err e;

	*out = (struct tlv_data){NULL, f->expanded_len};
	if (f->nesting == 0)
		return inflated(l3, f->payload, f->payload_len, out, grown);
	e = payload_gathered(l3, f, &all, &len);
	if (e != OK)
		return e;
	if (f->gzip) {
		e = inflated(l3, all, len, out, grown);
	} else if (len == f->expanded_len) {
		*grown = all;
		out->at = all;
		return OK;
	} else {
		e = ERR_MALFORMED;
	}
	pool_free(&l3->pool, all, len);
	return e;
}

static bool expanded_right(const struct l3 *l3, const struct bmx7_reference *f, const uint8_t *data)
{
	static const uint8_t flags = 0;
	const struct crypto_part parts[] = {{&flags, sizeof(flags)}, {data, f->expanded_len}};
	struct digest h = l3->crypto->sha224(parts, 2);

	return digest_equal(&h, &f->expanded_hash);
}

static enum err reference_expand(struct l3 *l3, struct described *k, const struct bmx7_tlv *t,
				 struct tlv_data *out)
{
	struct bmx7_reference f;
	enum err e = bmx7_reference_parse(t->data, t->len, &f);

	if (e != OK)
		return e;
	if (f.payload_len == 0) {
		const struct stored *s = stored_find(l3, &f.expanded_hash);

		*out = (struct tlv_data){s->c.body, s->c.body_len};
		return s->c.body_len == f.expanded_len ? OK : ERR_MALFORMED;
	}
	e = expanded(l3, &f, out, &k->grown[f.expanded_type]);
	if (e != OK)
		return e;
	return expanded_right(l3, &f, out->at) ? OK : ERR_MALFORMED;
}

/* ---- tests of the whole ---- */

/* Is a in the block of 16 prefixes around that of primary addresses? */
static bool in_block(const struct l3 *l3, const struct ipv6 *a)
{
	const uint8_t *prefix = l3->conf.prefix.b;

	return a->bits >= 12 && a->b[0] == prefix[0] && ((a->b[1] ^ prefix[1]) & AROUND_MASK) == 0;
}

static bool own_address(const struct digest *node, const struct ipv6 *a)
{
	return a->bits == 128 &&
	       memcmp(a->b + PREFIX_BYTES, node->b, sizeof(a->b) - PREFIX_BYTES) == 0;
}

bool described_may_have(const struct l3 *l3, const struct digest *node, const struct ipv6 *net)
{
	bool link_local = net->bits >= 10 && net->b[0] == 0xfe &&
			  (net->b[1] & LINK_LOCAL_MASK) == 0x80;

	return !link_local && (!in_block(l3, net) || own_address(node, net));
}

static bool hnas_right(const struct l3 *l3, struct described *k)
{
	struct tlv_data t = k->d.tlv[BMX7_HNA6];
	struct rd r = rd_over(t.at, t.len);
	struct bmx7_hna h;

	if (!bmx7_hna_next(&r, &h) || !own_address(&k->node->id, &h.net) ||
	    memcmp(h.net.b, l3->conf.prefix.b, PREFIX_BYTES) != 0)
		return false;
	k->d.primary = h.net;
	while (bmx7_hna_next(&r, &h)) {
		if (!described_may_have(l3, &k->node->id, &h.net))
			return false;
	}
	return true;
}

static enum err whole_test(const struct l3 *l3, struct described *k)
{
	struct tlv_data metric = k->d.tlv[BMX7_METRIC], key = k->d.tlv[BMX7_NODE_PUBKEY];

	k->d.metric = BMX7_METRIC_DEFAULT;
	if (metric.len > 0 && bmx7_metric_parse(metric.at, metric.len, &k->d.metric) != OK)
		return ERR_MALFORMED;
	if (k->signature.type != key.at[0] || !hnas_right(l3, k))
		return ERR_MALFORMED;
	return OK;
}

enum err described_finish(struct l3 *l3, struct described *k)
{
	struct bmx7_walk walk = bmx7_description_walk(k->body, k->len);
	struct bmx7_tlv t;
	size_t total = 0;
	enum err e = OK;

	while (e == OK && bmx7_next(&walk, &t)) {
		struct tlv_data *out = &k->d.tlv[t.expanded];

		if (t.type == BMX7_CONTENT_HASH)
			e = reference_expand(l3, k, &t, out);
		else
			*out = (struct tlv_data){t.data, t.len};
		total += out->len;
		if (e == OK && total > DESCRIBED_EXPANDED)
			e = ERR_TOO_BIG;
		if (e == OK)
			e = bmx7_tlv_check(t.expanded, out->at, out->len);
	}
	if (e == OK)
		e = whole_test(l3, k);
	if (e != OK)
		grown_free(l3, k);
	return e;
}

/* ---- in force ---- */

struct accepted {
	struct description d; /* of bytes */
	size_t size;	      /* of all */
	size_t len;
	uint8_t bytes[]; /* the body, then the TLVs that are not in it */
};

static struct accepted *accepted_of(const struct description *d)
{
	return container_of((uintptr_t)d, struct accepted, d);
}

static bool is_inside(const struct described *k, struct tlv_data t)
{
	return t.at >= k->body && t.at < k->body + k->len;
}

static size_t accepted_size(const struct described *k)
{
	size_t size = sizeof(struct accepted) + k->len;

	for (unsigned type = 0; type < BMX7_TLV_TYPES; type++)
		size += is_inside(k, k->d.tlv[type]) ? 0 : k->d.tlv[type].len;
	return size;
}

static void accepted_fill(struct accepted *a, const struct described *k, size_t size)
{
	uint8_t *end = a->bytes + k->len;

	a->d = k->d;
	a->size = size;
	a->len = k->len;
	memcpy(a->bytes, k->body, k->len);
	for (unsigned type = 0; type < BMX7_TLV_TYPES; type++) {
		struct tlv_data *t = &a->d.tlv[type];

		if (t->len == 0)
			continue;
		if (is_inside(k, *t)) {
			t->at = a->bytes + (t->at - k->body);
			continue;
		}
		memcpy(end, t->at, t->len);
		t->at = end;
		end += t->len;
	}
}

static struct accepted *accepted_new(struct l3 *l3, const struct described *k)
{
	struct shared *shared = l3->conf.shared;
	size_t size = accepted_size(k);
	struct accepted *a;

	if (!shared) {
		a = pool_alloc(&l3->pool, size);
		if (a)
			accepted_fill(a, k, size);
		return a;
	}
	if (!pool_charge(&l3->pool, size))
		return NULL;
	a = shared->take(shared, &k->d.hash);
	if (a)
		return a;
	a = shared->make(shared, &k->d.hash, size);
	if (a)
		accepted_fill(a, k, size);
	else
		pool_discharge(&l3->pool, size);
	return a;
}

void description_free(struct l3 *l3, const struct description *d)
{
	struct accepted *a = accepted_of(d);
	size_t size = a->size;

	if (!l3->conf.shared) {
		pool_free(&l3->pool, a, size);
		return;
	}
	l3->conf.shared->drop(l3->conf.shared, &a->d.hash);
	pool_discharge(&l3->pool, size);
}

struct tlv_data description_body(const struct description *d)
{
	const struct accepted *a = accepted_of(d);

	return (struct tlv_data){a->bytes, a->len};
}

/* What k needs beside the node's key goes to *out, NULL for nothing. false: no memory. */
static bool uses_keep(struct l3 *l3, struct described *k, struct use_set **out)
{
	struct use_set *s = NULL;
	bool others = false;

	list_each (u, &k->set.uses, struct use, of_user)
		others = others || !digest_equal(&u->stored->hash, &k->node->id);
	if (others) {
		s = pool_alloc(&l3->pool, sizeof(*s));
		if (!s)
			return false;
		list_init(&s->uses);
	}
	*out = s;
	list_each (u, &k->set.uses, struct use, of_user) {
		if (digest_equal(&u->stored->hash, &k->node->id))
			continue;
		list_del(&u->of_user);
		list_append(&s->uses, &u->of_user);
		s->count++;
	}
	return true;
}

bool described_accept(struct l3 *l3, instant now, struct described *k)
{
	struct l3_node *n = k->node;
	unsigned before = k->set.count, after;
	struct accepted *a = accepted_new(l3, k);

	if (!a)
		return false;
	if (!uses_keep(l3, k, &n->content.uses)) {
		description_free(l3, &a->d);
		return false;
	}
	/* The key is one less. */
	after = n->content.uses ? n->content.uses->count : 0;
	if (before > DESCRIBED_SMALL)
		l3->contents.large -= before - (after > DESCRIBED_SMALL ? after : DESCRIBED_SMALL);
	k->set.count = 0;
	n->description = &a->d;
	n->content.accepted = now;
	described_free(l3, k);
	return true;
}
