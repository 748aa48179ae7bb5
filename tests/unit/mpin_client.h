/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_CLIENT_H
#define MPIN_CLIENT_H

#include "mpin/mpin.h"

/* The client's side of M-Pin, which the product has in JavaScript only: for tests and benchmarks.
 * Input is trusted and secrets are not wiped. A point that does not decode aborts. */

/* token = secret - PIN*H(ID), what a device keeps. */
void client_token(const unsigned char secret[MPIN_G1_BYTES],
                  const unsigned char hash[MPIN_HASH_BYTES], uint32_t pin,
                  unsigned char token[MPIN_G1_BYTES]);

/* secret = token + PIN*H(ID), what the PIN makes of it. */
void client_unlock(const unsigned char token[MPIN_G1_BYTES],
                   const unsigned char hash[MPIN_HASH_BYTES], uint32_t pin,
                   unsigned char secret[MPIN_G1_BYTES]);

/* U = x*H(ID) and UT = x*(H(ID) + H_T(date, ID)). `x` is the caller's: mpin_random_scalar. */
void client_pass1(const unsigned char hash[MPIN_HASH_BYTES],
                  const unsigned char x[MPIN_SCALAR_BYTES], unsigned char u[MPIN_G1_BYTES]);
void client_pass1_permit(const unsigned char hash[MPIN_HASH_BYTES], uint32_t date,
                         const unsigned char x[MPIN_SCALAR_BYTES], unsigned char ut[MPIN_G1_BYTES]);

/* V = -(x+y) * (token + PIN*H(ID)) */
void client_pass2(const unsigned char token[MPIN_G1_BYTES],
                  const unsigned char hash[MPIN_HASH_BYTES], uint32_t pin,
                  const unsigned char x[MPIN_SCALAR_BYTES],
                  const unsigned char y[MPIN_SCALAR_BYTES], unsigned char v[MPIN_G1_BYTES]);

/* V = -(x+y) * secret, for a secret with a time permit added. */
void client_answer(const unsigned char secret[MPIN_G1_BYTES],
                   const unsigned char x[MPIN_SCALAR_BYTES],
                   const unsigned char y[MPIN_SCALAR_BYTES], unsigned char v[MPIN_G1_BYTES]);

#endif
