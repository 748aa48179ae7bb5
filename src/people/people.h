/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_PEOPLE_PEOPLE_H
#define MPIN_PEOPLE_PEOPLE_H

#include "base/name.h"
#include "session/revocation.h"
#include "session/session.h"

/* Users and their identities (one identity = one mpinId = one device with a PIN). */
#define UID_BYTES 16
#define HANDLE_BYTES 16 /* of SHA-256(decoded mpinId), the first: one-way, safe to log in part */
#define DEVICE_CHARACTERS 32 /* of a device's name, all readable (base/unicode.h) */
#define DEVICE_MAX 128       /* bytes */
#define IDENTITIES_MAX 10
#define RECENT_FAILURES 20 /* so many in 30 days lock an identity; success never resets them */
#define TELL_FAILURES 10   /* so many in 30 days, and the user is to be told */
#define UNUSED_DAYS 30     /* an identity that has not signed in for so long may give way */

typedef struct people_t people_t;

typedef enum { USER_ACTIVE = 1, USER_DISABLED, USER_DELETED } user_state_t;

typedef struct user_t {
    unsigned char uid[UID_BYTES];
    uint32_t version; /* only rises; a session of a lower one is void */
    user_state_t state;
    uint32_t created;
    uint32_t proven; /* when somebody first proved to own the name, in seconds; 0 = nobody ever */
    char name[NAME_MAX_BYTES + 1];
} user_t;

typedef enum { IDENTITY_ACTIVE = 1, IDENTITY_LOCKED, IDENTITY_REVOKED } identity_state_t;

/* The way in which the name was proven. APPLICATION: to another application, whose RPS we are: its
 * identities and a site's are kept apart, whoever shares the store. */
typedef enum {
    ORIGIN_OPEN = 1,
    ORIGIN_SESSION,
    ORIGIN_MAIL,
    ORIGIN_INVITATION,
    ORIGIN_APPLICATION
} origin_t;

typedef struct identity_t {
    unsigned char handle[HANDLE_BYTES];
    unsigned char uid[UID_BYTES];
    identity_state_t state;
    origin_t origin;
    uint32_t created;
    uint32_t failures; /* all wrong PINs ever: only rises */
    uint32_t cleared;  /* failures at the last success: consecutive = failures - cleared */
    uint32_t recent[RECENT_FAILURES];     /* times of the latest failures, newest first, 0 = none */
    unsigned char replaces[HANDLE_BYTES]; /* revoked at this one's first success; all zero = none */
    char device[DEVICE_MAX + 1];
    char name[NAME_MAX_BYTES + 1]; /* the user's canonical name, so that a login reads one record */
} identity_t;

/* Everything given must outlive it. `longest_session` is how long any session can last: so long are
 * revocations kept. */
people_t *people_make(store_t *store, revocations_t *revocations,
                      apr_interval_time_t longest_session, const log_sink_t *log, apr_pool_t *p);

/* What rooms above keep of a user: people_delete erases `all`, and people_name_proven what was made
 * by who was merely the first, `open`; and of an identity, by its handle: people_revoke_identity
 * erases `device`. It is told once, before any request; doing any of it again harms nothing. */
typedef store_status_t (*people_eraser_t)(store_t *store, const unsigned char *of, apr_pool_t *p);
void people_erase_with(people_t *people, people_eraser_t all, people_eraser_t open,
                       people_eraser_t device);

/* Throughout: what is written is lasting before the call returns unless said otherwise; a kill or a
 * failing store half-way leaves nobody let in who should not be, and the same call again completes
 * it. STORE_MISSING: no such user or identity. STORE_FULL, STORE_DOWN: as the store says;
 * STORE_DOWN also for a record that cannot be read. STORE_CHANGED: others changed the record all
 * the while (store/change.h), nothing is written. The pool takes what is returned and scratch. */

/* ---- users ----------------------------------------------------------------------------------- */
/* By a canonical name, or by one of a trusted login's that is linked to them (people/links.h): then
 * `user->name` is another one. */
store_status_t people_find(people_t *people, const char *name, user_t *user, apr_pool_t *p);
store_status_t people_get(people_t *people, const unsigned char uid[UID_BYTES], user_t *user,
                          apr_pool_t *p);

/* Makes the user of a canonical name that is nobody's. STORE_EXISTS: it is somebody's, or a deleted
 * user's; of two callers at once, one gets that. */
store_status_t people_create(people_t *people, const char *name, apr_time_t now, user_t *user,
                             apr_pool_t *p);

/* Finds the user of a canonical name, or makes one (two callers at once get the same);
 * `user->state` is the caller's to judge. STORE_EXISTS: the name is a deleted user's, and is free
 * again after 30 days, with a new uid. */
store_status_t people_claim(people_t *people, const char *name, apr_time_t now, user_t *user,
                            apr_pool_t *p);

/* Ends all of a user's sessions: version + 1 and a revocation. */
store_status_t people_end_sessions(people_t *people, const unsigned char uid[UID_BYTES],
                                   apr_time_t now, apr_pool_t *p);

/* Ends all sessions; the callers refuse a disabled user on every branch. Enabling brings no session
 * back. */
store_status_t people_disable(people_t *people, const unsigned char uid[UID_BYTES], apr_time_t now,
                              apr_pool_t *p);
store_status_t people_enable(people_t *people, const unsigned char uid[UID_BYTES], apr_pool_t *p);

/* Ends all sessions and revokes all identities, for good, and erases what else there is of the user.
 * For 30 days the user is still found, USER_DELETED. */
store_status_t people_delete(people_t *people, const unsigned char uid[UID_BYTES], apr_time_t now,
                             apr_pool_t *p);

