/* SPDX-License-Identifier: Apache-2.0 */
/* Identities: looked up, added, changed. */
#include "people/records.h"

#include <sodium.h>
#include <apr_strings.h>
#include <string.h>
#include "base/hex.h"
#include "store/change.h"
#include "store/key.h"

/* An identity may take so long to be added. */
#define ADDING_LIFE apr_time_from_sec(600)

#define LABEL_BYTES 6 /* of a handle */

static const char *identity_key(const unsigned char handle[HANDLE_BYTES], apr_pool_t *p)
{
    return store_key("identity", handle, HANDLE_BYTES, p);
}

static const char *set_key(const unsigned char uid[UID_BYTES], apr_pool_t *p)
{
    return store_key("identities", uid, UID_BYTES, p);
}

void people_handle(const unsigned char hash_mpin_id[32], unsigned char handle[HANDLE_BYTES])
{
    memcpy(handle, hash_mpin_id, HANDLE_BYTES);
}

const char *people_label(const unsigned char handle[HANDLE_BYTES], apr_pool_t *p)
{
    return hex_encode(p, handle, LABEL_BYTES);
}

/* ---- reading --------------------------------------------------------------------------------- */

static store_status_t read_identity(people_t *people, const unsigned char handle[HANDLE_BYTES],
                                    const store_record_t *record, identity_t *identity,
                                    apr_pool_t *p)
{
    return people_read_identity(record->data, record->len, identity) &&
                   memcmp(identity->handle, handle, HANDLE_BYTES) == 0
               ? STORE_OK
               : people_unreadable(people, identity_key(handle, p));
}

/* As stored, also while it is being added. */
static store_status_t load_identity(people_t *people, const unsigned char handle[HANDLE_BYTES],
                                    identity_t *identity, store_record_t *seen, apr_pool_t *p)
{
    store_status_t status =
        store_get(people->store, STORE_LASTING, identity_key(handle, p), p, seen);
    return status ? status : read_identity(people, handle, seen, identity, p);
}

static bool being_added(const store_record_t *record)
{
    return record->expires != 0;
}

