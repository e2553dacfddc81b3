/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * crypto - the table of library functions that cores may call: digests and
 * compression, all cheap. Public-key work is not cheap: see job.h.
 *
 * Source  DESIGN 3: keys and hashes through env (mbedTLS and zlib in the daemon).
 * Memory  functions keep nothing.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/digest.h"

struct crypto_part {
	const void *at;
	size_t len;
};

struct crypto {
	/* MD5, RFC 1321: LibreMesh derives its identifiers from it. */
	void (*md5)(const void *data, size_t len, uint8_t digest[16]);
	/* SHA-224, FIPS 180-4, of the parts one after the other. */
	struct digest (*sha224)(const struct crypto_part *part, size_t count);
	/* zlib's format, RFC 1950. inflate: false unless data is whole, nothing follows it, and
	 * it grows to exactly out_len bytes. deflate: bytes used; 0 when room is too small. */
	bool (*inflate)(const void *data, size_t len, void *out, size_t out_len);
	size_t (*deflate)(const void *data, size_t len, void *out, size_t room);
};

/* The digest of one piece. */
static inline struct digest crypto_hash(const struct crypto *c, const void *data, size_t len)
{
	return c->sha224(&(struct crypto_part){data, len}, 1);
}
