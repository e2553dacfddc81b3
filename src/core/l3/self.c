/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/l3/self.h"
#include <assert.h>
#include "core/l3/described.h"
#include "core/l3/internal.h"
#include "core/l3/trust.h"
#include "wire/bmx7_info.h"
#include "wire/bmx7_prefix.h"

enum {
	FIRST_SQN = 10, /* of each hundred, the first that is given out is one more */
	RETRY_MS = 500,
	PREFIX_BYTES = 2,
	REFERENCE_LEN = BMX7_TLV_HEADER + 32, /* without a payload */
	HASH_LEN = sizeof(struct digest),
	TRUST_LEN = 30,
	LIST_BODY_MAX = BMX7_CONTENTS_PER_LIST_MAX * HASH_LEN,
};

void self_init(struct l3 *l3, instant now)
{
	l3->contents.self = (struct self){.renew_at = NEVER};
	bucket_init(&l3->contents.self.twins, SELF_TWINS, span_s(SELF_TWIN_S), now);
}

static void signing_drop(struct l3 *l3)
{
	struct self *s = &l3->contents.self;

	described_free(l3, s->signing);
	s->signing = NULL;
	pool_free(&l3->pool, s->chain, sizeof(*s->chain));
	s->chain = NULL;
}

void self_fini(struct l3 *l3)
{
	struct self *s = &l3->contents.self;

	signing_drop(l3);
	for (unsigned type = 0; type < BMX7_TLV_TYPES; type++)
		pool_free(&l3->pool, s->more[type].at, s->more[type].len);
}

struct ipv6 l3_primary_of(const struct l3 *l3, const struct digest *id)
{
	struct ipv6 a = {.bits = 128};

	memcpy(a.b, l3->conf.prefix.b, PREFIX_BYTES);
	memcpy(a.b + PREFIX_BYTES, id->b, sizeof(a.b) - PREFIX_BYTES);
	return a;
}

struct ipv6 self_primary(const struct l3 *l3)
{
	return l3_primary_of(l3, &l3->self->id);
}

void self_renew(struct l3 *l3, instant now)
{
	struct self *s = &l3->contents.self;

	s->renew_at = instant_min(s->renew_at, instant_add(now, span_ms(SELF_COLLECT_MS)));
}

/* ---- its number ---- */

/* A number that was never used: the next, or at a start one of the next hundred. */
static uint32_t number_next(struct l3 *l3, struct fx *fx)
{
	struct self *s = &l3->contents.self;
	uint32_t kept = l3->conf.desc_sqn_kept;

	if (s->desc_sqn == 0) {
		s->desc_sqn = kept > 0 ? kept / SELF_SQN_STEP * SELF_SQN_STEP + SELF_SQN_STEP : 0;
		s->desc_sqn += FIRST_SQN;
	}
	s->desc_sqn++;
	if (s->boot_sqn == 0)
		s->boot_sqn = s->desc_sqn;
	if (s->kept == 0 || s->desc_sqn / SELF_SQN_STEP != s->kept / SELF_SQN_STEP) {
		struct effect e = {
			.kind = FX_NETWORK,
			.network = {.kind = NETWORK_KEEP, .keep = {.desc_sqn = s->desc_sqn}}};

		s->kept = s->desc_sqn;
		fx->emit(fx, &e);
	}
	return s->desc_sqn;
}

/* The two random numbers of a hash chain. They must be unknown to others and differ from
 * description to description: so they come from the node's secret key and the number. */
static void chain_secrets(const struct l3 *l3, uint32_t desc_sqn, struct bmx7_link *last,
			  struct bmx7_link *seed)
{
	static const char purpose[] = "ogm chain";
	const uint8_t number[] = {(uint8_t)(desc_sqn >> 24), (uint8_t)(desc_sqn >> 16),
				  (uint8_t)(desc_sqn >> 8), (uint8_t)desc_sqn};
	const struct crypto_part parts[] = {
		{purpose, sizeof(purpose)},
		{l3->conf.node_secret.at, l3->conf.node_secret.len},
		{number, sizeof(number)},
	};
	struct digest d = l3->crypto->sha224(parts, sizeof(parts) / sizeof(parts[0]));

	memcpy(last->b, d.b, BMX7_LINK);
	memcpy(seed->b, d.b + BMX7_LINK, BMX7_LINK);
}