store_status_t people_identity(people_t *people, const unsigned char handle[HANDLE_BYTES],
                               identity_t *identity, apr_pool_t *p)
{
    store_record_t seen;
    store_status_t status = load_identity(people, handle, identity, &seen, p);
    return status == STORE_OK && being_added(&seen) ? STORE_MISSING : status;
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

/* A member without an identity is being added, or a kill in people_add_identity has left it. One
 * that replaces another is no newcomer. */
store_status_t people_identities_and_newcomers(people_t *people, const unsigned char uid[UID_BYTES],
                                               identity_t **list, int *count, int *newcomers,
                                               apr_pool_t *p)
{
    unsigned char(*handles)[HANDLE_BYTES];
    int members;
    *count = *newcomers = 0;
    store_status_t status = load_handles(people, uid, &handles, &members, p);
    if (status)
        return status;
    *list = apr_palloc(p, ((apr_size_t)members + 1) * sizeof(**list));
    for (int i = 0; i < members; i++) {
        identity_t *identity = &(*list)[*count];
        store_record_t seen;
        status = load_identity(people, handles[i], identity, &seen, p);
        if (status == STORE_MISSING)
            continue;
        if (status != STORE_OK)
            return status;
        if (being_added(&seen))
            *newcomers += sodium_is_zero(identity->replaces, HANDLE_BYTES);
        else if (identity->state != IDENTITY_REVOKED)
            ++*count;
    }
    return STORE_OK;
}

store_status_t people_identities(people_t *people, const unsigned char uid[UID_BYTES],
                                 identity_t **list, int *count, apr_pool_t *p)
{
    int newcomers;
    return people_identities_and_newcomers(people, uid, list, count, &newcomers, p);
}

/* ---- adding ---------------------------------------------------------------------------------- */

/* Takes members out of a full set whose identity is revoked or was never finished; true when there
 * were any. One whose record is still there may yet be finished, one whose record has expired
 * can't. */
static bool make_room_in_set(people_t *people, const unsigned char uid[UID_BYTES], apr_pool_t *p)
{
    unsigned char(*handles)[HANDLE_BYTES];
    int members;
    bool made = false;
    if (load_handles(people, uid, &handles, &members, p) != STORE_OK)
        return false;
    for (int i = 0; i < members; i++) {
        identity_t identity;
        store_record_t seen;
        store_status_t status = load_identity(people, handles[i], &identity, &seen, p);
        if (status == STORE_MISSING || (status == STORE_OK && identity.state == IDENTITY_REVOKED))
            made |= store_member_remove(people->store, STORE_LASTING, set_key(uid, p),
                                        hex_encode(p, handles[i], HANDLE_BYTES)) == STORE_OK;
    }
    return made;
}

static store_status_t add_to_set(people_t *people, const identity_t *identity, apr_pool_t *p)
{
    const char *key = set_key(identity->uid, p);
    const char *member = hex_encode(p, identity->handle, HANDLE_BYTES);
    int max = IDENTITIES_MAX;
    store_status_t status = store_member_add(people->store, STORE_LASTING, key, member, max, 0);
    if (status == STORE_FULL && make_room_in_set(people, identity->uid, p))
        status = store_member_add(people->store, STORE_LASTING, key, member, max, 0);
    if (status != STORE_FULL)
        return status;
    status = people_replacements(people, identity, &max, p);
    return status ? status : store_member_add(people->store, STORE_LASTING, key, member, max, 0);
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
    status = load_identity(people, identity->handle, &begun, &seen, p);
    if (status)
        return status;
    if (!being_added(&seen))
        return STORE_EXISTS;
    status = add_to_set(people, identity, p);
    if (status)
        return status;
    status = store_swap(people->store, STORE_LASTING, identity_key(identity->handle, p), &seen,
                        record, len, 0);
    return status == STORE_CHANGED ? STORE_EXISTS : status;
}

/* ---- changes --------------------------------------------------------------------------------- */

typedef struct identity_change_t {
    people_t *people;
    unsigned char handle[HANDLE_BYTES]; /* a copy: the caller's may be the one in *identity */
    identity_t *identity;
    people_alter_t alter;
    void *baton;
} identity_change_t;

static store_status_t change_identity(void *baton, store_change_t *change, apr_pool_t *scratch)
{
    const identity_change_t *mine = baton;
    const store_record_t *seen = change->seen;
    identity_t *identity = mine->identity;
    unsigned char *record = apr_palloc(scratch, IDENTITY_RECORD_MAX);
    if (!seen || being_added(seen))
        return STORE_MISSING;
    store_status_t status = read_identity(mine->people, mine->handle, seen, identity, scratch);
    if (status == STORE_OK)
        status = mine->alter(mine->baton, identity, scratch);
    if (status != STORE_OK)
        return status;
    const apr_size_t len = people_write_identity(identity, record);
    if (len == seen->len && memcmp(record, seen->data, len) == 0)
        return STORE_OK;
    change->data = record;
    change->len = len;
    return STORE_OK;
}

store_status_t people_change_identity(people_t *people, const unsigned char handle[HANDLE_BYTES],
                                      identity_t *identity, people_alter_t alter, void *baton,
                                      apr_pool_t *p)
{
    identity_change_t mine = {
        .people = people, .identity = identity, .alter = alter, .baton = baton};
    memcpy(mine.handle, handle, HANDLE_BYTES);
    return store_change(people->store, STORE_LASTING, identity_key(handle, p), change_identity,
                        &mine, p);
}

typedef struct revocation_t {
    people_t *people;
    apr_time_t now;
} revocation_t;

/* The sessions end first: stopped in between, the identity is still to be seen, so that whoever
 * withdrew it does it again. */
static store_status_t revoke_identity(void *baton, identity_t *identity, apr_pool_t *scratch)
{
    const revocation_t *mine = baton;
    (void)scratch;
    if (identity->state == IDENTITY_REVOKED)
        return STORE_OK;
    identity->state = IDENTITY_REVOKED;
    return revocations_add(mine->people->revocations, REVOKE_IDENTITY, identity->handle, 0,
                           mine->now, people_until(mine->people, mine->now));
}

store_status_t people_revoke_identity(people_t *people, const unsigned char handle[HANDLE_BYTES],
                                      apr_time_t now, apr_pool_t *p)
{
    identity_t identity;
    revocation_t mine = {people, now};
    store_status_t status =
        people_change_identity(people, handle, &identity, revoke_identity, &mine, p);
    if (status)
        return status;
    log_debug(people->log, "MPIN0743", "identity %s of %s is revoked, and its sessions end",
              people_label(handle, p), name_masked(identity.name, p));
    if (people->device_eraser)
        status = people->device_eraser(people->store, handle, p);
    return status ? status
                  : store_member_remove(people->store, STORE_LASTING, set_key(identity.uid, p),
                                        hex_encode(p, handle, HANDLE_BYTES));
}

static store_status_t unlock_identity(void *baton, identity_t *identity, apr_pool_t *scratch)
{
    (void)baton;
    (void)scratch;
    if (identity->state == IDENTITY_REVOKED)
        return STORE_MISSING;
    identity->state = IDENTITY_ACTIVE;
    identity->cleared = identity->failures;
    return STORE_OK;
}

store_status_t people_unlock_identity(people_t *people, const unsigned char handle[HANDLE_BYTES],
                                      apr_pool_t *p)
{
    identity_t identity;
    return people_change_identity(people, handle, &identity, unlock_identity, NULL, p);
}

static store_status_t name_device(void *baton, identity_t *identity, apr_pool_t *scratch)
{
    (void)scratch;
    if (identity->state == IDENTITY_REVOKED)
        return STORE_MISSING;
    apr_cpystrn(identity->device, baton, sizeof identity->device);
    return STORE_OK;
}

store_status_t people_name_device(people_t *people, const unsigned char handle[HANDLE_BYTES],
                                  const char *device, apr_pool_t *p)
{
    identity_t identity;
    return people_change_identity(people, handle, &identity, name_device, apr_pstrdup(p, device),
                                  p);
}
