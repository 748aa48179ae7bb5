/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_STORE_KEY_H
#define MPIN_STORE_KEY_H

#include <apr_pools.h>

/* "kind:" and the hex of `bytes`: the key of what is kept about one of a kind, in the pool. */
const char *store_key(const char *kind, const unsigned char *bytes, apr_size_t len, apr_pool_t *p);

#endif
