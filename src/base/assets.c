/* SPDX-License-Identifier: Apache-2.0 */
#include "base/assets.h"

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