/* ---- the TLVs ---- */

/* A description under construction. */
struct build {
	struct l3 *l3;
	struct tlv_data tlv[BMX7_TLV_TYPES];
	struct described *k;
	uint32_t virtual_len, contents;
	bool full; /* no memory */
	/* what the TLVs of our own point to */
	uint8_t version[BMX7_VERSION_LEN];
	uint8_t metric[BMX7_METRIC_LEN];
	uint8_t addresses[PORT_MAX * 16];
	uint8_t info[BMX7_INFO_LEN + BMX7_NAME_MAX];
	uint8_t hnas[BMX7_HNA_LEN + SELF_TLV_MAX];
	uint8_t trusts[TRUST_LEN + SELF_TLV_MAX];
	uint8_t out[BMX7_DESCRIPTION_MAX];
};

static void tlv_set(struct build *b, uint8_t type, const struct wr *w)
{
	assert(!w->bad);
	b->tlv[type] = (struct tlv_data){w->start, wr_len(w)};
}

static void addresses_set(struct build *b)
{
	struct wr w = wr_over(b->addresses, sizeof(b->addresses));

	/* Those that are down too: they may come back as they were, with no word to anybody. */
	for (unsigned i = 0; i < PORT_MAX; i++) {
		if (b->l3->port[i].link_local.b[0] != 0)
			bmx7_address_write(&w, &b->l3->port[i].link_local);
	}
	tlv_set(b, BMX7_LLIP, &w);
}

static void hnas_set(struct build *b)
{
	const struct self *s = &b->l3->contents.self;
	struct bmx7_hna primary = {.net = self_primary(b->l3)};
	struct wr w = wr_over(b->hnas, sizeof(b->hnas));

	bmx7_hna_write(&w, &primary);
	wr_bytes(&w, s->more[BMX7_HNA6].at, s->more[BMX7_HNA6].len);
	tlv_set(b, BMX7_HNA6, &w);
}

/* Who trusts anybody trusts himself: else nobody could reach us. */
static void trusts_set(struct build *b)
{
	const struct self *s = &b->l3->contents.self;
	struct rd r = rd_over(s->more[BMX7_TRUSTS].at, s->more[BMX7_TRUSTS].len);
	struct wr w = wr_over(b->trusts, sizeof(b->trusts));
	const struct bmx7_trust self = {.node = b->l3->self->id, .level = TRUST_ROUTE};
	bool written = false;
	struct bmx7_trust t;

	while (bmx7_trust_next(&r, &t)) {
		int order = digest_compare(&self.node, &t.node);

		if (order <= 0 && !written)
			bmx7_trust_write(&w, &self);
		written = written || order <= 0;
		if (order != 0)
			bmx7_trust_write(&w, &t);
	}
	if (!written)
		bmx7_trust_write(&w, &self);
	tlv_set(b, BMX7_TRUSTS, &w);
}

static void info_set(struct build *b)
{
	const char *name = b->l3->conf.hostname;
	struct bmx7_info info = {.revision = SELF_REVISION, .name = name, .name_len = strlen(name)};
	struct wr w = wr_over(b->info, sizeof(b->info));

	if (info.name_len == 0 || !bmx7_name_valid(name, info.name_len))
		return;
	bmx7_info_write(&w, &info);
	tlv_set(b, BMX7_INFO, &w);
}

static void tlvs_set(struct build *b, const struct link_key *key)
{
	const struct self *s = &b->l3->contents.self;
	struct wr w = wr_over(b->metric, sizeof(b->metric));

	for (unsigned type = 0; type < BMX7_TLV_TYPES; type++)
		b->tlv[type] = (struct tlv_data){s->more[type].at, s->more[type].len};
	b->tlv[BMX7_DHM_LINK_PUBKEY] = (struct tlv_data){key->public, key->public_len};
	bmx7_metric_write(&w, &b->l3->conf.metric);
	tlv_set(b, BMX7_METRIC, &w);
	addresses_set(b);
	hnas_set(b);
	info_set(b);
	if (s->trusts)
		trusts_set(b);
}

/* ---- contents of its own ---- */

/* Makes a content that k uses. */
static void content_make(struct build *b, const void *body, size_t len, uint8_t nesting,
			 struct digest *hash)
{
	struct l3 *l3 = b->l3;
	uint8_t bytes[1 + BMX7_CONTENT_MAX];

