/* SPDX-License-Identifier: Apache-2.0 */
/* Users: looked up, made, changed. */
#include "people/records.h"
#include "people/arrival.h"
#include "people/tokens.h"

#include <apr_strings.h>
#include <sodium.h>
#include <string.h>
#include "people/links.h"
#include "people/misses.h"
#include "people/subject.h"
#include "session/signed_in.h"
#include "store/change.h"
#include "store/key.h"

/* A deleted user's record goes after so long, and with it what keeps the name from others. */
#define TOMBSTONE_LIFE apr_time_from_sec(30L * 24 * 3600)

#define NAME_LAYOUT 1
#define ALIAS_LAYOUT 2 /* the name of a trusted login's that was linked to the user (links.c) */
#define NAME_RECORD (1 + UID_BYTES)

people_t *people_make(store_t *store, revocations_t *revocations,
                      apr_interval_time_t longest_session, const log_sink_t *log, apr_pool_t *p)
{
    people_t *people = apr_palloc(p, sizeof(*people));
    *people = (people_t){store, revocations, longest_session, log, NULL, NULL, NULL};
    return people;
}

void people_erase_with(people_t *people, people_eraser_t all, people_eraser_t open,
                       people_eraser_t device)
{
    people->eraser = all;
    people->open_eraser = open;
    people->device_eraser = device;
}

/* ---- reading --------------------------------------------------------------------------------- */

static const char *user_key(const unsigned char uid[UID_BYTES], apr_pool_t *p)
{
    return store_key("user", uid, UID_BYTES, p);
}

static const char *name_key(const char *name, apr_pool_t *p)
{
    unsigned char hash[crypto_hash_sha256_BYTES];
    crypto_hash_sha256(hash, (const unsigned char *)name, strlen(name));
    return store_key("name", hash, sizeof(hash), p);
}

static store_status_t read_user_record(people_t *people, const unsigned char uid[UID_BYTES],
                                       const store_record_t *record, user_t *user, apr_pool_t *p)
{
    return people_read_user(record->data, record->len, user) &&
                   memcmp(user->uid, uid, UID_BYTES) == 0
               ? STORE_OK
               : people_unreadable(people, user_key(uid, p));
}

store_status_t people_get(people_t *people, const unsigned char uid[UID_BYTES], user_t *user,
                          apr_pool_t *p)
{
    store_record_t record;
    store_status_t status = store_get(people->store, STORE_LASTING, user_key(uid, p), p, &record);
    return status ? status : read_user_record(people, uid, &record, user, p);
}

static bool is_owners_record(const store_record_t *found)
{
    return found->len == NAME_RECORD &&
           (found->data[0] == NAME_LAYOUT || found->data[0] == ALIAS_LAYOUT);
}

/* `owner` is the name's record (layout 1 | uid 16); its `len` stays 0 where there is none. A name
 * without a user is that of a tombstone which has gone: free. */
static store_status_t find_owner(people_t *people, const char *name, user_t *user,
                                 store_record_t *owner, apr_pool_t *p)
{
    const char *key = name_key(name, p);
    store_record_t found;
    owner->len = 0;
    store_status_t status = store_get(people->store, STORE_LASTING, key, p, &found);
    if (status)
        return status;
    if (!is_owners_record(&found))
        return people_unreadable(people, key);
    *owner = found;
    status = people_get(people, found.data + 1, user, p);
    if (status == STORE_OK && found.data[0] == NAME_LAYOUT && strcmp(user->name, name) != 0)
        return people_unreadable(people, key);
    return status;
}

store_status_t people_find(people_t *people, const char *name, user_t *user, apr_pool_t *p)
{
    store_record_t owner;
    return find_owner(people, name, user, &owner, p);
}

/* ---- a name gets a user ---------------------------------------------------------------------- */

store_status_t people_join_user(people_t *people, const user_t *user, store_together_t *together,
                                store_piece_t **named, apr_pool_t *p)
{
    unsigned char record[USER_RECORD_MAX], owned[NAME_RECORD] = {NAME_LAYOUT};
    const char *key = name_key(user->name, p);
    store_record_t owner;
    user_t other;
    const store_status_t status = find_owner(people, user->name, &other, &owner, p);
    if (status != STORE_MISSING)
        return status == STORE_OK ? STORE_EXISTS : status;
    memcpy(owned + 1, user->uid, UID_BYTES);
    together_add(together, user_key(user->uid, p), record, people_write_user(user, record), 0);
    *named = owner.len ? together_swap(together, key, &owner, owned, NAME_RECORD, 0)
                       : together_add(together, key, owned, NAME_RECORD, 0);
    return STORE_OK;
}

store_status_t people_create(people_t *people, const char *name, apr_time_t now, user_t *user,
                             apr_pool_t *p)
{
    arriving_t arrival = {.together = store_together(people->store, p)};
    store_status_t status = arrival_create(people, &arrival, name, now, p);
    if (status == STORE_OK)
        status = arrival_commit(people, &arrival, p);
    *user = arrival.user;
    return together_refused(arrival.named) ? STORE_EXISTS : status;
}

