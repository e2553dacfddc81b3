/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/l3/internal.h"
#include "wire/bmx7_prefix.h"

enum { KEY_BYTES = 17 };

static uint32_t net_hash(const struct hnas *s, const struct ipv6 *net)
{
	uint8_t key[KEY_BYTES];
	struct wr w = wr_over(key, sizeof(key));

	wr_bytes(&w, net->b, sizeof(net->b));
	wr_u8(&w, net->bits);
	return map_hash(&s->by_net, key, sizeof(key));
}

static struct hna *net_find(const struct hnas *s, struct ipv6 net)
{
	for (struct map_node *m = map_first(&s->by_net, net_hash(s, &net)); m; m = map_next(m)) {
		struct hna *h = container_of(m, struct hna, by_net);

		if (ipv6_equal(h->net, net))
			return h;
	}
	return NULL;
}

static struct ipv6 shortened(struct ipv6 a, unsigned bits)
{
	a.bits = (uint8_t)bits;
	return ipv6_network(a);
}

void hnas_init(struct l3 *l3)
{
	map_init(&l3->hnas.by_net, &l3->pool, prng_u64(&l3->prng));
	list_init(&l3->hnas.all);
}

void hnas_fini(struct l3 *l3)
{
	map_fini(&l3->hnas.by_net);
}

/* An entry of another than n that has an address in common with net, or NULL. */
static const struct hna *overlap(const struct hnas *s, const struct l3_node *n, struct ipv6 net)
{
	for (unsigned bits = 0; bits <= net.bits; bits++) {
		const struct hna *h = s->of_bits[bits] ? net_find(s, shortened(net, bits)) : NULL;

		if (h && h->node != n)
			return h;
	}
	if (net.bits == 128)
		return NULL;
	list_each (h, &s->all, struct hna, all) {
		if (h->node != n && h->net.bits > net.bits &&
		    ipv6_equal(shortened(h->net, net.bits), net))
			return h;
	}
	return NULL;
}

const struct l3_node *hna_conflict(const struct l3 *l3, const struct l3_node *n,
				   const struct description *d)
{
	struct rd r = rd_over(d->tlv[BMX7_HNA6].at, d->tlv[BMX7_HNA6].len);
	struct bmx7_hna h;

	while (bmx7_hna_next(&r, &h)) {
		const struct hna *other = overlap(&l3->hnas, n, ipv6_network(h.net));

		if (other)
			return other->node;
	}
	return NULL;
}

void hnas_add(struct l3 *l3, struct l3_node *n, const struct description *d)
{
	struct rd r = rd_over(d->tlv[BMX7_HNA6].at, d->tlv[BMX7_HNA6].len);
	struct hnas *s = &l3->hnas;
	struct bmx7_hna h;

	while (bmx7_hna_next(&r, &h)) {
		struct ipv6 net = ipv6_network(h.net);
		struct hna *e = net_find(s, net) ? NULL : pool_alloc(&l3->pool, sizeof(*e));

		if (!e)
			continue;
		e->net = net;
		e->node = n;
		e->reserved = h.flags & BMX7_HNA_RESERVED;
		if (!map_add(&s->by_net, &e->by_net, net_hash(s, &net))) {
			pool_free(&l3->pool, e, sizeof(*e));
			continue;
		}
		s->of_bits[net.bits]++;
		list_append(&s->all, &e->all);
	}
}

static void hna_free(struct l3 *l3, struct hna *h)
{
	map_del(&l3->hnas.by_net, &h->by_net);
	list_del(&h->all);
	l3->hnas.of_bits[h->net.bits]--;
	pool_free(&l3->pool, h, sizeof(*h));
}

void hnas_remove(struct l3 *l3, struct l3_node *n, const struct description *d)
{
	struct rd r = rd_over(d->tlv[BMX7_HNA6].at, d->tlv[BMX7_HNA6].len);
	struct bmx7_hna h;

	while (bmx7_hna_next(&r, &h)) {
		struct hna *e = net_find(&l3->hnas, ipv6_network(h.net));

		if (e && e->node == n)
			hna_free(l3, e);
	}
}

const struct hna *hna_of(const struct l3 *l3, const struct ipv6 *a)
{
	for (unsigned bits = 129; bits-- > 0;) {
		const struct hna *h =
			l3->hnas.of_bits[bits] ? net_find(&l3->hnas, shortened(*a, bits)) : NULL;

		if (h)
			return h;
	}
	return NULL;
}