	assert(len > 0 && len <= BMX7_CONTENT_MAX);
	bytes[0] = bmx7_content_flags(false, nesting);
	memcpy(bytes + 1, body, len);
	*hash = crypto_hash(l3->crypto, bytes, 1 + len);
	struct use *u = use_new(l3, hash, l3->self);
	if (!u) {
		b->full = true;
		return;
	}
	described_use(l3, b->k, u);
	if (!u->stored->bytes && !stored_fill(l3, u->stored, bytes, 1 + len))
		b->full = true;
}

/* Cuts data into contents and these into lists; writes the hashes of the lists. */
static void lists_make(struct build *b, const uint8_t *data, size_t len, struct wr *w)
{
	while (len > 0 && !b->full) {
		uint8_t list[LIST_BODY_MAX];
		struct wr in = wr_over(list, sizeof(list));
		struct digest hash;

		while (len > 0 && wr_left(&in) > 0 && !b->full) {
			size_t piece = len < BMX7_CONTENT_MAX ? len : BMX7_CONTENT_MAX;

			content_make(b, data, piece, 0, &hash);
			b->contents++;
			wr_digest(&in, &hash);
			data += piece;
			len -= piece;
		}
		if (b->full)
			return;
		content_make(b, list, wr_len(&in), 1, &hash);
		b->contents++;
		wr_digest(w, &hash);
	}
}

/* SPEC 4.2: keys and trust are never compressed; the rest if it helps. 0: it does not. */
static size_t compress(const struct build *b, uint8_t type, struct tlv_data data, uint8_t *packed)
{
	if (type == BMX7_DHM_LINK_PUBKEY || type == BMX7_SUPPORTS || type == BMX7_TRUSTS)
		return 0;
	return b->l3->crypto->deflate(data.at, data.len, packed, data.len - 1);
}

/* The lists of f, compressed where that helps. */
static void payload_make(struct build *b, struct bmx7_reference *f, struct tlv_data data,
			 struct wr *hashes)
{
	struct pool *pool = &b->l3->pool;
	uint8_t *packed = pool_alloc(pool, data.len);

	if (!packed) {
		b->full = true;
		return;
	}
	size_t packed_len = compress(b, f->expanded_type, data, packed);
	f->nesting = 2;
	f->gzip = packed_len > 0;
	if (f->gzip)
		lists_make(b, packed, packed_len, hashes);
	else
		lists_make(b, data.at, data.len, hashes);
	pool_free(pool, packed, data.len);
}

/* Writes a reference to data, as one content or as lists. */
static void reference_make(struct build *b, uint8_t type, struct tlv_data data, struct wr *w)
{
	static const uint8_t flags = 0;
	const struct crypto_part parts[] = {{&flags, 1}, {data.at, data.len}};
	uint8_t payload[BMX7_DESCRIPTION_MAX];
	struct wr hashes = wr_over(payload, sizeof(payload));
	struct bmx7_reference f = {.expanded_hash = b->l3->crypto->sha224(parts, 2),
				   .expanded_len = (uint32_t)data.len,
				   .expanded_type = type,
				   .nesting = 1};

	b->contents++;
	b->virtual_len += f.expanded_len;
	if (data.len <= BMX7_CONTENT_MAX)
		content_make(b, data.at, data.len, 0, &f.expanded_hash);
	else
		payload_make(b, &f, data, &hashes);
	if (b->full)
		return;
	f.payload = payload;
	f.payload_len = wr_len(&hashes);
	size_t opened = bmx7_open(w, BMX7_CONTENT_HASH);
	bmx7_reference_write(w, &f);
	bmx7_close(w, opened);
}

/* What a TLV takes when it becomes contents: SELF_TLV_MAX fits one list. */
static size_t referred_len(struct tlv_data t)
{
	return REFERENCE_LEN + (t.len > BMX7_CONTENT_MAX ? HASH_LEN : 0);
}