store_status_t people_claim(people_t *people, const char *name, apr_time_t now, user_t *user,
                            apr_pool_t *p)
{
    for (int round = 0; round < STORE_CHANGE_ROUNDS; round++) {
        store_status_t status = people_find(people, name, user, p);
        if (status == STORE_OK)
            return user->state == USER_DELETED ? STORE_EXISTS : STORE_OK;
        if (status == STORE_MISSING)
            status = people_create(people, name, now, user, p);
        if (status != STORE_EXISTS) /* else somebody was faster */
            return status;
    }
    return STORE_CHANGED;
}

/* ---- a name that leads to somebody who has another one ---------------------------------------- */

/* STORE_EXISTS, STORE_CHANGED: it was given to somebody else meanwhile. */
static store_status_t give_alias(people_t *people, const char *name,
                                 const unsigned char uid[UID_BYTES], const store_record_t *owner,
                                 apr_pool_t *p)
{
    unsigned char owned[NAME_RECORD] = {ALIAS_LAYOUT};
    const char *key = name_key(name, p);
    memcpy(owned + 1, uid, UID_BYTES);
    return owner->len ? store_swap(people->store, STORE_LASTING, key, owner, owned, NAME_RECORD, 0)
                      : store_add(people->store, STORE_LASTING, key, owned, NAME_RECORD, 0);
}

/* Somebody may be faster, and that be the same user, who presses twice. */
store_status_t people_add_alias(people_t *people, const char *name,
                                const unsigned char uid[UID_BYTES], apr_pool_t *p)
{
    for (int round = 0; round < STORE_CHANGE_ROUNDS; round++) {
        user_t user;
        store_record_t owner;
        store_status_t status = find_owner(people, name, &user, &owner, p);
        if (status == STORE_OK)
            return memcmp(user.uid, uid, UID_BYTES) == 0 ? STORE_OK : STORE_EXISTS;
        if (status == STORE_MISSING)
            status = give_alias(people, name, uid, &owner, p);
        if (status != STORE_EXISTS && status != STORE_CHANGED)
            return status;
    }
    return STORE_EXISTS;
}

/* It expires: that deletes what was seen, and nothing that somebody has written since. */
store_status_t people_drop_alias(people_t *people, const char *name,
                                 const unsigned char uid[UID_BYTES], apr_pool_t *p)
{
    const apr_time_t long_ago = 1;
    user_t user;
    store_record_t owner;
    store_status_t status = find_owner(people, name, &user, &owner, p);
    if (status != STORE_OK && status != STORE_MISSING)
        return status;
    if (!owner.len || owner.data[0] != ALIAS_LAYOUT || memcmp(owner.data + 1, uid, UID_BYTES) != 0)
        return STORE_MISSING;
    status = store_swap(people->store, STORE_LASTING, name_key(name, p), &owner, owner.data,
                        NAME_RECORD, long_ago);
    return status == STORE_CHANGED ? STORE_MISSING : status;
}

/* ---- versions, proof and states -------------------------------------------------------------- */

typedef struct user_change_t {
    people_t *people;
    const unsigned char *uid;
    store_status_t (*alter)(struct user_change_t *mine);
    apr_time_t now;
    user_state_t state; /* shut_out: the new one */
    apr_time_t expires; /* of the record afterwards; 0 = never */
    user_t user;        /* as it is stored afterwards */
} user_change_t;

/* One round; a deleted user is gone. Where nothing is altered, nothing is written. */
static store_status_t change_user(void *baton, store_change_t *change, apr_pool_t *scratch)
{
    user_change_t *mine = baton;
    const store_record_t *seen = change->seen;
    unsigned char *record = apr_palloc(scratch, USER_RECORD_MAX);
    if (!seen)
        return STORE_MISSING;
    store_status_t status = read_user_record(mine->people, mine->uid, seen, &mine->user, scratch);
    if (status == STORE_OK && mine->user.state == USER_DELETED)
        return STORE_MISSING;
    if (status == STORE_OK)
        status = mine->alter(mine);
    if (status != STORE_OK)
        return status;
    const apr_size_t len = people_write_user(&mine->user, record);
    if (len == seen->len && memcmp(record, seen->data, len) == 0)
        return STORE_OK;
    change->data = record;
    change->len = len;
    change->expires = mine->expires;
    return STORE_OK;
}

static store_status_t make_change(user_change_t *mine, apr_pool_t *p)
{
    return store_change(mine->people->store, STORE_LASTING, user_key(mine->uid, p), change_user,
                        mine, p);
}

static store_status_t void_sessions(const user_change_t *mine)
{
    return revocations_add(mine->people->revocations, REVOKE_USER, mine->uid, mine->user.version,
                           mine->now, people_until(mine->people, mine->now));
}

