/* SPDX-License-Identifier: Apache-2.0 */
/* Identities that replace others: each waits for its first success in the other one's place. */
#include "people/records.h"

#include <sodium.h>
#include <string.h>

static bool replaces_one(const identity_t *identity)
{
    return !sodium_is_zero(identity->replaces, HANDLE_BYTES);
}

/* True where what it replaces is among these. */
static bool stands_in_place(const identity_t *identity, const identity_t *list, int count)
{
    if (!replaces_one(identity))
        return false;
    for (int i = 0; i < count; i++)
        if (memcmp(list[i].handle, identity->replaces, HANDLE_BYTES) == 0)
            return true;
    return false;
}

static int count_in_place(const identity_t *list, int count)
{
    int standing = 0;
    for (int i = 0; i < count; i++)
        standing += stands_in_place(&list[i], list, count);
    return standing;
}

store_status_t people_replacements(people_t *people, const identity_t *identity, int *places,
                                   apr_pool_t *p)
{
    identity_t *list;
    int count;
    store_status_t status = people_identities(people, identity->uid, &list, &count, p);
    if (status == STORE_OK)
        *places += count_in_place(list, count) + stands_in_place(identity, list, count);
    return status;
}

store_status_t people_places_taken(people_t *people, const unsigned char uid[UID_BYTES], int *taken,
                                   apr_pool_t *p)
{
    identity_t *list;
    int count;
    store_status_t status = people_identities(people, uid, &list, &count, p);
    if (status == STORE_OK)
        *taken = count - count_in_place(list, count);
    return status;
}

void people_first_replaced(people_t *people, const identity_t *old,
                           unsigned char replaces[HANDLE_BYTES], apr_pool_t *p)
{
    identity_t first;
    const bool waits = replaces_one(old) &&
                       people_identity(people, old->replaces, &first, p) == STORE_OK &&
                       first.state != IDENTITY_REVOKED;
    memcpy(replaces, waits ? old->replaces : old->handle, HANDLE_BYTES);
}

store_status_t people_supersede(people_t *people, const identity_t *identity, apr_time_t now,
                                apr_pool_t *p)
{
    identity_t *list;
    int count;
    if (!replaces_one(identity))
        return STORE_OK;
    store_status_t status = people_identities(people, identity->uid, &list, &count, p);
    for (int i = 0; status == STORE_OK && i < count; i++)
        if (memcmp(list[i].replaces, identity->replaces, HANDLE_BYTES) == 0 &&
            memcmp(list[i].handle, identity->handle, HANDLE_BYTES) != 0)
            status = people_revoke_identity(people, list[i].handle, now, p);
    return status;
}
