/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bytes - checked cursors over wire bytes, big-endian.
 *
 * Source  ours.
 * Shape   A reader or writer that would pass its end does nothing, returns 0
 *         (or NULL) and becomes bad for good; so a parser reads all its
 *         fields and asks once, at the end, whether every one was there.
 * Memory  the caller's; nothing is copied or allocated.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include "base/mac.h"

struct rd {
	const uint8_t *at;
	const uint8_t *end;
	bool bad;
};

struct wr {
	uint8_t *at;
	uint8_t *end;
	uint8_t *start;
	bool bad;
};

/* data may be NULL when len is 0. */
static inline struct rd rd_over(const void *data, size_t len)
{
	const uint8_t *p = data;

	return (struct rd){p, len > 0 ? p + len : p, false};
}

static inline size_t rd_left(const struct rd *r)
{
	return (size_t)(r->end - r->at);
}

/* The next n bytes, or NULL. */
static inline const uint8_t *rd_take(struct rd *r, size_t n)
{
	const uint8_t *p = r->at;

	if (r->bad || rd_left(r) < n) {
		r->bad = true;
		return NULL;
	}
	r->at += n;
	return p;
}

static inline uint8_t rd_u8(struct rd *r)
{
	const uint8_t *p = rd_take(r, 1);

	return p ? p[0] : 0;
}

static inline uint16_t rd_u16(struct rd *r)
{
	const uint8_t *p = rd_take(r, 2);

	if (!p)
		return 0;
	return (uint16_t)(p[0] << 8 | p[1]);
}

static inline uint32_t rd_u32(struct rd *r)
{
	const uint8_t *p = rd_take(r, 4);

	return p ? (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3] : 0;
}

static inline struct mac rd_mac(struct rd *r)
{
	const uint8_t *p = rd_take(r, 6);

	return p ? mac_from(p) : (struct mac){{0}};
}

static inline struct wr wr_over(void *data, size_t len)
{
	uint8_t *p = data;

	return (struct wr){p, p + len, p, false};
}

static inline size_t wr_len(const struct wr *w)
{
	return (size_t)(w->at - w->start);
}

static inline size_t wr_left(const struct wr *w)
{
	return (size_t)(w->end - w->at);
}

/* Room for n bytes to be filled by the caller, or NULL. */
static inline uint8_t *wr_take(struct wr *w, size_t n)
{
	uint8_t *p = w->at;

	if (w->bad || wr_left(w) < n) {
		w->bad = true;
		return NULL;
	}
	w->at += n;
	return p;
}

static inline void wr_u8(struct wr *w, uint8_t v)
{
	uint8_t *p = wr_take(w, 1);

	if (p)
		p[0] = v;
}

static inline void wr_u16(struct wr *w, uint16_t v)
{
	uint8_t *p = wr_take(w, 2);

	if (p) {
		p[0] = (uint8_t)(v >> 8);
		p[1] = (uint8_t)v;
	}
}

static inline void wr_u32(struct wr *w, uint32_t v)
{
	uint8_t *p = wr_take(w, 4);

	if (p) {
		p[0] = (uint8_t)(v >> 24);
		p[1] = (uint8_t)(v >> 16);
		p[2] = (uint8_t)(v >> 8);
		p[3] = (uint8_t)v;
	}
}

static inline void wr_bytes(struct wr *w, const void *data, size_t n)
{
	uint8_t *p = wr_take(w, n);

	if (p && n > 0)
		memcpy(p, data, n);
}

static inline void wr_mac(struct wr *w, struct mac m)
{
	wr_bytes(w, m.b, sizeof(m.b));
}

static inline void wr_zero(struct wr *w, size_t n)
{
	uint8_t *p = wr_take(w, n);

	if (p)
		memset(p, 0, n);
}