/* Each of these changes voids what was signed in before. */
static store_status_t say_change(const user_change_t *mine, const char *what, store_status_t status,
                                 apr_pool_t *p)
{
    if (status == STORE_OK)
        log_debug(mine->people->log, "MPIN0744", "%s %s: sessions below version %u are void",
                  name_masked(mine->user.name, p), what, mine->user.version);
    return status;
}

static store_status_t raise_version(user_change_t *mine)
{
    mine->user.version++;
    return STORE_OK;
}

/* The version first: stopped in between, nothing has happened to anybody. */
store_status_t people_end_sessions(people_t *people, const unsigned char uid[UID_BYTES],
                                   apr_time_t now, apr_pool_t *p)
{
    user_change_t mine = {.people = people, .uid = uid, .alter = raise_version, .now = now};
    store_status_t status = make_change(&mine, p);
    if (status == STORE_OK)
        status = void_sessions(&mine);
    return say_change(&mine, "is signed out everywhere", status, p);
}

static store_status_t set_proven(user_change_t *mine)
{
    if (!mine->user.proven)
        mine->user.proven = people_seconds(mine->now);
    return STORE_OK;
}

store_status_t people_set_proven(people_t *people, const unsigned char uid[UID_BYTES],
                                 apr_time_t now, apr_pool_t *p)
{
    user_change_t mine = {.people = people, .uid = uid, .alter = set_proven, .now = now};
    return make_change(&mine, p);
}

/* The revocation first: stopped in between, the user is shut out and still to be seen as active, so
 * that whoever asked for it asks again. */
static store_status_t shut_out(user_change_t *mine)
{
    mine->user.version++;
    mine->user.state = mine->state;
    return void_sessions(mine);
}

store_status_t people_disable(people_t *people, const unsigned char uid[UID_BYTES], apr_time_t now,
                              apr_pool_t *p)
{
    user_change_t mine = {
        .people = people, .uid = uid, .alter = shut_out, .now = now, .state = USER_DISABLED};
    const store_status_t status = say_change(&mine, "is disabled", make_change(&mine, p), p);
    return status == STORE_OK ? tokens_erase(people, uid, now, p) : status;
}

static store_status_t erase_all(people_t *people, const unsigned char uid[UID_BYTES],
                                apr_time_t now, apr_pool_t *p)
{
    store_status_t status = people->eraser ? people->eraser(people->store, uid, p) : STORE_OK;
    if (status == STORE_OK)
        status = tokens_erase(people, uid, now, p);
    if (status == STORE_OK)
        status = signed_in_erase(people->store, uid, p);
    if (status == STORE_OK)
        status = people_forget_subject(people, uid, p);
    if (status == STORE_OK)
        status = people_forget_links(people, uid, p);
    return status == STORE_OK ? people_forget_misses(people, uid, p) : status;
}

static store_status_t erase_and_change(user_change_t *mine, apr_pool_t *p)
{
    people_t *people = mine->people;
    identity_t *list;
    int count;
    store_status_t status = people_identities(people, mine->uid, &list, &count, p);
    for (int i = 0; status == STORE_OK && i < count; i++)
        status = people_revoke_identity(people, list[i].handle, mine->now, p);
    if (status == STORE_OK)
        status = erase_all(people, mine->uid, mine->now, p);
    return status ? status : say_change(mine, "is deleted", make_change(mine, p), p);
}

store_status_t people_delete(people_t *people, const unsigned char uid[UID_BYTES], apr_time_t now,
                             apr_pool_t *p)
{
    user_change_t mine = {.people = people,
                          .uid = uid,
                          .alter = shut_out,
                          .now = now,
                          .state = USER_DELETED,
                          .expires = now + TOMBSTONE_LIFE};
    return erase_and_change(&mine, p);
}

static store_status_t shut_out_unproven(user_change_t *mine)
{
    return mine->user.proven ? STORE_EXISTS : shut_out(mine);
}

/* Its record expires at once: a name without a user is free. */
store_status_t people_free_name(people_t *people, const unsigned char uid[UID_BYTES],
                                apr_time_t now, apr_pool_t *p)
{
    const apr_time_t long_ago = 1;
    user_t user;
    user_change_t mine = {.people = people,
                          .uid = uid,
                          .alter = shut_out_unproven,
                          .now = now,
                          .state = USER_DELETED,
                          .expires = long_ago};
    store_status_t status = people_get(people, uid, &user, p);
    if (status == STORE_OK && user.proven)
        return STORE_EXISTS;
    return status ? status : erase_and_change(&mine, p);
}

/* A new version even where nothing else changes: shut_out may have been stopped half-way and left
 * this one void. */
static store_status_t let_in(user_change_t *mine)
{
    mine->user.version++;
    mine->user.state = USER_ACTIVE;
    return STORE_OK;
}

store_status_t people_enable(people_t *people, const unsigned char uid[UID_BYTES], apr_pool_t *p)
{
    user_change_t mine = {.people = people, .uid = uid, .alter = let_in};
    return say_change(&mine, "is enabled", make_change(&mine, p), p);
}
