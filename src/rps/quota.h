/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_RPS_QUOTA_H
#define MPIN_RPS_QUOTA_H

#include "session/caller.h"

/* So many records of a kind may be made in a window: by one who makes them, and in all. */
typedef struct quota_t {
    const char *kind;
    int64_t each, all;
    int seconds;
} quota_t;

#define QUOTA_WHO_BYTES 16 /* an address (people/throttle.h), a uid or a handle */

/* Counts one that `who`, in the caller's name, makes. STORE_FULL when there are too many. */
store_status_t quota_take(store_t *store, const quota_t *quota,
                          const unsigned char who[QUOTA_WHO_BYTES], const caller_t *caller,
                          apr_pool_t *p);

#endif
