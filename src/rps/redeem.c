#include "rps/redeem.h"

#include <apr_strings.h>
#include <sodium.h>
#include <string.h>
#include "base/hex.h"
#include "base/json.h"
#include "phone/offer.h"
#include "rps/admission.h"
#include "rps/phone_word.h"

static result_t *redeem_wrong_pin(const authott_t *record, apr_pool_t *p)
{
    static const char message[] = "The PIN is wrong.";
    result_t *result = result_error(p, 401, "wrong_pin", message);
    result->json =
        json_tie(p, json_pack("{s:s, s:s, s:s, s:i}", "code", "wrong_pin", "message", message, "id",
                              result_id("wrong_pin"), "attemptsLeft", (int)record->attempts_left));
    return result;
}

result_t *redeem_unknown(apr_pool_t *p)
{
    return result_error(p, 408, "authott_unknown", "Unknown, used or expired authOTT.");
}

result_t *redeem_refusal(const authott_t *record, apr_pool_t *p)
{
    switch ((verdict_t)record->verdict) {
    case VERDICT_WRONG:
        return redeem_wrong_pin(record, p);
    case VERDICT_BUSY:
        return result_later(p, "busy",
                            "Not judged: other attempts are under way, or there were too many.",
                            (int)record->retry_after);
    case VERDICT_LOCKED:
    case VERDICT_WITHDRAWN:
    case VERDICT_DISABLED:
        return standing_refusal((verdict_t)record->verdict, p);
    case VERDICT_NONE:
    case VERDICT_RIGHT:
        break;
    }
    return redeem_unknown(p);
}

bool redeem_is_of(const authott_t *record, const caller_t *caller)
{
    return record->bound && caller->prelogin &&
           sodium_memcmp(record->browser, caller->prelogin, sizeof record->browser) == 0;
}

result_t *redeem_foreign(rps_t *rps, const authott_t *record, apr_pool_t *p)
{
    log_warn(rps->log, "MPIN0309", "an authOTT of identity %s came from another browser",
             rps_label(record->handle, p));
    return rps_audited(redeem_unknown(p), "authott_refused", NULL, record->handle, p);
}

/* A phone made it for the browser that shows its code: the phone has to have offered it. */
static result_t *take_phones_authott(rps_t *rps, const caller_t *caller, const char *auth_ott,
                                     authott_t *record, redemption_t *redemption, apr_pool_t *p)
{
    bool foreign = false;
    store_status_t status = authott_phone(rps, auth_ott, record, p);
    if (status == STORE_OK && hex_decode(auth_ott, redemption->auth_ott, TOKEN_BYTES))
        status =
            rps->settings->service
                ? phone_enter_application(rps->phones, caller, record->wid, redemption->auth_ott, p)
                : phone_enter(rps->phones, caller, record->wid, redemption->auth_ott, &foreign, p);
    if (foreign)
        return redeem_foreign(rps, record, p);
    if (status == STORE_MISSING)
        return redeem_unknown(p);
    if (status == STORE_CHANGED)
        return result_later(p, "busy", "Too many at once.", 1);
    if (status != STORE_OK)
        return store_refusal(status, p);
    memcpy(redemption->wid, record->wid, sizeof redemption->wid);
    redemption->by_phone = true;
    return NULL;
}

/* Only the browser that made pass2, or that shows the code, can redeem what it got, and no other
 * can try twice. */
static result_t *take_authott(rps_t *rps, const caller_t *caller, const char *auth_ott,
                              authott_t *record, redemption_t *redemption, apr_pool_t *p)
{
    store_status_t status = authott_take(rps, caller, auth_ott, record, p);
    if (status == STORE_MISSING)
        return take_phones_authott(rps, caller, auth_ott, record, redemption, p);
    if (status != STORE_OK)
        return store_refusal(status, p);
    if (rps->settings->service) /* whose browser it was, the application knows */
        return NULL;
    return redeem_is_of(record, caller) ? NULL : redeem_foreign(rps, record, p);
}

/* An application hears who it was, also of a login that failed. */
static void name_to_application(rps_t *rps, const authott_t *record, redemption_t *redemption,
                                apr_pool_t *p)
{
    if (!redemption->identity.name[0] &&
        people_identity(rps->people, record->handle, &redemption->identity, p) != STORE_OK)
        memset(&redemption->identity, 0, sizeof redemption->identity);
    if (redemption->identity.name[0])
        redemption->mpin_id = apr_pstrdup(p, record->mpin_id);
}

/* The code that pass2 answered counts from now on. */
static result_t *start_otp(rps_t *rps, const caller_t *caller, const authott_t *record,
                           redemption_t *redemption, apr_pool_t *p)
{
    if (!rps->settings->issue_otp || !record->otp[0])
        return NULL;
    store_status_t status = otp_issue(rps, &redemption->identity, record->otp, caller->now, p);
    if (status == STORE_CHANGED)
        return result_later(p, "busy", "Too many at once.", 1);
    if (status != STORE_OK)
        return store_refusal(status, p);
    memcpy(redemption->otp, record->otp, sizeof redemption->otp);
    return NULL;
}

void rps_redeem(rps_t *rps, const caller_t *caller, const char *auth_ott, redemption_t *redemption,
                apr_pool_t *p)
{
    authott_t record;
    memset(redemption, 0, sizeof *redemption);
    redemption->refusal = take_authott(rps, caller, auth_ott, &record, redemption, p);
    if (redemption->refusal)
        return;

    if (record.verdict == VERDICT_RIGHT)
        redemption->refusal =
            rps_admit(rps, caller, record.handle, &redemption->identity, &redemption->user, p);
    else
        redemption->refusal = redeem_refusal(&record, p);
    if (!redemption->refusal)
        redemption->refusal = start_otp(rps, caller, &record, redemption, p);
    if (rps->settings->service)
        name_to_application(rps, &record, redemption, p);
    if (redemption->refusal && redemption->by_phone)
        phone_word_refused(rps, caller, redemption, p);

    /* Anything but a right PIN is in the audit log since its pass2. */
    const char *name = redemption->identity.name[0] ? redemption->identity.name : NULL;
    if (redemption->refusal && record.verdict == VERDICT_RIGHT)
        rps_audited(redemption->refusal, "login_refused", name, record.handle, p);
}
