/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_PEOPLE_MISSES_H
#define MPIN_PEOPLE_MISSES_H

#include "people/people.h"

/* Tries in a user's name that were wrong, for them to hear of at the next visit. They decide about
 * nothing, and losing some harms nobody. Wrong PINs stand with their identity. */
typedef enum { MISS_PASSWORD = 1, MISS_CODE, MISS_PASSKEY, MISS_KINDS } miss_kind_t;
#define MISSES_KEPT 20 /* the newest */

/* A wrong one for a user; for a canonical name, whether it has a user or not: that takes as long,
 * and no stranger makes records of names that are nobody's. Fleeting, one record a user; the
 * throttles of the callers bound how often. */
void people_note_miss(people_t *people, const unsigned char uid[UID_BYTES], miss_kind_t kind,
                      apr_time_t now, apr_pool_t *p);
void people_note_miss_of(people_t *people, const char *name, miss_kind_t kind, apr_time_t now,
                         apr_pool_t *p);

typedef struct misses_t {
    int of[MISS_KINDS]; /* by miss_kind_t, at most MISSES_KEPT together */
    uint32_t last;      /* seconds; 0 = none */
} misses_t;

/* Those after a second. */
store_status_t people_misses(people_t *people, const unsigned char uid[UID_BYTES], uint32_t since,
                             misses_t *misses, apr_pool_t *p);

store_status_t people_forget_misses(people_t *people, const unsigned char uid[UID_BYTES],
                                    apr_pool_t *p);

#endif
