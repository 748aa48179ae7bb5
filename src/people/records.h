/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_PEOPLE_RECORDS_H
#define MPIN_PEOPLE_RECORDS_H

#include "people/people.h"
#include "store/all_or_none.h"

/* The records of this room, and how its files read and change them (misses.c has more). They are
 * lasting but for the last three:
 *   user:<uid>         user_t
 *   name:<sha256>      uid of a canonical name, or of one that is linked to the user
 *   identity:<handle>  identity_t; one that expires was begun by an older version and is none
 *   identities:<uid>   set of handles, of identities that are not revoked
 *   used-since         when uses were noted first; missing: none were needed yet
 *   cleared:<handle>   how many failures a success has cleared; STORE_BEHIND
 *   used:<handle>      when it last signed in; STORE_BEHIND
 *   links:<uid>        set of NAMEs of trusted logins
 *   linked:<uid>:NAME  what that one has told (links.c)
 *   token:<handle>     access_token_t; tokens:<uid>, set of handles; token-use:<handle> (tokens.c)
 *   subject:<uid>, told:<uid>   what a trusted login has told, and when (subject.c); STORE_BEHIND
 */
struct people_t {
    store_t *store;
    revocations_t *revocations;
    apr_interval_time_t longest_session;
    const log_sink_t *log;
    people_eraser_t eraser; /* NULL: nothing above keeps anything */
    people_eraser_t open_eraser, device_eraser;
};

#define USER_RECORD_MAX (1 + UID_BYTES + 4 + 1 + 4 + 4 + 1 + NAME_MAX_BYTES)
#define IDENTITY_RECORD_MAX                                                                        \
    (1 + HANDLE_BYTES + UID_BYTES + 1 + 1 + 4 + 4 + 4 + 4 * RECENT_FAILURES + HANDLE_BYTES + 1 +   \
     DEVICE_MAX + 1 + NAME_MAX_BYTES)

/* One pair a record. Writing gives the length, 0 when a field is out of its bounds; reading is
 * false for anything that writing cannot have made. */
apr_size_t people_write_user(const user_t *user, unsigned char record[USER_RECORD_MAX]);
bool people_read_user(const void *record, apr_size_t len, user_t *user);
apr_size_t people_write_identity(const identity_t *identity,
                                 unsigned char record[IDENTITY_RECORD_MAX]);
bool people_read_identity(const void *record, apr_size_t len, identity_t *identity);

/* Says in the log that a record does not parse: STORE_DOWN. */
store_status_t people_unreadable(people_t *people, const char *key);

/* Seconds since 1970. */
uint32_t people_seconds(apr_time_t now);

/* When the last session that is sealed by now, or by a sign-in under way, will have ended. */
apr_time_t people_until(const people_t *people, apr_time_t now);

/* Sets `proven` of a user who has none yet; a deleted one is STORE_MISSING. */
store_status_t people_set_proven(people_t *people, const unsigned char uid[UID_BYTES],
                                 apr_time_t now, apr_pool_t *p);

/* Keys of records. */
const char *people_identity_key(const unsigned char handle[HANDLE_BYTES], apr_pool_t *p);
const char *people_devices_key(const unsigned char uid[UID_BYTES], apr_pool_t *p);

/* Adds what makes the user of a name that is nobody's; `*named` is refused where somebody else gets
 * it meanwhile. STORE_EXISTS: it is somebody's. */
store_status_t people_join_user(people_t *people, const user_t *user, store_together_t *together,
                                store_piece_t **named, apr_pool_t *p);

/* Takes those out of a user's set of devices that are revoked, or that an older version gave up
 * adding. */
void people_tidy_devices(people_t *people, const unsigned char uid[UID_BYTES], apr_pool_t *p);

/* Adds to `*places` those of the user's identities, and `identity` itself, that stand in another
 * one's place. */
store_status_t people_replacements(people_t *people, const identity_t *identity, int *places,
                                   apr_pool_t *p);

/* Changes what is stored of one identity; afterwards `*identity` is as it is stored. `alter` works
 * on what is there, again after a lost race, and may refuse; where it alters nothing, nothing is
 * written. `scratch` goes with the round. */
typedef store_status_t (*people_alter_t)(void *baton, identity_t *identity, apr_pool_t *scratch);
store_status_t people_change_identity(people_t *people, const unsigned char handle[HANDLE_BYTES],
                                      identity_t *identity, people_alter_t alter, void *baton,
                                      apr_pool_t *p);

/* The canonical name, which is nobody's, leads to that user from now on; and no more. STORE_EXISTS:
 * it is somebody else's, or a deleted user's. STORE_MISSING: it leads to them no more already. */
store_status_t people_add_alias(people_t *people, const char *name,
                                const unsigned char uid[UID_BYTES], apr_pool_t *p);
store_status_t people_drop_alias(people_t *people, const char *name,
                                 const unsigned char uid[UID_BYTES], apr_pool_t *p);

#endif