/* Which TLVs become contents: the largest first, until the rest has room. false: too much. */
static bool wrap_choose(const struct build *b, size_t fixed, bool wrapped[BMX7_TLV_TYPES])
{
	for (;;) {
		size_t total = fixed, largest = 0;
		unsigned which = 0;

		for (unsigned type = BMX7_DHM_LINK_PUBKEY; type < BMX7_TLV_TYPES; type++) {
			size_t len = b->tlv[type].len;

			if (len == 0)
				continue;
			total += wrapped[type] ? referred_len(b->tlv[type]) : len + BMX7_TLV_HEADER;
			if (!wrapped[type] && len > largest) {
				largest = len;
				which = type;
			}
		}
		if (total <= BMX7_DESCRIPTION_MAX)
			return true;
		if (largest + BMX7_TLV_HEADER <= REFERENCE_LEN)
			return false;
		wrapped[which] = true;
	}
}

static void tlv_put(struct build *b, uint8_t type, bool wrapped, struct wr *w)
{
	if (b->tlv[type].len == 0)
		return;
	if (wrapped) {
		reference_make(b, type, b->tlv[type], w);
		return;
	}
	size_t opened = bmx7_open(w, type);
	wr_bytes(w, b->tlv[type].at, b->tlv[type].len);
	bmx7_close(w, opened);
}

/* ---- the body ---- */

/* Key, room for the signature, version with zeroes for what is not known yet. */
static size_t head_put(struct build *b, struct bmx7_version *v, struct wr *w, size_t *signature_at)
{
	const struct job_bytes key = b->l3->conf.node_public;
	static const uint8_t zeroes[BMX7_KEY_MAX];
	const struct bmx7_key signature = {key.at[0], zeroes, key.len - 1};

	reference_make(b, BMX7_NODE_PUBKEY, (struct tlv_data){key.at, key.len}, w);
	size_t opened = bmx7_open(w, BMX7_DSC_SIGNATURE);
	*signature_at = wr_len(w) + 1;
	bmx7_key_write(w, &signature);
	bmx7_close(w, opened);
	size_t version_at = wr_len(w);
	opened = bmx7_open(w, BMX7_VERSION_TLV);
	bmx7_version_write(w, v);
	bmx7_close(w, opened);
	return version_at;
}

/* The body of b->k: all but the signature. ERR_TOO_BIG, ERR_FULL. */
static enum err body_put(struct build *b, struct bmx7_version *v, struct job *sign)
{
	struct self *s = &b->l3->contents.self;
	struct wr w = wr_over(b->out, sizeof(b->out));
	bool wrapped[BMX7_TLV_TYPES] = {false};
	size_t version_at = head_put(b, v, &w, &s->signature_at);

	if (b->full)
		return ERR_FULL;
	if (!wrap_choose(b, wr_len(&w), wrapped))
		return ERR_TOO_BIG;
	for (uint8_t type = BMX7_DHM_LINK_PUBKEY; type < BMX7_TLV_TYPES; type++)
		tlv_put(b, type, wrapped[type], &w);
	if (b->full || w.bad)
		return b->full ? ERR_FULL : ERR_TOO_BIG;
	v->virtual_len = b->virtual_len;
	v->contents = (uint16_t)b->contents;
	struct wr again = wr_over(b->out + version_at + BMX7_TLV_HEADER, BMX7_VERSION_LEN);
	bmx7_version_write(&again, v);
	sign->hash = crypto_hash(b->l3->crypto, b->out + version_at, wr_len(&w) - version_at);
	b->k->len = wr_len(&w);
	memcpy(b->k->body, b->out, b->k->len);
	b->k->d.version = *v;
	return OK;
}

/* Begins the chain of the next description. */
static enum err chain_begin(struct l3 *l3, struct fx *fx)
{
	struct self *s = &l3->contents.self;
	struct bmx7_link last;
	struct chain_salt salt = {.node = l3->self->id};

	s->chain = pool_alloc(&l3->pool, sizeof(*s->chain));
	if (!s->chain)
		return ERR_FULL;
	salt.desc_sqn = number_next(l3, fx);
	chain_secrets(l3, salt.desc_sqn, &last, &salt.seed);
	own_chain_init(s->chain, &salt, &last, l3->conf.sqn_range);
	return OK;
}

