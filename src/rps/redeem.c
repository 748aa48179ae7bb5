#include <sodium.h>
#include <string.h>
#include "base/json.h"
#include "rps/authott.h"

static result_t *wrong_pin(const authott_t *record, apr_pool_t *p)
{
    static const char message[] = "The PIN is wrong.";
    result_t *result = result_error(p, 401, "wrong_pin", message);
    result->json =
        json_tie(p, json_pack("{s:s, s:s, s:s, s:i}", "code", "wrong_pin", "message", message, "id",
                              result_id("wrong_pin"), "attemptsLeft", (int)record->attempts_left));
    return result;
}

static result_t *unknown(apr_pool_t *p)
{
    return result_error(p, 408, "authott_unknown", "Unknown, used or expired authOTT.");
}

static result_t *refusal_of(verdict_t verdict, const authott_t *record, apr_pool_t *p)
{
    switch (verdict) {
    case VERDICT_WRONG:
        return wrong_pin(record, p);
    case VERDICT_LOCKED:
        return result_error(p, 410, "locked", "This device is locked after too many wrong PINs.");
    case VERDICT_BUSY:
        return rps_later(p, "busy",
                         "Not judged: other attempts are under way, or there were too many.",
                         (int)record->retry_after);
    case VERDICT_WITHDRAWN:
        return result_error(p, 403, "identity_revoked", "This device's access was withdrawn.");
    case VERDICT_DISABLED:
        return result_error(p, 403, "user_disabled", "This account is disabled.");
    case VERDICT_NONE:
    case VERDICT_RIGHT:
        break;
    }
    return unknown(p);
}

/* Whether a name may sign in here is asked anew at every login. Without MPinRegisterAllow only
 * those may whose name was proven by a session. */
static bool still_allowed(const rps_t *rps, const identity_t *identity, apr_pool_t *p)
{
    if (rps->settings->allow == ALLOW_NOBODY)
        return identity->origin == ORIGIN_SESSION;
    return rps_allows(rps, identity->name, p);
}

/* A right PIN: the identity and its user are looked at once more. NULL: this is who they say. */
static result_t *admit(rps_t *rps, const authott_t *record, redemption_t *redemption, apr_pool_t *p)
{
    verdict_t standing;
    store_status_t status =
        rps_standing(rps, record->handle, &redemption->identity, &redemption->user, &standing, p);
    if (status != STORE_OK)
        return rps_store_refusal(status, p);
    if (standing != VERDICT_NONE)
        return refusal_of(standing, record, p);
    if (!still_allowed(rps, &redemption->identity, p))
        return result_error(p, 403, "not_allowed", "This account may not sign in here.");
    return NULL;
}

/* Only the browser that made pass2 can redeem what it got, and no other can try twice. */
static result_t *take(rps_t *rps, const caller_t *caller, const char *auth_ott, authott_t *record,
                      apr_pool_t *p)
{
    store_status_t status = authott_take(rps, caller, auth_ott, record, p);
    if (status == STORE_MISSING)
        return unknown(p);
    if (status != STORE_OK)
        return rps_store_refusal(status, p);
    if (record->bound && caller->prelogin &&
        sodium_memcmp(record->browser, caller->prelogin, sizeof record->browser) == 0)
        return NULL;
    log_warn(rps->log, "MPIN0309", "an authOTT of identity %s came from another browser",
             rps_label(record->handle, p));
    return rps_audited(unknown(p), "authott_refused", NULL, record->handle, p);
}

void rps_redeem(rps_t *rps, const caller_t *caller, const char *auth_ott, redemption_t *redemption,
                apr_pool_t *p)
{
    authott_t record;
    memset(redemption, 0, sizeof *redemption);
    redemption->refusal = take(rps, caller, auth_ott, &record, p);
    if (redemption->refusal)
        return;

    if (record.verdict == VERDICT_RIGHT)
        redemption->refusal = admit(rps, &record, redemption, p);
    else
        redemption->refusal = refusal_of((verdict_t)record.verdict, &record, p);

    /* Anything but a right PIN is in the audit log since its pass2. */
    const char *name = redemption->identity.name[0] ? redemption->identity.name : NULL;
    if (redemption->refusal && record.verdict == VERDICT_RIGHT)
        rps_audited(redemption->refusal, "login_refused", name, record.handle, p);
}

bool rps_allows(const rps_t *rps, const char *name, apr_pool_t *p)
{
    return allow_name(rps->allow, name, p);
}
