/* SPDX-License-Identifier: Apache-2.0 */
#include "keys/hkdf.h"

#include <sodium.h>
#include <string.h>

#define HASH crypto_auth_hmacsha256_BYTES

void hkdf_sha256(const unsigned char *secret, size_t secret_len, const unsigned char *salt,
                 size_t salt_len, const unsigned char *info, size_t info_len, unsigned char *key,
                 size_t len)
{
    crypto_auth_hmacsha256_state state;
    unsigned char extracted[HASH], block[HASH];

    crypto_auth_hmacsha256_init(&state, salt, salt_len);
    crypto_auth_hmacsha256_update(&state, secret, secret_len);
    crypto_auth_hmacsha256_final(&state, extracted);

    size_t before = 0;
    for (unsigned char n = 1; len; n++) {
        crypto_auth_hmacsha256_init(&state, extracted, sizeof extracted);
        crypto_auth_hmacsha256_update(&state, block, before);
        crypto_auth_hmacsha256_update(&state, info, info_len);
        crypto_auth_hmacsha256_update(&state, &n, 1);
        crypto_auth_hmacsha256_final(&state, block);

        before = HASH;
        size_t part = len < HASH ? len : HASH;
        memcpy(key, block, part);
        key += part;
        len -= part;
    }
    sodium_memzero(&state, sizeof state);
    sodium_memzero(extracted, sizeof extracted);
    sodium_memzero(block, sizeof block);
}
