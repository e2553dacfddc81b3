/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "wire/bmx7_ogm.h"
#include <assert.h>

enum {
	MANTISSA_BITS = 6,
	HISTORY_MORE = 0x8000,
	IID_BITS = 0x3fff,
	IID_SHIFT = 17,
	HOPS_SHIFT = 11,
};

static const uint32_t ogm_more = UINT32_C(1) << 31;

/* Exponent and mantissa, as they are packed in the low 11 bits of OGM and history. */
static struct bmx7_float float_unpack(uint32_t word)
{
	return (struct bmx7_float){(uint8_t)(word >> MANTISSA_BITS & METRIC_EXPONENT_MAX),
				   (uint8_t)(word & METRIC_MANTISSA_MAX)};
}

static uint32_t float_pack(struct bmx7_float f)
{
	return (uint32_t)(f.exponent << MANTISSA_BITS | f.mantissa);
}

/* One that cannot be makes r bad. */
static struct bmx7_float float_read(struct rd *r, uint32_t word)
{
	struct bmx7_float f = float_unpack(word);

	if (!bmx7_float_valid(f))
		r->bad = true;
	return f;
}

enum err bmx7_batch_parse(const void *data, size_t len, uint16_t *sqn, struct rd *ogms)
{
	*ogms = rd_over(data, len);
	*sqn = rd_u16(ogms);
	return ogms->bad ? ERR_SHORT : OK;
}

static void history_read(struct rd *r, struct bmx7_ogm *o)
{
	uint16_t word;

	do {
		word = rd_u16(r);
		if (o->history_count == BMX7_HISTORY_MAX)
			r->bad = true;
		if (r->bad)
			return;
		o->history[o->history_count].metric = float_read(r, word);
		o->history[o->history_count++].channel = rd_u8(r);
	} while (word & HISTORY_MORE);
}

bool bmx7_ogm_next(struct rd *ogms, struct bmx7_ogm *o)
{
	if (ogms->bad || rd_left(ogms) == 0)
		return false;
	const uint8_t *chain = rd_take(ogms, BMX7_LINK);
	uint32_t word = rd_u32(ogms);
	if (ogms->bad)
		return false;
	*o = (struct bmx7_ogm){.iid = word >> IID_SHIFT & IID_BITS,
			       .hops = word >> HOPS_SHIFT & BMX7_HOPS_MAX};
	memcpy(o->chain.b, chain, BMX7_LINK);
	o->metric = bmx7_float_value(float_read(ogms, word));
	if (o->iid < BMX7_IID_SELF || o->iid > BMX7_IID_MAX || o->hops == BMX7_HOPS_MAX)
		ogms->bad = true;
	if (word & ogm_more)
		history_read(ogms, o);
	return !ogms->bad;
}

size_t bmx7_batch_open(struct wr *w, uint16_t sqn)
{
	size_t frame = bmx7_open(w, BMX7_OGM_ADV);

	wr_u16(w, sqn);
	return frame;
}

void bmx7_ogm_write(struct wr *w, const struct bmx7_ogm *o)
{
	assert(o->iid >= BMX7_IID_SELF && o->iid <= BMX7_IID_MAX);
	assert(o->hops < BMX7_HOPS_MAX && o->history_count <= BMX7_HISTORY_MAX);
	wr_bytes(w, o->chain.b, BMX7_LINK);
	wr_u32(w, (o->history_count > 0 ? ogm_more : 0) | (uint32_t)o->iid << IID_SHIFT |
			  (uint32_t)o->hops << HOPS_SHIFT | float_pack(bmx7_float_from(o->metric)));
	for (unsigned i = 0; i < o->history_count; i++) {
		bool more = i + 1 < o->history_count;

		wr_u16(w, (uint16_t)((more ? HISTORY_MORE : 0) | float_pack(o->history[i].metric)));
		wr_u8(w, o->history[i].channel);
	}
}
