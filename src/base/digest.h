/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * digest - a SHA-224 digest: in BMX7 the name of a node, of a description and
 * of a content.
 *
 * Source  FIPS 180-4; specs/bmx7.md 1, 2, 4.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

struct digest {
	uint8_t b[28];
};

enum { DIGEST_TEXT = 57 }; /* 56 hex digits and their NUL */

static inline bool digest_equal(const struct digest *a, const struct digest *b)
{
	return memcmp(a->b, b->b, sizeof(a->b)) == 0;
}

static inline int digest_compare(const struct digest *a, const struct digest *b)
{
	return memcmp(a->b, b->b, sizeof(a->b));
}

static inline struct digest digest_from(const uint8_t *p)
{
	struct digest d;

	memcpy(d.b, p, sizeof(d.b));
	return d;
}

/* Writes 56 lower-case hex digits into text and returns text. */
char *digest_print(const struct digest *d, char text[DIGEST_TEXT]);

/* Reads 56 hex digits of either case; nothing may follow.
 * false: not a digest, *d unchanged. */
bool digest_parse(const char *text, struct digest *d);
