/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "share_fake.h"
#include <stdlib.h>
#include <string.h>

void share_fake_free(struct share *s)
{
	for (unsigned i = 0; i < 256; i++)
		free(s->record[i].data);
	*s = (struct share){0};
}

enum err share_put(struct share *s, instant now, uint8_t type, uint8_t version, const uint8_t *data,
		   size_t len, struct fx *fx)
{
	struct fake_record *r = &s->record[type];

	(void)now;
	(void)fx;
	if (s->refuse != OK)
		return s->refuse;
	if (r->there && r->len == len && r->version == version &&
	    (len == 0 || memcmp(r->data, data, len) == 0))
		return OK;
	free(r->data);
	r->data = malloc(len + 1);
	if (!r->data)
		abort();
	if (len > 0)
		memcpy(r->data, data, len);
	r->len = len;
	r->version = version;
	r->there = r->fresh = true;
	s->puts++;
	return OK;
}

bool share_find(const struct share *s, instant now, struct mac source, uint8_t type,
		struct share_record *out)
{
	const struct fake_record *r;

	(void)now;
	if (!s->known || !mac_equal(source, s->known_mac) || !s->known->record[type].there)
		return false;
	r = &s->known->record[type];
	*out = (struct share_record){source,  type,   r->version, SHARE_FIRST_HAND,
				     r->data, r->len, span_us(0)};
	return true;
}

void share_each(const struct share *s, instant now, int type,
		bool (*show)(void *ctx, const struct share_record *r), void *ctx)
{
	for (int i = 0; i < 256; i++) {
		struct share_record r;

		if ((type < 0 || i == type) && share_find(s, now, s->known_mac, (uint8_t)i, &r) &&
		    !show(ctx, &r))
			return;
	}
}

void share_each_peer(const struct share *s, instant now,
		     bool (*show)(void *ctx, const struct share_peer *p), void *ctx)
{
	(void)now;
	for (unsigned i = 0; i < s->peers; i++)
		if (!show(ctx, &s->peer[i]))
			return;
}
