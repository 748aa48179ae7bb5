/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_RPS_QUOTA_H
#define MPIN_RPS_QUOTA_H

#include "session/caller.h"

/* So many records of a kind may be made in a window: by one who makes them, and in all. A
 * refusal is not counted: nobody uses up by them what is for all. */
typedef struct quota_t {
    const char *kind;
    int64_t each, all;
    int seconds;
    int each_seconds; /* the window of `each`, a part of the other; 0: the same */
} quota_t;

#define QUOTA_WHO_BYTES 16 /* a uid or a handle */

/* Counts one that `who`, who is known here, makes in the caller's name. STORE_EXISTS: there are as
 * many as may be, for `*wait` seconds, where that is not NULL. STORE_FULL: the store has no room to
 * count, which is another matter. */
store_status_t quota_take(store_t *store, const quota_t *quota,
                          const unsigned char who[QUOTA_WHO_BYTES], const caller_t *caller,
                          int *wait, apr_pool_t *p);

/* The same for the caller's address and the networks that it lies in (people/throttle.h): a site makes no
 * more than QUOTA_SITE addresses may, and site or provider no more than half of all. */
#define QUOTA_SITE 16
store_status_t quota_take_at(store_t *store, const quota_t *quota, const caller_t *caller,
                             int *wait, apr_pool_t *p);

#endif