/* Asks for the signature of a new description. */
static enum err sign_ask(struct l3 *l3, instant now, const struct link_key *key, struct fx *fx)
{
	struct self *s = &l3->contents.self;
	struct build *b = pool_alloc(&l3->pool, sizeof(*b));
	struct bmx7_version v = {.version = BMX7_VERSION,
				 .capabilities = BMX7_CAPABILITIES,
				 .boot_sqn = s->boot_sqn,
				 .desc_sqn = s->chain->salt.desc_sqn,
				 .sqn_range = s->chain->range,
				 .anchor = s->chain->kept[0],
				 .seed = s->chain->salt.seed};
	struct job job = {.kind = JOB_RSA_SIGN, .secret = l3->conf.node_secret};
	struct job_bill bill = {.owner = JOB_FOR_CONTENT, .node = l3->self->id, .ours = true};
	enum err e = ERR_FULL;

	s->signing = pool_alloc(&l3->pool, sizeof(*s->signing));
	if (s->signing)
		list_init(&s->signing->set.uses);
	if (b && s->signing) {
		b->l3 = l3;
		b->k = s->signing;
		b->k->node = l3->self;
		b->k->signature.type = l3->conf.node_public.at[0];
		tlvs_set(b, key);
		e = body_put(b, &v, &job);
	}
	pool_free(&l3->pool, b, sizeof(*b));
	if (e == OK)
		e = job_ask(l3, now, &bill, &job, fx);
	return e;
}

/* Nothing is left half done. What was too big or malformed does not get better by itself. */
static void self_fail(struct l3 *l3, instant now, enum err why)
{
	l3->count.dropped[why]++;
	signing_drop(l3);
	if (why == ERR_FULL || why == ERR_RATE)
		l3->contents.self.renew_at = instant_add(now, span_ms(RETRY_MS));
}

void self_build(struct l3 *l3, instant now, struct fx *fx)
{
	struct self *s = &l3->contents.self;
	const struct link_key *key = link_keys_next(l3);
	enum err e = OK;

	s->renew_at = NEVER;
	if (!key)
		return; /* when it comes, it asks for a description */
	if (s->signing) {
		s->again = true;
		return;
	}
	/* A twin may have used its number meanwhile. */
	if (s->chain && s->chain->salt.desc_sqn != s->desc_sqn)
		signing_drop(l3);
	if (!s->chain)
		e = chain_begin(l3, fx);
	if (e == OK && !own_chain_grow(s->chain, l3->crypto, SELF_CHAIN_SLICE)) {
		s->renew_at = instant_add(now, span_ms(SELF_CHAIN_MS));
		return;
	}
	if (e == OK)
		e = sign_ask(l3, now, key, fx);
	if (e != OK)
		self_fail(l3, now, e);
}

/* The whole, once it is signed: it must pass what others test. */
static enum err self_complete(struct l3 *l3, const struct job_done *d)
{
	struct self *s = &l3->contents.self;
	struct described *k = s->signing;
	struct described_head h;
	enum err e;

	if (!d->ok || d->result.len != l3->conf.node_public.len - 1)
		return ERR_RATE;
	memcpy(k->body + s->signature_at, d->result.at, d->result.len);
	k->d.hash = crypto_hash(l3->crypto, k->body, k->len);
	e = described_head(k->body, k->len, &h);
	if (e == OK)
		e = described_gather(l3, k);
	if (e == OK)
		e = described_finish(l3, k);
	return e;
}

static void self_signed(struct l3 *l3, instant now, const struct job_done *d, struct fx *fx)
{
	struct self *s = &l3->contents.self;
	const struct description *old = l3->self->description;
	struct use_set *uses = l3->self->content.uses;

	if (!s->signing)
		return;
	enum err e = self_complete(l3, d);
	if (e == OK && !described_accept(l3, now, s->signing))
		e = ERR_FULL;
	if (e != OK) {
		self_fail(l3, now, e);
		return;
	}
	s->signing = NULL;
	content_flood(l3, now, l3->self, NULL, !old);
	plane_self_described(l3, now, old, s->chain, fx);
	if (old)
		description_free(l3, old);
	use_set_free(l3, uses);
	signing_drop(l3);
	if (s->again)
		self_renew(l3, now);
	s->again = false;
}

