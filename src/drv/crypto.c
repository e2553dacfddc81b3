/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "drv/crypto.h"

#include <assert.h>
#include <mbedtls/md.h>
#include <zlib.h>

/* Through the generic interface, which mbedTLS 2 and 3 share. */
static void md5(const void *data, size_t len, uint8_t digest[16])
{
	const mbedtls_md_info_t *kind = mbedtls_md_info_from_type(MBEDTLS_MD_MD5);
	int failed;

	assert(kind);
	failed = mbedtls_md(kind, data, len, digest);
	assert(!failed);
	(void)failed;
}

static struct digest sha224(const struct crypto_part *part, size_t count)
{
	const mbedtls_md_info_t *kind = mbedtls_md_info_from_type(MBEDTLS_MD_SHA224);
	mbedtls_md_context_t md;
	struct digest d;
	int failed;

	assert(kind && mbedtls_md_get_size(kind) == sizeof(d.b));
	mbedtls_md_init(&md);
	failed = mbedtls_md_setup(&md, kind, 0) || mbedtls_md_starts(&md);
	for (size_t i = 0; i < count && !failed; i++)
		failed = mbedtls_md_update(&md, part[i].at, part[i].len);
	failed = failed || mbedtls_md_finish(&md, d.b);
	assert(!failed);
	(void)failed;
	mbedtls_md_free(&md);
	return d;
}

static bool zlib_inflate(const void *data, size_t len, void *out, size_t out_len)
{
	z_stream z = {0};
	int done;

	if (len > UINT32_MAX || out_len > UINT32_MAX || inflateInit(&z) != Z_OK)
		return false;
	z.next_in = (z_const Bytef *)data;
	z.avail_in = (uInt)len;
	z.next_out = out;
	z.avail_out = (uInt)out_len;
	done = inflate(&z, Z_FINISH);
	inflateEnd(&z);
	return done == Z_STREAM_END && z.avail_in == 0 && z.avail_out == 0;
}

static size_t zlib_deflate(const void *data, size_t len, void *out, size_t room)
{
	uLongf used = room;

	return compress(out, &used, data, len) == Z_OK ? used : 0;
}

const struct crypto *crypto_mbedtls(void)
{
	static const struct crypto table = {
		.md5 = md5,
		.sha224 = sha224,
		.inflate = zlib_inflate,
		.deflate = zlib_deflate,
	};

	return &table;
}
