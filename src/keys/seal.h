/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_KEYS_SEAL_H
#define MPIN_KEYS_SEAL_H

#include <apr_time.h>
#include "keys/keys.h"

/* Authenticated encryption under a purpose and a UTC day: AES-256-GCM by libsodium's precomputed
 * state, by OpenSSL where the CPU lacks AES. Every seal draws a fresh 96-bit nonce from the
 * system's generator; no counter, no pool, so forks and threads need no care. One day key is
 * expanded once and shared read-only by all threads.
 *
 * Blob: version 1 | root key number 1 | day 2 (big-endian) | nonce 12 | ciphertext | tag 16. Number
 * and day choose the key, so that a changed one doesn't open. */
#define SEAL_OVERHEAD 32
#define SEAL_SKEW 60 /* seconds that a clock may be ahead of ours */

typedef struct sealer_t sealer_t;

/* Once in the parent or a child, for no longer than `keys` lives; NULL when memory is out. All of a
 * purpose share their day keys. `purpose`
 * names the key ("session", "pre-login", "store", ...): no two uses share one. A blob is accepted
 * for `days` days, -1 for ever; never one from the future but for 60 s of skew. */
sealer_t *sealer_make(const keys_t *keys, const char *purpose, int days, apr_pool_t *p);

/* The same by OpenSSL whatever the CPU: each opens what the other sealed. For tests. */
sealer_t *sealer_make_openssl(const keys_t *keys, const char *purpose, int days, apr_pool_t *p);

/* Seals `len` bytes into `blob` (len + SEAL_OVERHEAD bytes). False only when no randomness is to be
 * had. */
bool sealer_seal(const sealer_t *sealer, apr_time_t now, const void *aad, apr_size_t aad_len,
                 const void *text, apr_size_t len, unsigned char *blob);

/* Opens `blob` into `text` (len - SEAL_OVERHEAD bytes). One identical answer, false, for everything
 * that does not open. */
bool sealer_open(const sealer_t *sealer, apr_time_t now, const void *aad, apr_size_t aad_len,
                 const unsigned char *blob, apr_size_t len, unsigned char *text);

#endif
