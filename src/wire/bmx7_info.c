/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "wire/bmx7_info.h"
#include <assert.h>

enum {
	KIND = 0, /* of INFO and TOPOLOGY: the only one there is */
	INFO_RESERVED = 12,
};

static bool name_char(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       c == '.' || c == '_' || c == '-';
}

bool bmx7_name_valid(const char *name, size_t len)
{
	if (len > BMX7_NAME_MAX)
		return false;
	for (size_t i = 0; i < len; i++) {
		if (!name_char(name[i]))
			return false;
	}
	return len == 0 || (name[0] != '.' && name[len - 1] != '.');
}

enum err bmx7_info_parse(const void *data, size_t len, struct bmx7_info *i)
{
	struct rd r = rd_over(data, len);
	uint8_t kind = rd_u8(&r), offset = rd_u8(&r);

	i->revision = rd_u32(&r);
	rd_take(&r, INFO_RESERVED);
	i->name_len = rd_u8(&r);
	i->mail_len = rd_u8(&r);
	if (r.bad)
		return ERR_SHORT;
	if (kind != KIND)
		return ERR_UNKNOWN;
	if (offset < BMX7_INFO_LEN)
		return ERR_MALFORMED;
	rd_take(&r, offset - (size_t)BMX7_INFO_LEN);
	i->name = (const char *)rd_take(&r, i->name_len);
	i->mail = (const char *)rd_take(&r, i->mail_len);
	if (r.bad)
		return ERR_SHORT;
	return bmx7_name_valid(i->name, i->name_len) ? OK : ERR_MALFORMED;
}

void bmx7_info_write(struct wr *w, const struct bmx7_info *i)
{
	assert(bmx7_name_valid(i->name, i->name_len) && i->mail_len <= UINT8_MAX);
	wr_u8(w, KIND);
	wr_u8(w, BMX7_INFO_LEN);
	wr_u32(w, i->revision);
	wr_zero(w, INFO_RESERVED);
	wr_u8(w, (uint8_t)i->name_len);
	wr_u8(w, (uint8_t)i->mail_len);
	wr_bytes(w, i->name, i->name_len);
	wr_bytes(w, i->mail, i->mail_len);
}

enum err bmx7_topology_parse(const void *data, size_t len, struct rd *links)
{
	*links = rd_over(data, len);
	uint8_t kind = rd_u8(links);
	rd_u8(links); /* reserved */
	if (links->bad)
		return ERR_SHORT;
	return kind == KIND ? OK : ERR_UNKNOWN;
}

bool bmx7_topology_next(struct rd *links, struct bmx7_topology *t)
{
	if (rd_left(links) == 0)
		return false;
	t->neighbour = rd_digest(links);
	t->desc_sqn = rd_u32(links);
	t->neighbour_dev = rd_u8(links);
	t->dev = rd_u8(links);
	t->tx_bandwidth = rd_u8(links);
	t->rx_bandwidth = rd_u8(links);
	t->tq = rd_u8(links);
	t->rq = rd_u8(links);
	t->signal = (int8_t)rd_u8(links);
	t->noise = (int8_t)rd_u8(links);
	t->channel = rd_u8(links);
	rd_take(links, 3); /* reserved */
	return !links->bad;
}

void bmx7_topology_begin(struct wr *w)
{
	wr_u8(w, KIND);
	wr_u8(w, 0);
}

void bmx7_topology_write(struct wr *w, const struct bmx7_topology *t)
{
	wr_digest(w, &t->neighbour);
	wr_u32(w, t->desc_sqn);
	wr_u8(w, t->neighbour_dev);
	wr_u8(w, t->dev);
	wr_u8(w, t->tx_bandwidth);
	wr_u8(w, t->rx_bandwidth);
	wr_u8(w, t->tq);
	wr_u8(w, t->rq);
	wr_u8(w, (uint8_t)t->signal);
	wr_u8(w, (uint8_t)t->noise);
	wr_u8(w, t->channel);
	wr_zero(w, 3);
}

bool bmx7_sms_next(struct rd *r, struct bmx7_sms *s)
{
	if (rd_left(r) == 0)
		return false;
	const uint8_t *name = rd_take(r, BMX7_SMS_NAME);
	if (name)
		memcpy(s->name, name, BMX7_SMS_NAME);
	s->len = rd_u32(r);
	s->data = rd_take(r, s->len);
	return !r->bad;
}

void bmx7_sms_write(struct wr *w, const struct bmx7_sms *s)
{
	wr_bytes(w, s->name, BMX7_SMS_NAME);
	wr_u32(w, (uint32_t)s->len);
	wr_bytes(w, s->data, s->len);
}
