/* SPDX-License-Identifier: Apache-2.0 */
#include "rps/admission.h"

#include "rps/account.h"
#include "rps/allowed.h"
#include "rps/standing.h"

bool rps_origin_counts(const rps_settings_t *s, origin_t origin)
{
    const bool closed =
        !s->register_open && !s->register_signed_in && !s->register_mail && !s->register_invite;
    if (s->service ||
        origin == ORIGIN_APPLICATION) /* an application's users are nobody at a site */
        return s->service && origin == ORIGIN_APPLICATION;
    if (origin == ORIGIN_OPEN)
        return s->register_open;
    if (origin == ORIGIN_SESSION)
        return s->register_open || s->register_signed_in || closed;
    return origin == ORIGIN_MAIL || origin == ORIGIN_INVITATION;
}

static result_t *way_closed(rps_t *rps, const identity_t *identity, apr_pool_t *p)
{
    if (log_may_say(&rps->told_way))
        log_warn(rps->log, "MPIN0562",
                 "identity %s of %s may not sign in: its name was proven %s, in which MPinRegister "
                 "takes nobody here; the device is set up again, or write that way there",
                 people_label(identity->handle, p), name_masked(identity->name, p),
                 identity->origin == ORIGIN_OPEN ? "by being the first (open)"
                                                 : "by a session (signed-in)");
    return result_error(p, 403, "way_closed",
                        "This device was set up in a way that this site no longer takes.");
}

result_t *rps_way_open(rps_t *rps, const identity_t *identity, apr_pool_t *p)
{
    return rps_origin_counts(rps->settings, identity->origin) ? NULL : way_closed(rps, identity, p);
}

/* A name is looked up in MPinRegisterAllow anew at every login. Without that, only those sign in
 * whose name was proven by a session or an administrator. */
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
    result_t *closed = rps_way_open(rps, identity, p);
    if (closed)
        return closed;
    if (rps->settings->allow.kind == ALLOW_NOBODY &&
        (vouched || identity->origin == ORIGIN_SESSION || identity->origin == ORIGIN_INVITATION))
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
    if (standing != VERDICT_NONE)
        return standing_refusal(standing, p);
    result_t *refusal = not_admitted(rps, caller, identity, p);
    return refusal ? refusal : account_is_theirs(rps, caller, identity, p);
}

result_t *rps_admit_name(rps_t *rps, const caller_t *caller, const char *name, apr_pool_t *p)
{
    result_t *refusal =
        rps->settings->allow.kind == ALLOW_NOBODY
            ? NULL
            : rps_not_allowed(rps, caller, name, "This account may not sign in here.", p);
    return refusal ? refusal : account_is_there(caller, name, p);
}
