/* Proves the crypto functions that BMX7 needs, and that the cheap ones of the simulator answer as
 * the real ones do. */
/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include "base/digest.h"
#include "cmocka_all.h"
#include "drv/crypto.h"
#include "drv/public_key.h"
#include "sim/cheap_crypto.h"
#include "wire/bmx7.h"

static void sim_job(const struct job *job, struct job_result *r)
{
	static struct prng prng = {{1, 2, 3, 4}};

	cheap_job(&prng, job, r);
}

static const struct {
	const struct crypto *(*table)(void);
	void (*job)(const struct job *job, struct job_result *r);
} both[] = {{crypto_mbedtls, public_key_job}, {cheap_crypto, sim_job}};

enum { BOTH = 2 };

/* ---- digests, compression ---- */

static void test_sha224(void **state)
{
	static const struct {
		const char *data, *digest;
	} cases[] = {
		{"", "d14a028c2a3a2bc9476102bb288234c415a2b01f828ea62ac5b3e42f"},
		{"abc", "23097d223405d8228642a477bda255b32aadbce4bda0b3f7e36c9da7"},
		{"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
		 "75388b16512776cc5dba5da1fd890150b0c6455cb4f58b1952522525"},
	};
	char text[DIGEST_TEXT];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct digest d =
			crypto_hash(crypto_mbedtls(), cases[i].data, strlen(cases[i].data));

		assert_string_equal(digest_print(&d, text), cases[i].digest);
	}
}

/* However the bytes are cut, the digest is the same; another byte gives another. */
static void test_digest_of_parts(void **state)
{
	static const char data[] = "the quick brown fox jumps over the lazy dog";

	(void)state;
	for (unsigned b = 0; b < BOTH; b++) {
		const struct crypto *c = both[b].table();
		struct digest whole = crypto_hash(c, data, sizeof(data));

		for (size_t cut = 0; cut <= sizeof(data); cut++) {
			const struct crypto_part parts[] = {
				{data, cut}, {NULL, 0}, {data + cut, sizeof(data) - cut}};
			struct digest d = c->sha224(parts, 3);
			struct digest shorter = crypto_hash(c, data, cut);

			assert_true(digest_equal(&d, &whole));
			assert_true(cut == sizeof(data) || !digest_equal(&shorter, &whole));
		}
	}
}

static void test_inflate(void **state)
{
	const struct crypto *c = crypto_mbedtls();
	uint8_t plain[2000], packed[2000], out[2000];

	(void)state;
	for (size_t i = 0; i < sizeof(plain); i++)
		plain[i] = (uint8_t)(i / 50);
	size_t len = c->deflate(plain, sizeof(plain), packed, sizeof(packed));
	assert_in_range(len, 1, 400);
	assert_true(c->inflate(packed, len, out, sizeof(out)));
	assert_memory_equal(out, plain, sizeof(plain));
	assert_int_equal(c->deflate(plain, sizeof(plain), out, len - 1), 0);
	assert_false(c->inflate(packed, len, out, sizeof(plain) - 1)); /* a bomb */
	assert_false(c->inflate(packed, len, out, sizeof(plain) - 1000));
	packed[len] = 0;
	assert_false(c->inflate(packed, len + 1, out, sizeof(out))); /* something behind it */
	for (size_t cut = 0; cut < len; cut++)
		assert_false(c->inflate(packed, cut, out, sizeof(out)));
	packed[len - 1] ^= 1;
	assert_false(c->inflate(packed, len, out, sizeof(out)));
}

/* ---- jobs ---- */

static struct job_bytes secret_of(const struct job_result *r)
{
	return (struct job_bytes){r->secret, r->secret_len};
}

static struct job_bytes public_of(const struct job_result *r)
{
	return (struct job_bytes){r->public, r->public_len};
}

static void diffie_hellman(unsigned b, uint8_t type, size_t len)
{
	struct job_result mine, theirs, here, there;

	both[b].job(&(struct job){.kind = JOB_DH_KEY, .type = type}, &mine);
	both[b].job(&(struct job){.kind = JOB_DH_KEY, .type = type}, &theirs);
	assert_true(mine.ok && theirs.ok);
	assert_int_equal(mine.public_len, 1 + len);
	assert_int_equal(mine.public[0], type);
	assert_int_not_equal(mine.public[1], 0);
	assert_memory_not_equal(mine.public, theirs.public, 1 + len);
	both[b].job(&(struct job){.kind = JOB_DH_SHARED,
				  .secret = secret_of(&mine),
				  .public = public_of(&theirs)},
		    &here);
	both[b].job(&(struct job){.kind = JOB_DH_SHARED,
				  .secret = secret_of(&theirs),
				  .public = public_of(&mine)},
		    &there);
	assert_true(here.ok && there.ok);
	assert_int_equal(here.result_len, sizeof(struct digest));
	assert_memory_equal(here.result, there.result, sizeof(struct digest));
	theirs.public[0] = type == BMX7_DH2048 ? BMX7_DH3072 : BMX7_DH2048;
	both[b].job(&(struct job){.kind = JOB_DH_SHARED,
				  .secret = secret_of(&mine),
				  .public = public_of(&theirs)},
		    &here);
	assert_false(here.ok);
}

