/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_SESSION_SIGNED_IN_H
#define MPIN_SESSION_SIGNED_IN_H

#include "session/session.h"

/* Where somebody is signed in, and when they came: noted behind at a sign-in, in one record a user,
 * for their account page alone. No request with a session asks for it, and nobody is let in by it:
 * what ends a session is its revocation. Of two sign-ins of a user at the very same moment one may
 * be missing; one that idles out stands here until its absolute end. */
#define SIGNED_IN_MAX 50 /* of a user; then the one that began first is listed no longer */
#define SIGNED_IN_WORDS 48
#define SIGNED_IN_ADDRESS 46

typedef struct signed_in_t {
    unsigned char family[SESSION_ID_BYTES];
    unsigned char identity[SESSION_ID_BYTES]; /* all zero without one */
    uint32_t version, started, expires;
    char address[SIGNED_IN_ADDRESS]; /* where the sign-in came from, as text */
    char browser[SIGNED_IN_WORDS];   /* "Chrome on Linux" */
} signed_in_t;

/* A session has begun; or it has stepped up, or goes on with another version. */
store_status_t signed_in_note(store_t *store, const session_t *session, const char *browser,
                              const char *address, apr_pool_t *p);
store_status_t signed_in_renew(store_t *store, const session_t *session, const char *browser,
                               const char *address, apr_pool_t *p);

/* It has ended. */
store_status_t signed_in_drop(store_t *store, const session_t *session, apr_pool_t *p);

/* Those that still stand for a user of that version, the newest first, in the pool; and in `*before`
 * when the sign-in before the latest one was, 0 for none. */
store_status_t signed_in_list(store_t *store, const revocations_t *revocations,
                              const unsigned char uid[SESSION_ID_BYTES], uint32_t version,
                              signed_in_t **list, int *count, uint32_t *before, apr_pool_t *p);

store_status_t signed_in_erase(store_t *store, const unsigned char uid[SESSION_ID_BYTES],
                               apr_pool_t *p);

#endif
