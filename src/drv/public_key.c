/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "drv/public_key.h"

#include <mbedtls/bignum.h>
#include <mbedtls/dhm.h>
#include <mbedtls/pk.h>
#include <mbedtls/platform_util.h>
#include <mbedtls/rsa.h>
#include <string.h>
#include <sys/random.h>

#include "drv/crypto.h"
#include "wire/bmx7.h"

enum {
	RSA_EXPONENT = 65537,
	/* Bytes of a secret exponent. SPEC: as long as the group / OURS: 320 bits, because RFC
	 * 3526 8 asks for no more (220 to 420 for these groups), and it is six times as fast. */
	DH_EXPONENT = 40,
	/* A new g^x is tried until its first byte is not 0, as other nodes want it. */
	DH_TRIES = 64,
};

static int random_bytes(void *unused, unsigned char *out, size_t len)
{
	(void)unused;
	while (len > 0) {
		ssize_t got = getrandom(out, len, 0);

		if (got < 0)
			return MBEDTLS_ERR_MPI_BAD_INPUT_DATA;
		out += got;
		len -= (size_t)got;
	}
	return 0;
}

/* ---- Diffie-Hellman ---- */

static int group_prime(uint8_t type, mbedtls_mpi *p)
{
	static const uint8_t modp_2048[] = MBEDTLS_DHM_RFC3526_MODP_2048_P_BIN;
	static const uint8_t modp_3072[] = MBEDTLS_DHM_RFC3526_MODP_3072_P_BIN;

	return type == BMX7_DH2048 ? mbedtls_mpi_read_binary(p, modp_2048, sizeof(modp_2048))
				   : mbedtls_mpi_read_binary(p, modp_3072, sizeof(modp_3072));
}

/* out = base^x in the group of type, as many bytes as the group has. */
static int group_power(uint8_t type, const mbedtls_mpi *base, const uint8_t *x, size_t x_len,
		       uint8_t *out)
{
	mbedtls_mpi p, exponent, power;
	int failed;

	mbedtls_mpi_init(&p);
	mbedtls_mpi_init(&exponent);
	mbedtls_mpi_init(&power);
	failed = group_prime(type, &p);
	if (!failed)
		failed = mbedtls_mpi_read_binary(&exponent, x, x_len);
	if (!failed)
		failed = mbedtls_mpi_exp_mod(&power, base, &exponent, &p, NULL);
	if (!failed)
		failed = mbedtls_mpi_write_binary(&power, out, bmx7_dh_len(type));
	mbedtls_mpi_free(&p);
	mbedtls_mpi_free(&exponent);
	mbedtls_mpi_free(&power);
	return failed;
}

/* g^x; a secret key is the type and x. */
static int dh_public(const uint8_t *secret, uint8_t *out)
{
	mbedtls_mpi g;
	int failed;

	mbedtls_mpi_init(&g);
	failed = mbedtls_mpi_lset(&g, 2);
	if (!failed)
		failed = group_power(secret[0], &g, secret + 1, DH_EXPONENT, out);
	mbedtls_mpi_free(&g);
	return failed;
}

static bool dh_key(const struct job *job, struct job_result *r)
{
	size_t len = bmx7_dh_len(job->type);

	if (len == 0)
		return false;
	r->secret_len = 1 + DH_EXPONENT;
	r->public_len = 1 + len;
	r->secret[0] = r->public[0] = job->type;
	for (unsigned i = 0; i < DH_TRIES; i++) {
		if (random_bytes(NULL, r->secret + 1, DH_EXPONENT) != 0)
			return false;
		if (r->secret[1] != 0 && dh_public(r->secret, r->public + 1) == 0 &&
		    r->public[1] != 0)
			return true;
	}
	return false;
}

/* Is y between 2 and p - 2? The rest would make a secret that everybody knows. */
static bool dh_public_fair(uint8_t type, const mbedtls_mpi *y)
{
	mbedtls_mpi top;
	bool fair;

	mbedtls_mpi_init(&top);
	fair = group_prime(type, &top) == 0 && mbedtls_mpi_sub_int(&top, &top, 2) == 0 &&
	       mbedtls_mpi_cmp_int(y, 2) >= 0 && mbedtls_mpi_cmp_mpi(y, &top) <= 0;
	mbedtls_mpi_free(&top);
	return fair;
}

/* The digest of a number without its leading zero bytes. */
static struct digest number_hash(const uint8_t *number, size_t len)
{
	while (len > 0 && *number == 0) {
		number++;
		len--;
	}
	return crypto_hash(crypto_mbedtls(), number, len);
}

static bool dh_shared(const struct job *job, struct job_result *r)
{
	uint8_t power[BMX7_KEY_MAX];
	mbedtls_mpi y;
	bool ok;

	if (job->secret.len != 1 + DH_EXPONENT || job->public.len < 2 ||
	    job->public.at[0] != job->secret.at[0])
		return false;
	uint8_t type = job->secret.at[0];
	size_t len = bmx7_dh_len(type);
	if (len == 0 || job->public.len != 1 + len)
		return false;
	mbedtls_mpi_init(&y);
	ok = mbedtls_mpi_read_binary(&y, job->public.at + 1, len) == 0 &&
	     dh_public_fair(type, &y) &&
	     group_power(type, &y, job->secret.at + 1, DH_EXPONENT, power) == 0;
	mbedtls_mpi_free(&y);
	if (!ok)
		return false;
	struct digest shared = number_hash(power, len);
	mbedtls_platform_zeroize(power, sizeof(power));
	memcpy(r->result, shared.b, sizeof(shared.b));
	r->result_len = sizeof(shared.b);
	return true;
}

