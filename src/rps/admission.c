#include "rps/admission.h"

#include "rps/account.h"
#include "rps/allowed.h"
#include "rps/standing.h"

/* A name is looked up in MPinRegisterAllow anew at every login. Without that, only those sign in
 * whose name was proven by a session. */
static result_t *not_admitted(rps_t *rps, const identity_t *identity, apr_pool_t *p)
{
    static const char no[] = "This account may not sign in here.";
    const bool vouched = identity->origin == ORIGIN_APPLICATION;
    if (vouched != rps->settings->service) /* an application's users are nobody at a site */
        return result_error(p, 403, "not_allowed", no);
    if (rps->settings->allow.kind == ALLOW_NOBODY &&
        (vouched || identity->origin == ORIGIN_SESSION))
        return NULL;
    return rps_not_allowed(rps, identity->name, no, p);
}

result_t *rps_admit(rps_t *rps, const caller_t *caller, const unsigned char handle[HANDLE_BYTES],
                    identity_t *identity, user_t *user, apr_pool_t *p)
{
    verdict_t standing;
    store_status_t status = rps_standing(rps, handle, identity, user, &standing, p);
    if (status != STORE_OK)
        return store_refusal(status, p);
    if (standing != VERDICT_NONE)
        return standing_refusal(standing, p);
    result_t *refusal = not_admitted(rps, identity, p);
    return refusal ? refusal : account_is_theirs(rps, caller, identity, p);
}
