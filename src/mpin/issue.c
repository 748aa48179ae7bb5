/* SPDX-License-Identifier: Apache-2.0 */
/* Secrets and time permits, made of a master share. */
#include "mpin/mpin.h"

#include <sodium.h>
#include <stdbool.h>
#include "mpin/point.h"

/* r < 2^255, so one bit is cleared and what still is no scalar (one draw in ten) is drawn again. */
void mpin_random_scalar(unsigned char scalar[MPIN_SCALAR_BYTES])
{
    blst_scalar drawn;
    do {
        randombytes_buf(scalar, MPIN_SCALAR_BYTES);
        scalar[0] &= 0x7f;
        blst_scalar_from_bendian(&drawn, scalar);
    } while (!blst_sk_check(&drawn));
    sodium_memzero(&drawn, sizeof drawn);
}

mpin_status_t mpin_check_scalar(const unsigned char scalar[MPIN_SCALAR_BYTES])
{
    blst_scalar s;
    blst_scalar_from_bendian(&s, scalar);
    bool good = blst_sk_check(&s);
    sodium_memzero(&s, sizeof s);
    return good ? MPIN_ACCEPTED : MPIN_REFUSED;
}

mpin_status_t mpin_subtract(const unsigned char a[MPIN_SCALAR_BYTES],
                            const unsigned char b[MPIN_SCALAR_BYTES],
                            unsigned char difference[MPIN_SCALAR_BYTES])
{
    blst_scalar s, t;
    blst_scalar_from_bendian(&s, a);
    blst_scalar_from_bendian(&t, b);
    bool good = blst_sk_sub_n_check(&s, &s, &t);
    blst_bendian_from_scalar(difference, &s);
    sodium_memzero(&s, sizeof s);
    sodium_memzero(&t, sizeof t);
    return (mpin_status_t)(MPIN_REFUSED * !good);
}

/* The master share is checked without a branch: whether it is a scalar is told by arithmetic, at
 * the end. */
static mpin_status_t load_master(blst_scalar *s, const unsigned char master[MPIN_SCALAR_BYTES])
{
    blst_scalar_from_bendian(s, master);
    return (mpin_status_t)(MPIN_REFUSED * !blst_sk_check(s));
}

/* blst_sign_pk_in_g2 and blst_sk_to_pk_in_g2 return Z = 1, so X and Y are the affine point as they
 * stand; blst_p1_to_affine would look at Z with a branch. */
static mpin_status_t sign_g1(const unsigned char master[MPIN_SCALAR_BYTES], const blst_p1 *point,
                             unsigned char secret[MPIN_G1_BYTES])
{
    blst_scalar s;
    mpin_status_t status = load_master(&s, master);

    blst_p1 product;
    blst_sign_pk_in_g2(&product, point, &s);
    blst_p1_affine affine = {product.x, product.y};
    mpin_g1_encode(secret, &affine);

    sodium_memzero(&s, sizeof s);
    sodium_memzero(&product, sizeof product);
    sodium_memzero(&affine, sizeof affine);
    return status;
}

mpin_status_t mpin_client_secret(const unsigned char master[MPIN_SCALAR_BYTES],
                                 const unsigned char hash_mpin_id[MPIN_HASH_BYTES],
                                 unsigned char secret[MPIN_G1_BYTES])
{
    blst_p1 h;
    mpin_identity_point(&h, hash_mpin_id);
    return sign_g1(master, &h, secret);
}

mpin_status_t mpin_time_permit(const unsigned char master[MPIN_SCALAR_BYTES], uint32_t date,
                               const unsigned char hash_mpin_id[MPIN_HASH_BYTES],
                               unsigned char permit[MPIN_G1_BYTES])
{
    blst_p1 h;
    mpin_permit_point(&h, date, hash_mpin_id);
    return sign_g1(master, &h, permit);
}

mpin_status_t mpin_server_secret(const unsigned char master[MPIN_SCALAR_BYTES],
                                 unsigned char secret[MPIN_G2_BYTES])
{
    blst_scalar s;
    mpin_status_t status = load_master(&s, master);

    blst_p2 product;
    blst_sk_to_pk_in_g2(&product, &s);
    blst_p2_affine affine = {product.x, product.y};
    mpin_g2_encode(secret, &affine);

    sodium_memzero(&s, sizeof s);
    sodium_memzero(&product, sizeof product);
    sodium_memzero(&affine, sizeof affine);
    return status;
}
