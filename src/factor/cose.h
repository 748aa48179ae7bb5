/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_FACTOR_COSE_H
#define MPIN_FACTOR_COSE_H

#include <apr_pools.h>
#include <stdbool.h>
#include <stdint.h>

/* The public keys of passkeys (COSE_Key, RFC 9052 section 7, as WebAuthn Level 3 section 5.8.5 has
 * them), and what they sign. */
#define COSE_ES256 (-7)
#define COSE_EDDSA (-8)
#define COSE_RS256 (-257)
#define COSE_KEY_MAX 516 /* bytes: exponent and modulus of RSA with 4096 bits */

/* What each algorithm keeps: ES256 x and y, EdDSA the point, RS256 the exponent in four bytes and
 * the modulus. */
typedef struct cose_key_t {
    int32_t algorithm;
    apr_size_t len;
    unsigned char bytes[COSE_KEY_MAX];
} cose_key_t;

/* The algorithms that are offered to browsers, the one liked best first; 0 ends them. */
extern const int32_t cose_algorithms[];

/* A key of one of these algorithms, on its curve, with nothing that it need not have; an RSA key has
 * from 2048 to 4096 bits. */
bool cose_read(const void *bytes, apr_size_t len, cose_key_t *key);

/* Is it one that cose_read gives? For what was kept. */
bool cose_is_good(const cose_key_t *key);

/* A signature is over the authenticator's data and, behind it, the SHA-256 of the browser's. */
typedef struct cose_signed_t {
    const char *rp_id;
    const unsigned char *authdata, *client_data, *signature;
    apr_size_t authdata_len, client_data_len, signature_len;
    bool verified; /* the signature counts only with AUTHDATA_VERIFIED */
} cose_signed_t;

bool cose_holds(const cose_key_t *key, const cose_signed_t *what);

#endif
