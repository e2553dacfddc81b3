/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "crypto_test.h"
#include "drv/crypto.h"

const struct crypto *crypto_test(void)
{
	return crypto_mbedtls();
}
