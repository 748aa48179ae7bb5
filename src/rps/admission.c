/* SPDX-License-Identifier: Apache-2.0 */
#include "rps/admission.h"

#include "rps/allowed.h"
#include "rps/standing.h"

/* A name is looked up in MPinRegisterAllow anew at every login. Without that, only those sign in
 * whose name was proven by a session. */
static result_t *not_admitted(rps_t *rps, const caller_t *caller, const identity_t *identity,
                              apr_pool_t *p)
{
    static const char no[] = "This account may not sign in here.";
    const bool vouched = identity->origin == ORIGIN_APPLICATION;
    if (vouched != rps->settings->service) { /* an application's users are nobody at a site */
        log_debug(caller->log, "MPIN0749", "identity %s was %s, which is worth nothing here",
                  people_label(identity->handle, p),
                  vouched ? "vouched for by an application" : "not vouched for by the application");
        return result_error(p, 403, "not_allowed", no);
    }
    if (rps->settings->allow.kind == ALLOW_NOBODY &&
        (vouched || identity->origin == ORIGIN_SESSION))
        return NULL;
    return rps_not_allowed(rps, caller, identity->name, no, p);
}

result_t *rps_admit(rps_t *rps, const caller_t *caller, const unsigned char handle[HANDLE_BYTES],
                    identity_t *identity, user_t *user, apr_pool_t *p)
{
    verdict_t standing;
    store_status_t status = rps_standing(rps, handle, identity, user, &standing, p);
    if (status != STORE_OK)
        return store_refusal(status, p);
    return standing != VERDICT_NONE ? standing_refusal(standing, p)
                                    : not_admitted(rps, caller, identity, p);
}
