/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_FACTOR_FACTORS_H
#define MPIN_FACTOR_FACTORS_H

#include "base/result.h"
#include "factor/own_factor.h"

/* Both must outlive it. NULL when memory is out. */
factors_t *factors_make(store_t *store, const log_sink_t *log, apr_pool_t *p);

store_t *factors_store(const factors_t *factors);

/* Those who send codes and keep factors elsewhere (senders.h) are set once, before anybody asks;
 * without, there are none. */
struct senders_t;
void factors_send_by(factors_t *factors, const struct senders_t *senders);
const struct senders_t *factors_senders(const factors_t *factors);

/* Throughout: what is written is lasting before the call returns. STORE_MISSING: that user has no
 * such factor. STORE_FULL, STORE_DOWN: as the store says; STORE_DOWN also for a record that cannot
 * be read. STORE_CHANGED: store/change.h. The pool takes what is returned and scratch. */

/* The user's, oldest first, those that wait for being confirmed included. */
store_status_t factors_list(factors_t *factors, const unsigned char uid[UID_BYTES],
                            own_factor_t **list, int *count, apr_pool_t *p);

/* One of that very user: another's id is STORE_MISSING. */
store_status_t factors_get(factors_t *factors, const unsigned char uid[UID_BYTES],
                           const unsigned char id[FACTOR_ID_BYTES], own_factor_t *factor,
                           apr_pool_t *p);

/* Adds one: uid, kind, name and data are the caller's, `confirmed` too; the rest is made here.
 * STORE_EXISTS: the user has FACTORS_MAX. */
store_status_t factors_add(factors_t *factors, own_factor_t *factor, apr_time_t now, apr_pool_t *p);

/* The refusal of an adding that was not STORE_OK: 409 too_many_factors for STORE_EXISTS. */
result_t *factors_add_refusal(store_status_t status, apr_pool_t *p);

/* Changes what is stored; afterwards `*factor` (uid and id are what counts) is as it is stored.
 * `alter` works on what is there, again after a lost race, and may refuse by a status, which is
 * then the outcome. */
typedef store_status_t (*factor_alter_t)(void *baton, own_factor_t *factor);
store_status_t factors_change(factors_t *factors, own_factor_t *factor, factor_alter_t alter,
                              void *baton, apr_pool_t *p);

store_status_t factors_remove(factors_t *factors, const own_factor_t *factor, apr_pool_t *p);

/* All of a user's, of every kind (erase.h). */
store_status_t factors_erase(store_t *store, const unsigned char uid[UID_BYTES], apr_pool_t *p);

/* Since when, in seconds, the user has had a second step that was confirmed, be it removed by now; 0
 * for never. Such a user sets up none at a sign-in. */
store_status_t factors_ever(factors_t *factors, const unsigned char uid[UID_BYTES], uint32_t *since,
                            apr_pool_t *p);

/* As if there had been none: what there was has been nobody's. */
store_status_t factors_forget_ever(factors_t *factors, const unsigned char uid[UID_BYTES],
                                   apr_pool_t *p);

/* What the keyed hashes of codes are made by; it must outlive `factors`. */
void factors_use_keys(factors_t *factors, const keys_t *keys);

/* An id as it stands in forms, 32 hex digits; reading is false for anything else. */
void factor_write_id(char text[FACTOR_ID_SIZE], const unsigned char id[FACTOR_ID_BYTES]);
bool factor_read_id(const char *text, unsigned char id[FACTOR_ID_BYTES]);

#endif
