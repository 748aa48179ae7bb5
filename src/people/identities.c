#include "people/inside.h"

#include <string.h>
#include "base/hex.h"

/* How long an identity may take to be added. */
#define ADDING_LIFE apr_time_from_sec(600)

static const char *identity_key(const unsigned char handle[HANDLE_BYTES], apr_pool_t *p)
{
    return people_key("identity", handle, HANDLE_BYTES, p);
}

static const char *set_key(const unsigned char uid[UID_BYTES], apr_pool_t *p)
{
    return people_key("identities", uid, UID_BYTES, p);
}

void people_handle(const unsigned char hash_mpin_id[32], unsigned char handle[HANDLE_BYTES])
{
    memcpy(handle, hash_mpin_id, HANDLE_BYTES);
}

/* ---- reading --------------------------------------------------------------------------------- */

/* As stored, also while it is being added. */
static store_status_t load_any(people_t *people, const unsigned char handle[HANDLE_BYTES],
                               identity_t *identity, store_record_t *seen, apr_pool_t *p)
{
    const char *key = identity_key(handle, p);
    store_status_t status = store_get(people->store, STORE_LASTING, key, p, seen);
    if (status)
        return status;
    if (!people_read_identity(seen->data, seen->len, identity) ||
        memcmp(identity->handle, handle, HANDLE_BYTES) != 0)
        return people_unreadable(people, key);
    return STORE_OK;
}

static bool being_added(const store_record_t *record)
{
    return record->expires != 0;
}

store_status_t people_load_identity(people_t *people, const unsigned char handle[HANDLE_BYTES],
                                    identity_t *identity, store_record_t *seen, apr_pool_t *p)
{
    store_status_t status = load_any(people, handle, identity, seen, p);
    return status == STORE_OK && being_added(seen) ? STORE_MISSING : status;
}

store_status_t people_identity(people_t *people, const unsigned char handle[HANDLE_BYTES],
                               identity_t *identity, apr_pool_t *p)
{
    store_record_t seen;
    return people_load_identity(people, handle, identity, &seen, p);
}

/* The handles in a user's set. */
static store_status_t load_handles(people_t *people, const unsigned char uid[UID_BYTES],
                                   unsigned char (**handles)[HANDLE_BYTES], int *count,
                                   apr_pool_t *p)
{
    const char **members;
    const char *key = set_key(uid, p);
    store_status_t status = store_members(people->store, STORE_LASTING, key, p, &members);
    if (status)
        return status;
    for (*count = 0; members[*count];)
        ++*count;
    *handles = apr_palloc(p, ((apr_size_t)*count + 1) * sizeof(**handles));
    for (int i = 0; i < *count; i++)
        if (!hex_decode(members[i], (*handles)[i], HANDLE_BYTES))
            return people_unreadable(people, key);
    return STORE_OK;
}

/* A member without an identity is being added, or a kill in people_add_identity has left it. */
store_status_t people_identities(people_t *people, const unsigned char uid[UID_BYTES],
                                 identity_t **list, int *count, apr_pool_t *p)
{
    unsigned char(*handles)[HANDLE_BYTES];
    int members;
    *count = 0;
    store_status_t status = load_handles(people, uid, &handles, &members, p);
    if (status)
        return status;
    *list = apr_palloc(p, ((apr_size_t)members + 1) * sizeof(**list));
    for (int i = 0; i < members; i++) {
        identity_t *identity = &(*list)[*count];
        status = people_identity(people, handles[i], identity, p);
        if (status != STORE_OK && status != STORE_MISSING)
            return status;
        if (status == STORE_OK && identity->state != IDENTITY_REVOKED)
            ++*count;
    }
    return STORE_OK;
}

/* ---- adding ---------------------------------------------------------------------------------- */

/* Takes members out of a full set whose identity is revoked or was never finished; true when there
 * were any. One whose record is still there may yet be finished, one whose record has expired
 * can't. */
