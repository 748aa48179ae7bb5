/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_SESSION_REVOCATION_H
#define MPIN_SESSION_REVOCATION_H

#include "store/store.h"

/* Revocations are an append-only log in the store, kept in each child's memory. A request compares
 * one number (store_generation) and reads new entries only when it has moved, so the cost of a
 * request does not depend on how many there are. Each entry lives until the absolute expiry of the
 * cookies that it can hit. */
typedef struct revocations_t revocations_t;

typedef enum {
    REVOKE_SESSION = 1, /* id = session id; void from a given second on */
    REVOKE_FAMILY,      /* id = family */
    REVOKE_IDENTITY,    /* id = identity handle */
    REVOKE_USER,        /* id = uid; sessions below `version` are void */
    REVOKE_ALL          /* everybody whose session was sealed up to this second */
} revoke_kind_t;

/* One per store and child, for the child's life. Loads everything before it answers anything: where
 * that fails, `*revocations` is there all the same (NULL only when memory is out), and nobody is
 * let in until a refresh succeeds. */
store_status_t revocations_make(revocations_t **revocations, store_t *store, apr_pool_t *p);

/* Notes in the store that sessions of this length are sealed: before the first one is. The longest
 * ever noted counts, by whichever vhost, server or earlier configuration. */
store_status_t revocations_note_longest(revocations_t *revocations, apr_interval_time_t longest,
                                        apr_pool_t *p);

/* Lasting before it returns; this child knows at once, the others with their next request. `until`:
 * the expiry of the session that it is known to hit. The others than REVOKE_SESSION can hit cookies
 * that nobody here has seen, so they live as long as the longest that was ever noted at least, from
 * the end of a sign-in under way. `limit`: REVOKE_USER, the lowest valid version; REVOKE_SESSION, the second
 * from which it is void, so that requests of other tabs that are under way at a step-up come
 * through; else 0. REVOKE_ALL takes no id (NULL). */
store_status_t revocations_add(revocations_t *revocations, revoke_kind_t kind,
                               const unsigned char id[16], uint32_t limit, apr_time_t now,
                               apr_time_t until);

/* How many this process knows, and since when it may have missed some: 0, it has not. */
apr_size_t revocations_known(const revocations_t *revocations);
apr_time_t revocations_behind(const revocations_t *revocations);

/* Takes in what is new. False: the log could not be read, nobody may be let in. */
bool revocations_refresh(revocations_t *revocations);

/* The facts of a session against all that is known at the second `now`. `sealed` and `version` as
 * in session_t. SUPERSEDED: a newer one has taken its place, and it is honoured for some seconds
 * more. */
typedef enum { REVOKED_NOT = 0, REVOKED_SUPERSEDED, REVOKED } revoked_state_t;
revoked_state_t revocations_hit(const revocations_t *revocations, const unsigned char session[16],
                                const unsigned char family[16], const unsigned char identity[16],
                                const unsigned char uid[16], uint32_t version, uint32_t sealed,
                                uint32_t now);

#endif
