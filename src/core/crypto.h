/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * crypto - the table of cryptographic functions that cores may call.
 *
 * Source  DESIGN 3: keys and hashes through env (mbedTLS in the daemon).
 * Memory  functions keep nothing.
 */
#pragma once
#include <stddef.h>
#include <stdint.h>

struct crypto {
	/* MD5, RFC 1321: LibreMesh derives its identifiers from it. */
	void (*md5)(const void *data, size_t len, uint8_t digest[16]);
};
