/* SPDX-License-Identifier: Apache-2.0 */
#include "rps/prove.h"

#include <apr_strings.h>
#include <string.h>
#include "base/json.h"
#include "session/demand.h"
#include "rps/account.h"
#include "rps/allowed.h"
#include "rps/invited.h"

/* ---- by session ------------------------------------------------------------------------------ */

/* A PIN alone adds no devices; a passkey does, unless its name was proven by being the first. */
static bool vouches(const session_t *session)
{
    return (session->amr & AMR_PWD) || (session->amr & (AMR_USER | AMR_OPEN)) == AMR_USER ||
           session->proven[FACTOR_TRUSTED];
}

session_proof_t prove_weigh_session(const rps_settings_t *settings, const session_t *session,
                                    const char *name, apr_time_t now)
{
    if (!settings->register_signed_in || !session || strcmp(session->name, name) != 0 ||
        !vouches(session))
        return SESSION_PROVES_NOT;
    return demand_lasting(session, FACTORS_FIRST, now) ? SESSION_PROVES : SESSION_PROVED_ONCE;
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
              name_masked(caller->session->name, p),
              demand_proven_text(caller->session, caller->now, p));
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

/* ---- which ways there are -------------------------------------------------------------------- */

/* What closes each to the caller; NULL where it is open. */

/* Signed in by password or passkey, or by another provider, as this very name, not long ago. Asked
 * only where the session does not do. */
static const char *no_way_by_session(const rps_t *rps, const caller_t *caller, const char *name)
{
    const session_t *session = caller->session;
    if (!rps->settings->register_signed_in)
        return "MPinRegister has no signed-in";
    if (!session)
        return "nobody is signed in";
    if (strcmp(session->name, name) != 0)
        return "somebody else is signed in";
    if (!vouches(session))
        return "a PIN alone adds no device";
    return "its proof is older than ten minutes";
}

static const char *no_way_by_mail(const rps_t *rps, const char *name)
{
    if (!rps->settings->register_mail)
        return "MPinRegister has no mail";
    return name_domain(name) ? NULL : "the name is no mailbox";
}

static const char *no_way_by_being_first(const rps_t *rps, const caller_t *caller)
{
    if (!rps->settings->register_open)
        return "MPinRegister has no open";
    return caller->loopback || rps->settings->open_to_anyone
               ? NULL
               : "open holds for callers on this machine only";
}

/* ---- proofs ---------------------------------------------------------------------------------- */

static result_t *registration_closed(apr_pool_t *p)
{
    return result_error(p, 403, "registration_closed",
                        "Sign in first to set up a PIN for this name.");
}

static result_t *may_not_register(rps_t *rps, const caller_t *caller, const char *name,
                                  apr_pool_t *p)
{
    return rps_not_allowed(rps, caller, name,
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
    store_status_t status = people_get(rps->people, caller->session->uid, &user, p);
    if (status == STORE_MISSING)
        return registration_closed(p);
    if (status != STORE_OK)
        return store_refusal(status, p);
    if (user.state != USER_ACTIVE)
        return result_error(p, 403, "user_disabled", "This account is disabled.");
    if (user.version != caller->session->version || strcmp(user.name, name) != 0) {
        log_debug(caller->log, "MPIN0756",
                  "the session of %s is older than its sign-out everywhere",
                  name_masked(caller->session->name, p));
        return registration_closed(p);
    }
    result_t *refusal =
        rps->settings->allow.kind != ALLOW_NOBODY ? may_not_register(rps, caller, name, p) : NULL;
    if (!refusal)
        refusal = account_is_there(caller, name, p);
    if (refusal)
        return refusal;

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
    result_t *refusal = may_not_register(rps, caller, name, p);
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
static result_t *prove_to_application(rps_t *rps, const caller_t *caller, const char *name,
                                      pending_t *pending, apr_pool_t *p)
{
    user_t user;
    result_t *refusal =
        rps->settings->allow.kind != ALLOW_NOBODY ? may_not_register(rps, caller, name, p) : NULL;
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
static result_t *prove_by_mailbox(rps_t *rps, const caller_t *caller, const char *name,
                                  pending_t *pending, apr_pool_t *p)
{
    user_t user;
    result_t *refusal = may_not_register(rps, caller, name, p);
    if (refusal && (refusal->status != 403 || rps->settings->allow.kind == ALLOW_DOMAINS))
        return refusal;
    store_status_t status = people_find(rps->people, name, &user, p);
    if (status != STORE_OK && status != STORE_MISSING && status != STORE_EXISTS)
        return store_refusal(status, p);
    pending->origin = ORIGIN_MAIL;
    pending->silent =
        refusal || status == STORE_EXISTS || (status == STORE_OK && user.state != USER_ACTIVE);
    if (pending->silent)
        log_debug(caller->log, "MPIN0755", "no mail goes to %s, and the caller is not told so: %s",
                  name_masked(name, p), refusal ? refusal->message : "the account is closed");
    return NULL;
}

result_t *prove_name(rps_t *rps, const caller_t *caller, const char *name, pending_t *pending,
                     apr_pool_t *p)
{
    if (rps->settings->service) {
        log_debug(caller->log, "MPIN0754", "%s registers by an application's word",
                  name_masked(name, p));
        return prove_to_application(rps, caller, name, pending, p);
    }
    const session_proof_t proof =
        prove_weigh_session(rps->settings, caller->session, name, caller->now);
    if (proof == SESSION_PROVES) {
        log_debug(caller->log, "MPIN0754", "%s registers by session", name_masked(name, p));
        return prove_by_session(rps, caller, name, pending, p);
    }
    const char *invited = invited_name(rps, caller, p);
    if (invited && !strcmp(invited, name)) {
        log_debug(caller->log, "MPIN0754", "%s registers by invitation", name_masked(name, p));
        return invited_prove(rps, caller, name, pending, p);
    }
    const char *no_session = no_way_by_session(rps, caller, name);
    const char *no_mail = no_way_by_mail(rps, name);
    if (!no_mail) {
        log_debug(caller->log, "MPIN0754", "%s registers by mail; not by session: %s",
                  name_masked(name, p), no_session);
        return prove_by_mailbox(rps, caller, name, pending, p);
    }
    if (proof == SESSION_PROVED_ONCE)
        return proof_too_old(rps, caller, p);
    const char *not_first = no_way_by_being_first(rps, caller);
    log_debug(caller->log, "MPIN0754", "%s %s; not by session: %s; not by mail: %s%s%s",
              name_masked(name, p), not_first ? "does not register" : "registers as the first",
              no_session, no_mail, not_first ? "; not as the first: " : "",
              not_first ? not_first : "");
    return not_first ? registration_closed(p) : prove_by_being_first(rps, caller, name, pending, p);
}
