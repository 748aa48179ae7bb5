#include "rps/prove.h"

#include <apr_strings.h>
#include <string.h>
#include "base/json.h"
#include "rps/admission.h"
#include "rps/allowed.h"

/* A password, or a login at another provider, is the name's own proof. */
#define OF_THE_NAME (FACTOR_BIT(FACTOR_PASSWORD) | FACTOR_BIT(FACTOR_TRUSTED))

/* ---- by session ------------------------------------------------------------------------------ */

/* A PIN proves as much as its device was set up with: a name that was merely taken first stays with
 * that one device. */
static store_status_t pin_proves(rps_t *rps, const session_t *session, bool *proves, apr_pool_t *p)
{
    identity_t identity;
    *proves = false;
    if (!session->proven[FACTOR_PIN])
        return STORE_OK;
    store_status_t status = people_identity(rps->people, session->identity, &identity, p);
    if (status == STORE_OK)
        *proves = identity.state == IDENTITY_ACTIVE && identity.origin != ORIGIN_OPEN &&
                  rps_origin_counts(rps->settings, identity.origin);
    return status == STORE_MISSING ? STORE_OK : status;
}

store_status_t prove_weigh_session(rps_t *rps, const caller_t *caller, const char *name,
                                   session_proof_t *proof, apr_pool_t *p)
{
    const session_t *session = caller->session;
    bool by_pin;
    *proof = SESSION_PROVES_NOT;
    if (!rps->settings->register_signed_in || !session || strcmp(session->name, name) != 0)
        return STORE_OK;
    store_status_t status = pin_proves(rps, session, &by_pin, p);
    if (status != STORE_OK)
        return status;
    const bool of_name = (session->amr & AMR_PWD) || strcmp(session->provider, "local") != 0;
    const uint32_t factors = (of_name ? OF_THE_NAME : 0) | (by_pin ? FACTOR_BIT(FACTOR_PIN) : 0);
    if (factors)
        *proof =
            demand_lasting(session, factors, caller->now) ? SESSION_PROVES : SESSION_PROVED_ONCE;
    return STORE_OK;
}

/* Where the person shows once more that it's them; the pad adds the way back. */
static result_t *proof_too_old(rps_t *rps, const caller_t *caller, apr_pool_t *p)
{
    result_t *result =
        result_error(p, 403, "proof_too_old", "Confirm that it's you first: sign in again.");
    const char *login = rps->settings->login_url;
    if (login && *login)
        result->json =
            json_tie(p, json_pack("{s:s}", "login_url", apr_pstrcat(p, login, "?fresh=1", NULL)));
    log_debug(caller->log, "MPIN0561", "%s sets up no device by this session: it proved %s",
              caller->session->name, demand_proven_text(caller->session, caller->now, p));
    return result;
}

static void note_session(const session_t *session, const user_t *user, pending_t *pending)
{
    pending->origin = ORIGIN_SESSION;
    pending->user_version = user->version;
    pending->sealed = session->seen;
    pending->expires = session->expires;
    memcpy(pending->uid, user->uid, sizeof pending->uid);
    memcpy(pending->family, session->family, sizeof pending->family);
    memcpy(pending->identity, session->identity, sizeof pending->identity);
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

    note_session(caller->session, &user, pending);
    return NULL;
}

/* ---- otherwise ------------------------------------------------------------------------------- */

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
    session_proof_t proof;
    store_status_t status = prove_weigh_session(rps, caller, name, &proof, p);
    if (status != STORE_OK)
        return store_refusal(status, p);
    if (proof == SESSION_PROVES)
        return prove_by_session(rps, caller, name, pending, p);
    if (rps->settings->register_mail && name_domain(name))
        return prove_by_mailbox(rps, name, pending, p);
    if (proof == SESSION_PROVED_ONCE)
        return proof_too_old(rps, caller, p);
    return prove_by_being_first(rps, caller, name, pending, p);
}
