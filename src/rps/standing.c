#include "rps/standing.h"

store_status_t rps_standing(rps_t *rps, const unsigned char handle[HANDLE_BYTES],
                            identity_t *identity, user_t *user, verdict_t *verdict, apr_pool_t *p)
{
    *verdict = VERDICT_WITHDRAWN;
    store_status_t status = people_identity(rps->people, handle, identity, p);
    if (status == STORE_MISSING)
        return STORE_OK;
    if (status != STORE_OK || identity->state == IDENTITY_REVOKED)
        return status;

    status = people_get(rps->people, identity->uid, user, p);
    if (status == STORE_MISSING)
        return STORE_OK;
    if (status != STORE_OK || user->state == USER_DELETED)
        return status;

    if (user->state != USER_ACTIVE)
        *verdict = VERDICT_DISABLED;
    else if (identity->state != IDENTITY_ACTIVE)
        *verdict = VERDICT_LOCKED;
    else
        *verdict = VERDICT_NONE;
    return STORE_OK;
}
