/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_FACTOR_TRIES_H
#define MPIN_FACTOR_TRIES_H

#include "factor/factors.h"

/* Wrong codes of a user, one counter for each of these groups, whatever challenge they answer. It
 * moves only after a good first factor, so that no stranger can reach it, and never locks for
 * good: from the fifth wrong code on one waits, a minute at first and at most an hour; twenty a
 * day. */
typedef enum {
    TRIES_CODE = 1, /* authenticator apps and recovery codes */
    TRIES_SMS,
    TRIES_WORKOS
} tries_t;

#define TRIES_FREE 5
#define TRIES_WAIT 60       /* seconds, doubled with each further wrong code ... */
#define TRIES_WAIT_MAX 3600 /* ... up to this */
#define TRIES_A_DAY 20

/* Counts one as wrong, before it is judged, so that guesses in parallel count one by one. `*wait`
 * is how many seconds to wait, 0 = go on; where it is more nothing is counted. */
store_status_t tries_begin(factors_t *factors, const unsigned char uid[UID_BYTES], tries_t group,
                           apr_time_t now, int *wait, apr_pool_t *p);

/* It was right: the counter is empty again, but for what is left of the day's twenty. */
store_status_t tries_right(factors_t *factors, const unsigned char uid[UID_BYTES], tries_t group,
                           apr_pool_t *p);

/* It could not be judged: it counts no longer. */
store_status_t tries_take_back(factors_t *factors, const unsigned char uid[UID_BYTES],
                               tries_t group, apr_pool_t *p);

/* All counters of a user. */
store_status_t tries_erase(store_t *store, const unsigned char uid[UID_BYTES], apr_pool_t *p);

#endif
