/* SPDX-License-Identifier: Apache-2.0 */
#include "base/assets.h"
#include "base/hex.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

static int by_path(const void *path, const void *asset)
{
    return strcmp(path, ((const asset_t *)asset)->path);
}

const asset_t *asset_find(const char *path)
{
    return bsearch(path, assets_table, assets_count, sizeof(asset_t), by_path);
}

const char *assets_version_with(const char *more, apr_pool_t *p)
{
    unsigned char hash[crypto_shorthash_BYTES];
    unsigned char key[crypto_shorthash_KEYBYTES];
    _Static_assert(sizeof key == ASSETS_VERSION_LEN, "the key is the version");
    _Static_assert(2 * sizeof hash == ASSETS_VERSION_LEN, "a version is a hash in hex");
    if (!more)
        return assets_version;
    memcpy(key, assets_version, sizeof key);
    crypto_shorthash(hash, (const unsigned char *)more, strlen(more), key);
    return hex_encode(p, hash, sizeof hash);
}
