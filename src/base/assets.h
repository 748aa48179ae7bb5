/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_BASE_ASSETS_H
#define MPIN_BASE_ASSETS_H

#include <apr.h>
#include <apr_pools.h>

/* The files of build/htdocs, inside the module: sorted by path ("mpin.js", "mpin/mpin.css",
 * "pages/login.html", ...). Each ends with a NUL that does not count. */
typedef struct asset_t {
    const char *path;
    const char *type; /* Content-Type */
    const char *etag; /* quoted, of the plain bytes */
    const unsigned char *plain;
    apr_size_t plain_len;
    const char *packed_etag;
    const unsigned char *packed; /* gzip */
    apr_size_t packed_len;
} asset_t;

extern const asset_t assets_table[];
extern const apr_size_t assets_count;

/* A hash of all files under mpin/. */
#define ASSETS_VERSION_LEN 16
extern const char assets_version[ASSETS_VERSION_LEN + 1];

/* The file of that path, NULL for none. */
const asset_t *asset_find(const char *path);

/* The version of a site that adds `more` to one of them, NULL = nothing. */
const char *assets_version_with(const char *more, apr_pool_t *p);

#endif
