/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * crypto_test - the table of crypto functions for tests, from mbedTLS.
 *
 * Source  ours.
 */
#pragma once
#include "core/crypto.h"

const struct crypto *crypto_test(void);