static bool make_room(people_t *people, const unsigned char uid[UID_BYTES], apr_pool_t *p)
{
    unsigned char(*handles)[HANDLE_BYTES];
    int members;
    bool made = false;
    if (load_handles(people, uid, &handles, &members, p) != STORE_OK)
        return false;
    for (int i = 0; i < members; i++) {
        identity_t identity;
        store_record_t seen;
        store_status_t status = load_any(people, handles[i], &identity, &seen, p);
        if (status == STORE_MISSING || (status == STORE_OK && identity.state == IDENTITY_REVOKED))
            made |= store_member_remove(people->store, STORE_LASTING, set_key(uid, p),
                                        hex_encode(p, handles[i], HANDLE_BYTES)) == STORE_OK;
    }
    return made;
}

static store_status_t add_member(people_t *people, const identity_t *identity, apr_pool_t *p)
{
    const char *key = set_key(identity->uid, p);
    const char *member = hex_encode(p, identity->handle, HANDLE_BYTES);
    store_status_t status =
        store_member_add(people->store, STORE_LASTING, key, member, IDENTITIES_MAX, 0);
    if (status == STORE_FULL && make_room(people, identity->uid, p))
        status = store_member_add(people->store, STORE_LASTING, key, member, IDENTITIES_MAX, 0);
    return status;
}

/* The record first, expiring and so not there for readers; then the member; then the record for
 * good. Stopped anywhere before the last step, the identity isn't there, and adding it again takes
 * over what was begun. */
store_status_t people_add_identity(people_t *people, const identity_t *identity, apr_pool_t *p)
{
    unsigned char record[IDENTITY_RECORD_MAX];
    apr_size_t len = people_write_identity(identity, record);
    identity_t begun;
    store_record_t seen;

    store_status_t status =
        store_add(people->store, STORE_LASTING, identity_key(identity->handle, p), record, len,
                  apr_time_now() + ADDING_LIFE);
    if (status != STORE_OK && status != STORE_EXISTS)
        return status;
    status = load_any(people, identity->handle, &begun, &seen, p);
    if (status)
        return status;
    if (!being_added(&seen))
        return STORE_EXISTS;
    status = add_member(people, identity, p);
    if (status)
        return status;
    status = people_swap_identity(people, identity, &seen, p);
    return status == STORE_CHANGED ? STORE_EXISTS : status;
}

/* ---- changes of state ------------------------------------------------------------------------ */

store_status_t people_swap_identity(people_t *people, const identity_t *identity,
                                    const store_record_t *seen, apr_pool_t *p)
{
    unsigned char record[IDENTITY_RECORD_MAX];
    apr_size_t len = people_write_identity(identity, record);
    return store_swap(people->store, STORE_LASTING, identity_key(identity->handle, p), seen, record,
                      len, 0);
}

/* The sessions end first: stopped in between, the identity is still to be seen, so that whoever
 * withdrew it does it again. */
static store_status_t try_revoke(people_t *people, identity_t *identity, apr_time_t now,
                                 apr_pool_t *p)
{
    store_record_t seen;
    store_status_t status = people_load_identity(people, identity->handle, identity, &seen, p);
    if (status || identity->state == IDENTITY_REVOKED)
        return status;
    status = revocations_add(people->revocations, REVOKE_IDENTITY, identity->handle, 0, now,
                             people_until(people, now));
    if (status)
        return status;
    identity->state = IDENTITY_REVOKED;
    return people_swap_identity(people, identity, &seen, p);
}

store_status_t people_revoke_identity(people_t *people, const unsigned char handle[HANDLE_BYTES],
                                      apr_time_t now, apr_pool_t *p)
{
    identity_t identity;
    store_status_t status;
    memcpy(identity.handle, handle, HANDLE_BYTES);
    do
        status = try_revoke(people, &identity, now, p);
    while (status == STORE_CHANGED);
    return status ? status
                  : store_member_remove(people->store, STORE_LASTING, set_key(identity.uid, p),
                                        hex_encode(p, handle, HANDLE_BYTES));
}

store_status_t people_unlock_identity(people_t *people, const unsigned char handle[HANDLE_BYTES],
                                      apr_pool_t *p)
{
    identity_t identity;
    store_record_t seen;
    store_status_t status;
    do {
        status = people_load_identity(people, handle, &identity, &seen, p);
        if (status)
            return status;
        if (identity.state == IDENTITY_REVOKED)
            return STORE_MISSING;
        identity.state = IDENTITY_ACTIVE;
        identity.cleared = identity.failures;
        status = people_swap_identity(people, &identity, &seen, p);
    } while (status == STORE_CHANGED);
    return status;
}
