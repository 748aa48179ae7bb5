/* SPDX-License-Identifier: Apache-2.0 */
/* A name that has been proven, and what was registered openly before. */
#include "people/records.h"
#include "people/tokens.h"

static store_status_t revoke_open(people_t *people, const user_t *user, apr_time_t now,
                                  apr_pool_t *p)
{
    identity_t *list;
    int count;
    store_status_t status = people_identities(people, user->uid, &list, &count, p);
    for (int i = 0; status == STORE_OK && i < count; i++) {
        if (list[i].origin != ORIGIN_OPEN)
            continue;
        status = people_revoke_identity(people, list[i].handle, now, p);
        log_info(people->log, "MPIN0152",
                 "an identity of %s was registered openly and is revoked: the name was proven",
                 name_masked(user->name, p));
    }
    return status;
}

static store_status_t erase_open(people_t *people, const unsigned char uid[UID_BYTES],
                                 apr_time_t now, apr_pool_t *p)
{
    const store_status_t status =
        people->open_eraser ? people->open_eraser(people->store, uid, p) : STORE_OK;
    return status == STORE_OK ? tokens_erase_open(people, uid, now, p) : status;
}

/* Nobody has done anything under a name that has just been given. */
static bool is_new(const user_t *user, apr_time_t now)
{
    return user->version == 1 && user->created >= people_seconds(now);
}

/* A session of a passkey's has no identity that could be revoked. Once more after the sessions have
 * ended, as one of them may just have added something; and before the mark, because a call that was
 * stopped behind it is not made again. */
static store_status_t first_proof(people_t *people, user_t *user, apr_time_t now, apr_pool_t *p)
{
    store_status_t status = erase_open(people, user->uid, now, p);
    if (status == STORE_OK)
        status = people_set_proven(people, user->uid, now, p);
    if (status == STORE_OK)
        status = revoke_open(people, user, now, p);
    if (status == STORE_OK)
        status = people_end_sessions(people, user->uid, now, p);
    if (status == STORE_OK)
        status = erase_open(people, user->uid, now, p);
    return status == STORE_OK ? people_get(people, user->uid, user, p) : status;
}

store_status_t people_name_proven(people_t *people, user_t *user, apr_time_t now, apr_pool_t *p)
{
    if (!user->proven && !is_new(user, now))
        return first_proof(people, user, now, p);
    const store_status_t status =
        user->proven ? STORE_OK : people_set_proven(people, user->uid, now, p);
    return status == STORE_OK ? revoke_open(people, user, now, p) : status;
}
