/* SPDX-License-Identifier: Apache-2.0 */
/* Identities: looked up, added, changed. */
#include "people/records.h"

#include <sodium.h>
#include <apr_strings.h>
#include <string.h>
#include "base/hex.h"
#include "store/change.h"
#include "store/key.h"
#include "store/all_or_none.h"

#define LABEL_BYTES 6 /* of a handle */

const char *people_identity_key(const unsigned char handle[HANDLE_BYTES], apr_pool_t *p)
{
    return store_key("identity", handle, HANDLE_BYTES, p);
}

const char *people_devices_key(const unsigned char uid[UID_BYTES], apr_pool_t *p)
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
               : people_unreadable(people, people_identity_key(handle, p));
}

/* An older version wrote a record that expired before it was there for good: stopped in between, it
 * is none. */
static store_status_t load_identity(people_t *people, const unsigned char handle[HANDLE_BYTES],
                                    identity_t *identity, store_record_t *seen, apr_pool_t *p)
{
    store_status_t status =
        store_get(people->store, STORE_LASTING, people_identity_key(handle, p), p, seen);
    if (status == STORE_OK && seen->expires)
        return STORE_MISSING;
    return status ? status : read_identity(people, handle, seen, identity, p);
}

store_status_t people_identity(people_t *people, const unsigned char handle[HANDLE_BYTES],
                               identity_t *identity, apr_pool_t *p)
{
    store_record_t seen;
    return load_identity(people, handle, identity, &seen, p);
}

/* The handles in a user's set. */
static store_status_t load_handles(people_t *people, const unsigned char uid[UID_BYTES],
                                   unsigned char (**handles)[HANDLE_BYTES], int *count,
                                   apr_pool_t *p)
{
    const char **members;
    const char *key = people_devices_key(uid, p);
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

/* An older version may have left a member without an identity. */
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
        *count += status == STORE_OK && identity->state != IDENTITY_REVOKED;
    }
    return STORE_OK;
}

void people_tidy_devices(people_t *people, const unsigned char uid[UID_BYTES], apr_pool_t *p)
{
    store_together_t *together = store_together(people->store, p);
    unsigned char(*handles)[HANDLE_BYTES];
    int members;
    if (load_handles(people, uid, &handles, &members, p) != STORE_OK)
        return;
    for (int i = 0; i < members; i++) {
        identity_t identity;
        store_record_t seen = {.data = NULL};
        store_status_t status = load_identity(people, handles[i], &identity, &seen, p);
        const bool gone = status == STORE_MISSING && !seen.data; /* not just being added */
        if (gone || (status == STORE_OK && identity.state == IDENTITY_REVOKED))
            together_member_remove(together, people_devices_key(uid, p),
                                   hex_encode(p, handles[i], HANDLE_BYTES));
    }
    together_commit(together);
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
    if (!seen || seen->expires)
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
    return store_change(people->store, STORE_LASTING, people_identity_key(handle, p),
                        change_identity, &mine, p);
}

/* Its record says so, and its place is free; what is seen of it has ended before. */
static store_status_t retire_identity(people_t *people, const identity_t *identity,
                                      const store_record_t *seen, apr_pool_t *p)
{
    store_together_t *together = store_together(people->store, p);
    unsigned char record[IDENTITY_RECORD_MAX];
    identity_t revoked = *identity;
    revoked.state = IDENTITY_REVOKED;
    if (identity->state != IDENTITY_REVOKED)
        together_swap(together, people_identity_key(identity->handle, p), seen, record,
                      people_write_identity(&revoked, record), 0);
    together_member_remove(together, people_devices_key(identity->uid, p),
                           hex_encode(p, identity->handle, HANDLE_BYTES));
    return together_commit(together);
}

/* The sessions end first: stopped in between, the identity is still to be seen, so that whoever
 * withdrew it does it again. */
static store_status_t end_identity(people_t *people, const identity_t *identity, apr_time_t now,
                                   apr_pool_t *p)
{
    store_status_t status =
        identity->state == IDENTITY_REVOKED
            ? STORE_OK
            : revocations_add(people->revocations, REVOKE_IDENTITY, identity->handle, 0, now,
                              people_until(people, now));
    return status == STORE_OK && people->device_eraser
               ? people->device_eraser(people->store, identity->handle, p)
               : status;
}

store_status_t people_revoke_identity(people_t *people, const unsigned char handle[HANDLE_BYTES],
                                      apr_time_t now, apr_pool_t *p)
{
    identity_t identity;
    store_record_t seen;
    store_status_t status = STORE_CHANGED;
    for (int round = 0; status == STORE_CHANGED && round < STORE_CHANGE_ROUNDS; round++) {
        status = load_identity(people, handle, &identity, &seen, p);
        if (status == STORE_OK)
            status = end_identity(people, &identity, now, p);
        if (status == STORE_OK)
            status = retire_identity(people, &identity, &seen, p);
    }
    if (status == STORE_OK)
        log_debug(people->log, "MPIN0743", "identity %s of %s is revoked, and its sessions end",
                  people_label(identity.handle, p), name_masked(identity.name, p));
    return status;
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
