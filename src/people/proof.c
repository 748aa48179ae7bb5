/* SPDX-License-Identifier: Apache-2.0 */
/* A name that has been proven, and what was registered openly before. */
#include "people/records.h"

store_status_t people_name_proven(people_t *people, const user_t *user, apr_time_t now,
                                  apr_pool_t *p)
{
    identity_t *list;
    int count;
    store_status_t status = user->proven ? STORE_OK : people_set_proven(people, user->uid, now, p);
    if (status == STORE_OK)
        status = people_identities(people, user->uid, &list, &count, p);
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
