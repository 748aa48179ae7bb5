#include "people/inside.h"

#include <apr_strings.h>
#include <sodium.h>
#include <string.h>

/* A deleted user's record goes after so long, and with it what keeps the name from being claimed.
 */
#define TOMBSTONE_LIFE apr_time_from_sec(30L * 24 * 3600)

#define NAME_LAYOUT 1
#define NAME_RECORD (1 + UID_BYTES)

people_t *people_make(store_t *store, revocations_t *revocations,
                      apr_interval_time_t longest_session, const log_sink_t *log, apr_pool_t *p)
{
    people_t *people = apr_palloc(p, sizeof(*people));
    *people = (people_t){store, revocations, longest_session, log};
    return people;
}

/* ---- reading --------------------------------------------------------------------------------- */

static const char *user_key(const unsigned char uid[UID_BYTES], apr_pool_t *p)
{
    return people_key("user", uid, UID_BYTES, p);
}

static const char *name_key(const char *name, apr_pool_t *p)
{
    unsigned char hash[crypto_hash_sha256_BYTES];
    crypto_hash_sha256(hash, (const unsigned char *)name, strlen(name));
    return people_key("name", hash, sizeof(hash), p);
}

static store_status_t load_user(people_t *people, const unsigned char uid[UID_BYTES], user_t *user,
                                store_record_t *seen, apr_pool_t *p)
{
    const char *key = user_key(uid, p);
    store_status_t status = store_get(people->store, STORE_LASTING, key, p, seen);
    if (status)
        return status;
    if (!people_read_user(seen->data, seen->len, user) || memcmp(user->uid, uid, UID_BYTES) != 0)
        return people_unreadable(people, key);
    return STORE_OK;
}

store_status_t people_get(people_t *people, const unsigned char uid[UID_BYTES], user_t *user,
                          apr_pool_t *p)
{
    store_record_t seen;
    return load_user(people, uid, user, &seen, p);
}

/* `owner` is the name's record (layout 1 | uid 16); its `len` stays 0 where there is none. A user
 * is written before their name, so a name without a user is that of a tombstone which has gone:
 * free. */
static store_status_t find_owner(people_t *people, const char *name, user_t *user,
                                 store_record_t *owner, apr_pool_t *p)
{
    const char *key = name_key(name, p);
    store_record_t found;
    owner->len = 0;
    store_status_t status = store_get(people->store, STORE_LASTING, key, p, &found);
    if (status)
        return status;
    if (found.len != NAME_RECORD || found.data[0] != NAME_LAYOUT)
        return people_unreadable(people, key);
    *owner = found;
    status = people_get(people, found.data + 1, user, p);
    if (status == STORE_OK && strcmp(user->name, name) != 0)
        return people_unreadable(people, key);
    return status;
}

store_status_t people_find(people_t *people, const char *name, user_t *user, apr_pool_t *p)
{
    store_record_t owner;
    return find_owner(people, name, user, &owner, p);
}

/* ---- a name gets a user ---------------------------------------------------------------------- */

/* Writes the user, then their name: stopped in between, nobody knows the user and nothing is wrong.
 * Not STORE_OK: the name was given to somebody else meanwhile, or the store failed. */
static store_status_t add_user(people_t *people, const user_t *user, const store_record_t *owner,
                               apr_pool_t *p)
{
    unsigned char record[USER_RECORD_MAX], owned[NAME_RECORD] = {NAME_LAYOUT};
    apr_size_t len = people_write_user(user, record);
    const char *key = user_key(user->uid, p), *name = name_key(user->name, p);
    memcpy(owned + 1, user->uid, UID_BYTES);

    store_status_t status = store_add(people->store, STORE_LASTING, key, record, len, 0);
    if (status)
        return status;
    status = owner->len
                 ? store_swap(people->store, STORE_LASTING, name, owner, owned, NAME_RECORD, 0)
                 : store_add(people->store, STORE_LASTING, name, owned, NAME_RECORD, 0);
    if (status == STORE_EXISTS || status == STORE_CHANGED)
        store_delete(people->store, STORE_LASTING, key);
    return status;
}

store_status_t people_create(people_t *people, const char *name, apr_time_t now, user_t *user,
                             apr_pool_t *p)
{
    store_record_t owner;
    store_status_t status = find_owner(people, name, user, &owner, p);
    if (status != STORE_MISSING)
        return status == STORE_OK ? STORE_EXISTS : status;
    *user = (user_t){.version = 1, .state = USER_ACTIVE, .created = people_seconds(now)};
    randombytes_buf(user->uid, UID_BYTES);
    apr_cpystrn(user->name, name, sizeof(user->name));
    status = add_user(people, user, &owner, p);
    return status == STORE_CHANGED ? STORE_EXISTS : status;
}

