/* SPDX-License-Identifier: Apache-2.0 */
#include "keys/secret.h"

#include <sodium.h>

#include "keys/slab.h"

/* A secret as its pool keeps it: `len` of the secret itself may be made smaller by its owner. */
typedef struct kept_secret_t {
    secret_t secret;
    apr_size_t taken;
} kept_secret_t;

static apr_status_t secret_free(void *data)
{
    const kept_secret_t *gone = data;
    slab_give(gone->secret.bytes, gone->taken);
    return APR_SUCCESS;
}

secret_t *secret_make(apr_pool_t *p, apr_size_t len)
{
    if (sodium_init() < 0)
        return NULL;
    kept_secret_t *made = apr_palloc(p, sizeof *made);
    *made = (kept_secret_t){{slab_take(len), len}, len};
    if (!made->secret.bytes)
        return NULL;
    apr_pool_cleanup_register(p, made, secret_free, apr_pool_cleanup_null);
    return &made->secret;
}
