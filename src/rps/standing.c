/* SPDX-License-Identifier: Apache-2.0 */
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

const char *verdict_text(verdict_t verdict)
{
    static const char *const words[] = {[VERDICT_NONE] = "in good standing",
                                        [VERDICT_RIGHT] = "right",
                                        [VERDICT_WRONG] = "wrong",
                                        [VERDICT_LOCKED] = "locked",
                                        [VERDICT_BUSY] = "not judged now",
                                        [VERDICT_WITHDRAWN] = "unknown, revoked or replaced",
                                        [VERDICT_DISABLED] = "of a user who is disabled"};
    return words[verdict];
}

result_t *standing_refusal(verdict_t standing, apr_pool_t *p)
{
    if (standing == VERDICT_LOCKED)
        return result_error(p, 410, "locked", "This device is locked after too many wrong PINs.");
    if (standing == VERDICT_DISABLED)
        return result_error(p, 403, "user_disabled", "This account is disabled.");
    return result_error(p, 403, "identity_revoked", "This device's access was withdrawn.");
}