store_status_t people_claim(people_t *people, const char *name, apr_time_t now, user_t *user,
                            apr_pool_t *p)
{
    for (;;) {
        store_status_t status = people_find(people, name, user, p);
        if (status == STORE_OK)
            return user->state == USER_DELETED ? STORE_EXISTS : STORE_OK;
        if (status == STORE_MISSING)
            status = people_create(people, name, now, user, p);
        if (status != STORE_EXISTS) /* else somebody was faster */
            return status;
    }
}

/* ---- versions, proof and states -------------------------------------------------------------- */

static store_status_t swap_user(people_t *people, const user_t *user, const store_record_t *seen,
                                apr_time_t expires, apr_pool_t *p)
{
    unsigned char record[USER_RECORD_MAX];
    apr_size_t len = people_write_user(user, record);
    return store_swap(people->store, STORE_LASTING, user_key(user->uid, p), seen, record, len,
                      expires);
}

/* A user who can still change: a deleted one is gone. */
static store_status_t load_living(people_t *people, const unsigned char uid[UID_BYTES],
                                  user_t *user, store_record_t *seen, apr_pool_t *p)
{
    store_status_t status = load_user(people, uid, user, seen, p);
    return status == STORE_OK && user->state == USER_DELETED ? STORE_MISSING : status;
}

static store_status_t void_sessions(people_t *people, const user_t *user, apr_time_t now)
{
    return revocations_add(people->revocations, REVOKE_USER, user->uid, user->version, now,
                           people_until(people, now));
}

/* The version first: stopped in between, nothing has happened to anybody. */
store_status_t people_end_sessions(people_t *people, const unsigned char uid[UID_BYTES],
                                   apr_time_t now, apr_pool_t *p)
{
    user_t user;
    store_record_t seen;
    store_status_t status;
    do {
        status = load_living(people, uid, &user, &seen, p);
        if (status)
            return status;
        user.version++;
        status = swap_user(people, &user, &seen, 0, p);
    } while (status == STORE_CHANGED);
    return status ? status : void_sessions(people, &user, now);
}

store_status_t people_set_proven(people_t *people, const unsigned char uid[UID_BYTES],
                                 apr_time_t now, apr_pool_t *p)
{
    user_t user;
    store_record_t seen;
    store_status_t status;
    do {
        status = load_living(people, uid, &user, &seen, p);
        if (status || user.proven)
            return status;
        user.proven = people_seconds(now);
        status = swap_user(people, &user, &seen, 0, p);
    } while (status == STORE_CHANGED);
    return status;
}

/* The revocation first: stopped in between, the user is shut out and still to be seen as active, so
 * that whoever asked for it asks again. */
static store_status_t shut_out(people_t *people, const unsigned char uid[UID_BYTES],
                               user_state_t state, apr_time_t now, apr_time_t expires,
                               apr_pool_t *p)
{
    user_t user;
    store_record_t seen;
    store_status_t status;
    do {
        status = load_living(people, uid, &user, &seen, p);
        if (status)
            return status;
        user.version++;
        user.state = state;
        status = void_sessions(people, &user, now);
        if (status)
            return status;
        status = swap_user(people, &user, &seen, expires, p);
    } while (status == STORE_CHANGED);
    return status;
}

store_status_t people_disable(people_t *people, const unsigned char uid[UID_BYTES], apr_time_t now,
                              apr_pool_t *p)
{
    return shut_out(people, uid, USER_DISABLED, now, 0, p);
}

store_status_t people_delete(people_t *people, const unsigned char uid[UID_BYTES], apr_time_t now,
                             apr_pool_t *p)
{
    identity_t *list;
    int count;
    store_status_t status = people_identities(people, uid, &list, &count, p);
    for (int i = 0; status == STORE_OK && i < count; i++)
        status = people_revoke_identity(people, list[i].handle, now, p);
    return status ? status : shut_out(people, uid, USER_DELETED, now, now + TOMBSTONE_LIFE, p);
}

/* A new version even where nothing else changes: shut_out may have been stopped half-way and left
 * this one void. */
store_status_t people_enable(people_t *people, const unsigned char uid[UID_BYTES], apr_pool_t *p)
{
    user_t user;
    store_record_t seen;
    store_status_t status;
    do {
        status = load_living(people, uid, &user, &seen, p);
        if (status)
            return status;
        user.version++;
        user.state = USER_ACTIVE;
        status = swap_user(people, &user, &seen, 0, p);
    } while (status == STORE_CHANGED);
    return status;
}
