/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * crypto - the functions of core/crypto.h, done by mbedTLS and zlib.
 *
 * Source  mbedTLS, zlib.
 * Memory  a constant table; nothing to free.
 */
#pragma once
#include "core/crypto.h"

const struct crypto *crypto_mbedtls(void);
