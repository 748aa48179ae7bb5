#ifndef MPIN_BASE_SECRET_H
#define MPIN_BASE_SECRET_H

#include <apr_pools.h>

/* Secret bytes in memory of their own (sodium_malloc: locked, guarded, out of core dumps), wiped and freed
 * with the pool. A type of its own, so that nothing can print one by mistake. */
typedef struct secret_t {
    unsigned char *bytes;
    apr_size_t len;
} secret_t;

/* Zeroed bytes; NULL when no locked memory is to be had. */
secret_t *secret_make(apr_pool_t *p, apr_size_t len);

/* Locks every live secret's pages again: mlock is not inherited over fork. Call it in child_init. */
void secret_lock_again(void);

#endif