static void test_diffie_hellman(void **state)
{
	(void)state;
	for (unsigned b = 0; b < BOTH; b++) {
		struct job_result r;

		diffie_hellman(b, BMX7_DH2048, 256);
		diffie_hellman(b, BMX7_DH3072, 384);
		both[b].job(&(struct job){.kind = JOB_DH_KEY, .type = BMX7_RSA2048}, &r);
		assert_false(r.ok);
	}
}

/* Public keys that would make a secret that everybody knows, and ones too big. */
static void test_unfair_public_keys(void **state)
{
	struct job_result mine, r;
	uint8_t public[1 + 256];

	(void)state;
	public_key_job(&(struct job){.kind = JOB_DH_KEY, .type = BMX7_DH2048}, &mine);
	struct job job = {.kind = JOB_DH_SHARED,
			  .secret = secret_of(&mine),
			  .public = {public, sizeof(public)}};
	for (unsigned y = 0; y < 4; y++) {
		memset(public, 0, sizeof(public));
		public[0] = BMX7_DH2048;
		public[sizeof(public) - 1] = (uint8_t)y;
		public_key_job(&job, &r);
		assert_int_equal(r.ok, y >= 2);
	}
	memset(public + 1, 0xff, sizeof(public) - 1);
	public_key_job(&job, &r);
	assert_false(r.ok);
	for (size_t len = 0; len < 3; len++) {
		job.public.len = len;
		public_key_job(&job, &r);
		assert_false(r.ok);
	}
	job.public.len = sizeof(public);
	job.secret.len = 0;
	public_key_job(&job, &r);
	assert_false(r.ok);
}

static void rsa(unsigned b, uint8_t type, size_t len)
{
	struct digest hash = {{1, 2, 3}}, other = {{1, 2, 4}};
	struct job_result key, another, signature, r;

	both[b].job(&(struct job){.kind = JOB_RSA_KEY, .type = type}, &key);
	both[b].job(&(struct job){.kind = JOB_RSA_KEY, .type = type}, &another);
	assert_true(key.ok && another.ok);
	assert_int_equal(key.public_len, 1 + len);
	assert_int_equal(key.public[0], type);
	both[b].job(&(struct job){.kind = JOB_RSA_SIGN, .secret = secret_of(&key), .hash = hash},
		    &signature);
	assert_true(signature.ok);
	assert_int_equal(signature.result_len, len);
	struct job verify = {.kind = JOB_RSA_VERIFY,
			     .public = public_of(&key),
			     .signature = {signature.result, signature.result_len},
			     .hash = hash};
	both[b].job(&verify, &r);
	assert_true(r.ok);
	verify.hash = other;
	both[b].job(&verify, &r);
	assert_false(r.ok);
	verify.hash = hash;
	verify.public = public_of(&another);
	both[b].job(&verify, &r);
	assert_false(r.ok);
	verify.public = public_of(&key);
	verify.signature.len--;
	both[b].job(&verify, &r);
	assert_false(r.ok);
	verify.signature.len++;
	signature.result[len / 2] ^= 1;
	both[b].job(&verify, &r);
	assert_false(r.ok);
}

static void test_rsa(void **state)
{
	(void)state;
	for (unsigned b = 0; b < BOTH; b++) {
		rsa(b, BMX7_RSA1024, 128);
		rsa(b, BMX7_RSA1536, 192);
	}
}

/* The host knows a key's public part by its secret one, as it is kept in a file. */
static void test_public_of_secret(void **state)
{
	struct job_result key;
	uint8_t public[JOB_PUBLIC_MAX];
	size_t len;

	(void)state;
	public_key_job(&(struct job){.kind = JOB_RSA_KEY, .type = BMX7_RSA1024}, &key);
	assert_true(public_key_of(secret_of(&key), public, &len));
	assert_int_equal(len, key.public_len);
	assert_memory_equal(public, key.public, len);
	for (size_t cut = 0; cut < key.secret_len; cut += 7)
		assert_false(public_key_of((struct job_bytes){key.secret, cut}, public, &len));
}

/* Moduli that are none. */
static void test_hostile_moduli(void **state)
{
	uint8_t public[1 + 128] = {BMX7_RSA1024}, signature[128];
	struct job_result r;
	struct job job = {.kind = JOB_RSA_VERIFY,
			  .public = {public, sizeof(public)},
			  .signature = {signature, sizeof(signature)}};

	(void)state;
	for (unsigned s = 0; s < 256; s += 51) {
		memset(signature, (int)s, sizeof(signature));
		for (unsigned m = 0; m < 256; m++) {
			memset(public + 1, (int)m, sizeof(public) - 1);
			public_key_job(&job, &r);
			assert_false(r.ok);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sha224),
		cmocka_unit_test(test_digest_of_parts),
		cmocka_unit_test(test_inflate),
		cmocka_unit_test(test_diffie_hellman),
		cmocka_unit_test(test_unfair_public_keys),
		cmocka_unit_test(test_rsa),
		cmocka_unit_test(test_public_of_secret),
		cmocka_unit_test(test_hostile_moduli),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
