/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_PEOPLE_ARRIVAL_H
#define MPIN_PEOPLE_ARRIVAL_H

#include "people/people.h"
#include "store/all_or_none.h"

/* A device comes, and with it the user whose first one it is, and their name: in one transaction,
 * with whatever other rooms add to `together`. */
typedef struct arriving_t {
    store_together_t *together;
    user_t user;
    identity_t identity;  /* without a uid: arrival_device gives it the user's */
    store_piece_t *named; /* the new user's name; NULL: they are there already */
    store_piece_t *place; /* among the user's devices */
} arriving_t;

/* Somebody whom nobody knows yet comes by the canonical name. STORE_EXISTS: somebody
 * does. */
store_status_t arrival_create(people_t *people, arriving_t *arrival, const char *name,
                              apr_time_t now, apr_pool_t *p);

/* Finds the user of a canonical name, or draws one up, whose name is proven. As people_claim. */
store_status_t arrival_claim(people_t *people, arriving_t *arrival, const char *name, bool proven,
                             apr_time_t now, apr_pool_t *p);

/* The device, of the user who is known by now. */
void arrival_device(arriving_t *arrival, apr_pool_t *p);

/* As people_add_identity. Where `named` is refused, somebody else has got the name meanwhile, and
 * the arrival begins anew; where `place` is, it can be committed again. */
store_status_t arrival_commit(people_t *people, arriving_t *arrival, apr_pool_t *p);

#endif