/* ---- RSA ---- */

static uint8_t rsa_type_of(size_t len)
{
	for (uint8_t type = BMX7_RSA1024; type <= BMX7_RSA4096; type++) {
		if (bmx7_rsa_len(type) == len)
			return type;
	}
	return 0;
}

/* Type byte and modulus of a key. */
static bool rsa_public(mbedtls_pk_context *pk, uint8_t public[JOB_PUBLIC_MAX], size_t *public_len)
{
	size_t len = mbedtls_pk_get_len(pk);

	public[0] = rsa_type_of(len);
	*public_len = 1 + len;
	return public[0] != 0 && mbedtls_rsa_export_raw(mbedtls_pk_rsa(*pk), public + 1, len, NULL,
							0, NULL, 0, NULL, 0, NULL, 0) == 0;
}

static bool rsa_load(mbedtls_pk_context *pk, struct job_bytes secret)
{
	return mbedtls_pk_parse_key(pk, secret.at, secret.len, NULL, 0) == 0 &&
	       mbedtls_pk_get_type(pk) == MBEDTLS_PK_RSA;
}

bool public_key_of(struct job_bytes secret, uint8_t public[JOB_PUBLIC_MAX], size_t *public_len)
{
	mbedtls_pk_context pk;
	bool ok;

	mbedtls_pk_init(&pk);
	ok = rsa_load(&pk, secret) && rsa_public(&pk, public, public_len);
	mbedtls_pk_free(&pk);
	return ok;
}

static bool rsa_key(const struct job *job, struct job_result *r)
{
	unsigned bits = (unsigned)bmx7_rsa_len(job->type) * 8;
	mbedtls_pk_context pk;
	int der = 0;

	if (bits == 0)
		return false;
	mbedtls_pk_init(&pk);
	bool ok = mbedtls_pk_setup(&pk, mbedtls_pk_info_from_type(MBEDTLS_PK_RSA)) == 0 &&
		  mbedtls_rsa_gen_key(mbedtls_pk_rsa(pk), random_bytes, NULL, bits, RSA_EXPONENT) ==
			  0 &&
		  rsa_public(&pk, r->public, &r->public_len);
	if (ok)
		der = mbedtls_pk_write_key_der(&pk, r->secret, sizeof(r->secret));
	mbedtls_pk_free(&pk);
	if (der <= 0)
		return false;
	/* It is written to the end of the room. */
	r->secret_len = (size_t)der;
	memmove(r->secret, r->secret + sizeof(r->secret) - r->secret_len, r->secret_len);
	return true;
}

static bool rsa_sign(const struct job *job, struct job_result *r)
{
	mbedtls_pk_context pk;
	bool ok;

	mbedtls_pk_init(&pk);
	ok = rsa_load(&pk, job->secret) && mbedtls_pk_get_len(&pk) <= sizeof(r->result) &&
	     mbedtls_pk_sign(&pk, MBEDTLS_MD_SHA224, job->hash.b, sizeof(job->hash.b), r->result,
			     &r->result_len, random_bytes, NULL) == 0;
	mbedtls_pk_free(&pk);
	return ok;
}

static bool rsa_verify(const struct job *job)
{
	static const uint8_t exponent[] = {1, 0, 1};
	mbedtls_pk_context pk;

	if (job->public.len < 2 || bmx7_rsa_len(job->public.at[0]) != job->public.len - 1)
		return false;
	mbedtls_pk_init(&pk);
	bool ok = mbedtls_pk_setup(&pk, mbedtls_pk_info_from_type(MBEDTLS_PK_RSA)) == 0 &&
		  mbedtls_rsa_import_raw(mbedtls_pk_rsa(pk), job->public.at + 1,
					 job->public.len - 1, NULL, 0, NULL, 0, NULL, 0, exponent,
					 sizeof(exponent)) == 0 &&
		  mbedtls_rsa_complete(mbedtls_pk_rsa(pk)) == 0 &&
		  mbedtls_pk_verify(&pk, MBEDTLS_MD_SHA224, job->hash.b, sizeof(job->hash.b),
				    job->signature.at, job->signature.len) == 0;
	mbedtls_pk_free(&pk);
	return ok;
}

void public_key_job(const struct job *job, struct job_result *r)
{
	*r = (struct job_result){0};
	switch (job->kind) {
	case JOB_DH_KEY: r->ok = dh_key(job, r); break;
	case JOB_DH_SHARED: r->ok = dh_shared(job, r); break;
	case JOB_RSA_KEY: r->ok = rsa_key(job, r); break;
	case JOB_RSA_SIGN: r->ok = rsa_sign(job, r); break;
	case JOB_RSA_VERIFY: r->ok = rsa_verify(job); break;
	}
	if (!r->ok)
		*r = (struct job_result){0};
}
