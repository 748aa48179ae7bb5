/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_STORE_CHANGE_H
#define MPIN_STORE_CHANGE_H

#include "store/store.h"

/* A record is changed by reading it, deciding, and writing it unless somebody else has changed it
 * meanwhile; then all of that again. This is that loop, once for all rooms. */

/* One round: what is there, and what the step wants to stand there instead. */
typedef struct store_change_t {
    const store_record_t *seen; /* NULL: there is no record, or it has expired */
    const void *data;           /* to be written; NULL, as it comes, leaves what is there */
    apr_size_t len;             /* at most STORE_RECORD_MAX */
    apr_time_t expires;         /* 0 = never */
} store_change_t;

/* Decides one round. It is called again after a lost race, and must then decide anew from what it
 * sees. No lock is held meanwhile: it may use the store. `scratch` is emptied before the next round
 * and at the end, so that no number of rounds grows the caller's pool: whatever outlives the round,
 * the step keeps in its baton by value, or in a pool of the caller's. STORE_OK: `change->data` says
 * whether something is written. Any other status ends the change and is its outcome; nothing is
 * written then. */
typedef store_status_t (*store_step_t)(void *baton, store_change_t *change, apr_pool_t *scratch);

/* A lost round is always somebody else's success. A hundred of them in one request are more than
 * all workers who may be at one record at once: whoever loses that many is told so, in place of
 * holding a worker. */
#define STORE_CHANGE_ROUNDS 100

/* STORE_OK: what the last step wanted is done, also where it wanted nothing. STORE_CHANGED: all
 * rounds were lost, nothing is written. STORE_FULL, STORE_DOWN: as the store says. Not for
 * STORE_BEHIND. */
store_status_t store_change(store_t *store, store_class_t in, const char *key, store_step_t step,
                            void *baton, apr_pool_t *p);

#endif