void self_heard(struct l3 *l3, instant now, const struct bmx7_tlv *frame,
		const struct described_head *h, struct fx *fx)
{
	struct self *s = &l3->contents.self;
	const struct description *d = l3->self->description;
	struct job job = {.kind = JOB_RSA_VERIFY,
			  .public = l3->conf.node_public,
			  .signature = {h->signature.data, h->signature.len}};
	struct job_bill bill = {.owner = JOB_FOR_CONTENT,
				.node = l3->self->id,
				.tag = ++l3->contents.serial,
				.ours = true};
	uint32_t sqn = h->version.desc_sqn;

	if (!d || sqn < d->version.desc_sqn || s->twin_sqn > 0)
		return;
	struct digest hash = crypto_hash(l3->crypto, frame->data, frame->len);
	if (digest_equal(&hash, &d->hash) || !bucket_take(&s->twins, now))
		return;
	job.hash = crypto_hash(l3->crypto, h->signs.at, h->signs.len);
	if (job_ask(l3, now, &bill, &job, fx) == OK) {
		s->twin_sqn = sqn;
		s->twin_tag = bill.tag;
	}
}

static void twin_verified(struct l3 *l3, instant now, bool ok, struct fx *fx)
{
	struct self *s = &l3->contents.self;
	uint32_t sqn = s->twin_sqn;

	s->twin_sqn = 0;
	if (!ok) {
		l3->count.forged++;
		return;
	}
	l3->count.attacks++;
	l3_note(fx, NETWORK_NOTE_ATTACK, l3->self, l3->self, 0);
	if (sqn >= s->desc_sqn && sqn < UINT32_MAX - SELF_SQN_STEP) {
		s->desc_sqn = sqn;
		self_renew(l3, now);
	}
}

void self_job_done(struct l3 *l3, instant now, uint32_t tag, const struct job_done *d,
		   struct fx *fx)
{
	const struct self *s = &l3->contents.self;

	if (s->twin_sqn > 0 && tag == s->twin_tag)
		twin_verified(l3, now, d->ok, fx);
	else
		self_signed(l3, now, d, fx);
}

static bool may_publish(uint8_t type)
{
	switch ((enum bmx7_tlv_type)type) {
	case BMX7_SUPPORTS:
	case BMX7_TRUSTS:
	case BMX7_HNA6:
	case BMX7_TUN6:
	case BMX7_TUN4IN6_INGRESS:
	case BMX7_TUN6IN6_INGRESS:
	case BMX7_TUN4IN6_NET:
	case BMX7_TUN6IN6_NET:
	case BMX7_TOPOLOGY:
	case BMX7_SMS: return true;
	case BMX7_CONTENT_HASH:
	case BMX7_NODE_PUBKEY:
	case BMX7_DSC_SIGNATURE:
	case BMX7_VERSION_TLV:
	case BMX7_RSA_LINK_PUBKEY:
	case BMX7_DHM_LINK_PUBKEY:
	case BMX7_METRIC:
	case BMX7_LLIP:
	case BMX7_INFO:
	case BMX7_TLV_TYPES: break;
	}
	return false;
}

static bool hnas_fair(const struct l3 *l3, const void *data, size_t len)
{
	struct rd r = rd_over(data, len);
	struct bmx7_hna h;

	while (bmx7_hna_next(&r, &h)) {
		if (!described_may_have(l3, &l3->self->id, &h.net))
			return false;
	}
	return true;
}

enum err content_publish(struct l3 *l3, instant now, uint8_t type, const void *data, size_t len)
{
	struct self *s = &l3->contents.self;
	uint8_t *copy = NULL;

	if (!may_publish(type) || (len > 0 && bmx7_tlv_check(type, data, len) != OK) ||
	    (type == BMX7_HNA6 && !hnas_fair(l3, data, len)))
		return ERR_MALFORMED;
	if (len > SELF_TLV_MAX)
		return ERR_TOO_BIG;
	if (len == s->more[type].len && (len == 0 || memcmp(data, s->more[type].at, len) == 0) &&
	    (type != BMX7_TRUSTS || s->trusts))
		return OK;
	if (len > 0) {
		copy = pool_alloc(&l3->pool, len);
		if (!copy)
			return ERR_FULL;
		memcpy(copy, data, len);
	}
	pool_free(&l3->pool, s->more[type].at, s->more[type].len);
	s->more[type].at = copy;
	s->more[type].len = len;
	s->trusts = s->trusts || type == BMX7_TRUSTS;
	content_renew(l3, now);
	return OK;
}
