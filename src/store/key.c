/* SPDX-License-Identifier: Apache-2.0 */
#include "store/key.h"

#include <apr_strings.h>
#include "base/hex.h"

const char *store_key(const char *kind, const unsigned char *bytes, apr_size_t len, apr_pool_t *p)
{
    return apr_pstrcat(p, kind, ":", hex_encode(p, bytes, len), NULL);
}
