/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/l3/held.h"
#include "core/l3/internal.h"

void helds_init(struct l3 *l3, instant now)
{
	l3->helds = (struct helds){.count = 0};
	list_init(&l3->helds.all);
	bucket_init(&l3->helds.rate, HELD_BURST, span_ms(HELD_MS), now);
}

static void held_free(struct l3 *l3, struct held *h)
{
	list_del(&h->all);
	l3->helds.count--;
	pool_free(&l3->pool, h, sizeof(*h));
}

void helds_fini(struct l3 *l3)
{
	list_each (h, &l3->helds.all, struct held, all)
		held_free(l3, h);
}

/* The first RSA signature in the list; false: there is none. */
static bool rsa_find(const struct bmx7_signatures *s, struct bmx7_signature *one)
{
	struct rd list = rd_over(s->list, s->list_len);

	while (bmx7_signature_next(&list, one)) {
		if (bmx7_rsa_len(one->type) > 0)
			return true;
	}
	return false;
}

enum err held_keep(struct l3 *l3, instant now, struct near *r, const struct ev_network_datagram *d,
		   const struct bmx7_signatures *s, const struct digest *hash, struct fx *fx)
{
	struct helds *all = &l3->helds;
	struct tlv_data key = r->node->description->tlv[BMX7_RSA_LINK_PUBKEY];
	struct bmx7_signature one;

	if (key.len == 0 || !rsa_find(s, &one))
		return ERR_UNKNOWN;
	if (one.type != key.at[0])
		return ERR_MALFORMED;
	if (all->count == HELD_MAX || d->len > BMX7_PACKET_MAX)
		return ERR_FULL;
	if (!bucket_take(&r->proofs, now) || !bucket_take(&all->rate, now))
		return ERR_RATE;
	struct held *h = pool_alloc(&l3->pool, sizeof(*h));
	if (!h)
		return ERR_FULL;
	struct job job = {.kind = JOB_RSA_VERIFY,
			  .public = {key.at, key.len},
			  .signature = {one.data, one.len},
			  .hash = *hash};
	struct job_bill bill = {
		.owner = JOB_FOR_PACKET, .node = r->node->id, .tag = ++all->tag, .ours = true};
	h->tag = bill.tag;
	h->port = d->port;
	h->from = d->from;
	h->len = d->len;
	memcpy(h->data, d->data, d->len);
	list_append(&all->all, &h->all);
	all->count++;
	enum err e = job_ask(l3, now, &bill, &job, fx);
	if (e != OK)
		held_free(l3, h);
	return e;
}

void held_done(struct l3 *l3, instant now, uint32_t tag, const struct job_done *d, struct fx *fx)
{
	list_each (h, &l3->helds.all, struct held, all) {
		if (h->tag != tag)
			continue;
		const struct ev_network_datagram packet = {h->port, h->from, h->data, h->len};

		if (d->ok)
			packet_rx_proven(l3, now, &packet, fx);
		else
			l3->count.forged++;
		held_free(l3, h);
		return;
	}
}
