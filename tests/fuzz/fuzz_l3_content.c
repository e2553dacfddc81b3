/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A content plane hears descriptions and contents: any bytes, and well signed descriptions around
 * any bytes; it is asked for anything, wants anything, and time passes. Whatever comes, its memory
 * stays within limits, what it accepted is whole, and at the end all is given back.
 */
#include <stdlib.h>
#include "../unit/content_forge.h"
#include "../unit/content_rig.h"
#include "fuzz.h"

enum { STATIONS = 3, MEMORY_MAX = 8 << 20 };

enum op { OP_TICKS, OP_DESCRIPTION, OP_CONTENT, OP_SIGNED, OP_WANT, OP_REQUEST, OP_SWITCH, OPS };

struct play {
	struct rig rig;
	struct station *a; /* the one that hears */
	struct rd in;
	uint32_t desc_sqn;
};

/* The next piece of the input, at most max bytes: its length comes first, in two bytes. */
static const uint8_t *piece(struct play *p, size_t max, size_t *len)
{
	*len = rd_u16(&p->in) % (max + 1);
	if (*len > rd_left(&p->in))
		*len = rd_left(&p->in);
	return rd_take(&p->in, *len);
}

static struct station *other(struct play *p)
{
	return p->rig.at[1 + rd_u8(&p->in) % (STATIONS - 1)];
}

static void hear(struct play *p, uint8_t type, const void *data, size_t len)
{
	struct station *by = other(p);

	if (len > 0)
		station_frame(p->a, by, type, data, len);
}

static void hear_signed(struct play *p)
{
	struct forge f = {.as = other(p), .desc_sqn = p->desc_sqn++};
	uint8_t rest[700];
	struct wr w = wr_over(rest, sizeof(rest));
	size_t len;
	const uint8_t *bytes = piece(p, sizeof(rest), &len);

	wr_bytes(&w, bytes, len);
	if (rd_u8(&p->in) & 1)
		forge_plain(&f, f.as, f.desc_sqn, &w);
	else
		forge_sign(&f, &w);
	hear(p, BMX7_DESC_ADV, f.body, f.len);
}

/* One that a may know: a content of a description, or any bytes. */
static struct digest name(struct play *p)
{
	struct digest d = p->rig.at[rd_u8(&p->in) % STATIONS]->l3.self->id;
	const uint8_t *bytes = rd_u8(&p->in) & 1 ? rd_take(&p->in, sizeof(d)) : NULL;

	return bytes ? digest_from(bytes) : d;
}

static void step(struct play *p)
{
	struct source from = station_source(p->a, other(p));
	struct digest d;
	const uint8_t *bytes;
	size_t len;

	switch ((enum op)(rd_u8(&p->in) % OPS)) {
	case OP_TICKS: rig_ticks(&p->rig, rd_u8(&p->in) % 32); break;
	case OP_DESCRIPTION:
		bytes = piece(p, BMX7_DESCRIPTION_MAX + 100, &len);
		hear(p, BMX7_DESC_ADV, bytes, len);
		break;
	case OP_CONTENT:
		bytes = piece(p, BMX7_CONTENT_MAX + 1, &len);
		hear(p, BMX7_CONTENT_ADV, bytes, len);
		break;
	case OP_SIGNED: hear_signed(p); break;
	case OP_WANT:
		content_want(&p->a->l3, p->rig.now, from.node, rd_u8(&p->in), &from, &p->a->fx);
		break;
	case OP_REQUEST:
		d = name(p);
		content_rx_description_request(&p->a->l3, p->rig.now, &from, &d, &p->a->fx);
		content_rx_content_request(&p->a->l3, p->rig.now, &from, &d, &p->a->fx);
		break;
	case OP_SWITCH:
		p->rig.strangers = rd_u8(&p->in) & 1;
		p->a->posts_full = rd_u8(&p->in) & 1;
		p->a->jobs_full = rd_u8(&p->in) & 1;
		p->a->conflict = rd_u8(&p->in) & 1 ? p->a->l3.self : NULL;
		p->a->conflict_of = from.node;
		if (rd_u8(&p->in) % 8 == 0) { /* its own description; that costs a chain */
			p->a->link_key.there = true;
			content_renew(&p->a->l3, p->rig.now);
		}
		break;
	case OPS: break;
	}
	must(p->a->l3.pool.used_bytes < MEMORY_MAX);
}

static void accepted_check(struct station *a)
{
	list_each (n, &a->l3.nodes.all, struct l3_node, all) {
		const struct description *d = n->description;
		char text[BMX7_NAME_MAX + 1];

		content_name(n, text, sizeof(text));
		for (uint8_t type = 0; d && type < BMX7_TLV_TYPES; type++) {
			if (d->tlv[type].len > 0 && type != BMX7_CONTENT_HASH)
				must(bmx7_tlv_check(type, d->tlv[type].at, d->tlv[type].len) == OK);
		}
		trust_allows(&a->l3, n, a->l3.self);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct play *p = calloc(1, sizeof(*p));

	must(p);
	rig_init(&p->rig, false);
	for (unsigned i = 0; i < STATIONS; i++)
		rig_add(&p->rig, BMX7_RSA1024, 0)->link_key.there = false;
	p->a = p->rig.at[0];
	p->desc_sqn = 100;
	rig_ticks(&p->rig, 5);
	p->in = rd_over(data, size);
	while (rd_left(&p->in) > 0 && !p->in.bad)
		step(p);
	accepted_check(p->a);
	rig_fini(&p->rig);
	free(p);
	return 0;
}
