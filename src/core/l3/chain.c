/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/l3/chain.h"
#include <assert.h>
#include <string.h>
#include "base/bytes.h"

static struct bmx7_link cut(const struct digest *d)
{
	struct bmx7_link l;

	memcpy(l.b, d->b, sizeof(l.b));
	return l;
}

/* The first bytes of the hash over head and salt. */
static struct bmx7_link salted(const struct crypto *crypto, const struct chain_salt *salt,
			       const void *head, size_t len)
{
	uint8_t desc_sqn[4];
	struct wr w = wr_over(desc_sqn, sizeof(desc_sqn));

	wr_u32(&w, salt->desc_sqn);
	const struct crypto_part parts[] = {{head, len},
					    {salt->seed.b, BMX7_LINK},
					    {salt->node.b, sizeof(salt->node.b)},
					    {desc_sqn, sizeof(desc_sqn)}};
	struct digest d = crypto->sha224(parts, sizeof(parts) / sizeof(parts[0]));

	return cut(&d);
}

static struct chain_salt salt_of(const struct chain *c)
{
	return (struct chain_salt){c->version->seed, *c->node, c->version->desc_sqn};
}

/* The link before this one. */
static struct bmx7_link before(const struct crypto *crypto, const struct chain_salt *salt,
			       const struct bmx7_link *link)
{
	return salted(crypto, salt, link->b, BMX7_LINK);
}

static struct bmx7_link mask_of(const struct crypto *crypto, const struct chain_salt *salt,
				const struct digest *description, const struct bmx7_link *anchor)
{
	uint8_t head[sizeof(struct digest) + BMX7_LINK];
	struct wr w = wr_over(head, sizeof(head));

	wr_digest(&w, description);
	wr_bytes(&w, anchor->b, BMX7_LINK);
	return salted(crypto, salt, head, sizeof(head));
}

static struct bmx7_link masked(const struct bmx7_link *link, const struct bmx7_link *mask)
{
	struct bmx7_link l;

	for (unsigned i = 0; i < BMX7_LINK; i++)
		l.b[i] = link->b[i] ^ mask->b[i];
	return l;
}

static bool same(const struct bmx7_link *a, const struct bmx7_link *b)
{
	return memcmp(a->b, b->b, BMX7_LINK) == 0;
}

void chain_init(struct chain *c, const struct crypto *crypto, const struct digest *node,
		const struct bmx7_version *v, const struct digest *description)
{
	*c = (struct chain){.node = node, .version = v, .recent = {v->anchor}};
	const struct chain_salt salt = salt_of(c);

	c->mask = mask_of(crypto, &salt, description, &v->anchor);
}

static uint16_t recent_find(const struct chain *c, const struct bmx7_link *link)
{
	for (uint16_t i = 0; i < CHAIN_KEPT && i < c->newest; i++) {
		if (same(&c->recent[i], link))
			return (uint16_t)(c->newest - i);
	}
	return 0;
}

uint16_t chain_behind(const struct chain *c, const struct crypto *crypto,
		      const struct bmx7_link *disguised, uint64_t *hashes)
{
	const struct chain_salt salt = salt_of(c);
	struct bmx7_link link = masked(disguised, &c->mask), at = c->recent[CHAIN_KEPT - 1];

	for (uint16_t i = CHAIN_KEPT; i < CHAIN_MEMORY && i < c->newest; i++) {
		at = before(crypto, &salt, &at);
		++*hashes;
		if (same(&at, &link))
			return (uint16_t)(c->newest - i);
	}
	return 0;
}

struct bmx7_link chain_link(const struct chain *c, const struct crypto *crypto, uint16_t sqn)
{
	unsigned behind = (unsigned)(c->newest - sqn);

	assert(sqn >= 1 && sqn <= c->newest);
	if (behind < CHAIN_KEPT)
		return masked(&c->recent[behind], &c->mask);
	const struct chain_salt salt = salt_of(c);
	struct bmx7_link at = c->recent[CHAIN_KEPT - 1];

	for (unsigned i = CHAIN_KEPT - 1; i < behind; i++)
		at = before(crypto, &salt, &at);
	return masked(&at, &c->mask);
}

