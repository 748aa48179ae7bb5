/* SPDX-License-Identifier: Apache-2.0 */
#include "session/mark.h"

#include <sodium.h>
#include <string.h>

uint32_t mark_of(const char *name)
{
    unsigned char hash[crypto_hash_sha256_BYTES];
    uint32_t mark;
    crypto_hash_sha256(hash, (const unsigned char *)name, strlen(name));
    mark = (uint32_t)hash[0] << 24 | (uint32_t)hash[1] << 16 | (uint32_t)hash[2] << 8 | hash[3];
    return mark ? mark : 1;
}
