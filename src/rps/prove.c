#include "rps/prove.h"

#include <string.h>
#include "rps/account.h"
#include "rps/allowed.h"

/* Signed in by password, or by another provider, as this very name. A PIN alone adds no devices. */
static bool session_proves(const session_t *session, const char *name)
{
    return session && strcmp(session->name, name) == 0 &&
           ((session->amr & AMR_PWD) || strcmp(session->provider, "local") != 0);
}

static result_t *registration_closed(apr_pool_t *p)
{
    return result_error(p, 403, "registration_closed",
                        "Sign in first to set up a PIN for this name.");
}

static result_t *may_not_register(rps_t *rps, const char *name, apr_pool_t *p)
{
    return rps_not_allowed(rps, name,
                           rps->settings->allow.kind == ALLOW_DOMAINS
                               ? "Only names of this site's own domains may register here."
                               : "This name may not register here.",
                           p);
}

/* The store itself is asked: the session's cookie may be older than what was decided about its
 * user. */
static result_t *prove_by_session(rps_t *rps, const caller_t *caller, const char *name,
                                  pending_t *pending, apr_pool_t *p)
{
    user_t user;
    identity_t *list;
    int count;
    store_status_t status = people_get(rps->people, caller->session->uid, &user, p);
    if (status == STORE_MISSING)
        return registration_closed(p);
    if (status != STORE_OK)
        return store_refusal(status, p);
    if (user.state != USER_ACTIVE)
        return result_error(p, 403, "user_disabled", "This account is disabled.");
    if (user.version != caller->session->version || strcmp(user.name, name) != 0)
        return registration_closed(p);
    result_t *refusal =
        rps->settings->allow.kind != ALLOW_NOBODY ? may_not_register(rps, name, p) : NULL;
    if (refusal)
        return refusal;

    status = people_identities(rps->people, user.uid, &list, &count, p);
    if (status != STORE_OK)
        return store_refusal(status, p);
    if (count >= IDENTITIES_MAX)
        return result_error(p, 403, "too_many_identities",
                            "This name has as many devices as it may have.");

    pending->origin = ORIGIN_SESSION;
    pending->user_version = user.version;
    memcpy(pending->uid, user.uid, sizeof pending->uid);
    return NULL;
}

/* A name that has a user is taken, whatever their identities: somebody has registered it, or has
 * signed in. */
static result_t *prove_by_being_first(rps_t *rps, const caller_t *caller, const char *name,
                                      pending_t *pending, apr_pool_t *p)
{
    user_t user;
    if (!rps->settings->register_open || (!caller->loopback && !rps->settings->open_to_anyone))
        return registration_closed(p);
    result_t *refusal = may_not_register(rps, name, p);
    if (refusal)
        return refusal;
    store_status_t status = people_find(rps->people, name, &user, p);
    if (status == STORE_OK || status == STORE_EXISTS)
        return result_error(p, 403, "name_taken",
                            "This name is taken. Sign in to add a device to it.");
    if (status != STORE_MISSING)
        return store_refusal(status, p);
    refusal = account_is_free(caller, name, p);
    if (refusal)
        return refusal;
    pending->origin = ORIGIN_OPEN;
    return NULL;
}

/* The application says whether it is them, once there is an mpinId to tell it. */
static result_t *prove_to_application(rps_t *rps, const char *name, pending_t *pending,
                                      apr_pool_t *p)
{
    user_t user;
    result_t *refusal =
        rps->settings->allow.kind != ALLOW_NOBODY ? may_not_register(rps, name, p) : NULL;
    if (refusal)
        return refusal;
    store_status_t status = people_find(rps->people, name, &user, p);
    if (status == STORE_OK && user.state == USER_DISABLED)
        return result_error(p, 403, "user_disabled", "This account is disabled.");
    if (status != STORE_OK && status != STORE_MISSING)
        return store_refusal(status, p);
    pending->origin = ORIGIN_APPLICATION;
    return NULL;
}

/* A mail to that very mailbox, which may be anybody's: a name that is taken is proven by it as well
 * as a free one. A person who may not come in by a list or an application's word, or
 * whose account is closed, must not be told so here, or everybody could ask for everybody: nothing
 * is sent to them. */
static result_t *prove_by_mailbox(rps_t *rps, const char *name, pending_t *pending, apr_pool_t *p)
{
    user_t user;
    result_t *refusal = may_not_register(rps, name, p);
    if (refusal && (refusal->status != 403 || rps->settings->allow.kind == ALLOW_DOMAINS))
        return refusal;
    store_status_t status = people_find(rps->people, name, &user, p);
    if (status != STORE_OK && status != STORE_MISSING && status != STORE_EXISTS)
        return store_refusal(status, p);
    pending->origin = ORIGIN_MAIL;
    pending->silent =
        refusal || status == STORE_EXISTS || (status == STORE_OK && user.state != USER_ACTIVE);
    return NULL;
}

result_t *prove_name(rps_t *rps, const caller_t *caller, const char *name, pending_t *pending,
                     apr_pool_t *p)
{
    if (rps->settings->service)
        return prove_to_application(rps, name, pending, p);
    if (rps->settings->register_signed_in && session_proves(caller->session, name))
        return prove_by_session(rps, caller, name, pending, p);
    if (rps->settings->register_mail && name_domain(name))
        return prove_by_mailbox(rps, name, pending, p);
    return prove_by_being_first(rps, caller, name, pending, p);
}