/* The name was taken by who was merely the first: it is nobody's from now on, and everything of that
 * user's has ended as by people_delete. STORE_EXISTS: somebody has proven to own it. */
store_status_t people_free_name(people_t *people, const unsigned char uid[UID_BYTES],
                                apr_time_t now, apr_pool_t *p);

/* Calls `each` for every user, deleted ones included, until it returns false; not in the order of
 * names. A record that cannot be read is passed over, and said in the log. */
store_status_t people_each(people_t *people, bool (*each)(void *baton, const user_t *user),
                           void *baton, apr_pool_t *p);

/* ---- identities ------------------------------------------------------------------------------ */
void people_handle(const unsigned char hash_mpin_id[32], unsigned char handle[HANDLE_BYTES]);

/* The first 12 hex digits of a handle: what logs name an identity by. */
const char *people_label(const unsigned char handle[HANDLE_BYTES], apr_pool_t *p);

/* The identity whose handle begins with these hex digits, PEOPLE_LABEL_MIN at least. STORE_EXISTS:
 * several do. */
#define PEOPLE_LABEL_MIN 6
store_status_t people_labelled(people_t *people, const char *label, identity_t *identity,
                               apr_pool_t *p);

/* STORE_EXISTS when there is one of this handle. STORE_FULL when the user has IDENTITIES_MAX that
 * are not revoked, and when the store is full: people_places_taken tells the two apart. One that
 * replaces another of the user's needs no place of its own. */
store_status_t people_add_identity(people_t *people, const identity_t *identity, apr_pool_t *p);

/* How many of IDENTITIES_MAX are taken. Those that wait for their first success to replace another
 * one stand in that one's place. */
store_status_t people_places_taken(people_t *people, const unsigned char uid[UID_BYTES], int *taken,
                                   apr_pool_t *p);

/* The handle that a replacement of `old` shall name: where `old` itself has never signed in and
 * waits to replace another one, that one. */
void people_first_replaced(people_t *people, const identity_t *old,
                           unsigned char replaces[HANDLE_BYTES], apr_pool_t *p);

/* Revokes the others that wait to replace what `identity`, which has just been added, replaces. */
store_status_t people_supersede(people_t *people, const identity_t *identity, apr_time_t now,
                                apr_pool_t *p);
store_status_t people_identity(people_t *people, const unsigned char handle[HANDLE_BYTES],
                               identity_t *identity, apr_pool_t *p);

/* The user's identities that are not revoked, in the pool. */
store_status_t people_identities(people_t *people, const unsigned char uid[UID_BYTES],
                                 identity_t **list, int *count, apr_pool_t *p);

/* The identity has signed in, or was added: written behind, about once an hour. */
void people_note_use(people_t *people, const unsigned char handle[HANDLE_BYTES], apr_time_t now,
                     apr_pool_t *p);

/* When that was, in seconds. Of one that was added before uses were noted nobody knows: not before
 * somebody first asked for such a one. */
store_status_t people_last_use(people_t *people, const identity_t *identity, apr_time_t now,
                               uint32_t *seconds, apr_pool_t *p);

/* The user's least recently used identity, where it has not signed in for UNUSED_DAYS; else
 * STORE_MISSING. */
store_status_t people_longest_unused(people_t *people, const unsigned char uid[UID_BYTES],
                                     apr_time_t now, identity_t *unused, apr_pool_t *p);

/* Final: state, and the sessions that came from it. */
store_status_t people_revoke_identity(people_t *people, const unsigned char handle[HANDLE_BYTES],
                                      apr_time_t now, apr_pool_t *p);

/* The name was proven by its password or by a session of it: it is no longer anybody's who was
 * merely first. Sets `proven` of a user who has none yet, and only then revokes the identities of
 * ORIGIN_OPEN, ends all sessions there were, and erases what was added openly; `*user` is as it is
 * afterwards. An identity of ORIGIN_OPEN comes with its user (people/arrival.h), and so never behind
 * this. */
store_status_t people_name_proven(people_t *people, user_t *user, apr_time_t now, apr_pool_t *p);

/* Active again with no consecutive failures; the 30-day count stays, so that where it was what
 * locked, the next wrong PIN locks again. A revoked one is STORE_MISSING. */
store_status_t people_unlock_identity(people_t *people, const unsigned char handle[HANDLE_BYTES],
                                      apr_pool_t *p);

/* What its owner calls the device, at most DEVICE_MAX bytes; "" for nothing. */
store_status_t people_name_device(people_t *people, const unsigned char handle[HANDLE_BYTES],
                                  const char *device, apr_pool_t *p);

/* ---- wrong PINs (docs/security.md, "PIN failures") ------------------------------------------- */
/* Consecutive wrong PINs, what a success has cleared without waiting for the disk included. */
store_status_t people_failures(people_t *people, const identity_t *identity, uint32_t *consecutive,
                               apr_pool_t *p);

/* Wrong PINs in the last 30 days, at most RECENT_FAILURES. At TELL_FAILURES the user is told. */
int people_recent_failures(const identity_t *identity, apr_time_t now);

/* One more; at `limit` consecutive or RECENT_FAILURES in 30 days the identity is locked. One that
 * is locked or revoked already stays as it is. `identity` (its handle is what counts) becomes what
 * is stored now. */
store_status_t people_failed(people_t *people, identity_t *identity, uint32_t limit, apr_time_t now,
                             uint32_t *consecutive, apr_pool_t *p);

/* A right PIN: clears the failures seen when the attempt began (`identity` as read then) and none
 * added since; waits for no disk, does nothing when there are none. The first one of an identity
 * that replaces another revokes that, and does wait. */
store_status_t people_succeeded(people_t *people, const identity_t *identity, apr_time_t now,
                                apr_pool_t *p);

#endif
