/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_KEYS_SECRET_H
#define MPIN_KEYS_SECRET_H

#include <apr_pools.h>
#include <stdbool.h>

/* Secret bytes in the process's slab (keys/slab.h: out of core dumps, and locked as far as
 * RLIMIT_MEMLOCK goes), wiped and freed with the pool. A type of its own, so that nothing can print
 * one by mistake. */
typedef struct secret_t {
    unsigned char *bytes;
    apr_size_t len;
} secret_t;

/* Zeroed bytes, aligned for any type where `len` is a multiple of 16; NULL when memory is out. */
secret_t *secret_make(apr_pool_t *p, apr_size_t len);

#endif
