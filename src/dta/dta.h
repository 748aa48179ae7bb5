/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_DTA_DTA_H
#define MPIN_DTA_DTA_H

#include <apr_pools.h>
#include <apr_time.h>
#include "mpin/mpin.h"

/* An issuer of secrets, whatever it is made of. Of the key file's master share alone: dta/local.h.
 * Of that and a D-TA elsewhere: dta/second.h; then each gives a share of everything, shares add up,
 * and clients fetch the other D-TA's themselves. */

typedef enum {
    DTA_OK = 0,
    DTA_DOWN,   /* not to be had now; it may be asked again */
    DTA_CHANGED /* a D-TA gives another share than the one that is pinned */
} dta_status_t;

/* The work of a D-TA; the functions below say what each of these promises. */
typedef struct dta_backend_t {
    const char *(*made_of)(const void *state);
    const char *(*other_url)(const void *state);
    dta_status_t (*server_secret)(void *state, apr_time_t now, unsigned char secret[MPIN_G2_BYTES],
                                  apr_pool_t *p);
    dta_status_t (*check)(void *state, apr_time_t now, apr_pool_t *p);
    mpin_status_t (*client_secret)(const void *state,
                                   const unsigned char hash_mpin_id[MPIN_HASH_BYTES],
                                   unsigned char secret[MPIN_G1_BYTES]);
    mpin_status_t (*time_permit)(const void *state, uint32_t date,
                                 const unsigned char hash_mpin_id[MPIN_HASH_BYTES],
                                 unsigned char permit[MPIN_G1_BYTES]);
    const char *(*client_query)(const void *state,
                                const unsigned char hash_mpin_id[MPIN_HASH_BYTES], apr_time_t now,
                                apr_pool_t *p);
    const char *(*permit_signature)(const void *state,
                                    const unsigned char hash_mpin_id[MPIN_HASH_BYTES],
                                    apr_pool_t *p);
} dta_backend_t;

/* Shared by threads. */
typedef struct dta_t {
    const dta_backend_t *backend;
    void *state;
} dta_t;

/* Names those whose shares its secrets are made of: a PIN that was made with some is wrong with
 * others. As long as the D-TA lives. */
const char *dta_made_of(const dta_t *dta);

/* The URL at which a client fetches the other share of its secret and permits, ending in "/"; NULL
 * where ours is all of them. As long as the D-TA lives. */
const char *dta_other_url(const dta_t *dta);

/* The whole secret of the server, s * Q. In a thief's hands it is worth a master key to whoever
 * holds a stolen token: the caller wipes it. With a D-TA elsewhere, the first ever of a store may
 * wait for that (3 s at most); all others wait for nothing. */
dta_status_t dta_server_secret(const dta_t *dta, apr_time_t now,
                               unsigned char secret[MPIN_G2_BYTES], apr_pool_t *p);

/* Would a client get all of a secret now? Asked before ours is issued. */
dta_status_t dta_check(const dta_t *dta, apr_time_t now, apr_pool_t *p);

/* Our share of a client's secret, s * H(ID), for hash_mpin_id. The caller wipes it. MPIN_REFUSED:
 * the key file is broken. */
mpin_status_t dta_client_secret(const dta_t *dta, const unsigned char hash_mpin_id[MPIN_HASH_BYTES],
                                unsigned char secret[MPIN_G1_BYTES]);

/* Our share of a time permit, s * H_T(date, ID), for a UTC day number. */
mpin_status_t dta_time_permit(const dta_t *dta, uint32_t date,
                              const unsigned char hash_mpin_id[MPIN_HASH_BYTES],
                              unsigned char permit[MPIN_G1_BYTES]);

/* The words that a client asks dta_other_url with: the query behind "clientSecret?", and the
 * signature for "timePermit" (dta/sign.h). "" where there is nothing to ask. */
const char *dta_client_query(const dta_t *dta, const unsigned char hash_mpin_id[MPIN_HASH_BYTES],
                             apr_time_t now, apr_pool_t *p);
const char *dta_permit_signature(const dta_t *dta,
                                 const unsigned char hash_mpin_id[MPIN_HASH_BYTES], apr_pool_t *p);

#endif
