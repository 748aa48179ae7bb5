/* SPDX-License-Identifier: Apache-2.0 */
#include "mpin_client.h"

#include <stdbool.h>
#include <stdlib.h>
#include "mpin/point.h"

static void decode(blst_p1 *point, const unsigned char wire[MPIN_G1_BYTES])
{
    blst_p1_affine affine;
    if (mpin_g1_decode(&affine, wire) != MPIN_ACCEPTED)
        abort();
    blst_p1_from_affine(point, &affine);
}

static void encode(unsigned char wire[MPIN_G1_BYTES], const blst_p1 *point)
{
    blst_p1_affine affine;
    blst_p1_to_affine(&affine, point);
    mpin_g1_encode(wire, &affine);
}

static void pin_times_h(blst_p1 *point, const unsigned char hash[MPIN_HASH_BYTES], uint32_t pin)
{
    const byte scalar[] = {(byte)pin, (byte)(pin >> 8), (byte)(pin >> 16), (byte)(pin >> 24)};
    mpin_identity_point(point, hash);
    blst_p1_mult(point, point, scalar, 32);
}

void client_token(const unsigned char secret[MPIN_G1_BYTES],
                  const unsigned char hash[MPIN_HASH_BYTES], uint32_t pin,
                  unsigned char token[MPIN_G1_BYTES])
{
    blst_p1 point, part;
    decode(&point, secret);
    pin_times_h(&part, hash, pin);
    blst_p1_cneg(&part, true);
    blst_p1_add_or_double(&point, &point, &part);
    encode(token, &point);
}

void client_unlock(const unsigned char token[MPIN_G1_BYTES],
                   const unsigned char hash[MPIN_HASH_BYTES], uint32_t pin,
                   unsigned char secret[MPIN_G1_BYTES])
{
    blst_p1 point, part;
    decode(&point, token);
    pin_times_h(&part, hash, pin);
    blst_p1_add_or_double(&point, &point, &part);
    encode(secret, &point);
}

void client_pass1(const unsigned char hash[MPIN_HASH_BYTES],
                  const unsigned char x[MPIN_SCALAR_BYTES], unsigned char u[MPIN_G1_BYTES])
{
    blst_scalar scalar;
    blst_p1 point;
    blst_scalar_from_bendian(&scalar, x);
    mpin_identity_point(&point, hash);
    blst_sign_pk_in_g2(&point, &point, &scalar);
    encode(u, &point);
}

void client_pass1_permit(const unsigned char hash[MPIN_HASH_BYTES], uint32_t date,
                         const unsigned char x[MPIN_SCALAR_BYTES], unsigned char ut[MPIN_G1_BYTES])
{
    blst_scalar scalar;
    blst_p1 point, permit;
    blst_scalar_from_bendian(&scalar, x);
    mpin_identity_point(&point, hash);
    mpin_permit_point(&permit, date, hash);
    blst_p1_add_or_double(&point, &point, &permit);
    blst_sign_pk_in_g2(&point, &point, &scalar);
    encode(ut, &point);
}

void client_pass2(const unsigned char token[MPIN_G1_BYTES],
                  const unsigned char hash[MPIN_HASH_BYTES], uint32_t pin,
                  const unsigned char x[MPIN_SCALAR_BYTES],
                  const unsigned char y[MPIN_SCALAR_BYTES], unsigned char v[MPIN_G1_BYTES])
{
    unsigned char secret[MPIN_G1_BYTES];
    client_unlock(token, hash, pin, secret);
    client_answer(secret, x, y, v);
}

void client_answer(const unsigned char secret[MPIN_G1_BYTES],
                   const unsigned char x[MPIN_SCALAR_BYTES],
                   const unsigned char y[MPIN_SCALAR_BYTES], unsigned char v[MPIN_G1_BYTES])
{
    blst_scalar sum, challenge;
    blst_scalar_from_bendian(&sum, x);
    blst_scalar_from_bendian(&challenge, y);
    if (!blst_sk_add_n_check(&sum, &sum, &challenge))
        abort();

    blst_p1 point;
    decode(&point, secret);
    blst_sign_pk_in_g2(&point, &point, &sum);
    blst_p1_cneg(&point, true);
    encode(v, &point);
}
