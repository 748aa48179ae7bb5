/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_PEOPLE_FIXTURE_H
#define TESTS_PEOPLE_FIXTURE_H

#include "people/people.h"
#include "store_fixture.h"

#define LONGEST_SESSION apr_time_from_sec(8 * 3600)
#define DAY apr_time_from_sec(24 * 3600)

/* People over a store of their own. */
typedef struct people_fixture_t {
    store_fixture_t *store;
    revocations_t *revocations;
    people_t *people;
} people_fixture_t;

/* Over this store; in a forked child, over one that it has opened itself. */
void fixture_people_over(people_fixture_t *fixture, store_t *store, apr_pool_t *p);

/* Over a fresh store, which goes with the pool. */
people_fixture_t *fixture_people(apr_pool_t *p);

/* A user of this name; aborts when there can't be one. */
user_t fixture_user(people_fixture_t *fixture, const char *name, apr_pool_t *p);

/* An identity of this user with a random handle, not added yet. */
identity_t fixture_identity(const user_t *user);

/* The same, added. */
identity_t fixture_device(people_fixture_t *fixture, const user_t *user, apr_pool_t *p);

/* The fate of a session of these. */
bool fixture_session_ended(people_fixture_t *fixture, const unsigned char uid[UID_BYTES],
                           uint32_t version, const unsigned char handle[HANDLE_BYTES]);

#endif