uint16_t chain_walk_begin(struct chain_walk *w, const struct chain *c,
			  const struct bmx7_link *disguised, unsigned steps)
{
	unsigned most = (unsigned)(c->version->sqn_range - c->newest);

	*w = (struct chain_walk){.at = masked(disguised, &c->mask),
				 .from = c->recent[0],
				 .from_number = c->newest,
				 .most = (uint16_t)(steps < most ? steps : most)};
	return recent_find(c, &w->at);
}

/* What was passed on the way from the link `found` is known now. */
static void walk_learn(const struct chain_walk *w, struct chain *c, uint16_t found)
{
	if (found <= c->newest)
		return;
	c->newest = found;
	c->recent[0] = w->passed[0];
	c->recent[1] = w->done > 1 ? w->passed[1] : w->from;
}

uint16_t chain_walk_go(struct chain_walk *w, struct chain *c, const struct crypto *crypto,
		       unsigned steps, unsigned *hashes)
{
	const struct chain_salt salt = salt_of(c);

	for (*hashes = 0; *hashes < steps && w->done < w->most; ++*hashes) {
		if (w->done < CHAIN_KEPT)
			w->passed[w->done] = w->at;
		w->at = before(crypto, &salt, &w->at);
		w->done++;
		if (!same(&w->at, &w->from))
			continue;
		++*hashes;
		uint16_t found = (uint16_t)(w->from_number + w->done);

		walk_learn(w, c, found);
		return found;
	}
	return 0;
}

uint16_t chain_find(struct chain *c, const struct crypto *crypto, const struct bmx7_link *disguised,
		    unsigned steps, uint64_t *hashes)
{
	struct chain_walk w;
	uint16_t known = chain_walk_begin(&w, c, disguised, steps);
	unsigned made = 0;

	if (known == 0)
		known = chain_walk_go(&w, c, crypto, steps, &made);
	*hashes += made;
	return known > 0 ? known : chain_behind(c, crypto, disguised, hashes);
}

void own_chain_init(struct own_chain *c, const struct chain_salt *salt,
		    const struct bmx7_link *last, uint16_t range)
{
	assert(range >= 1 && range <= BMX7_SQN_RANGE_MAX);
	*c = (struct own_chain){
		.salt = *salt, .range = range, .last = *last, .newest = *last, .to_make = range};
	if (range % CHAIN_STRIDE == 0)
		c->kept[range / CHAIN_STRIDE] = *last;
}

bool own_chain_grow(struct own_chain *c, const struct crypto *crypto, unsigned links)
{
	for (; c->to_make > 0 && links > 0; links--) {
		c->newest = before(crypto, &c->salt, &c->newest);
		if (--c->to_make % CHAIN_STRIDE == 0)
			c->kept[c->to_make / CHAIN_STRIDE] = c->newest;
	}
	return c->to_make == 0;
}

void own_chain_disguise(struct own_chain *c, const struct crypto *crypto,
			const struct digest *description)
{
	c->mask = mask_of(crypto, &c->salt, description, &c->kept[0]);
}

/* block[i] becomes link first + i. */
static void block_fill(struct own_chain *c, const struct crypto *crypto, uint16_t first)
{
	uint16_t end = (uint16_t)(first + CHAIN_STRIDE); /* the kept one behind the block */
	struct bmx7_link link = end <= c->range ? c->kept[end / CHAIN_STRIDE] : c->last;
	uint16_t at = end <= c->range ? end : c->range;

	if (at < end)
		c->block[at - first] = link;
	while (at > first) {
		link = before(crypto, &c->salt, &link);
		c->block[--at - first] = link;
	}
	c->block_at = first;
	c->block_filled = true;
}

struct bmx7_link own_chain_link(struct own_chain *c, const struct crypto *crypto, uint16_t sqn)
{
	uint16_t first = (uint16_t)(sqn - sqn % CHAIN_STRIDE);

	assert(sqn >= 1 && sqn <= c->range && c->to_make == 0);
	if (!c->block_filled || c->block_at != first)
		block_fill(c, crypto, first);
	return masked(&c->block[sqn - first], &c->mask);
}
