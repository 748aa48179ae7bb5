/* SPDX-License-Identifier: Apache-2.0 */
#include "people/arrival.h"

#include <sodium.h>
#include <apr_strings.h>
#include <string.h>
#include "base/hex.h"
#include "people/records.h"

/* ---- the user -------------------------------------------------------------------------------- */

static store_status_t draw_up(people_t *people, arriving_t *arrival, const char *name, bool proven,
                              apr_time_t now, apr_pool_t *p)
{
    user_t *user = &arrival->user;
    const uint32_t seconds = people_seconds(now);
    *user = (user_t){.version = 1, .state = USER_ACTIVE, .created = seconds};
    user->proven = proven ? seconds : 0;
    randombytes_buf(user->uid, UID_BYTES);
    apr_cpystrn(user->name, name, sizeof user->name);
    return people_join_user(people, user, arrival->together, &arrival->named, p);
}

store_status_t arrival_create(people_t *people, arriving_t *arrival, const char *name,
                              apr_time_t now, apr_pool_t *p)
{
    return draw_up(people, arrival, name, false, now, p);
}

store_status_t arrival_claim(people_t *people, arriving_t *arrival, const char *name, bool proven,
                             apr_time_t now, apr_pool_t *p)
{
    user_t *user = &arrival->user;
    const store_status_t status = people_find(people, name, user, p);
    if (status == STORE_OK)
        return user->state == USER_DELETED ? STORE_EXISTS : STORE_OK;
    return status == STORE_MISSING ? draw_up(people, arrival, name, proven, now, p) : status;
}

/* ---- the device ------------------------------------------------------------------------------ */

void arrival_device(arriving_t *arrival, apr_pool_t *p)
{
    identity_t *identity = &arrival->identity;
    unsigned char record[IDENTITY_RECORD_MAX];
    memcpy(identity->uid, arrival->user.uid, UID_BYTES);
    const apr_size_t len = people_write_identity(identity, record);
    together_add(arrival->together, people_identity_key(identity->handle, p), record, len, 0);
    arrival->place =
        together_member_add(arrival->together, people_devices_key(identity->uid, p),
                            hex_encode(p, identity->handle, HANDLE_BYTES), IDENTITIES_MAX, 0);
}

/* Where the set is full, first those go who have no place in it; then one more may stand there for
 * each that waits to replace another. */
static store_status_t find_place(people_t *people, arriving_t *arrival, apr_pool_t *p)
{
    int max = IDENTITIES_MAX;
    people_tidy_devices(people, arrival->user.uid, p);
    store_status_t status = together_commit(arrival->together);
    if (status != STORE_FULL || !together_refused(arrival->place))
        return status;
    status = people_replacements(people, &arrival->identity, &max, p);
    if (status != STORE_OK)
        return status;
    together_member_max(arrival->place, max);
    return together_commit(arrival->together);
}

store_status_t arrival_commit(people_t *people, arriving_t *arrival, apr_pool_t *p)
{
    store_status_t status = together_commit(arrival->together);
    if (status == STORE_FULL && together_refused(arrival->place))
        status = find_place(people, arrival, p);
    return status;
}

store_status_t people_add_identity(people_t *people, const identity_t *identity, apr_pool_t *p)
{
    arriving_t arrival = {.together = store_together(people->store, p), .identity = *identity};
    memcpy(arrival.user.uid, identity->uid, UID_BYTES);
    arrival_device(&arrival, p);
    return arrival_commit(people, &arrival, p);
}
