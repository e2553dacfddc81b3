/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sim/cheap_crypto.h"
#include <endian.h>
#include <string.h>
#include "wire/bmx7.h"

enum { SECRET = 16 };

/* Two lanes that take in eight bytes at a time. */
struct absorb {
	uint64_t lane[2];
	uint64_t word;
	unsigned in_word;
	size_t len;
};

static void absorb_word(struct absorb *a)
{
	a->lane[0] = prng_mix(a->lane[0] ^ a->word);
	a->lane[1] = prng_mix(a->lane[1] + a->word);
	a->word = 0;
	a->in_word = 0;
}

static void absorb(struct absorb *a, const uint8_t *data, size_t len)
{
	a->len += len;
	while (len > 0) {
		size_t n = 8 - a->in_word < len ? 8 - a->in_word : len;
		uint64_t bytes = 0;

		memcpy(&bytes, data, n);
		a->word |= le64toh(bytes) << 8 * a->in_word;
		a->in_word += (unsigned)n;
		if (a->in_word == 8)
			absorb_word(a);
		data += n;
		len -= n;
	}
}

/* As many bytes as are wanted. */
static void squeeze(struct absorb *a, uint8_t *out, size_t len)
{
	absorb_word(a);
	a->word = a->len;
	absorb_word(a);
	for (size_t i = 0; i < len; i += 8) {
		uint64_t v = prng_mix(a->lane[i / 8 % 2] + i);

		for (size_t j = i; j < len && j < i + 8; j++, v >>= 8)
			out[j] = (uint8_t)v;
	}
}

static struct digest digest_of(const struct crypto_part *part, size_t count)
{
	struct absorb a = {.lane = {1, 2}};
	struct digest d;

	for (size_t i = 0; i < count; i++)
		absorb(&a, part[i].at, part[i].len);
	squeeze(&a, d.b, sizeof(d.b));
	return d;
}

/* The same on each run, and as long; it is no MD5. */
static void md5_like(const void *data, size_t len, uint8_t digest[16])
{
	struct absorb a = {.lane = {7, 8}};

	absorb(&a, data, len);
	squeeze(&a, digest, 16);
}

static bool never_inflate(const void *data, size_t len, void *out, size_t out_len)
{
	(void)data;
	(void)len;
	(void)out;
	(void)out_len;
	return false;
}

static size_t never_deflate(const void *data, size_t len, void *out, size_t room)
{
	(void)data;
	(void)len;
	(void)out;
	(void)room;
	return 0;
}

const struct crypto *cheap_crypto(void)
{
	static const struct crypto table = {
		.md5 = md5_like,
		.sha224 = digest_of,
		.inflate = never_inflate,
		.deflate = never_deflate,
	};

	return &table;
}

/* ---- jobs: a secret is a type and SECRET random bytes, its public key follows from it ---- */

static void public_of(const uint8_t *secret, size_t len, struct job_result *r)
{
	struct absorb a = {.lane = {3, 4}};

	r->public[0] = secret[0];
	r->public_len = 1 + len;
	absorb(&a, secret, 1 + SECRET);
	squeeze(&a, r->public + 1, len);
	r->public[1] |= 1; /* the first byte is never 0 */
}

static bool key_make(struct prng *prng, uint8_t type, size_t len, struct job_result *r)
{
	if (len == 0)
		return false;
	r->secret[0] = type;
	r->secret_len = 1 + SECRET;
	for (unsigned i = 0; i < SECRET; i++)
		r->secret[1 + i] = (uint8_t)prng_u64(prng);
	public_of(r->secret, len, r);
	return true;
}

static size_t key_len(uint8_t type)
{
	return bmx7_dh_len(type) > 0 ? bmx7_dh_len(type) : bmx7_rsa_len(type);
}

/* What both can make of their secret and the other's public key: the two public keys in order. */
static bool shared(const struct job *job, struct job_result *r)
{
	struct job_result own;

	if (job->secret.len != 1 + SECRET || job->public.len < 1 ||
	    job->public.at[0] != job->secret.at[0] ||
	    job->public.len != 1 + bmx7_dh_len(job->public.at[0]))
		return false;
	public_of(job->secret.at, job->public.len - 1, &own);
	struct crypto_part keys[] = {{own.public, own.public_len},
				     {job->public.at, job->public.len}};
	if (memcmp(own.public, job->public.at, own.public_len) > 0) {
		struct crypto_part first = keys[0];

		keys[0] = keys[1];
		keys[1] = first;
	}
	struct digest d = digest_of(keys, 2);
	memcpy(r->result, d.b, sizeof(d.b));
	r->result_len = sizeof(d.b);
	return true;
}

static void signature_of(const uint8_t *public, size_t public_len, const struct digest *hash,
			 uint8_t *out)
{
	struct absorb a = {.lane = {5, 6}};

	absorb(&a, public, public_len);
	absorb(&a, hash->b, sizeof(hash->b));
	squeeze(&a, out, public_len - 1);
}

static bool sign(const struct job *job, struct job_result *r)
{
	if (job->secret.len != 1 + SECRET || key_len(job->secret.at[0]) == 0)
		return false;
	public_of(job->secret.at, key_len(job->secret.at[0]), r);
	signature_of(r->public, r->public_len, &job->hash, r->result);
	r->result_len = r->public_len - 1;
	r->public_len = 0;
	return true;
}

static bool verify(const struct job *job)
{
	uint8_t expected[BMX7_KEY_MAX];

	if (job->public.len < 2 || job->public.len != 1 + bmx7_rsa_len(job->public.at[0]) ||
	    job->signature.len != job->public.len - 1)
		return false;
	signature_of(job->public.at, job->public.len, &job->hash, expected);
	return memcmp(expected, job->signature.at, job->signature.len) == 0;
}

void cheap_job(struct prng *prng, const struct job *job, struct job_result *r)
{
	*r = (struct job_result){0};
	switch (job->kind) {
	case JOB_DH_KEY: r->ok = key_make(prng, job->type, bmx7_dh_len(job->type), r); break;
	case JOB_DH_SHARED: r->ok = shared(job, r); break;
	case JOB_RSA_KEY: r->ok = key_make(prng, job->type, bmx7_rsa_len(job->type), r); break;
	case JOB_RSA_SIGN: r->ok = sign(job, r); break;
	case JOB_RSA_VERIFY: r->ok = verify(job); break;
	}
}
